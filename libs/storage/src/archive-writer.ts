import { equalBytes, hex } from '@quorate/crypto';
import type { ObjectStore } from '@quorate/runtime';
import type { Archive, ArchiveOptions } from './archive';
import { ArchiveNames, BUCKET_BLOCKS, bucketOf } from './archive-names';
import { sealBlocks, type ArchivedBlock } from './archived-blocks';
import { sealSnapshot, type ArchivedSnapshot } from './archived-snapshot';
import { damagedObject, sealObject, type ObjectFrame } from './sealed-object';
import { OWN_SECTION_FIRST, hashOf, type ChunkPlace, type ChunkTable } from './snapshot-manifest';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store';
import { FILE_KIND, type Vault } from './vault';

/** An object of blocks is put when it has this many bytes, and at the end of its bucket, or when its time has come. */
export const BLOCKS_BYTES_ENOUGH = 4_194_304;

/** Chunks of 64 KiB in one object. */
const CHUNKS_PER_OBJECT = 128;

/** Numbers that may be taken by objects whose manifest never came, one after another. */
const NUMBERS_TAKEN_MAX = 1_000_000;

const CHUNK_FRAME = 1;
const GENESIS_FRAME = 1;

/** Chunks that a snapshot shares with the one put before it, by hash. */
interface KnownChunks {
  readonly places: ReadonlyMap<string, ChunkPlace>;
  readonly nextNumber: number;
}

/** Puts what a ledger has into a store of objects. Objects never change; what somebody else put under a name counts. */
export class ArchiveWriter {
  private readonly names: ArchiveNames;
  private readonly store: ObjectStore;
  private readonly vault: Vault;

  constructor(
    options: ArchiveOptions,
    private readonly archive: Archive,
  ) {
    this.names = new ArchiveNames(options.vault.ledgerId);
    this.store = options.store;
    this.vault = options.vault;
  }

  /** Puts the genesis, or makes sure that the one that is there is this one. */
  async putGenesis(genesis: Uint8Array): Promise<void> {
    const frames = [{ kind: GENESIS_FRAME, payload: genesis }];
    const { bytes } = sealObject(this.vault, { kind: FILE_KIND.archive, number: 0 }, frames);
    if (await this.store.putIfAbsent(this.names.genesis, bytes)) return;
    const known = await this.archive.genesis();
    if (known === null || !equalBytes(known, genesis)) throw damagedObject(this.names.genesis, 0);
  }

  /** Puts blocks of one bucket, by ascending height; false if somebody else put an object that begins with the first of them. */
  putBlocks(blocks: readonly ArchivedBlock[]): Promise<boolean> {
    const first = blocks[0].block.header.height;
    return this.store.putIfAbsent(this.names.blocks(first), sealBlocks(this.vault, blocks));
  }

  /** Puts a snapshot of the replica's own: the chunks that the newest one in the archive does not hold, then the manifest. */
  async putSnapshot(snapshots: SnapshotStore, snapshot: StoredSnapshot): Promise<void> {
    const { state, certificate } = snapshot;
    const known = await this.knownChunks(state.height);
    const tables = await snapshots.use(snapshot, () => this.putChunks(snapshots, snapshot, known));
    const manifest = sealSnapshot(this.vault, { state, tables, certificate });
    await this.store.putIfAbsent(this.names.snapshot(state.height), manifest);
  }

  private async knownChunks(height: number): Promise<KnownChunks> {
    const places = new Map<string, ChunkPlace>();
    const heights = await this.archive.snapshotHeights();
    const newest = heights.findLast((each) => each <= height);
    const before: ArchivedSnapshot | null = newest === undefined ? null : await this.archive.snapshot(newest);
    let last = 0;
    for (const table of before?.tables.values() ?? []) {
      table.places.forEach((place, index) => {
        places.set(hex(hashOf(table, index)), place);
        last = Math.max(last, place.pack);
      });
    }
    return { places, nextNumber: last + 1 };
  }

  private async putChunks(
    snapshots: SnapshotStore,
    snapshot: StoredSnapshot,
    { places, nextNumber }: KnownChunks,
  ): Promise<Map<number, ChunkTable>> {
    const known = new Map(places);
    let number = nextNumber;
    let missing: { hash: string; chunk: Uint8Array }[] = [];
    const flush = async (): Promise<void> => {
      if (missing.length === 0) return;
      number = await this.putChunkObject(number, missing, known);
      missing = [];
    };
    for (const table of shippedTables(snapshot)) {
      for (let index = 0; index < table.places.length; index += 1) {
        const hash = hex(hashOf(table, index));
        if (known.has(hash) || missing.some((other) => other.hash === hash)) continue;
        missing.push({ hash, chunk: await snapshots.chunk(snapshot, table.number, index) });
        if (missing.length >= CHUNKS_PER_OBJECT) await flush();
      }
    }
    await flush();
    return new Map(shippedTables(snapshot).map((table) => [table.number, placedIn(table, known)]));
  }

  /** Puts chunks under the next number that nobody took; gives the one behind it. */
  private async putChunkObject(
    from: number,
    chunks: readonly { readonly hash: string; readonly chunk: Uint8Array }[],
    known: Map<string, ChunkPlace>,
  ): Promise<number> {
    const frames: ObjectFrame[] = chunks.map(({ chunk }) => ({ kind: CHUNK_FRAME, payload: chunk }));
    for (let number = from; number < from + NUMBERS_TAKEN_MAX; number += 1) {
      const label = { kind: FILE_KIND.archivedChunks, number };
      const { bytes, positions } = sealObject(this.vault, label, frames);
      if (!(await this.store.putIfAbsent(this.names.chunks(number), bytes))) continue;
      chunks.forEach(({ hash }, index) => known.set(hash, { pack: number, ...positions[index] }));
      return number + 1;
    }
    throw damagedObject(this.names.chunks(from), 0);
  }
}

/** Highest height that may go into one object with `height`. */
export function lastOfBucket(height: number): number {
  return (bucketOf(height) + 1) * BUCKET_BLOCKS;
}

/** Sections of the ledger's state; the replica's own are of no use to anybody else. */
function shippedTables({ tables }: StoredSnapshot): ChunkTable[] {
  return [...tables.values()].filter(({ number }) => number < OWN_SECTION_FIRST);
}

function placedIn(table: ChunkTable, known: ReadonlyMap<string, ChunkPlace>): ChunkTable {
  const places = Array.from(table.places, (_, index) => known.get(hex(hashOf(table, index))));
  return { ...table, places: places.filter((place) => place !== undefined) };
}
