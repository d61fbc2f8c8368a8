import { invariant } from '@quorate/errors';
import { bytesOfWords, type SectionCapture, type SectionName } from './section';

/** Rows copied by one `prepare`: less than a millisecond where the memory is there already. */
const ROWS_PER_STEP = 4_096;

/** A ring of rows as it stands when it is captured. */
export interface CapturedRing {
  readonly section: SectionName;
  /** The words that rows are in; they may move when the ring grows. */
  readonly words: () => Uint32Array;
  readonly rowWords: number;
  /** First held row, and the one behind the last. */
  readonly oldest: number;
  readonly end: number;
  /** Rows that the ring has room for; row r is at r modulo this number. */
  readonly capacity: number;
}

/**
 * A section of the rows that a ring holds, each where it is in the ring, copied a part at a time while the ledger goes on. Rows never change
 * until others are written over them: whoever is about to do that has them copied before.
 */
export class RingCapture implements SectionCapture {
  readonly section: SectionName;
  readonly appendOnly = false;
  readonly lengthBytes: number;
  private next: number;
  private cleared = false;

  constructor(
    private readonly ring: CapturedRing,
    /** As many words as the section has, with any content. */
    private readonly copy: Uint32Array,
  ) {
    this.section = ring.section;
    this.lengthBytes = copy.length * 4;
    this.next = ring.oldest;
  }

  prepare(): boolean {
    if (!this.cleared) this.clearFree();
    this.copyBelow(this.next + ROWS_PER_STEP);
    return this.next >= this.ring.end;
  }

  /** Copies what is left of the rows below one. */
  copyBelow(row: number): void {
    const { rowWords, end, capacity, words } = this.ring;
    const from = words();
    for (const below = Math.min(row, end); this.next < below;) {
      const at = this.next % capacity;
      const count = Math.min(below - this.next, capacity - at);
      this.copy.set(from.subarray(at * rowWords, (at + count) * rowWords), at * rowWords);
      this.next += count;
    }
  }

  read(offset: number, into: Uint8Array): void {
    invariant(this.next >= this.ring.end, 'a section is prepared before it is read');
    into.set(bytesOfWords(this.copy, this.copy.length).subarray(offset, offset + into.length));
  }

  /** Slots of rows that were let go, and not used again, hold nothing. */
  private clearFree(): void {
    const { rowWords, oldest, end, capacity } = this.ring;
    for (let row = end - this.copy.length / rowWords; row < oldest; row += 1) {
      const at = (row % capacity) * rowWords;
      this.copy.fill(0, at, at + rowWords);
    }
    this.cleared = true;
  }
}
