// Pending transfers in rows of 24 words, apart from the ring of transfers, which they may outlive. A row is used again once
// nothing can ask for it any more. Those with a timeout are also in a heap, earliest expiry first and of one expiry the one
// created first; a row knows its place in the heap, so that a post or void takes it out at once.
//
//   0  content (18 words): what a transfer's row begins with
//   18 transfer (row), or of a free row the next free one, 0 = none
//   19 state                     21 place in the heap + 1, 0 = not in it
//   20 timeout in seconds        22 expiry, ledger time in ns (2)
//
// Row 0 is always free: it begins the list of free rows.
import { invariant } from '@quorate/errors';
import { AT_PENDINGS, PENDINGS_HIGHEST, PENDINGS_MAX, PENDINGS_USED, PENDING_INDEX } from './engine-layout';
import { IdIndex, type IdRows } from './id-index';
import type { LedgerMemory } from './ledger-memory';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, bytesOfWords, capturedBytes, type SectionCapture } from './section';

/** What became of a pending transfer. */
export const PENDING_STATE = { pending: 0, posted: 1, voided: 2, expired: 3 } as const;
/** Name of such a state. */
export type PendingState = keyof typeof PENDING_STATE;

/** The states by number. */
export const PENDING_STATES: readonly PendingState[] = ['pending', 'posted', 'voided', 'expired'];
const CONTENT_WORDS = 18;
const ROW_WORDS = 24;
const ROW = { transfer: 18, state: 19, timeoutSeconds: 20, place: 21, expiry: 22 } as const;
const FREE = 0xffff_ffff;
const HEAP_MIN = 64;
/** All rows are in the first segment of their index. */
const ONE_SEGMENT = 31;
/** In the header of the memory: the engine adds pending transfers, too. */
const HIGHEST = PENDINGS_HIGHEST / 4;
const USED = PENDINGS_USED / 4;
const MAX = PENDINGS_MAX / 4;
const NS_PER_SECOND = 1_000_000_000;
const U32 = 0x1_0000_0000;
const U16 = 0x1_0000;
/** Ledger times stay below 2^63 ns. */
const EXPIRY_HIGH_LIMIT = 0x8000_0000;

export class PendingTable {
  rows = new Uint32Array(0);
  private readonly indexed: IdRows = { segments: [this.rows], shift: ONE_SEGMENT, stride: ROW_WORDS };
  private readonly byId: IdIndex;
  private heap = new Uint32Array(HEAP_MIN);
  private heapSize = 0;
  private expiryLow = 0;
  private expiryHigh = 0;

  constructor(
    private readonly pendingsMax: number,
    private readonly memory: LedgerMemory,
  ) {
    memory.header[MAX] = pendingsMax;
    this.byId = new IdIndex(memory, this.indexed, PENDING_INDEX);
    memory.onMoved(() => {
      this.rows = memory.words(AT_PENDINGS);
      this.indexed.segments[0] = this.rows;
      for (let row = 1; row <= this.highest; row += 1)
        if (this.stateOf(row) !== FREE) this.byId.add(this.rows, row * ROW_WORDS, row);
    });
  }

  /** Rows that were ever used; row 0 is not counted. */
  get highest(): number {
    return this.memory.header[HIGHEST];
  }

  private set highest(row: number) {
    this.memory.header[HIGHEST] = row;
  }

  private get used(): number {
    return this.memory.header[USED];
  }

  private set used(rows: number) {
    this.memory.header[USED] = rows;
  }

  /** Rows in use: what waits, and what was resolved and may still be asked for. */
  get size(): number {
    return this.used;
  }

  get full(): boolean {
    return this.used >= this.pendingsMax;
  }

  /** How many have a timeout that has not passed and were neither posted nor voided. */
  get expiring(): number {
    return this.heapSize;
  }

  /** Row of the pending transfer with this id, or -1. */
  find(words: Uint32Array, at: number): number {
    return this.byId.get(words, at);
  }

  /** Where a row is in `rows`. */
  offsetOf(row: number): number {
    return row * ROW_WORDS;
  }

  transferOf(row: number): number {
    return this.rows[row * ROW_WORDS + ROW.transfer];
  }

  stateOf(row: number): number {
    return this.rows[row * ROW_WORDS + ROW.state];
  }

  stateNameOf(row: number): PendingState {
    return PENDING_STATES[this.stateOf(row)];
  }

  isExpired(row: number): boolean {
    return this.stateOf(row) === PENDING_STATE.expired;
  }

  timeoutSecondsOf(row: number): number {
    return this.rows[row * ROW_WORDS + ROW.timeoutSeconds];
  }

