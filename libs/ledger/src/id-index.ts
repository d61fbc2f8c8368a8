// From a 128-bit id to the number of its row: open addressing in many tables, which grow one at a time, so that no operation
// waits for all of them. The tables lie in two arrays, each in a stretch as long as it will ever need: memory that was not
// written to costs nothing, a table grows where it is, and what is read for an id is one place in either array.
//
// A slot has a mark, 16 bits of the id's hash that are never 0, and a reference with 5 more: most looks for an id that is new read
// marks only, and a table grows without reading an id.
import { invariant } from '@quorate/errors';
import type { IdHash } from './id-hash';
import { asMuchAsPossible } from './row-storage';

/** Slots that share a place to begin with. */
const BUCKET_SLOTS = 16;
/** A reference plus one has 27 bits. */
const REFERENCE_BITS = 27;
const REFERENCE_MASK = 2 ** REFERENCE_BITS - 1;
/** Bits of a hash, below those that choose the table, that a slot keeps: 16 in its mark, the lowest 5 beside its reference. */
const KEPT_BITS = 21;
const KEPT_SHARE = 2 ** -KEPT_BITS;
const KEPT_SHIFT = 32 - KEPT_BITS;
const TAG_BITS = 5;
const TAG_MASK = 31;
/** At most this share of a table's slots is used; above it the table grows. */
const LOAD_MAX = 0.875;
const GROWTH = 1.25;
/** From this size on tables grow at different times. */
const STAGGERED_BUCKETS = 16;
const SLOT_BYTES = 6;
/** Slots of a stretch in a small index; a larger one is given all that it can need at its next step. */
const STRETCH_STEPS = [BUCKET_SLOTS, 1_024];
/** Room in a stretch for more ids than its share: how far a share strays from the mean, and what growing leaves free. */
const STRAY_MAX = 10;
const FREE_MAX = 1.6;

/** Rows that begin with their id: row r is in segment `r >>> shift`, with `stride` words for each row. */
export interface IdRows {
  readonly segments: Uint32Array[];
  readonly shift: number;
  readonly stride: number;
}

/**
 * Row numbers by id. About 7.6 bytes for each id on average; the ids themselves stay in the rows. Holds nothing that cannot be
 * made again from the rows.
 */
export class IdIndex {
  private marks: Uint16Array;
  private references: Uint32Array;
  /** Slots of a stretch, and of the table in each. */
  private stretch = STRETCH_STEPS[0];
  private readonly slots: Uint32Array;
  private readonly counts: Uint32Array;
  private readonly growAt: Uint32Array;
  private readonly tableShift: number;
  private readonly rowMask: number;
  private readonly stretchMax: number;
  private used = 0;
  private missedHash = 0;
  private missedSlot = -1;
  /** What a table holds while it grows. */
  private before = roomFor(0);

  /** Room for `idsMax` ids in 2^tableBits tables, 1 to 11 bits. */
  constructor(
    private readonly hasher: IdHash,
    private readonly rows: IdRows,
    private readonly tableBits: number,
    idsMax: number,
  ) {
    invariant(tableBits >= 1 && tableBits <= KEPT_SHIFT, 'an index has 2 to 2,048 tables', { tableBits });
    const tables = 2 ** tableBits;
    const share = idsMax / tables;
    this.stretchMax = Math.ceil((share + STRAY_MAX * Math.sqrt(share)) * FREE_MAX);
    this.tableShift = 32 - tableBits;
    this.rowMask = 2 ** rows.shift - 1;
    this.slots = new Uint32Array(tables).fill(BUCKET_SLOTS);
    this.counts = new Uint32Array(tables);
    this.growAt = new Uint32Array(tables).fill(Math.floor(BUCKET_SLOTS * LOAD_MAX));
    this.marks = new Uint16Array(tables * this.stretch);
    this.references = new Uint32Array(tables * this.stretch);
  }

  get size(): number {
    return this.used;
  }

  /** Memory that its tables take. */
  get bytes(): number {
    return this.slots.reduce((total, slots) => total + slots * SLOT_BYTES, 0);
  }

