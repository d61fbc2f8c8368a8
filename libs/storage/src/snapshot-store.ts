import { CodecError } from '@quorate/codec';
import { equalBytes } from '@quorate/crypto';
import {
  chunkHash,
  decodeCheckpoint,
  encodeCheckpoint,
  type CheckpointCertificate,
  type StateDescription,
} from '@quorate/protocol';
import type { Directory } from '@quorate/runtime';
import { SealedFile } from './sealed-file';
import {
  MANIFEST_FRAME,
  ManifestReader,
  encodeHead,
  encodeTable,
  hashOf,
  type ChunkPlace,
  type ChunkTable,
  type SnapshotManifest,
} from './snapshot-manifest';
import { SnapshotPacks, type ChunkVisitor, type PackWriter } from './snapshot-packs';
import { StorageError, writeFault } from './storage-error';
import { FILE_KIND, type Vault } from './vault';

const NAME_PATTERN = /^(snapshot|checkpoint)-(\d{6})$/;

/** Newest snapshots with a certificate that are kept; the older one is there for when the newer turns out damaged. */
export const SNAPSHOTS_KEPT = 2;

/** A snapshot on the disk. */
export interface StoredSnapshot extends SnapshotManifest {
  readonly number: number;
  /** Null until a quorum signed its root. */
  certificate: CheckpointCertificate | null;
  /** It is the state with which a fork began, and is never removed. */
  readonly isKept: boolean;
}

/** What a snapshot store is opened with: a directory of its own. */
export interface SnapshotStoreOptions {
  readonly directory: Directory;
  readonly vault: Vault;
  /** Root of a state that is never removed: the one with which a fork began. */
  readonly keptRoot?: Uint8Array;
}

/**
 * The snapshots of one replica: manifests that name chunks, packs of chunks that manifests share, and checkpoint certificates. A snapshot
 * exists as soon as its manifest has its name, and every byte of it is checked when it is read: by its frame, and by its hash.
 */
export class SnapshotStore {
  /** Ascending by number, so by height. */
  private readonly held: StoredSnapshot[] = [];
  private readonly packs: SnapshotPacks;
  private lastNumber = 0;
  /** Packs that no manifest names yet. */
  private readonly unfinished = new Set<number>();

  /** How many readers use a snapshot: meanwhile it is not removed. */
  private readonly readers = new Map<StoredSnapshot, number>();

  private constructor(private readonly options: SnapshotStoreOptions) {
    this.packs = new SnapshotPacks(options.directory, options.vault);
  }

  /** Reads the manifests. What is damaged is left out and removed: it is no snapshot. */
  static async open(options: SnapshotStoreOptions): Promise<SnapshotStore> {
    const store = new SnapshotStore(options);
    const names = await options.directory.list();
    for (const name of names) {
      if (name.endsWith('.partial')) await options.directory.remove(name);
      const [, what, digits] = NAME_PATTERN.exec(name) ?? [];
      if (what !== 'snapshot') continue;
      const number = Number(digits);
      store.lastNumber = Math.max(store.lastNumber, number);
      const snapshot = await store.read(number);
      if (snapshot !== null) store.held.push(snapshot);
    }
    store.lastNumber = Math.max(store.lastNumber, ...(await store.packs.numbers()));
    return store;
  }

  /** Snapshots from the newest to the oldest. */
  get newestFirst(): readonly StoredSnapshot[] {
    return [...this.held].reverse();
  }

  /** The newest snapshot that a quorum signed. */
  get newestCertified(): StoredSnapshot | null {
    return this.held.findLast(({ certificate }) => certificate !== null) ?? null;
  }

  /** A number that no file of this store ever had, and the pack that goes with it. */
  async begin(): Promise<PackWriter> {
    this.lastNumber += 1;
    this.unfinished.add(this.lastNumber);
    return this.packs.create(this.lastNumber);
  }

  /** Makes the snapshot exist: its chunks are all in packs, the newest of which is `pack`. */
  async finish(
    pack: PackWriter,
    state: StateDescription,
    extra: Uint8Array,
    tables: readonly ChunkTable[],
  ): Promise<StoredSnapshot> {
    await pack.sync();
    const { number } = pack;
    await this.writeFile('snapshot', number, (file) => {
      file.append(MANIFEST_FRAME.head, encodeHead(state, extra, tables.length));
      for (const table of tables) file.append(MANIFEST_FRAME.chunks, encodeTable(table));
    });
    const snapshot = await this.read(number);
    if (snapshot === null)
      throw new StorageError('STORAGE_CORRUPT', `snapshot ${number} cannot be read back`, { number });
    this.held.push(snapshot);
    this.unfinished.delete(number);
    return snapshot;
  }

  /** The snapshot will not be finished; its room is free again. */
  async abandon(pack: PackWriter): Promise<void> {
    // It may have got its name before the medium refused the rest, and would be one without chunks.
    await this.options.directory.remove(nameOf('snapshot', pack.number));
    await this.packs.remove(pack.number);
    this.unfinished.delete(pack.number);
  }

  /** Keeps the quorum's word with the snapshot; then what is older than the newest certified ones is removed. */
  async certify(snapshot: StoredSnapshot, certificate: CheckpointCertificate): Promise<void> {
    await this.writeFile('checkpoint', snapshot.number, (file) =>
      file.append(MANIFEST_FRAME.certificate, encodeCheckpoint(certificate)),
    );
    snapshot.certificate = certificate;
    await this.prune();
  }

