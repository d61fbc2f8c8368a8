import type { Directory, GrowingFile, StoredFile } from '@quorate/runtime';
import type { Random } from '../random';
import type { Scheduler } from '../scheduler';
import { DriveFile, type CrashMode } from './drive-file';

/** What a drive does now; changed while it runs. */
export interface DriveCondition {
  /** Time of one write or sync that must reach the medium. */
  syncMs: () => number;
  /** That such a write fails: nothing may be assumed about its bytes. */
  errorRate: number;
  /** No new file can be made, and no file can grow. */
  full: boolean;
  /** A sync is done before anything of it is on the medium. */
  earlySync: boolean;
}

/** What a drive did, for the report. */
export interface DriveCounts {
  syncs: number;
  errors: number;
  refusals: number;
  tornCrashes: number;
  rot: number;
}

/** Time of an operation on the page cache. */
const CACHE_MS = 0.02;
/** Until the page cache is written back where nobody waits for it. */
const WRITEBACK_MS = 1_000;

/** A change of the directory's entries that is under way. */
interface EntryChange {
  readonly apply: () => void;
}

/**
 * The drive of one machine, with directories in which the product's own journal, snapshots and outcome log live. What was written reaches the
 * page cache at once and the medium at a sync; a loss of power keeps of the rest any sectors in any order. After a failed
 * sync the cache has bytes that no later sync brings to the medium.
 */
export class Drive {
  readonly condition: DriveCondition = { syncMs: () => 0.3, errorRate: 0, full: false, earlySync: false };
  readonly counts: DriveCounts = { syncs: 0, errors: 0, refusals: 0, tornCrashes: 0, rot: 0 };
  private files = new Map<string, DriveFile>();
  private changes = new Set<EntryChange>();
  /** Calls of a process that has ended are never answered. */
  private session = 0;
  private trap: (() => void) | null = null;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    /** Files that are made zeroed are no larger, so that a journal has many segments. */
    private readonly zeroedBytesMax: number,
  ) {}

  directory(name: string): Directory {
    return new DriveDirectory(this, `${name}/`);
  }

  /** The process ends; what it wrote stays in the page cache. */
  endProcess(): void {
    this.session += 1;
    for (const change of this.changes) if (this.random.chance(0.5)) change.apply();
    this.changes.clear();
  }

  /** The power fails. */
  losePower(): void {
    this.endProcess();
    const mode = this.random.pick<CrashMode>(['nothing', 'prefix', 'sectors', 'sectors', 'everything']);
    let torn = false;
    for (const file of this.files.values()) torn = file.losePower(mode, this.random) || torn;
    if (torn) this.counts.tornCrashes += 1;
  }

  /** Flips one bit of what the files whose names begin so hold on the medium, anywhere or among their last bytes. Whether there was any. */
  rot(prefix: string, lastBytes?: number): boolean {
    const files = [...this.files].filter(([name, file]) => name.startsWith(prefix) && file.usedBytes > 0);
    if (files.length === 0) return false;
    this.random.pick(files)[1].flipBit(this.random, lastBytes);
    this.counts.rot += 1;
    return true;
  }

  /** A copy of everything on the medium. */
  image(): DriveImage {
    return new Map([...this.files].map(([name, file]) => [name, file.copy()]));
  }

  /** Puts an old copy back. */
  restore(image: DriveImage): void {
    this.files = new Map([...image].map(([name, file]) => [name, file.copy()]));
  }

  names(prefix: string): string[] {
    const names = [...this.files.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length)).sort();
  }

  /** The file; made if it may be. */
  file(name: string, make: boolean): DriveFile {
    let file = this.files.get(name);
    if (file === undefined) {
      if (!make) throw systemError('ENOENT');
      file = new DriveFile(0);
      this.files.set(name, file);
    }
    return file;
  }

  /** Changes an entry; durable when it resolves. */
  async change(apply: () => void): Promise<void> {
    const change = { apply };
    this.changes.add(change);
    await this.after(this.condition.syncMs());
    this.changes.delete(change);
    apply();
  }

  async makeZeroed(name: string, sizeBytes: number): Promise<DriveFile> {
    const file = new DriveFile(Math.min(sizeBytes, this.zeroedBytesMax));
    if (this.condition.full) {
      await this.after(CACHE_MS);
      throw this.refuse();
    }
    await this.change(() => this.files.set(name, file));
    return file;
  }

  rename(from: string, to: string): Promise<void> {
    return this.change(() => {
      const file = this.files.get(from);
      if (file === undefined) return;
      this.files.delete(from);
      this.files.set(to, file);
    });
  }

  remove(name: string): Promise<void> {
    return this.change(() => this.files.delete(name));
  }

  /** Writes to the page cache. */
  async write(file: DriveFile, offset: number, chunks: readonly Uint8Array[], mayGrow: boolean): Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (mayGrow && this.condition.full && offset + bytes > file.sizeBytes) throw this.refuse();
    let at = offset;
    for (const chunk of chunks) {
      file.write(at, chunk);
      at += chunk.length;
    }
    if (mayGrow) await this.after(CACHE_MS);
  }

  /** Runs once, when the next sync would be done: before anybody hears of it. */
  atNextSync(run: () => void): void {
    this.trap = run;
  }

  /** Brings everything written so far to the medium. */
  async sync(file: DriveFile): Promise<void> {
    const { written } = file;
    if (this.condition.earlySync) {
      this.scheduler.after(WRITEBACK_MS, () => file.sync(written));
      return;
    }
    const fails = this.random.chance(this.condition.errorRate);
    await this.after(this.condition.syncMs());
    this.counts.syncs += 1;
    const { trap } = this;
    if (trap !== null) {
      this.trap = null;
      if (this.random.chance(0.5)) file.sync(written);
      trap();
      return new Promise(() => undefined);
    }
    if (fails) {
      this.counts.errors += 1;
      file.failSync(written, this.random);
      throw systemError('EIO');
    }
    file.sync(written);
  }

  async read(file: DriveFile, offset: number, bytes: number): Promise<Uint8Array> {
    await this.after(CACHE_MS);
    return file.read(offset, bytes);
  }

  private refuse(): Error {
    this.counts.refusals += 1;
    return systemError('ENOSPC');
  }

  /** Resolves later, unless the process ends before. */
  private after(delayMs: number): Promise<void> {
    const { session } = this;
    return new Promise((resolve) => {
      this.scheduler.after(delayMs, () => {
        if (this.session === session) resolve();
      });
    });
  }
}