  hash(words: Uint32Array, at: number): number {
    return this.hasher.of(words, at);
  }

  /** Slot where an id of that hash is looked for first; valid until the next id is added. */
  homeOf(hash: number): number {
    const number = hash >>> this.tableShift;
    return number * this.stretch + homeOf(this.keptOf(hash), this.slots[number]);
  }

  /** Reads the marks at a home, so that the processor has them at hand later. */
  touch(home: number): number {
    return this.marks[home];
  }

  /** Reads the references at a home. */
  touchReferences(home: number): number {
    return this.references[home];
  }

  /** A row that is likely that of an id of this hash and home, or -1. Reads no id, and no answer may depend on it. */
  guess(hash: number, home: number): number {
    const { marks } = this;
    const mark = this.keptOf(hash) >>> TAG_BITS;
    for (let slot = home; slot < home + BUCKET_SLOTS; slot += 1) {
      if (marks[slot] === mark) return (this.references[slot] & REFERENCE_MASK) - 1;
    }
    return -1;
  }

  /** The row of the id at `words[at..at+3]`, or -1. */
  get(words: Uint32Array, at: number): number {
    return this.getHashed(this.hash(words, at), words, at);
  }

  /** As `get`, with the id's hash known. */
  getHashed(hash: number, words: Uint32Array, at: number): number {
    const slot = this.find(hash, words, at);
    return this.marks[slot] === 0 ? -1 : (this.references[slot] & REFERENCE_MASK) - 1;
  }

  /** As `getHashed`; when it finds nothing, `addMissed` adds the id without looking for its place again. */
  getOrMiss(hash: number, words: Uint32Array, at: number): number {
    const slot = this.find(hash, words, at);
    this.missedHash = hash;
    this.missedSlot = slot;
    return this.marks[slot] === 0 ? -1 : (this.references[slot] & REFERENCE_MASK) - 1;
  }

  /** Adds the id that the last `getOrMiss` did not find. Nothing may have been added or removed since. */
  addMissed(reference: number): void {
    const { missedHash: hash, missedSlot: slot } = this;
    if (slot < 0 || this.marks[slot] !== 0) invariant(false, 'an id is added after it was missed');
    this.missedSlot = -1;
    const number = hash >>> this.tableShift;
    const kept = this.keptOf(hash);
    this.marks[slot] = kept >>> TAG_BITS;
    this.references[slot] = (kept << REFERENCE_BITS) | (reference + 1);
    this.used += 1;
    this.counts[number] += 1;
    if (this.counts[number] > this.growAt[number]) this.grow(number);
  }

  /** Adds an id that is not in the index. */
  add(words: Uint32Array, at: number, reference: number): void {
    invariant(this.getOrMiss(this.hash(words, at), words, at) < 0, 'an id is indexed once');
    this.addMissed(reference);
  }

  /**
   * Fills an empty index with rows 0 to count - 1, whose ids are all different. Many times faster than one by one: rows are
   * sorted by table first, so that each table is at hand while it is filled.
   */
  addRows(count: number): void {
    invariant(this.used === 0, 'only an empty index is filled at once');
    const { tableShift } = this;
    const tables = this.slots.length;
    const { segments, shift, stride } = this.rows;
    const hashes = new Uint32Array(count);
    const ends = new Uint32Array(tables + 1);
    for (let row = 0; row < count; row += 1) {
      const hash = this.hash(segments[row >>> shift], (row & this.rowMask) * stride);
      hashes[row] = hash;
      ends[(hash >>> tableShift) + 1] += 1;
    }
    for (let number = 0; number < tables; number += 1) ends[number + 1] += ends[number];
    const sorted = new Uint32Array(count);
    const next = ends.slice();
    for (let row = 0; row < count; row += 1) {
      const number = hashes[row] >>> tableShift;
      sorted[next[number]] = row;
      next[number] += 1;
    }
    for (let number = 0; number < tables; number += 1)
      this.fill(number, sorted.subarray(ends[number], ends[number + 1]), hashes);
    this.used = count;
  }