  /** Gives every chunk of the snapshot to `visit`, in the order in which they lie. Throws StorageError if one is not what it was. */
  async load(snapshot: StoredSnapshot, visit: ChunkVisitor): Promise<void> {
    await this.packs.scan(snapshot.tables.values(), (table, index, chunk) => {
      if (!equalBytes(chunkHash(chunk), hashOf(table, index)))
        throw new StorageError('STORAGE_CORRUPT', 'a chunk of a snapshot is not what its manifest says', {
          section: table.number,
          chunk: index,
        });
      visit(table, index, chunk);
    });
  }

  /** One chunk of one section. Throws StorageError. */
  chunk(snapshot: StoredSnapshot, section: number, index: number): Promise<Uint8Array> {
    const place = snapshot.tables.get(section)?.places[index];
    if (place === undefined) throw new RangeError('no such chunk');
    return this.packs.read(place);
  }

  /** What lies at a place, as it is. Throws StorageError. */
  readPlace(place: ChunkPlace): Promise<Uint8Array> {
    return this.packs.read(place);
  }

  /** Size of a pack, dead chunks included. */
  packBytes(pack: number): Promise<number> {
    return this.packs.sizeBytes(pack);
  }

  /** Runs `work`, which may take its time, while the snapshot stays. */
  async use<Result>(snapshot: StoredSnapshot, work: () => Promise<Result>): Promise<Result> {
    this.readers.set(snapshot, (this.readers.get(snapshot) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const others = (this.readers.get(snapshot) ?? 1) - 1;
      if (others > 0) this.readers.set(snapshot, others);
      else this.readers.delete(snapshot);
    }
  }

  /** Removes a snapshot that turned out to be of no use. Its packs go when nothing else needs them. */
  async discard(snapshot: StoredSnapshot): Promise<void> {
    this.held.splice(this.held.indexOf(snapshot), 1);
    await this.options.directory.remove(nameOf('checkpoint', snapshot.number));
    await this.options.directory.remove(nameOf('snapshot', snapshot.number));
  }

  async close(): Promise<void> {
    await this.packs.closeAll();
  }

  private async prune(): Promise<void> {
    const certified = this.held.filter(({ certificate }) => certificate !== null);
    const oldestKept = certified.at(-SNAPSHOTS_KEPT)?.number ?? 0;
    const isUsed = (snapshot: StoredSnapshot): boolean => snapshot.isKept || this.readers.has(snapshot);
    const unused = this.held.filter((snapshot) => snapshot.number < oldestKept && !isUsed(snapshot));
    for (const snapshot of unused) await this.discard(snapshot);
    const packs = new Set(this.unfinished);
    for (const { tables } of this.held)
      for (const { places } of tables.values()) for (const { pack } of places) packs.add(pack);
    await this.packs.retain(packs);
  }

  private async read(number: number): Promise<StoredSnapshot | null> {
    const manifest = new ManifestReader();
    try {
      await this.readFile('snapshot', number, (kind, payload) => manifest.frame(kind, payload));
      const read = manifest.finish(nameOf('snapshot', number));
      const { keptRoot } = this.options;
      const isKept = keptRoot !== undefined && equalBytes(read.stateRoot, keptRoot);
      return { number, ...read, certificate: await this.certificate(number), isKept };
    } catch (error) {
      if (!(error instanceof StorageError) && !(error instanceof CodecError)) throw error;
      return null;
    }
  }

  private async certificate(number: number): Promise<CheckpointCertificate | null> {
    const names = await this.options.directory.list();
    if (!names.includes(nameOf('checkpoint', number))) return null;
    let certificate: CheckpointCertificate | null = null;
    await this.readFile('checkpoint', number, (_kind, payload) => {
      certificate = decodeCheckpoint(payload);
    });
    return certificate;
  }

  private async writeFile(what: FileWhat, number: number, write: (file: SealedFile) => void): Promise<void> {
    const { directory } = this.options;
    const name = nameOf(what, number);
    await directory.remove(`${name}.partial`);
    const file = await this.openFile(what, number, `${name}.partial`, false, () => undefined);
    write(file);
    await file.sync();
    await file.close();
    await directory.rename(`${name}.partial`, name).catch((error: unknown) => {
      throw writeFault(name, error);
    });
  }

  private async readFile(
    what: FileWhat,
    number: number,
    onFrame: (kind: number, payload: Uint8Array) => void,
  ): Promise<void> {
    const file = await this.openFile(what, number, nameOf(what, number), true, onFrame);
    await file.close();
  }

  private async openFile(
    what: FileWhat,
    number: number,
    name: string,
    complete: boolean,
    onFrame: (kind: number, payload: Uint8Array) => void,
  ): Promise<SealedFile> {
    const { directory, vault } = this.options;
    const label = { kind: FILE_KIND[what], number };
    const { file } = await SealedFile.open({ directory, vault, label, name, complete, onFrame });
    return file;
  }
}

type FileWhat = 'snapshot' | 'checkpoint';

function nameOf(what: FileWhat, number: number): string {
  return `${what}-${String(number).padStart(6, '0')}`;
}
