import { equalBytes } from '@quorate/crypto';
import { chunkHash } from '@quorate/protocol';
import type { ObjectStore } from '@quorate/runtime';
import { ArchiveNames, BUCKET_BLOCKS, bucketOf, numberOf } from './archive-names';
import { openBlocks, type ArchivedBlock } from './archived-blocks';
import { openSnapshot, type ArchivedSnapshot } from './archived-snapshot';
import { damagedObject, openObject } from './sealed-object';
import { hashOf, type ChunkTable } from './snapshot-manifest';
import type { ChunkVisitor } from './snapshot-packs';
import { FILE_KIND, type Vault } from './vault';

/** Objects of blocks that are kept open, by the bytes they had in the store: lookups come in clusters. */
const KEPT_BYTES_MAX = 67_108_864;

/** Buckets whose names are kept. */
const KEPT_BUCKETS_MAX = 64;

/** What an archive is made of. The vault holds the archive keys of the ledger. */
export interface ArchiveOptions {
  readonly store: ObjectStore;
  readonly vault: Vault;
}

interface OpenObject {
  readonly bytes: number;
  readonly blocks: readonly ArchivedBlock[];
}

/**
 * What a ledger has in a store of objects, for reading. Seals are checked, which excludes damage and other ledgers' objects; whether blocks are those of
 * the ledger is shown by their ids and certificates, and whether a state is, by its root.
 */
export class Archive {
  private readonly names: ArchiveNames;
  /** Heights at which objects begin, by bucket. */
  private readonly buckets = new Map<number, readonly number[]>();
  private readonly kept = new Map<number, Promise<OpenObject | null>>();
  private keptBytes = 0;

  constructor(private readonly options: ArchiveOptions) {
    this.names = new ArchiveNames(options.vault.ledgerId);
  }

  /** The genesis of the ledger; null if nothing was ever put. */
  async genesis(): Promise<Uint8Array | null> {
    const { store, vault } = this.options;
    const name = this.names.genesis;
    const bytes = await store.get(name);
    if (bytes === null) return null;
    let genesis: Uint8Array | null = null;
    openObject(vault, { kind: FILE_KIND.archive, number: 0 }, name, bytes, (_kind, payload) => {
      genesis = payload.slice();
    });
    if (genesis === null) throw damagedObject(name, 0);
    return genesis;
  }

  /** Height of the newest block that is held; 0 without one. */
  async lastHeight(): Promise<number> {
    const [name] = await this.options.store.list(this.names.allBlocks);
    const first = name === undefined ? null : numberOf(name);
    if (first === null) return 0;
    // The newest bucket, by doubling the distance and then halving it.
    let low = bucketOf(first);
    let step = 1;
    while (await this.anyFrom(low + step)) [low, step] = [low + step, step * 2];
    for (step = Math.floor(step / 2); step >= 1; step = Math.floor(step / 2))
      if (await this.anyFrom(low + step)) low += step;
    const firsts = await this.firstsOf(low, true);
    const newest = firsts.at(-1);
    const object = newest === undefined ? null : await this.open(newest);
    return newest === undefined || object === null ? 0 : newest + object.blocks.length - 1;
  }

  /** A block; null if it is not held. Throws StorageError, CodecError or what the store throws. */
  async block(height: number): Promise<ArchivedBlock | null> {
    const known = await this.find(height, false);
    return known ?? this.find(height, true);
  }

  /** Blocks by ascending height, both ends included, as far as they are held without a gap. */
  async *blocks(from: number, to: number): AsyncGenerator<ArchivedBlock> {
    for (let height = from; height <= to; height += 1) {
      const block = await this.block(height);
      if (block === null) return;
      yield block;
    }
  }

  /** Heights of the snapshots, ascending, up to a height. */
  async snapshotHeights(atMost = Number.MAX_SAFE_INTEGER): Promise<number[]> {
    const heights: number[] = [];
    for await (const number of this.numbersBelow(this.names.allSnapshots)) if (number <= atMost) heights.push(number);
    return heights;
  }

  /** A snapshot; null if there is none of this height. */
  async snapshot(height: number): Promise<ArchivedSnapshot | null> {
    const name = this.names.snapshot(height);
    const bytes = await this.options.store.get(name);
    return bytes === null ? null : openSnapshot(this.options.vault, name, height, bytes);
  }

