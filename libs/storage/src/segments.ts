import { invariant } from '@quorate/errors';
import type { Directory, StoredFile } from '@quorate/runtime';
import { corrupt } from './segment-scan';
import { StorageError, writeFault } from './storage-error';

/** Small first, so that a new ledger is there at once; then large enough that making the next one is rare. */
const SEGMENT_BYTES = [4, 16, 64].map((mebibytes) => mebibytes * 1_048_576);

/** Above this many segments (a quarter of a tebibyte) the journal refuses to grow: open files are not free. */
const SEGMENTS_MAX = 4_096;

const NAME_PATTERN = /^journal-\d{6}$/;

/** The preallocated files of a journal, numbered from 1; all stay open for reading back. The oldest may have been removed. */
export class Segments {
  private making: Promise<void> | null = null;

  private constructor(
    private readonly directory: Directory,
    private readonly files: StoredFile[],
    /** Number of the oldest segment that is still there. */
    private oldest: number,
  ) {}

  /** Segments below `firstNeeded` may be missing, from the oldest on. */
  static async open(directory: Directory, firstNeeded: number): Promise<Segments> {
    const names = (await directory.list()).filter((name) => NAME_PATTERN.test(name));
    const files: StoredFile[] = [];
    const oldest = names.length === 0 ? 1 : Number(names[0].slice(-6));
    if (oldest > firstNeeded) throw corrupt(firstNeeded, 0, 'the segment is missing');
    for (const name of names) {
      const expected = oldest + files.length;
      if (name !== nameOf(expected)) throw corrupt(expected, 0, 'the segment is missing');
      files.push(await directory.open(name));
    }
    return new Segments(directory, files, oldest);
  }

  /** Number of the oldest segment that is there. */
  get first(): number {
    return this.oldest;
  }

  /** Number of the newest segment; as many as were ever made. */
  get count(): number {
    return this.oldest - 1 + this.files.length;
  }

  get sizeBytes(): number {
    return this.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  file(segment: number): StoredFile {
    const file = this.files[segment - this.oldest];
    invariant(file !== undefined, 'a journal segment that was never made', { segment });
    return file;
  }

  /** Makes the next segment; calls under way share it. Throws StorageError; may then be tried again. */
  grow(): Promise<void> {
    this.making ??= this.create().finally(() => (this.making = null));
    return this.making;
  }

  /** Removes the segments below `segment`; the newest one stays in any case. */
  async dropBelow(segment: number): Promise<void> {
    while (this.oldest < segment && this.files.length > 1) {
      const file = this.files[0];
      await this.directory.remove(nameOf(this.oldest));
      this.files.shift();
      this.oldest += 1;
      await file.close();
    }
  }

  async close(): Promise<void> {
    await this.making?.catch(() => undefined);
    await Promise.all(this.files.map((file) => file.close()));
  }

  private async create(): Promise<void> {
    const segment = this.count + 1;
    if (this.files.length >= SEGMENTS_MAX)
      throw new StorageError('STORAGE_FULL', 'the journal has reached its largest size', { segment });
    const sizeBytes = SEGMENT_BYTES[Math.min(segment, SEGMENT_BYTES.length) - 1];
    try {
      this.files.push(await this.directory.createZeroed(nameOf(segment), sizeBytes));
    } catch (error) {
      throw writeFault(`journal segment ${segment}`, error, { segment });
    }
  }
}

function nameOf(segment: number): string {
  return `journal-${String(segment).padStart(6, '0')}`;
}
