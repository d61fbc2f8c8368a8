import { invariant } from '@quorate/errors';
import type { Directory, StoredFile } from '@quorate/runtime';
import { corrupt } from './segment-scan';
import { StorageError } from './storage-error';

/** Small first, so that a new ledger is there at once; then large enough that making the next one is rare. */
const SEGMENT_BYTES = [4, 16, 64].map((mebibytes) => mebibytes * 1_048_576);

/** Above this many segments (a quarter of a tebibyte) the journal refuses to grow: open files are not free. */
const SEGMENTS_MAX = 4_096;

const NAME_PATTERN = /^journal-\d{6}$/;

/** No room on the medium, for this user, or in one file. */
const FULL_CODES = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** The preallocated files of a journal, numbered from 1; all stay open for reading back. */
export class Segments {
  private making: Promise<void> | null = null;

  private constructor(
    private readonly directory: Directory,
    private readonly files: StoredFile[],
  ) {}

  static async open(directory: Directory): Promise<Segments> {
    const names = (await directory.list()).filter((name) => NAME_PATTERN.test(name));
    const files: StoredFile[] = [];
    for (const name of names) {
      if (name !== nameOf(files.length + 1)) throw corrupt(files.length + 1, 0, 'the segment is missing');
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

  /** Makes the next segment; calls under way share it. Throws StorageError; may then be tried again. */
  grow(): Promise<void> {
    this.making ??= this.create().finally(() => (this.making = null));
    return this.making;
  }

  async close(): Promise<void> {
    await this.making?.catch(() => undefined);
    await Promise.all(this.files.map((file) => file.close()));
  }

  private async create(): Promise<void> {
    const segment = this.files.length + 1;
    if (segment > SEGMENTS_MAX)
      throw new StorageError('STORAGE_FULL', 'the journal has reached its largest size', { segment });
    const sizeBytes = SEGMENT_BYTES[Math.min(segment, SEGMENT_BYTES.length) - 1];
    try {
      this.files.push(await this.directory.createZeroed(nameOf(segment), sizeBytes));
    } catch (error) {
      const full = FULL_CODES.includes(String((error as NodeJS.ErrnoException).code));
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
