// Pending transfers in rows of 6 words, in order of creation. Those with a timeout are also in a heap, earliest expiry first and
// of one expiry the one created first; a row knows its place in the heap, so that a post or void takes it out at once.
//
//   0  transfer (row)            3  place in the heap + 1, 0 = not in it
//   1  state                     4  expiry, ledger time in ns (2)
//   2  timeout in seconds
import { invariant } from '@quorate/errors';
import type { RestoredSections } from './restored-sections';
import { bytesOfWords, capturedBytes, type SectionCapture } from './section';

/** What became of a pending transfer. */
export const PENDING_STATE = { pending: 0, posted: 1, voided: 2, expired: 3 } as const;
/** Name of such a state. */
export type PendingState = keyof typeof PENDING_STATE;

const STATE_NAMES: readonly PendingState[] = ['pending', 'posted', 'voided', 'expired'];
const ROW_WORDS = 6;
const ROW = { transfer: 0, state: 1, timeoutSeconds: 2, place: 3, expiry: 4 } as const;
const ROWS_MIN = 64;
const NS_PER_SECOND = 1_000_000_000;
const U32 = 0x1_0000_0000;
const U16 = 0x1_0000;
/** Ledger times stay below 2^63 ns. */
const EXPIRY_HIGH_LIMIT = 0x8000_0000;

export class PendingTable {
  private rows = new Uint32Array(ROWS_MIN * ROW_WORDS);
  private heap = new Uint32Array(ROWS_MIN);
  private heapSize = 0;
  private count = 0;
  private expiryLow = 0;
  private expiryHigh = 0;

  get size(): number {
    return this.count;
  }

  /** How many have a timeout that has not passed and were neither posted nor voided. */
  get expiring(): number {
    return this.heapSize;
  }

  transferOf(row: number): number {
    return this.rows[row * ROW_WORDS + ROW.transfer];
  }

  stateOf(row: number): number {
    return this.rows[row * ROW_WORDS + ROW.state];
  }

  stateNameOf(row: number): PendingState {
    return STATE_NAMES[this.stateOf(row)];
  }

  timeoutSecondsOf(row: number): number {
    return this.rows[row * ROW_WORDS + ROW.timeoutSeconds];
  }

  /** Whether a transfer of that time and timeout would expire later than ledger time can tell. */
  overflows(timeLow: number, timeHigh: number, timeoutSeconds: number): boolean {
    this.computeExpiry(timeLow, timeHigh, timeoutSeconds);
    return this.expiryHigh >= EXPIRY_HIGH_LIMIT;
  }

