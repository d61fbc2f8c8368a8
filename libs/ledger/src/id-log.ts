// Every transfer id that was ever used up, applied or failed, in the order of execution: 16 bytes and a bit each, in segments
// that are never moved. An entry's number is also the number of its transfer. Entries never change; only the newest ones of the
// running block can be taken back. The bit says whether the transfer was a pending one.
//
// Apart is what there is little of for many ids: the first entry of each block, how far an entry's index in the block is from its
// place among the block's entries (it grows by one with each operation that used up no id), and the codes of failed transfers.
// How a pending transfer ended is noted, in two bits of its entry, once nothing else remembers it.
import { invariant } from '@quorate/errors';
import { RESULT_CODES } from '@quorate/protocol';
import type { IdRows } from './id-index';
import type { RestoredSections } from './restored-sections';
import {
  SnapshotError,
  bytesOfWords,
  capturedBytes,
  copiedWords,
  settledSegments,
  type CaptureMemory,
  type SectionCapture,
} from './section';

/** What an id was used up by. */
export const ID_KIND = { applied: 0, failed: 1, pending: 2 } as const;

const ID_WORDS = 4;
const SEGMENT_SHIFT = 16;
const SEGMENT_ENTRIES = 2 ** SEGMENT_SHIFT;
const SEGMENT_MASK = SEGMENT_ENTRIES - 1;
const SEGMENT_BIT_WORDS = SEGMENT_ENTRIES / 32;
const END_BITS = 2;
const ENDS_PER_WORD = 32 / END_BITS;
const END_MASK = 3;
const PAIR_WORDS = 2;
const PAIRS_SHIFT = 12;
const PAIRS_PER_SEGMENT = 2 ** PAIRS_SHIFT;
const PAIRS_MASK = PAIRS_PER_SEGMENT - 1;

/** Where the first attempt of a transfer stands in the ledger's history, and how it ended. */
export interface TransferPosition {
  readonly height: number;
  readonly index: number;
  readonly code: number;
}

type PairSection = 'transferBlocks' | 'transferOffsets' | 'transferFailures';

