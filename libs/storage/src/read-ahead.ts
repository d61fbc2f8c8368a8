import type { GrowingFile } from '@quorate/runtime';

/** Read at a time. */
const WINDOW_BYTES = 4_194_304;

/** What is read ahead begins so much before the end of what was read last: the record there may go on behind it. */
const OVERLAP_BYTES = 131_072;

/** Reads a file from its beginning to its end; the next bytes are on their way while those at hand are looked at. */
export class ReadAhead {
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private next: { readonly at: number; readonly end: number; readonly bytes: Promise<Uint8Array> } | null = null;

  constructor(private readonly file: GrowingFile) {}

  /** The bytes at hand, and where in the file they begin. Valid until the next `hold`. */
  get window(): { readonly bytes: Uint8Array; readonly at: number } {
    return { bytes: this.bytes, at: this.at };
  }

  /** Brings `bytes` bytes from `offset` on into the window; false if the file ends before. */
  async hold(offset: number, bytes: number): Promise<boolean> {
    const end = offset + bytes;
    if (end > this.file.sizeBytes) return false;
    if (offset >= this.at && end <= this.at + this.bytes.length) return true;
    const { next } = this;
    const isNext = next !== null && next.at <= offset && end <= next.end;
    this.bytes = await (isNext ? next.bytes : this.read(offset, Math.max(bytes, WINDOW_BYTES)));
    this.at = isNext ? next.at : offset;
    this.startNext();
    return true;
  }

  private startNext(): void {
    const behind = this.at + this.bytes.length;
    const at = Math.max(this.at + 1, behind - OVERLAP_BYTES);
    this.next = null;
    if (behind >= this.file.sizeBytes) return;
    const bytes = this.read(at, WINDOW_BYTES);
    // Whoever needs it hears of a failure; perhaps nobody does.
    bytes.catch(() => undefined);
    this.next = { at, end: Math.min(this.file.sizeBytes, at + WINDOW_BYTES), bytes };
  }

  private read(offset: number, bytes: number): Promise<Uint8Array> {
    return this.file.read(offset, Math.min(this.file.sizeBytes - offset, bytes));
  }
}
