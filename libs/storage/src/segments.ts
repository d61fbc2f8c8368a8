import { invariant } from '@quorate/errors';
import type { Directory, StoredFile } from '@quorate/runtime';
import { StorageError } from './storage-error';

/** Small first, so that a new ledger is there at once; then large enough that making the next one is rare. */
const SEGMENT_BYTES = [4, 16, 64].map((mebibytes) => mebibytes * 1_048_576);

/** Above this many segments (a quarter of a tebibyte) the journal refuses to grow: open files are not free. */
const SEGMENTS_MAX = 4_096;

const NAME_PATTERN = /^journal-\d{6}$/;

/** The preallocated files of a journal, numbered from 1; all stay open for reading back. */
export class Segments {
  private next: Promise<StoredFile> | null = null;

  private constructor(
    private readonly directory: Directory,
    private readonly files: StoredFile[],
  ) {}

  static async open(directory: Directory): Promise<Segments> {
    const names = (await directory.list()).filter((name) => NAME_PATTERN.test(name));
    const files: StoredFile[] = [];
    for (const name of names) {
      if (name !== nameOf(files.length + 1))
        throw new StorageError('STORAGE_CORRUPT', `journal segment ${files.length + 1} is missing`, {
          segment: files.length + 1,
          offsetBytes: 0,
        });
      files.push(await directory.open(name));
    }
    return new Segments(directory, files);
  }

  get count(): number {
    return this.files.length;
  }

  get sizeBytes(): number {
    return this.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  file(segment: number): StoredFile {
    const file = this.files[segment - 1];
    invariant(file !== undefined, 'a journal segment that was never made', { segment });
    return file;
  }

  /** Starts making the segment after `segment` in the background, once. A failure shows in `after`. */
  prepareAfter(segment: number): void {
    if (this.next !== null || segment < this.files.length) return;
    this.next = this.create();
    this.next.catch(() => undefined);
  }

  /** The segment after `segment`, or the first one after 0; waits for its preallocation. */
  async after(segment: number): Promise<number> {
    if (segment < this.files.length) return segment + 1;
    this.prepareAfter(segment);
    const file = await this.next;
    invariant(file !== null, 'a segment was being made');
    this.next = null;
    this.files.push(file);
    return this.files.length;
  }

  async close(): Promise<void> {
    const prepared = this.next === null ? null : await this.next.catch(() => null);
    if (prepared !== null) await prepared.close();
    await Promise.all(this.files.map((file) => file.close()));
  }

  private async create(): Promise<StoredFile> {
    const segment = this.files.length + 1;
    if (segment > SEGMENTS_MAX)
      throw new StorageError('STORAGE_FULL', 'the journal has reached its largest size', { segment });
    try {
      return await this.directory.createZeroed(
        nameOf(segment),
        SEGMENT_BYTES[Math.min(segment, SEGMENT_BYTES.length) - 1],
      );
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const full = code === 'ENOSPC' || code === 'EDQUOT';
      throw new StorageError(
        full ? 'STORAGE_FULL' : 'STORAGE_WRITE_FAILED',
        `journal segment ${segment} could not be made: ${String(error)}`,
        { segment },
      );
    }
  }
}

function nameOf(segment: number): string {
  return `journal-${String(segment).padStart(6, '0')}`;
}
