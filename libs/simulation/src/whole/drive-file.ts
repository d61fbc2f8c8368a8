import type { Random } from '../random';

/** Sectors reach the medium whole or not at all. */
const SECTOR_BYTES = 512;
const CAPACITY_BYTES_MIN = 4_096;

/** What a loss of power leaves of what was not synced. */
export type CrashMode = 'nothing' | 'prefix' | 'sectors' | 'everything';

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly size: number };

/** Bytes that grow on demand. */
class Content {
  bytes: Uint8Array;
  size: number;

  constructor(size: number) {
    this.bytes = new Uint8Array(Math.max(size, CAPACITY_BYTES_MIN));
    this.size = size;
  }

  write(offset: number, chunk: Uint8Array): void {
    const end = offset + chunk.length;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(chunk, offset);
    this.size = Math.max(this.size, end);
  }

  cut(size: number): void {
    this.bytes.fill(0, size, this.size);
    this.size = size;
  }

  apply(change: Change): void {
    if (change.kind === 'cut') this.cut(change.size);
    else this.write(change.offset, change.bytes);
  }

  become(other: Content): void {
    this.bytes = other.bytes.slice();
    this.size = other.size;
  }
}

/** One file: what reads see, what is on the medium, and what has not got there yet. */
export class DriveFile {
  private readonly cache: Content;
  private readonly medium: Content;
  private changes: Change[] = [];
  /** Changes that are no longer among them. */
  private settled = 0;
  /** Behind the last byte ever written. */
  usedBytes = 0;

  constructor(size: number) {
    this.cache = new Content(size);
    this.medium = new Content(size);
  }

  get sizeBytes(): number {
    return this.cache.size;
  }

  /** Changes ever made: what a sync that begins now will bring to the medium. */
  get written(): number {
    return this.settled + this.changes.length;
  }

  write(offset: number, chunk: Uint8Array): void {
    this.cache.write(offset, chunk);
    this.changes.push({ kind: 'write', offset, bytes: chunk.slice() });
    this.usedBytes = Math.max(this.usedBytes, offset + chunk.length);
  }

  truncate(size: number): void {
    this.cache.cut(size);
    this.changes.push({ kind: 'cut', size });
    this.usedBytes = Math.min(this.usedBytes, size);
  }

  read(offset: number, bytes: number): Uint8Array {
    if (offset + bytes > this.cache.size) throw new RangeError(`the file ends at byte ${this.cache.size}`);
    return this.cache.bytes.slice(offset, offset + bytes);
  }

  /** The first `written` changes ever made are on the medium. */
  sync(written: number): void {
    for (const change of this.settle(written)) this.medium.apply(change);
  }

  /** Of the first `written` changes some sectors are on the medium; the rest will never be, though reads see it. */
  failSync(written: number, random: Random): void {
    for (const change of this.settle(written)) this.keepSectors(change, random);
  }

  /** Whether something had not been synced. */
  losePower(mode: CrashMode, random: Random): boolean {
    const lost = this.settle(this.written);
    const kept = mode === 'prefix' ? random.below(lost.length + 1) : 0;
    for (const [index, change] of lost.entries())
      if (mode === 'everything' || index < kept) this.medium.apply(change);
      else if (mode === 'sectors' || (mode === 'prefix' && index === kept)) this.keepSectors(change, random);
    this.cache.become(this.medium);
    return lost.length > 0 && mode !== 'everything';
  }

  /** Flips a bit anywhere, or among the last `lastBytes`. */
  flipBit(random: Random, lastBytes = this.usedBytes): void {
    const at = this.usedBytes - 1 - random.below(Math.min(lastBytes, this.usedBytes));
    const bit = 1 << random.below(8);
    this.medium.bytes[at] ^= bit;
    this.cache.bytes[at] ^= bit;
  }

  copy(): DriveFile {
    const copy = new DriveFile(0);
    copy.medium.become(this.medium);
    copy.cache.become(this.medium);
    copy.usedBytes = this.usedBytes;
    return copy;
  }

  private settle(written: number): Change[] {
    const settled = this.changes.splice(0, written - this.settled);
    this.settled += settled.length;
    return settled;
  }

  private keepSectors(change: Change, random: Random): void {
    if (change.kind === 'cut') return;
    const { offset, bytes } = change;
    let at = 0;
    while (at < bytes.length) {
      const end = Math.min(bytes.length, (Math.floor((offset + at) / SECTOR_BYTES) + 1) * SECTOR_BYTES - offset);
      if (random.chance(0.5)) this.medium.write(offset + at, bytes.subarray(at, end));
      at = end;
    }
  }
}
