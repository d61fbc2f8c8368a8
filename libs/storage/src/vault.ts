import { invariant } from '@quorate/errors';
import type { Cryptography, FrameCipher } from '@quorate/runtime';
import { StorageError } from './storage-error';

/** A ledger id has 16 bytes. */
export const LEDGER_ID_BYTES = 16;

const DATA_KEY_BYTES = 32;
const GENERATION_MAX = 0xffff;
const PURPOSE = new TextEncoder().encode('quorate/storage/2');

/** What kinds of sealed files there are: frames of one kind never open as another's. */
export const FILE_KIND = {
  journal: 1,
  outcomes: 2,
  snapshot: 3,
  archive: 4,
  pack: 5,
  checkpoint: 6,
  archivedSnapshot: 7,
  archivedChunks: 8,
} as const;

/** Which file a frame belongs to; bound into every frame. `number` is 0..2^32-1 and never given to two files of one kind. */
export interface FileLabel {
  readonly kind: number;
  readonly number: number;
}

/** One data key of a replica's directory; generations count from 1. */
export interface DataKey {
  readonly generation: number;
  /** 32 unpredictable bytes. */
  readonly key: Uint8Array;
}

/** What a vault is made of. The key of the highest generation seals; the others only open. */
export interface VaultOptions {
  readonly cryptography: Cryptography;
  readonly ledgerId: Uint8Array;
  readonly keys: readonly DataKey[];
}

/** The data keys of one replica's directory. Every file is sealed under keys of its own, derived from them. */
export class Vault {
  readonly ledgerId: Uint8Array;
  /** Generation that new files are sealed under. */
  readonly generation: number;
  private readonly keys = new Map<number, Uint8Array>();

  constructor(private readonly options: VaultOptions) {
    invariant(options.ledgerId.length === LEDGER_ID_BYTES, 'a ledger id has 16 bytes');
    invariant(options.keys.length > 0, 'a vault has a key');
    for (const { generation, key } of options.keys) {
      invariant(generation >= 1 && generation <= GENERATION_MAX, 'generations are 1..65535', { generation });
      invariant(key.length === DATA_KEY_BYTES, 'a data key has 32 bytes');
      this.keys.set(generation, key);
    }
    this.ledgerId = options.ledgerId;
    this.generation = Math.max(...this.keys.keys());
  }

  /** The cipher of one file. Throws StorageError STORAGE_KEY_MISSING for a generation that is not held. */
  cipher({ kind, number }: FileLabel, generation: number): FrameCipher {
    const key = this.keys.get(generation);
    if (key === undefined)
      throw new StorageError('STORAGE_KEY_MISSING', `data key ${generation} is not held`, { generation });
    const purpose = new Uint8Array(PURPOSE.length + LEDGER_ID_BYTES + 5);
    purpose.set(PURPOSE);
    purpose.set(this.ledgerId, PURPOSE.length);
    const view = new DataView(purpose.buffer, PURPOSE.length + LEDGER_ID_BYTES);
    view.setUint8(0, kind);
    view.setUint32(1, number);
    return this.options.cryptography.cipher(key, purpose);
  }

  random(count: number): Uint8Array {
    return this.options.cryptography.random(count);
  }
}