  /** Whether a transfer of that time and timeout would expire later than ledger time can tell. */
  overflows(timeLow: number, timeHigh: number, timeoutSeconds: number): boolean {
    this.computeExpiry(timeLow, timeHigh, timeoutSeconds);
    return this.expiryHigh >= EXPIRY_HIGH_LIMIT;
  }

  /**
   * Adds the pending transfer whose content is at `content[from..]`, with its accounts, and returns its row. The expiry must
   * not overflow, and there must be room (`full`).
   */
  add(
    transfer: number,
    content: Uint32Array,
    from: number,
    timeoutSeconds: number,
    timeLow: number,
    timeHigh: number,
  ): number {
    invariant(!this.full, 'a pending transfer is added only while there is room');
    const row = this.take();
    const rows = this.rows;
    const at = row * ROW_WORDS;
    for (let word = 0; word < CONTENT_WORDS; word += 1) rows[at + word] = content[from + word];
    this.byId.add(rows, at, row);
    this.computeExpiry(timeLow, timeHigh, timeoutSeconds);
    rows[at + ROW.transfer] = transfer;
    rows[at + ROW.state] = PENDING_STATE.pending;
    rows[at + ROW.timeoutSeconds] = timeoutSeconds;
    rows[at + ROW.place] = 0;
    rows[at + ROW.expiry] = this.expiryLow;
    rows[at + ROW.expiry + 1] = this.expiryHigh;
    if (timeoutSeconds !== 0) this.insert(row);
    return row;
  }

  /** Gives up a row: it was resolved, and neither its transfer nor what resolved it can be asked for; or its chain failed. */
  release(row: number): void {
    const at = row * ROW_WORDS;
    invariant(this.rows[at + ROW.state] !== FREE, 'a row is released once');
    this.takeOut(row);
    this.byId.remove(this.rows, at);
    this.rows.fill(0, at, at + ROW_WORDS);
    this.rows[at + ROW.state] = FREE;
    this.rows[at + ROW.transfer] = this.rows[ROW.transfer];
    this.rows[ROW.transfer] = row;
    this.used -= 1;
  }

  /** Ends the wait: the transfer was posted or voided, or it expired. */
  resolve(row: number, state: number): void {
    invariant(this.stateOf(row) === PENDING_STATE.pending, 'a pending transfer is resolved once');
    this.rows[row * ROW_WORDS + ROW.state] = state;
    this.takeOut(row);
  }

  /** Notes that a row with a timeout, which the engine added or resolved, waits for it or does so no more. */
  settle(row: number): void {
    const waits = this.stateOf(row) === PENDING_STATE.pending;
    const placed = this.rows[row * ROW_WORDS + ROW.place] !== 0;
    if (waits && !placed) this.insert(row);
    if (!waits && placed) this.takeOut(row);
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

  /** Rows are copied now, without their place in the heap, which restoring makes again. */
  capture(): SectionCapture[] {
    const rows = this.rows.slice(0, this.highest === 0 ? 0 : (this.highest + 1) * ROW_WORDS);
    for (let at = ROW.place; at < rows.length; at += ROW_WORDS) rows[at] = 0;
    return [capturedBytes('pendings', bytesOfWords(rows, rows.length), false)];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    const count = sections.rows('pendings');
    if (count > this.pendingsMax + 1)
      throw new SnapshotError('more pending transfers than a ledger may hold', { count });
    this.rows.set(sections.counted('pendings'));
    this.highest = Math.max(0, count - 1);
    for (let row = 1; row < count; row += 1) {
      if (this.stateOf(row) === FREE) continue;
      this.used += 1;
      this.byId.add(this.rows, row * ROW_WORDS, row);
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

  private take(): number {
    this.used += 1;
    const free = this.highest === 0 ? 0 : this.rows[ROW.transfer];
    if (free !== 0) {
      this.rows[ROW.transfer] = this.rows[free * ROW_WORDS + ROW.transfer];
      return free;
    }
    this.highest += 1;
    return this.highest;
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

  /** Transfers are in order of creation, so of one expiry the lower one is the earlier. */
  private isEarlier(row: number, other: number): boolean {
    const rows = this.rows;
    const at = row * ROW_WORDS;
    const from = other * ROW_WORDS;
    const high = ROW.expiry + 1;
    if (rows[at + high] !== rows[from + high]) return rows[at + high] < rows[from + high];
    if (rows[at + ROW.expiry] !== rows[from + ROW.expiry]) return rows[at + ROW.expiry] < rows[from + ROW.expiry];
    return rows[at + ROW.transfer] < rows[from + ROW.transfer];
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
