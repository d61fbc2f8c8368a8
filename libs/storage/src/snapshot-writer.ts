import { equalBytes } from '@quorate/crypto';
import {
  STATE_CHUNK_BYTES,
  chunkBytes,
  chunkCount,
  chunkHash,
  sectionRoot,
  type StateDescription,
} from '@quorate/protocol';
import { OWN_SECTION_FIRST, hashOf, type ChunkPlace, type ChunkTable } from './snapshot-manifest';
import type { PackWriter } from './snapshot-packs';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store';
import { StorageError } from './storage-error';

const HASH_BYTES = 32;

/**
 * Chunks that are hashed and sealed between two pauses: about six milliseconds. While blocks come one after the other, a pause takes as long as a
 * block: with many of them the next checkpoint is due before this one is written.
 */
const CHUNKS_PER_SLICE = 64;

/** A pack less than this share of which is still needed is written anew, so that the rest of it can go. */
const LIVE_SHARE_MIN = 0.4;

/** One section to be written; see `SectionCapture` of the ledger. Numbers from OWN_SECTION_FIRST on are no part of the state root. */
export interface SectionSource {
  readonly number: number;
  readonly lengthBytes: number;
  readonly appendOnly: boolean;
  prepare(): boolean;
  read(offset: number, into: Uint8Array): void;
}

/** A state to be written. */
export interface SnapshotSource {
  readonly state: Omit<StateDescription, 'sections'>;
  /** By ascending number. */
  readonly sections: readonly SectionSource[];
  /** The writer's own notes, made when all chunks are durable. */
  readonly extra: () => Uint8Array;
  /** Lets other work have its turn. */
  readonly pause: () => Promise<void>;
}

/**
 * Writes a snapshot in slices: only chunks that the one before does not hold are written, append-only ones are not even read again. If the
 * one before turns out damaged everything is written, since the state itself is whole. Throws StorageError; then nothing is left behind.
 */
export async function writeSnapshot(store: SnapshotStore, source: SnapshotSource): Promise<StoredSnapshot> {
  const before = store.newestFirst[0] ?? null;
  try {
    return await writeAfter(store, source, before);
  } catch (error) {
    if (before === null || !(error instanceof StorageError) || error.code !== 'STORAGE_CORRUPT') throw error;
    return writeAfter(store, source, null);
  }
}

async function writeAfter(
  store: SnapshotStore,
  source: SnapshotSource,
  before: StoredSnapshot | null,
): Promise<StoredSnapshot> {
  const pack = await store.begin();
  try {
    return await writePack(store, source, before, pack);
  } catch (error) {
    await store.abandon(pack);
    throw error;
  }
}

async function writePack(
  store: SnapshotStore,
  source: SnapshotSource,
  before: StoredSnapshot | null,
  pack: PackWriter,
): Promise<StoredSnapshot> {
  const tables: ChunkTable[] = [];
  for (const section of source.sections) {
    while (!section.prepare()) await source.pause();
    tables.push(await writeSection(section, before?.tables.get(section.number) ?? null, pack, source.pause));
  }
  const settled = await rewriteSparse(store, before, tables, pack, source.pause);
  const sections = settled
    .filter(({ number }) => number < OWN_SECTION_FIRST)
    .map(({ number, lengthBytes, hashes }) => ({ number, lengthBytes, root: sectionRoot(hashes) }));
  await pack.sync();
  return store.finish(pack, { ...source.state, sections }, source.extra(), settled);
}

async function writeSection(
  section: SectionSource,
  before: ChunkTable | null,
  pack: PackWriter,
  pause: () => Promise<void>,
): Promise<ChunkTable> {
  const { number, lengthBytes } = section;
  const count = chunkCount(lengthBytes);
  const hashes = new Uint8Array(count * HASH_BYTES);
  const places: ChunkPlace[] = [];
  const buffer = new Uint8Array(STATE_CHUNK_BYTES);
  for (let index = 0; index < count; index += 1) {
    const bytes = chunkBytes(lengthBytes, index);
    const known = before !== null && index < before.places.length && chunkBytes(before.lengthBytes, index) === bytes;
    if (known && section.appendOnly && bytes === STATE_CHUNK_BYTES) {
      hashes.set(hashOf(before, index), index * HASH_BYTES);
      places.push(before.places[index]);
      continue;
    }
    const chunk = buffer.subarray(0, bytes);
    section.read(index * STATE_CHUNK_BYTES, chunk);
    const hash = chunkHash(chunk);
    hashes.set(hash, index * HASH_BYTES);
    const same = known && equalBytes(hash, hashOf(before, index));
    places.push(same ? before.places[index] : await pack.append(chunk));
    if (index % CHUNKS_PER_SLICE === CHUNKS_PER_SLICE - 1) await pause();
  }
  return { number, lengthBytes, hashes, places };
}

/** Copies what is still needed of packs that hold little else into the new one. */
async function rewriteSparse(
  store: SnapshotStore,
  before: StoredSnapshot | null,
  tables: readonly ChunkTable[],
  pack: PackWriter,
  pause: () => Promise<void>,
): Promise<ChunkTable[]> {
  if (before === null) return [...tables];
  const live = new Map<number, number>();
  for (const { places } of tables)
    for (const { pack: number, payloadBytes } of places) live.set(number, (live.get(number) ?? 0) + payloadBytes);
  const sparse = new Set<number>();
  for (const [number, bytes] of live)
    if (number !== pack.number && bytes < (await store.packBytes(number)) * LIVE_SHARE_MIN) sparse.add(number);
  if (sparse.size === 0) return [...tables];
  const rewritten: ChunkTable[] = [];
  let copied = 0;
  for (const table of tables) {
    const places: ChunkPlace[] = [];
    for (const place of table.places) {
      if (!sparse.has(place.pack)) {
        places.push(place);
        continue;
      }
      places.push(await pack.append(await store.readPlace(place)));
      copied += 1;
      if (copied % CHUNKS_PER_SLICE === 0) await pause();
    }
    rewritten.push({ ...table, places });
  }
  return rewritten;
}
