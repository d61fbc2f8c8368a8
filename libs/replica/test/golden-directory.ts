// Directories of a replica as a version of the product wrote them, in one file: what was on the disk, the keys, and what must come of it.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { hex } from '@quorate/crypto';
import { decodeGenesis, type Genesis } from '@quorate/protocol';
import { nodeCryptography } from '@quorate/runtime-node';
import { SnapshotStore, Vault } from '@quorate/storage';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import { MemoryObjectStore } from '../../storage/test/memory-object-store';
import type { ChainSource } from '../src/chain-source';
import { restoreFork } from '../src/chain-restorer';
import type { Replica } from '../src/replica';
import { openAlone } from './lone-replica';

const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key for tests with which golden directories vote. */
export const goldenKey = createPrivateKey({
  key: Buffer.concat([ED25519_PKCS8_PREFIX, Buffer.alloc(32, 17)]),
  format: 'der',
  type: 'pkcs8',
});

const publicDer = createPublicKey(goldenKey).export({ type: 'spki', format: 'der' });
export const goldenPublicKey = new Uint8Array(publicDer.subarray(publicDer.length - 32));

/** Bytes in base64 without the zeros at their end, and how many bytes there were. */
type Packed = readonly [lengthBytes: number, content: string];

/** The file. */
export interface Golden {
  readonly genesis: string;
  readonly journal: Readonly<Record<string, Packed>>;
  readonly snapshots: Readonly<Record<string, Packed>>;
  readonly archive: Readonly<Record<string, Packed>>;
  readonly height: number;
  readonly execRoot: string;
  readonly stateRoot: string;
  /** The transfer whose receipt is asked for, and what account 2 had in the end. */
  readonly transfer: string;
  readonly credits: string;
}

export function packFiles(files: ReadonlyMap<string, Uint8Array>): Record<string, Packed> {
  const packed: Record<string, Packed> = {};
  for (const [name, bytes] of [...files].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    packed[name] = [bytes.length, Buffer.from(bytes.subarray(0, end)).toString('base64')];
  }
  return packed;
}

function unpack(packed: Readonly<Record<string, Packed>>, into: Map<string, Uint8Array>): void {
  for (const [name, [lengthBytes, content]] of Object.entries(packed)) {
    const bytes = new Uint8Array(lengthBytes);
    bytes.set(Buffer.from(content, 'base64'));
    into.set(name, bytes);
  }
}

/** Keys that nobody else has: the directory's, and the archive's. */
export function goldenVault(ledgerId: Uint8Array, byte: 21 | 22): Vault {
  const keys = [{ generation: 1, key: new Uint8Array(32).fill(byte) }];
  return new Vault({ cryptography: nodeCryptography, ledgerId, keys });
}

/** The disks of a golden directory, as copies. */
export class GoldenDisks {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly journal = new MemoryDirectory();
  readonly snapshots = new MemoryDirectory();
  readonly archive = new MemoryObjectStore();
  readonly faults: string[] = [];

  constructor(golden: Pick<Golden, 'genesis' | 'journal' | 'snapshots' | 'archive'>) {
    this.genesisBytes = new Uint8Array(Buffer.from(golden.genesis, 'hex'));
    this.genesis = decodeGenesis(this.genesisBytes);
    unpack(golden.journal, this.journal.files);
    unpack(golden.snapshots, this.snapshots.files);
    unpack(golden.archive, this.archive.objects);
  }

  open(hasVoted: boolean): Promise<Replica> {
    const { genesis, genesisBytes, faults } = this;
    return openAlone(genesis, goldenKey, faults, {
      genesisBytes,
      directory: this.journal,
      snapshots: this.snapshots,
      spacing: { blocks: 8, operations: 1_000_000 },
      archive: { store: this.archive, vault: goldenVault(genesis.ledgerId, 22) },
      vault: goldenVault(genesis.ledgerId, 21),
      hasVoted,
    });
  }

  /** Roots of the history and of the whole state at a height, as a source gives them. */
  async roots(source: ChainSource, height: number): Promise<{ execRoot: string; stateRoot: string }> {
    const vault = goldenVault(this.genesis.ledgerId, 21);
    const snapshots = await SnapshotStore.open({ directory: new MemoryDirectory(), vault });
    const { parent } = await restoreFork(this.genesis, source, height, snapshots, () => Promise.resolve());
    const { execRoot, stateRoot } = parent;
    return { execRoot: hex(execRoot), stateRoot: hex(stateRoot) };
  }
}