/** Pairs of numbers, the first ascending, in segments. */
class AscendingPairs {
  private readonly segments: Uint32Array[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(first: number, second: number): void {
    if (this.count >>> PAIRS_SHIFT === this.segments.length)
      this.segments.push(new Uint32Array(PAIRS_PER_SEGMENT * PAIR_WORDS));
    const segment = this.segments[this.count >>> PAIRS_SHIFT];
    const at = (this.count & PAIRS_MASK) * PAIR_WORDS;
    segment[at] = first;
    segment[at + 1] = second;
    this.count += 1;
  }

  pop(): void {
    this.count -= 1;
  }

  first(index: number): number {
    return this.segments[index >>> PAIRS_SHIFT][(index & PAIRS_MASK) * PAIR_WORDS];
  }

  second(index: number): number {
    return this.segments[index >>> PAIRS_SHIFT][(index & PAIRS_MASK) * PAIR_WORDS + 1];
  }

  capture(section: PairSection): SectionCapture {
    return settledSegments(section, this.segments, this.count * PAIR_WORDS * 4);
  }

  restore(sections: RestoredSections, section: PairSection): void {
    this.count = sections.rows(section);
    const words = sections.words(section);
    for (let entry = 0; entry < this.count; entry += PAIRS_PER_SEGMENT) {
      this.segments.push(wordSegment(words, entry, PAIRS_PER_SEGMENT, PAIR_WORDS));
    }
  }

  /** The second number beside `first`, or -1. */
  find(first: number): number {
    const index = this.lastAtMost(first);
    return index >= 0 && this.first(index) === first ? this.second(index) : -1;
  }

  /** The last pair whose first number is at most `limit`, or -1. */
  lastAtMost(limit: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.first(middle) <= limit) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** A whole segment with the rows from `entry` on. */
function wordSegment(rows: Uint32Array, entry: number, count: number, rowWords: number): Uint32Array {
  const segment = new Uint32Array(count * rowWords);
  segment.set(rows.subarray(entry * rowWords, (entry + count) * rowWords));
  return segment;
}

export class IdLog implements IdRows {
  readonly segments: Uint32Array[] = [];
  readonly shift = SEGMENT_SHIFT;
  readonly stride = ID_WORDS;
  private readonly pendingBits: Uint32Array[] = [];
  /** First entry and height of each block that has entries. */
  private readonly blocks = new AscendingPairs();
  /** Entry, and how far from it on index and place are apart, wherever that changes within a block; it is 0 at its start. */
  private readonly offsets = new AscendingPairs();
  /** Entry and result code of each failed transfer. */
  private readonly failures = new AscendingPairs();
  /** Two bits for each entry, as far as there was something to note: 0, or what became of a pending transfer. */
  private ends = new Uint32Array(0);
  private count = 0;
  private height = 0;
  private firstOfBlock = 0;
  private offset = 0;

  get size(): number {
    return this.count;
  }

  /** What is added from now on is of the block at this height. */
  beginBlock(height: number): void {
    this.height = height;
    this.firstOfBlock = this.count;
    this.offset = 0;
  }

  add(words: Uint32Array, at: number, index: number, isPending: boolean): void {
    const entry = this.count;
    const place = entry & SEGMENT_MASK;
    if (place === 0 && entry >>> SEGMENT_SHIFT === this.segments.length) {
      this.segments.push(new Uint32Array(SEGMENT_ENTRIES * ID_WORDS));
      this.pendingBits.push(new Uint32Array(SEGMENT_BIT_WORDS));
    }
    if (entry === this.firstOfBlock) this.blocks.push(entry, this.height);
    const offset = index - (entry - this.firstOfBlock);
    if (offset !== this.offset) {
      this.offsets.push(entry, offset);
      this.offset = offset;
    }
    const segment = this.segments[entry >>> SEGMENT_SHIFT];
    const to = place * ID_WORDS;
    segment[to] = words[at];
    segment[to + 1] = words[at + 1];
    segment[to + 2] = words[at + 2];
    segment[to + 3] = words[at + 3];
    this.count = entry + 1;
    if (isPending) this.notePending(entry);
  }

  /** Notes that the transfer of an entry of the running block is a pending one. */
  notePending(entry: number): void {
    this.pendingBits[entry >>> SEGMENT_SHIFT][(entry & SEGMENT_MASK) >>> 5] |= 1 << (entry & 31);
  }

  /** Adds `count` ids of applied transfers, of which the first is operation `index` of the block and the others follow it. */
  addRun(ids: Uint32Array, count: number, index: number): void {
    for (let done = 0; done < count;) {
      this.add(ids, done * ID_WORDS, index + done, false);
      done += 1;
      const place = this.count & SEGMENT_MASK;
      const more = place === 0 ? 0 : Math.min(count - done, SEGMENT_ENTRIES - place);
      const segment = this.segments[this.count >>> SEGMENT_SHIFT];
      segment?.set(ids.subarray(done * ID_WORDS, (done + more) * ID_WORDS), place * ID_WORDS);
      this.count += more;
      done += more;
    }
  }

  addFailure(words: Uint32Array, at: number, index: number, code: number): void {
    this.failures.push(this.count, code);
    this.add(words, at, index, false);
  }

  /** Takes the newest entry back, which must be of the running block and no failure. */
  removeNewest(): void {
    invariant(this.count > this.firstOfBlock, 'only an id of the running block is free again');
    this.count -= 1;
    const entry = this.count;
    this.pendingBits[entry >>> SEGMENT_SHIFT][(entry & SEGMENT_MASK) >>> 5] &= ~(1 << (entry & 31));
    if (this.offsets.find(entry) >= 0) {
      this.offsets.pop();
      this.offset = this.offsetOf(entry, this.firstOfBlock);
    }
    if (entry === this.firstOfBlock) this.blocks.pop();
  }

  kindOf(entry: number): number {
    const bits = this.pendingBits[entry >>> SEGMENT_SHIFT][(entry & SEGMENT_MASK) >>> 5];
    if (((bits >>> (entry & 31)) & 1) !== 0) return ID_KIND.pending;
    return this.failures.find(entry) < 0 ? ID_KIND.applied : ID_KIND.failed;
  }

  /** Index in its block. */
  indexOf(entry: number): number {
    const first = this.blocks.first(this.blocks.lastAtMost(entry));
    return entry - first + this.offsetOf(entry, first);
  }

  positionOf(entry: number): TransferPosition {
    const height = this.heightOf(entry);
    const code = this.failures.find(entry);
    return { height, index: this.indexOf(entry), code: code < 0 ? RESULT_CODES.applied : code };
  }

  /** The entry of the transfer at this position; -1 if no id was used up there. */
  entryAt(height: number, index: number): number {
    const entry = this.firstFrom(height, index);
    return entry < this.count && this.heightOf(entry) === height && this.indexOf(entry) === index ? entry : -1;
  }

  /** The first entry at this position or behind it; `size` if there is none. */
  firstFrom(height: number, index: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.heightOf(middle);
      if (found < height || (found === height && this.indexOf(middle) < index)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Notes how the pending transfer of an entry ended, 1 to 3. It is noted once, and never taken back. */
  noteEnd(entry: number, end: number): void {
    const word = Math.floor(entry / ENDS_PER_WORD);
    if (word >= this.ends.length) {
      const ends = new Uint32Array(Math.max(SEGMENT_BIT_WORDS, this.ends.length * 2, word + 1));
      ends.set(this.ends);
      this.ends = ends;
    }
    this.ends[word] |= end << ((entry % ENDS_PER_WORD) * END_BITS);
  }

  /** What was noted of the end of an entry's pending transfer; 0 if nothing was. */
  endOf(entry: number): number {
    const word = Math.floor(entry / ENDS_PER_WORD);
    return word >= this.ends.length ? 0 : (this.ends[word] >>> ((entry % ENDS_PER_WORD) * END_BITS)) & END_MASK;
  }

  /** Words that hold something are copied now: they change. */
  captureEnds(memory: CaptureMemory): SectionCapture {
    let words = Math.min(this.ends.length, Math.ceil(this.count / ENDS_PER_WORD));
    while (words > 0 && this.ends[words - 1] === 0) words -= 1;
    return copiedWords('transferEnds', this.ends, words, memory);
  }

  /** Entries never change: only the bits, of which the last words will, are copied. */
  capture(): SectionCapture[] {
    const bits = new Uint32Array(Math.ceil(this.count / 32));
    this.pendingBits.forEach((segment, index) => {
      const from = index * SEGMENT_BIT_WORDS;
      if (from < bits.length) bits.set(segment.subarray(0, bits.length - from), from);
    });
    return [
      settledSegments('transferIds', this.segments, this.count * ID_WORDS * 4),
      capturedBytes('transferPendings', bytesOfWords(bits, bits.length), false),
      this.blocks.capture('transferBlocks'),
      this.offsets.capture('transferOffsets'),
      this.failures.capture('transferFailures'),
    ];
  }

  /** Takes the place of an empty log. */
  restore(sections: RestoredSections): void {
    const count = sections.rows('transferIds');
    if (sections.rows('transferPendings') !== Math.ceil(count / 32))
      throw new SnapshotError('the sections of transfer ids do not fit together', { count });
    const ids = sections.words('transferIds');
    const bits = sections.words('transferPendings');
    for (let entry = 0, from = 0; entry < count; entry += SEGMENT_ENTRIES, from += SEGMENT_BIT_WORDS) {
      this.segments.push(wordSegment(ids, entry, SEGMENT_ENTRIES, ID_WORDS));
      this.pendingBits.push(wordSegment(bits, from, SEGMENT_BIT_WORDS, 1));
    }
    this.blocks.restore(sections, 'transferBlocks');
    this.offsets.restore(sections, 'transferOffsets');
    this.failures.restore(sections, 'transferFailures');
    if (sections.rows('transferEnds') > Math.ceil(count / ENDS_PER_WORD))
      throw new SnapshotError('more ends of pending transfers than transfers', { count });
    this.ends = sections.words('transferEnds');
    this.count = count;
  }

  private heightOf(entry: number): number {
    return this.blocks.second(this.blocks.lastAtMost(entry));
  }

  /** How far an entry's index is from its place in the block that begins with entry `first`. */
  private offsetOf(entry: number, first: number): number {
    const index = this.offsets.lastAtMost(entry);
    return index >= 0 && this.offsets.first(index) >= first ? this.offsets.second(index) : 0;
  }
}