  /** Removes an indexed id; what probed past it moves back, so that no tombstones are needed. */
  remove(words: Uint32Array, at: number): void {
    const { marks, references } = this;
    const hash = this.hash(words, at);
    const number = hash >>> this.tableShift;
    const slots = this.slots[number];
    const base = number * this.stretch;
    const end = base + slots;
    let hole = this.find(hash, words, at);
    invariant(marks[hole] !== 0, 'only an indexed id can be removed');
    const after = (slot: number): number => (slot + 1 === end ? base : slot + 1);
    for (let next = after(hole); marks[next] !== 0; next = after(next)) {
      const home = base + homeOf(keptIn(marks[next], references[next]), slots);
      const stays = hole <= next ? home > hole && home <= next : home > hole || home <= next;
      if (stays) continue;
      marks[hole] = marks[next];
      references[hole] = references[next];
      hole = next;
    }
    marks[hole] = 0;
    references[hole] = 0;
    this.used -= 1;
    this.counts[number] -= 1;
  }

  /** The bits of a hash that a slot keeps; a mark of 0 would say that the slot is empty. */
  private keptOf(hash: number): number {
    const kept = (hash << this.tableBits) >>> KEPT_SHIFT;
    return kept <= TAG_MASK ? kept | (1 << TAG_BITS) : kept;
  }

  /** The slot of the id, or the empty slot where it belongs. Ends because the load stays below LOAD_MAX. */
  private find(hash: number, words: Uint32Array, at: number): number {
    const { marks } = this;
    const number = hash >>> this.tableShift;
    const slots = this.slots[number];
    const base = number * this.stretch;
    const kept = this.keptOf(hash);
    const mark = kept >>> TAG_BITS;
    let slot = base + homeOf(kept, slots);
    for (let found = marks[slot]; found !== 0; found = marks[slot]) {
      if (found === mark && this.holds((this.references[slot] & REFERENCE_MASK) - 1, words, at)) return slot;
      slot += 1;
      if (slot === base + slots) slot = base;
    }
    return slot;
  }

  private holds(reference: number, words: Uint32Array, at: number): boolean {
    const { segments, shift, stride } = this.rows;
    const segment = segments[reference >>> shift];
    const from = (reference & this.rowMask) * stride;
    return (
      segment[from] === words[at] &&
      segment[from + 1] === words[at + 1] &&
      segment[from + 2] === words[at + 2] &&
      segment[from + 3] === words[at + 3]
    );
  }

  /** Makes a table of the rows whose hashes belong to it. */
  private fill(number: number, rows: Uint32Array, hashes: Uint32Array): void {
    let buckets = 1;
    while (Math.floor(buckets * BUCKET_SLOTS * LOAD_MAX) < rows.length)
      buckets = bucketsAfter(buckets, number, this.slots.length);
    this.resize(number, buckets);
    this.counts[number] = rows.length;
    for (const row of rows) {
      const kept = this.keptOf(hashes[row]);
      this.place(number, kept, (kept << REFERENCE_BITS) | (row + 1));
    }
  }