  /** Gives every chunk of a snapshot to `visit`, each checked against its hash; waits for `room` between objects. Throws StorageError. */
  async loadSnapshot(
    snapshot: ArchivedSnapshot,
    visit: ChunkVisitor,
    room: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const wanted = new Map<number, Map<number, { table: ChunkTable; index: number }[]>>();
    for (const table of snapshot.tables.values()) {
      table.places.forEach(({ pack, offset }, index) => {
        const ofObject = wanted.get(pack) ?? new Map<number, { table: ChunkTable; index: number }[]>();
        wanted.set(pack, ofObject);
        ofObject.set(offset, [...(ofObject.get(offset) ?? []), { table, index }]);
      });
    }
    for (const [number, chunks] of [...wanted].sort(([left], [right]) => left - right)) {
      await this.loadChunks(number, chunks, visit);
      await room();
    }
  }

  private async loadChunks(
    number: number,
    chunks: Map<number, { table: ChunkTable; index: number }[]>,
    visit: ChunkVisitor,
  ): Promise<void> {
    const { store, vault } = this.options;
    const name = this.names.chunks(number);
    const bytes = await store.get(name);
    if (bytes === null) throw damagedObject(name, 0);
    openObject(vault, { kind: FILE_KIND.archivedChunks, number }, name, bytes, (_kind, chunk, offset) => {
      for (const { table, index } of chunks.get(offset) ?? []) {
        if (!equalBytes(chunkHash(chunk), hashOf(table, index))) throw damagedObject(name, offset);
        visit(table, index, chunk);
      }
      chunks.delete(offset);
    });
    if (chunks.size > 0) throw damagedObject(name, bytes.length);
  }

  private async find(height: number, again: boolean): Promise<ArchivedBlock | null> {
    const firsts = await this.firstsOf(bucketOf(height), again);
    const first = firsts.findLast((each) => each <= height);
    if (first === undefined) return null;
    return (await this.open(first))?.blocks[height - first] ?? null;
  }

  private async firstsOf(bucket: number, again: boolean): Promise<readonly number[]> {
    const known = this.buckets.get(bucket);
    if (known !== undefined && !again) return known;
    const firsts: number[] = [];
    for await (const number of this.numbersBelow(this.names.bucket(bucket))) firsts.push(number);
    this.buckets.delete(bucket);
    this.buckets.set(bucket, firsts);
    for (const oldest of this.buckets.keys()) {
      if (this.buckets.size <= KEPT_BUCKETS_MAX) break;
      this.buckets.delete(oldest);
    }
    return firsts;
  }

  private async *numbersBelow(prefix: string): AsyncGenerator<number> {
    let after: string | undefined = undefined;
    for (;;) {
      const names: readonly string[] = await this.options.store.list(prefix, after);
      for (const name of names) {
        const number = numberOf(name);
        if (number !== null) yield number;
      }
      // Not by the length of the answer: a service may give fewer names at a time than it was asked for.
      if (names.length === 0) return;
      after = names.at(-1);
    }
  }

  private async anyFrom(bucket: number): Promise<boolean> {
    const before = this.names.bucket(bucket).slice(0, -1);
    return (await this.options.store.list(this.names.allBlocks, before)).length > 0;
  }

  private open(first: number): Promise<OpenObject | null> {
    const known = this.kept.get(first);
    if (known !== undefined) {
      this.kept.delete(first);
      this.kept.set(first, known);
      return known;
    }
    const opening = this.fetch(first);
    this.kept.set(first, opening);
    opening.then(
      (object) => void (object === null ? this.kept.delete(first) : this.noteKept(object.bytes)),
      () => this.kept.delete(first),
    );
    return opening;
  }

  private async fetch(first: number): Promise<OpenObject | null> {
    const name = this.names.blocks(first);
    const bytes = await this.options.store.get(name);
    if (bytes === null) return null;
    const blocks = openBlocks(this.options.vault, name, first, bytes);
    if (bucketOf(first + blocks.length - 1) !== bucketOf(first)) throw damagedObject(name, BUCKET_BLOCKS);
    return { bytes: bytes.length, blocks };
  }

  private noteKept(bytes: number): void {
    this.keptBytes += bytes;
    if (this.keptBytes <= KEPT_BYTES_MAX) return;
    // Only the newest object is surely of use.
    const newest = [...this.kept].at(-1);
    this.kept.clear();
    this.keptBytes = 0;
    if (newest !== undefined) {
      this.kept.set(...newest);
      this.keptBytes = bytes;
    }
  }
}
