// Every transfer id that was ever used up, applied or failed, in the order of execution: entries of 18 bytes in segments that
// are never moved. An entry's number is also the number of its transfer. Entries never change; only the newest ones of the
// running block can be taken back.
//
//   id (4 words)      index in its block << 2 | kind
//
// Blocks, and the codes of failed transfers, are apart: few of the former for many ids, few of the latter in all.
import { invariant } from '@quorate/errors';
import { LIMITS, RESULT_CODES } from '@quorate/protocol';
import type { IdRows } from './id-index';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, settledSegments, type SectionCapture } from './section';

/** What an id was used up by. */
export const ID_KIND = { applied: 0, failed: 1, pending: 2 } as const;

const ID_WORDS = 4;
const SEGMENT_SHIFT = 16;
const SEGMENT_ENTRIES = 2 ** SEGMENT_SHIFT;
const SEGMENT_MASK = SEGMENT_ENTRIES - 1;
const KIND_BITS = 2;
const KIND_MASK = 3;
const INDEX_BITS = 14;
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

/** Pairs of numbers, the first ascending, in segments. */
class AscendingPairs {
  private readonly segments: Uint32Array[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get bytes(): number {
    return this.segments.length * PAIRS_PER_SEGMENT * PAIR_WORDS * 4;
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

  capture(section: 'transferBlocks' | 'transferFailures'): SectionCapture {
    return settledSegments(section, this.segments, this.count * PAIR_WORDS * 4);
  }

  restore(sections: RestoredSections, section: 'transferBlocks' | 'transferFailures'): void {
    this.count = sections.rows(section);
    const words = sections.words(section);
    for (let entry = 0; entry < this.count; entry += PAIRS_PER_SEGMENT) {
      this.segments.push(wordSegment(words, entry, PAIRS_PER_SEGMENT, PAIR_WORDS));
    }
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
  private readonly notes: Uint16Array[] = [];
  /** First entry and height of each block that has entries. */
  private readonly blocks = new AscendingPairs();
  /** Entry and result code of each failed transfer. */
  private readonly failures = new AscendingPairs();
  private count = 0;
  private height = 0;
  private firstOfBlock = 0;

  constructor() {
    invariant(LIMITS.blockOperationsMax <= 2 ** INDEX_BITS, 'an index in a block fits an entry');
  }

  get size(): number {
    return this.count;
  }

  /** What is added from now on is of the block at this height. */
  beginBlock(height: number): void {
    this.height = height;
    this.firstOfBlock = this.count;
  }

  add(words: Uint32Array, at: number, index: number, kind: number): void {
    const entry = this.count;
    const place = entry & SEGMENT_MASK;
    if (place === 0 && entry >>> SEGMENT_SHIFT === this.segments.length) {
      this.segments.push(new Uint32Array(SEGMENT_ENTRIES * ID_WORDS));
      this.notes.push(new Uint16Array(SEGMENT_ENTRIES));
    }
    if (entry === this.firstOfBlock) this.blocks.push(entry, this.height);
    const segment = this.segments[entry >>> SEGMENT_SHIFT];
    const to = place * ID_WORDS;
    segment[to] = words[at];
    segment[to + 1] = words[at + 1];
    segment[to + 2] = words[at + 2];
    segment[to + 3] = words[at + 3];
    this.notes[entry >>> SEGMENT_SHIFT][place] = (index << KIND_BITS) | kind;
    this.count = entry + 1;
  }

  addFailure(words: Uint32Array, at: number, index: number, code: number): void {
    this.failures.push(this.count, code);
    this.add(words, at, index, ID_KIND.failed);
  }

  /** Takes the newest entry back, which must be of the running block and no failure. */
  removeNewest(): void {
    invariant(this.count > this.firstOfBlock, 'only an id of the running block is free again');
    this.count -= 1;
    if (this.count === this.firstOfBlock) this.blocks.pop();
  }

  kindOf(entry: number): number {
    return this.notes[entry >>> SEGMENT_SHIFT][entry & SEGMENT_MASK] & KIND_MASK;
  }

  /** Index in its block. */
  indexOf(entry: number): number {
    return this.notes[entry >>> SEGMENT_SHIFT][entry & SEGMENT_MASK] >>> KIND_BITS;
  }

  positionOf(entry: number): TransferPosition {
    const note = this.notes[entry >>> SEGMENT_SHIFT][entry & SEGMENT_MASK];
    const height = this.blocks.second(this.blocks.lastAtMost(entry));
    const failed = (note & KIND_MASK) === ID_KIND.failed;
    const code = failed ? this.failures.second(this.failures.lastAtMost(entry)) : RESULT_CODES.applied;
    return { height, index: note >>> KIND_BITS, code };
  }

  /** Entries never change: nothing is copied. */
  capture(): SectionCapture[] {
    return [
      settledSegments('transferIds', this.segments, this.count * ID_WORDS * 4),
      settledSegments('transferNotes', this.notes, this.count * 2),
      this.blocks.capture('transferBlocks'),
      this.failures.capture('transferFailures'),
    ];
  }

  /** Takes the place of an empty log. */
  restore(sections: RestoredSections): void {
    const count = sections.rows('transferIds');
    if (sections.rows('transferNotes') !== count)
      throw new SnapshotError('the sections of transfer ids do not fit together', { count });
    const ids = sections.words('transferIds');
    const words = sections.words('transferNotes');
    const notes = new Uint16Array(words.buffer, words.byteOffset, words.length * 2);
    for (let entry = 0; entry < count; entry += SEGMENT_ENTRIES) {
      this.segments.push(wordSegment(ids, entry, SEGMENT_ENTRIES, ID_WORDS));
      const segment = new Uint16Array(SEGMENT_ENTRIES);
      segment.set(notes.subarray(entry, entry + SEGMENT_ENTRIES));
      this.notes.push(segment);
    }
    this.blocks.restore(sections, 'transferBlocks');
    this.failures.restore(sections, 'transferFailures');
    this.count = count;
  }

  /** Memory that it takes. */
  get bytes(): number {
    const ids = this.segments.length * SEGMENT_ENTRIES * (ID_WORDS * 4 + 2);
    return ids + this.blocks.bytes + this.failures.bytes;
  }
}