  /** Adds a pending transfer and returns its row. The expiry must not overflow. */
  add(transfer: number, timeoutSeconds: number, timeLow: number, timeHigh: number): number {
    if ((this.count + 1) * ROW_WORDS > this.rows.length) {
      const rows = new Uint32Array(this.rows.length * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    const row = this.count;
    const at = row * ROW_WORDS;
    this.count += 1;
    this.computeExpiry(timeLow, timeHigh, timeoutSeconds);
    this.rows[at + ROW.transfer] = transfer;
    this.rows[at + ROW.state] = PENDING_STATE.pending;
    this.rows[at + ROW.timeoutSeconds] = timeoutSeconds;
    this.rows[at + ROW.place] = 0;
    this.rows[at + ROW.expiry] = this.expiryLow;
    this.rows[at + ROW.expiry + 1] = this.expiryHigh;
    if (timeoutSeconds !== 0) this.insert(row);
    return row;
  }

  removeNewest(): void {
    this.takeOut(this.count - 1);
    this.count -= 1;
  }

  /** Ends the wait: the transfer was posted or voided, or it expired. */
  resolve(row: number, state: number): void {
    invariant(this.stateOf(row) === PENDING_STATE.pending, 'a pending transfer is resolved once');
    this.rows[row * ROW_WORDS + ROW.state] = state;
    this.takeOut(row);
  }

  /** Back to pending: the chain of the post or void failed. */
  reopen(row: number): void {
    this.rows[row * ROW_WORDS + ROW.state] = PENDING_STATE.pending;
    if (this.timeoutSecondsOf(row) !== 0) this.insert(row);
  }

  /** Whether the timeout has passed at that time, the state aside. */
  isDue(row: number, timeLow: number, timeHigh: number): boolean {
    const at = row * ROW_WORDS;
    if (this.rows[at + ROW.timeoutSeconds] === 0) return false;
    const high = this.rows[at + ROW.expiry + 1];
    return high < timeHigh || (high === timeHigh && this.rows[at + ROW.expiry] <= timeLow);
  }

  /** The row to expire next at that time, or -1. */
  nextDue(timeLow: number, timeHigh: number): number {
    return this.heapSize > 0 && this.isDue(this.heap[0], timeLow, timeHigh) ? this.heap[0] : -1;
  }

  /** The rows without their places in the heap, which is no state. */
  capture(): SectionCapture[] {
    const rows = this.rows.slice(0, this.count * ROW_WORDS);
    const captured = capturedBytes('pendings', bytesOfWords(rows, rows.length), false);
    const read = (offset: number, into: Uint8Array): void => {
      captured.read(offset, into);
      const place = ROW.place * 4;
      for (let at = 0; at < into.length; at += 1) {
        const inRow = (offset + at) % (ROW_WORDS * 4);
        if (inRow >= place && inRow < place + 4) into[at] = 0;
      }
    };
    return [{ ...captured, read }];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    this.rows = sections.words('pendings');
    this.count = sections.rows('pendings');
    for (let row = 0; row < this.count; row += 1) {
      if (this.stateOf(row) === PENDING_STATE.pending && this.timeoutSecondsOf(row) !== 0) this.insert(row);
    }
  }

  /** time + timeout × 10^9 in two words; the product is taken apart, because it needs more than 53 bits. */
  private computeExpiry(timeLow: number, timeHigh: number, timeoutSeconds: number): void {
    const lower = (timeoutSeconds % U16) * NS_PER_SECOND;
    const upper = Math.floor(timeoutSeconds / U16) * NS_PER_SECOND;
    const low = timeLow + (lower % U32) + (upper % U16) * U16;
    this.expiryLow = low % U32;
    this.expiryHigh = timeHigh + Math.floor(lower / U32) + Math.floor(upper / U16) + Math.floor(low / U32);
  }

  private insert(row: number): void {
    if (this.heapSize === this.heap.length) {
      const heap = new Uint32Array(this.heap.length * 2);
      heap.set(this.heap);
      this.heap = heap;
    }
    this.place(row, this.heapSize);
    this.heapSize += 1;
    this.rise(this.heapSize - 1);
  }

  private takeOut(row: number): void {
    const placed = this.rows[row * ROW_WORDS + ROW.place];
    if (placed === 0) return;
    this.rows[row * ROW_WORDS + ROW.place] = 0;
    this.heapSize -= 1;
    const hole = placed - 1;
    if (hole === this.heapSize) return;
    this.place(this.heap[this.heapSize], hole);
    this.rise(hole);
    this.sink(hole);
  }

  private rise(from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.isEarlier(this.heap[place], this.heap[above])) return;
      this.swap(place, above);
      place = above;
    }
  }

  private sink(from: number): void {
    let place = from;
    for (;;) {
      const left = place * 2 + 1;
      if (left >= this.heapSize) return;
      const right = left + 1;
      const below = right < this.heapSize && this.isEarlier(this.heap[right], this.heap[left]) ? right : left;
      if (!this.isEarlier(this.heap[below], this.heap[place])) return;
      this.swap(place, below);
      place = below;
    }
  }

  /** Rows are in order of creation, so of one expiry the lower row is the earlier. */
  private isEarlier(row: number, other: number): boolean {
    const rows = this.rows;
    const at = row * ROW_WORDS + ROW.expiry;
    const from = other * ROW_WORDS + ROW.expiry;
    if (rows[at + 1] !== rows[from + 1]) return rows[at + 1] < rows[from + 1];
    if (rows[at] !== rows[from]) return rows[at] < rows[from];
    return row < other;
  }

  private swap(place: number, other: number): void {
    const row = this.heap[place];
    this.place(this.heap[other], place);
    this.place(row, other);
  }

  private place(row: number, place: number): void {
    this.heap[place] = row;
    this.rows[row * ROW_WORDS + ROW.place] = place + 1;
  }
}