/** What a drive held at some moment. */
export type DriveImage = ReadonlyMap<string, DriveFile>;

class DriveDirectory implements Directory {
  constructor(
    private readonly drive: Drive,
    private readonly prefix: string,
  ) {}

  list(): Promise<string[]> {
    return Promise.resolve(this.drive.names(this.prefix));
  }

  async open(name: string): Promise<StoredFile> {
    return this.stored(this.drive.file(this.prefix + name, false));
  }

  async createZeroed(name: string, sizeBytes: number): Promise<StoredFile> {
    return this.stored(await this.drive.makeZeroed(this.prefix + name, sizeBytes));
  }

  async openGrowing(name: string): Promise<GrowingFile> {
    const { drive } = this;
    const file = drive.file(this.prefix + name, true);
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      write: (offset, chunks) => drive.write(file, offset, chunks, true),
      sync: () => drive.sync(file),
      truncate: (sizeBytes) => Promise.resolve(file.truncate(sizeBytes)),
      read: (offset, bytes) => drive.read(file, offset, bytes),
      close: () => Promise.resolve(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.drive.rename(this.prefix + from, this.prefix + to);
  }

  remove(name: string): Promise<void> {
    return this.drive.remove(this.prefix + name);
  }

  private stored(file: DriveFile): StoredFile {
    const { drive } = this;
    return {
      sizeBytes: file.sizeBytes,
      write: async (offset, chunks) => {
        await drive.write(file, offset, chunks, false);
        await drive.sync(file);
      },
      read: (offset, bytes) => drive.read(file, offset, bytes),
      close: () => Promise.resolve(),
    };
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
