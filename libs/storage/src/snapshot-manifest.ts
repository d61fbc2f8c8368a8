import { Reader, Writer } from '@quorate/codec';
import { chunkCount, decodeState, encodeState, stateRoot, type StateDescription } from '@quorate/protocol';
import { StorageError } from './storage-error';

const MANIFEST_VERSION = 1;
const HASH_BYTES = 32;
/** Hash 32, pack 4, offset 8, payload 4. */
const ENTRY_BYTES = 48;
const STATE_BYTES_MAX = 65_536;
const EXTRA_BYTES_MAX = 1_048_576;

/** Sections from this number on are the replica's own: they are kept with the snapshot, but are no part of the state root. */
export const OWN_SECTION_FIRST = 0x8000;

/** Kinds of frames in a manifest. */
export const MANIFEST_FRAME = { head: 1, chunks: 2, certificate: 3 } as const;

/** Where a chunk lies and what it is. */
export interface ChunkPlace {
  readonly pack: number;
  readonly offset: number;
  readonly payloadBytes: number;
}

/** The chunks of one section, in order. */
export interface ChunkTable {
  readonly number: number;
  readonly lengthBytes: number;
  /** SHA-256 hashes, one behind the other. */
  readonly hashes: Uint8Array;
  readonly places: readonly ChunkPlace[];
}

/** What a snapshot consists of. */
export interface SnapshotManifest {
  readonly state: StateDescription;
  readonly stateRoot: Uint8Array;
  /** The writer's own notes, as it gave them. */
  readonly extra: Uint8Array;
  readonly tables: ReadonlyMap<number, ChunkTable>;
}

/** Hash of chunk `index`. */
export function hashOf(table: ChunkTable, index: number): Uint8Array {
  return table.hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

export function encodeHead(state: StateDescription, extra: Uint8Array, tableCount: number): Uint8Array {
  return new Writer(1024).u8(MANIFEST_VERSION).u16(tableCount).blob(encodeState(state)).blob(extra).finish();
}

export function encodeTable(table: ChunkTable): Uint8Array {
  const writer = new Writer(10 + table.places.length * ENTRY_BYTES).u16(table.number).uint(table.lengthBytes);
  table.places.forEach(({ pack, offset, payloadBytes }, index) =>
    writer.fixed(hashOf(table, index), HASH_BYTES).u32(pack).uint(offset).u32(payloadBytes),
  );
  return writer.finish();
}

function decodeTable(payload: Uint8Array): ChunkTable {
  const reader = new Reader(payload);
  const number = reader.u16();
  const lengthBytes = reader.uint();
  const count = chunkCount(lengthBytes);
  const hashes = new Uint8Array(count * HASH_BYTES);
  const places: ChunkPlace[] = [];
  for (let index = 0; index < count; index += 1) {
    hashes.set(reader.fixed(HASH_BYTES), index * HASH_BYTES);
    places.push({ pack: reader.u32(), offset: reader.uint(), payloadBytes: reader.u32() });
  }
  reader.end();
  return { number, lengthBytes, hashes, places };
}

/** Puts a manifest together from its frames; throws CodecError or StorageError unless they are all there. */
export class ManifestReader {
  private head: { state: StateDescription; extra: Uint8Array; tableCount: number } | null = null;
  private readonly tables = new Map<number, ChunkTable>();

  frame(kind: number, payload: Uint8Array): void {
    if (kind === MANIFEST_FRAME.head) {
      const reader = new Reader(payload);
      const version = reader.u8();
      if (version !== MANIFEST_VERSION)
        throw new StorageError('STORAGE_CORRUPT', `a snapshot of version ${version} is not read`, { version });
      const tableCount = reader.u16();
      const state = decodeState(reader.blob(STATE_BYTES_MAX));
      this.head = { tableCount, state, extra: reader.blob(EXTRA_BYTES_MAX).slice() };
    } else if (kind === MANIFEST_FRAME.chunks) {
      const table = decodeTable(payload);
      this.tables.set(table.number, table);
    }
  }

  finish(name: string): SnapshotManifest {
    if (this.head === null || this.head.tableCount !== this.tables.size)
      throw new StorageError('STORAGE_CORRUPT', `${name} is not a whole snapshot`, { file: name, offsetBytes: 0 });
    const { state, extra } = this.head;
    return { state, stateRoot: stateRoot(state), extra, tables: this.tables };
  }
}