  /** Gives a table more buckets, and what it holds its places in them. */
  private grow(number: number): void {
    const slots = this.slots[number];
    const buckets = bucketsAfter(slots / BUCKET_SLOTS, number, this.slots.length);
    const count = this.takeOut(number, slots, buckets);
    this.resize(number, buckets);
    const { kept, references: held, bucketOf, next } = this.before;
    const base = number * this.stretch;
    // Every bucket's ids follow those of the buckets before it, so that no place has to be looked for.
    let free = 0;
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const first = Math.max(bucket * BUCKET_SLOTS, free);
      free = first + next[bucket];
      next[bucket] = first;
    }
    const { marks, references } = this;
    const end = buckets * BUCKET_SLOTS;
    let left = 0;
    for (let at = 0; at < count; at += 1) {
      const slot = next[bucketOf[at]];
      next[bucketOf[at]] = slot + 1;
      if (slot < end) {
        marks[base + slot] = kept[at] >>> TAG_BITS;
        references[base + slot] = held[at];
      } else {
        kept[left] = kept[at];
        held[left] = held[at];
        left += 1;
      }
    }
    for (let at = 0; at < left; at += 1) this.place(number, kept[at], held[at]);
  }

  /** Empties a table and notes what it held, in which of `buckets` buckets that belongs, and how many belong in each; returns how many it held. */
  private takeOut(number: number, slots: number, buckets: number): number {
    if (this.before.next.length < buckets) this.before = roomFor(buckets * 2);
    const { kept, references: held, bucketOf, next } = this.before;
    const { marks, references } = this;
    const base = number * this.stretch;
    next.fill(0, 0, buckets);
    const share = buckets * KEPT_SHARE;
    let count = 0;
    for (let slot = base; slot < base + slots; slot += 1) {
      const mark = marks[slot];
      if (mark === 0) continue;
      const reference = references[slot];
      const known = keptIn(mark, reference);
      const bucket = (known * share) | 0;
      kept[count] = known;
      held[count] = reference;
      bucketOf[count] = bucket;
      next[bucket] += 1;
      count += 1;
    }
    marks.fill(0, base, base + slots);
    references.fill(0, base, base + slots);
    return count;
  }

  /** Sets the size of a table that holds nothing. */
  private resize(number: number, buckets: number): void {
    const slots = buckets * BUCKET_SLOTS;
    while (slots > this.stretch) this.lengthen();
    this.slots[number] = slots;
    this.growAt[number] = Math.floor(slots * LOAD_MAX);
  }

  private place(number: number, kept: number, reference: number): void {
    const { marks } = this;
    const base = number * this.stretch;
    const slots = this.slots[number];
    let slot = base + homeOf(kept, slots);
    while (marks[slot] !== 0) {
      slot += 1;
      if (slot === base + slots) slot = base;
    }
    marks[slot] = kept >>> TAG_BITS;
    this.references[slot] = reference;
  }

  /** Gives every table a longer stretch: twice in an index' life, as a rule. */
  private lengthen(): void {
    const { stretch: before, marks, references } = this;
    const tables = this.slots.length;
    const step = STRETCH_STEPS.find((slots) => slots > before && slots < this.stretchMax);
    asMuchAsPossible(step ?? Math.max(this.stretchMax, before * 2), before * 2, (stretch) => {
      this.marks = new Uint16Array(tables * stretch);
      this.references = new Uint32Array(tables * stretch);
      this.stretch = stretch;
    });
    for (let number = 0; number < tables; number += 1) {
      const end = number * before + this.slots[number];
      this.marks.set(marks.subarray(number * before, end), number * this.stretch);
      this.references.set(references.subarray(number * before, end), number * this.stretch);
    }
  }
}

interface TableBefore {
  readonly kept: Uint32Array;
  readonly references: Uint32Array;
  /** Where each belongs, and the next slot of each bucket. */
  readonly bucketOf: Uint32Array;
  readonly next: Uint32Array;
}

function roomFor(buckets: number): TableBefore {
  const ids = (): Uint32Array => new Uint32Array(buckets * BUCKET_SLOTS);
  return { kept: ids(), references: ids(), bucketOf: ids(), next: new Uint32Array(buckets) };
}

/** First slot of the bucket where an id belongs in a table of `slots` slots. */
function homeOf(kept: number, slots: number): number {
  return ((kept * (slots / BUCKET_SLOTS) * KEPT_SHARE) | 0) * BUCKET_SLOTS;
}

function keptIn(mark: number, reference: number): number {
  return (mark << TAG_BITS) | (reference >>> REFERENCE_BITS);
}

/** Tables fill up at the same time, because ids spread evenly: each takes another step once, so that they grow in turn. */
function bucketsAfter(buckets: number, number: number, tables: number): number {
  const growth = buckets === STAGGERED_BUCKETS ? 1 + ((GROWTH - 1) * (number + 1)) / tables : GROWTH;
  return buckets < STAGGERED_BUCKETS ? buckets * 2 : Math.ceil(buckets * growth);
}
