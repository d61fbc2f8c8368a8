import type { Directory } from '@quorate/runtime';
import { SealedFile, type SealedFileOptions } from './sealed-file';
import type { ChunkPlace, ChunkTable } from './snapshot-manifest';
import { StorageError } from './storage-error';
import { FILE_KIND, type Vault } from './vault';

const NAME_PATTERN = /^pack-(\d{6})$/;
const CHUNK_FRAME = 1;

/** Bytes that are synchronised at a time, while the next ones are made. Twice as many may wait for the medium; then the writer waits, too. */
const SYNCED_BYTES = 33_554_432;

/** Sees each chunk that a table names, once. */
export type ChunkVisitor = (table: ChunkTable, index: number, chunk: Uint8Array) => void;

/** Files of chunks. A pack is written once, is complete before a manifest names it, and is read by position afterwards. */
export class SnapshotPacks {
  private readonly files = new Map<number, Promise<SealedFile>>();

  constructor(
    private readonly directory: Directory,
    private readonly vault: Vault,
  ) {}

  async numbers(): Promise<number[]> {
    const names = await this.directory.list();
    return names.flatMap((name) => NAME_PATTERN.exec(name)?.[1] ?? []).map(Number);
  }

  /** Begins a pack; whatever an interrupted writer left under that number is gone. */
  async create(number: number): Promise<PackWriter> {
    await this.directory.remove(nameOf(number));
    const file = this.open(number, { complete: false });
    this.files.set(number, file);
    return new PackWriter(number, await file);
  }

  /** Reads a chunk back. Throws StorageError. */
  async read({ pack, offset, payloadBytes }: ChunkPlace): Promise<Uint8Array> {
    return (await this.held(pack)).read({ offset, payloadBytes });
  }

  async sizeBytes(pack: number): Promise<number> {
    return (await this.held(pack)).sizeBytes;
  }

  /** Reads the packs that the tables name from beginning to end, each once. Throws StorageError for a pack that is damaged. */
  async scan(tables: Iterable<ChunkTable>, visit: ChunkVisitor): Promise<void> {
    const wanted = new Map<number, Map<number, { table: ChunkTable; index: number }[]>>();
    for (const table of tables) {
      table.places.forEach(({ pack, offset }, index) => {
        const ofPack = wanted.get(pack) ?? new Map<number, { table: ChunkTable; index: number }[]>();
        wanted.set(pack, ofPack);
        ofPack.set(offset, [...(ofPack.get(offset) ?? []), { table, index }]);
      });
    }
    for (const [pack, chunks] of [...wanted].sort(([left], [right]) => left - right)) {
      await this.close(pack);
      const file = await this.open(pack, {
        complete: true,
        onFrame: (_kind, payload, { offset }) => {
          for (const { table, index } of chunks.get(offset) ?? []) visit(table, index, payload);
          chunks.delete(offset);
        },
      });
      await file.close();
      // A file that ends behind an intact frame shows nothing of what followed.
      const missing = chunks.keys().next().value;
      if (missing !== undefined)
        throw new StorageError('STORAGE_CORRUPT', `${nameOf(pack)} ends before chunks that a snapshot needs`, {
          file: nameOf(pack),
          offsetBytes: missing,
        });
    }
  }

  /** Removes every pack that is not in `keep`. */
  async retain(keep: ReadonlySet<number>): Promise<void> {
    for (const number of await this.numbers()) {
      if (!keep.has(number)) await this.remove(number);
    }
  }

  async remove(number: number): Promise<void> {
    await this.close(number);
    await this.directory.remove(nameOf(number));
  }

  async closeAll(): Promise<void> {
    for (const number of this.files.keys()) await this.close(number);
  }

  private async close(number: number): Promise<void> {
    const file = this.files.get(number);
    this.files.delete(number);
    await (await file)?.close();
  }

  /** The file of a pack, open for reading at the positions that tables name; one for all readers. */
  private held(number: number): Promise<SealedFile> {
    const known = this.files.get(number);
    if (known !== undefined) return known;
    const opening = this.open(number, { complete: true, byPosition: true });
    this.files.set(number, opening);
    opening.catch(() => this.files.delete(number));
    return opening;
  }

  private async open(
    number: number,
    options: Pick<SealedFileOptions, 'complete' | 'byPosition' | 'onFrame'>,
  ): Promise<SealedFile> {
    const { directory, vault } = this;
    const label = { kind: FILE_KIND.pack, number };
    return (await SealedFile.open({ directory, vault, label, name: nameOf(number), ...options })).file;
  }
}

/** Appends chunks to a new pack. */
export class PackWriter {
  private unsynced = 0;
  /** The synchronisation under way. */
  private syncing: Promise<void> = Promise.resolve();

  constructor(
    readonly number: number,
    private readonly file: SealedFile,
  ) {}

  get sizeBytes(): number {
    return this.file.sizeBytes;
  }

  /** Takes a copy of the chunk; waits when too much is on its way. Throws StorageError when the medium refuses. */
  async append(chunk: Uint8Array): Promise<ChunkPlace> {
    const place = this.add(chunk);
    await this.room();
    return place;
  }

  /** Takes a copy of the chunk. Whoever adds many waits for `room` in between. */
  add(chunk: Uint8Array): ChunkPlace {
    const { offset, payloadBytes } = this.file.append(CHUNK_FRAME, chunk);
    this.unsynced += payloadBytes;
    return { pack: this.number, offset, payloadBytes };
  }

  /** Waits when too much is on its way. Throws StorageError when the medium refuses. */
  async room(): Promise<void> {
    if (this.unsynced < SYNCED_BYTES) return;
    await this.syncing;
    this.syncSoon();
  }

  async sync(): Promise<void> {
    await this.syncing;
    this.unsynced = 0;
    await this.file.sync();
  }

  private syncSoon(): void {
    // Another append waited, too, and came first.
    if (this.unsynced < SYNCED_BYTES) return;
    this.unsynced = 0;
    this.syncing = this.file.sync();
    // Whoever appends or syncs next hears of it.
    this.syncing.catch(() => undefined);
  }
}

function nameOf(number: number): string {
  return `pack-${String(number).padStart(6, '0')}`;
}
