import { concatBytes, equalBytes } from '@quorate/crypto';
import {
  STATE_CHUNK_BYTES,
  chunkBytes,
  chunkCount,
  chunkHash,
  sectionRoot,
  type CheckpointCertificate,
  type StateDescription,
} from '@quorate/protocol';
import type { ChunkPlace } from './snapshot-manifest';
import type { PackWriter } from './snapshot-packs';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store';

const HASH_BYTES = 32;

/** A section on its way in. */
interface IncomingSection {
  readonly number: number;
  readonly lengthBytes: number;
  readonly hashes: Uint8Array;
  readonly places: (ChunkPlace | undefined)[];
}

/** Takes in somebody else's snapshot chunk by chunk. Nothing is believed: hashes are checked against the section's root, chunks against their hash. */
export class SnapshotImport {
  private readonly sections = new Map<number, IncomingSection>();
  private missing = 0;

  private constructor(
    private readonly store: SnapshotStore,
    private readonly pack: PackWriter,
    private readonly state: StateDescription,
  ) {}

  /** `state` must have been checked against a checkpoint certificate or the genesis. */
  static async begin(store: SnapshotStore, state: StateDescription): Promise<SnapshotImport> {
    return new SnapshotImport(store, await store.begin(), state);
  }

  /** Chunks whose hashes are known and that did not come yet. */
  get missingChunks(): number {
    return this.missing;
  }

  /** Takes the hashes of a section's chunks; false if they are not those of the state. */
  hashes(number: number, hashes: Uint8Array): boolean {
    const section = this.state.sections.find((candidate) => candidate.number === number);
    if (section === undefined || this.sections.has(number)) return false;
    const count = chunkCount(section.lengthBytes);
    if (hashes.length !== count * HASH_BYTES || !equalBytes(sectionRoot(hashes), section.root)) return false;
    const places = new Array<ChunkPlace | undefined>(count).fill(undefined);
    this.sections.set(number, { number, lengthBytes: section.lengthBytes, hashes: hashes.slice(), places });
    this.missing += count;
    return true;
  }

  /** Takes a chunk; false if it is not what was asked for. Throws StorageError when the medium refuses. */
  async chunk(number: number, index: number, chunk: Uint8Array): Promise<boolean> {
    const taken = this.take(number, index, chunk);
    await this.room();
    return taken;
  }

  /** Waits when too much is on its way to the medium. Throws StorageError when that refuses. */
  room(): Promise<void> {
    return this.pack.room();
  }

  /** Takes a chunk; false if it is not what was asked for. Whoever gives many waits for `room` in between. */
  take(number: number, index: number, chunk: Uint8Array): boolean {
    const section = this.sections.get(number);
    if (section === undefined || index >= section.places.length) return false;
    if (section.places[index] !== undefined) return true;
    const hash = section.hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    if (chunk.length !== chunkBytes(section.lengthBytes, index) || !equalBytes(chunkHash(chunk), hash)) return false;
    section.places[index] = this.pack.add(chunk);
    this.missing -= 1;
    return true;
  }

  /** Takes a section of this replica's own, which is no part of the state root. Throws StorageError when the medium refuses. */
  async own(number: number, content: Uint8Array): Promise<void> {
    const { length: lengthBytes } = content;
    const hashes: Uint8Array[] = [];
    const places: ChunkPlace[] = [];
    for (let offset = 0; offset < lengthBytes; offset += STATE_CHUNK_BYTES) {
      const chunk = content.subarray(offset, offset + STATE_CHUNK_BYTES);
      hashes.push(chunkHash(chunk));
      places.push(await this.pack.append(chunk));
    }
    this.sections.set(number, { number, lengthBytes, hashes: concatBytes(...hashes), places });
  }

  /** Nothing of it stays. */
  abandon(): Promise<void> {
    return this.store.abandon(this.pack);
  }

  /** The snapshot, once everything came; null as long as something is missing. `certificate` is null for a state that the genesis names. */
  async finish(extra: Uint8Array, certificate: CheckpointCertificate | null): Promise<StoredSnapshot | null> {
    if (this.missing > 0 || !this.state.sections.every(({ number }) => this.sections.has(number))) return null;
    const tables = [...this.sections.values()]
      .sort((left, right) => left.number - right.number)
      .map((section) => ({ ...section, places: section.places.filter((place) => place !== undefined) }));
    const snapshot = await this.store.finish(this.pack, this.state, extra, tables);
    if (certificate !== null) await this.store.certify(snapshot, certificate);
    return snapshot;
  }
}
