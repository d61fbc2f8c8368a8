import { invariant } from '@quorate/errors';

/** Slots that share a place to begin with. */
const BUCKET_SLOTS = 16;
/** A reference plus one has 27 bits. */
const REFERENCE_BITS = 27;
const REFERENCE_MASK = 2 ** REFERENCE_BITS - 1;
/** Bits of a hash, below those that choose the table, that a slot keeps: 16 in its mark, the lowest 5 beside its reference. */
const KEPT_BITS = 21;
const KEPT_VALUES = 2 ** KEPT_BITS;
const KEPT_SHIFT = 32 - KEPT_BITS;
const TAG_BITS = 5;
const TAG_MASK = 31;
/** At most this share of a table's slots is used; above it the table grows. */
const LOAD_MAX = 0.875;
const GROWTH = 1.25;
/** From this size on tables grow at different times. */
const STAGGERED_BUCKETS = 16;
const SLOT_BYTES = 6;
const UNUSED_MARKS = new Uint16Array(BUCKET_SLOTS);
const UNUSED = new Uint32Array(BUCKET_SLOTS);

/** Rows that begin with their id: row r is in segment `r >>> shift`, with `stride` words for each row. */
export interface IdRows {
  readonly segments: Uint32Array[];
  readonly shift: number;
  readonly stride: number;
}

/**
 * From a 128-bit id to the number of its row: open addressing in many small tables, which grow one at a time, so that no
 * operation waits for all of them. A slot has a mark, 16 bits of the id's hash that are never 0, and a reference with 5 more:
 * most looks for an id that is new read marks only, and a table grows without reading an id. 7 to 8.6 bytes for each id; the
 * ids themselves stay in the rows. Holds nothing that cannot be made again from the rows.
 */
export class IdIndex {
  private readonly marks: Uint16Array[];
  private readonly tables: Uint32Array[];
  private readonly counts: Uint32Array;
  private readonly growAt: Uint32Array;
  private readonly tableShift: number;
  private readonly rowMask: number;
  private used = 0;
  private missedHash = 0;
  private missedSlot = -1;

  /** `seed` only spreads ids over slots; it has no influence on any answer. There are 2^tableBits tables, 1 to 11 bits. */
  constructor(
    private readonly seed: number,
    private readonly rows: IdRows,
    private readonly tableBits: number,
  ) {
    invariant(tableBits >= 1 && tableBits <= KEPT_SHIFT, 'an index has 2 to 2,048 tables', { tableBits });
    this.tableShift = 32 - tableBits;
    this.rowMask = 2 ** rows.shift - 1;
    this.marks = new Array<Uint16Array>(2 ** tableBits).fill(UNUSED_MARKS);
    this.tables = new Array<Uint32Array>(2 ** tableBits).fill(UNUSED);
    this.counts = new Uint32Array(2 ** tableBits);
    this.growAt = new Uint32Array(2 ** tableBits);
  }

  get size(): number {
    return this.used;
  }

  /** Memory that its tables take. */
  get bytes(): number {
    return this.tables.reduce((total, table) => total + (table === UNUSED ? 0 : table.length * SLOT_BYTES), 0);
  }

  hash(words: Uint32Array, at: number): number {
    let hash = this.seed ^ words[at];
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ words[at + 1];
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ words[at + 2];
    hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f) ^ words[at + 3];
    hash = Math.imul(hash ^ (hash >>> 15), 0x165667b1);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** Reads the marks where an id of that hash is looked for first, so that the processor has them at hand later. */
  touch(hash: number): number {
    const marks = this.marks[hash >>> this.tableShift];
    return marks[homeOf(this.keptOf(hash), marks.length)];
  }

  /** Reads the references there. */
  touchReferences(hash: number): number {
    const table = this.tables[hash >>> this.tableShift];
    return table[homeOf(this.keptOf(hash), table.length) + BUCKET_SLOTS / 2];
  }

  /** A row that is likely that of an id of this hash, or -1. Reads no id, and no answer may depend on it. */
  guess(hash: number): number {
    const number = hash >>> this.tableShift;
    const marks = this.marks[number];
    const kept = this.keptOf(hash);
    const mark = kept >>> TAG_BITS;
    const home = homeOf(kept, marks.length);
    for (let slot = home; slot < home + BUCKET_SLOTS; slot += 1) {
      if (marks[slot] === mark) return (this.tables[number][slot] & REFERENCE_MASK) - 1;
    }
    return -1;
  }

  /** The row of the id at `words[at..at+3]`, or -1. */
  get(words: Uint32Array, at: number): number {
    return this.getHashed(this.hash(words, at), words, at);
  }

  /** As `get`, with the id's hash known. */
  getHashed(hash: number, words: Uint32Array, at: number): number {
    const number = hash >>> this.tableShift;
    const slot = this.find(number, this.keptOf(hash), words, at);
    return this.marks[number][slot] === 0 ? -1 : (this.tables[number][slot] & REFERENCE_MASK) - 1;
  }

  /** As `getHashed`; when it finds nothing, `addMissed` adds the id without looking for its place again. */
  getOrMiss(hash: number, words: Uint32Array, at: number): number {
    const number = hash >>> this.tableShift;
    const slot = this.find(number, this.keptOf(hash), words, at);
    this.missedHash = hash;
    this.missedSlot = slot;
    return this.marks[number][slot] === 0 ? -1 : (this.tables[number][slot] & REFERENCE_MASK) - 1;
  }

  /** Adds the id that the last `getOrMiss` did not find. Nothing may have been added or removed since. */
  addMissed(reference: number): void {
    const { missedHash: hash, missedSlot: slot } = this;
    const number = hash >>> this.tableShift;
    invariant(slot >= 0 && this.marks[number][slot] === 0, 'an id is added after it was missed');
    this.missedSlot = -1;
    this.used += 1;
    this.counts[number] += 1;
    const kept = this.keptOf(hash);
    if (this.counts[number] > this.growAt[number]) {
      this.grow(number);
      place(this.marks[number], this.tables[number], kept, reference + 1);
    } else {
      this.marks[number][slot] = kept >>> TAG_BITS;
      this.tables[number][slot] = ((kept << REFERENCE_BITS) | (reference + 1)) >>> 0;
    }
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
    const { segments, shift, stride } = this.rows;
    const hashes = new Uint32Array(count);
    const ends = new Uint32Array(this.tables.length + 1);
    for (let row = 0; row < count; row += 1) {
      const hash = this.hash(segments[row >>> shift], (row & this.rowMask) * stride);
      hashes[row] = hash;
      ends[(hash >>> tableShift) + 1] += 1;
    }
    for (let number = 0; number < this.tables.length; number += 1) ends[number + 1] += ends[number];
    const sorted = new Uint32Array(count);
    const next = ends.slice();
    for (let row = 0; row < count; row += 1) {
      const number = hashes[row] >>> tableShift;
      sorted[next[number]] = row;
      next[number] += 1;
    }
    for (let number = 0; number < this.tables.length; number += 1)
      this.fill(number, sorted.subarray(ends[number], ends[number + 1]), hashes);
    this.used = count;
  }

  /** Removes an indexed id; what probed past it moves back, so that no tombstones are needed. */
  remove(words: Uint32Array, at: number): void {
    const hash = this.hash(words, at);
    const number = hash >>> this.tableShift;
    const marks = this.marks[number];
    const table = this.tables[number];
    const end = table.length;
    let hole = this.find(number, this.keptOf(hash), words, at);
    invariant(marks[hole] !== 0, 'only an indexed id can be removed');
    for (let next = (hole + 1) % end; marks[next] !== 0; next = (next + 1) % end) {
      const home = homeOf(keptIn(marks, table, next), end);
      const stays = hole <= next ? home > hole && home <= next : home > hole || home <= next;
      if (stays) continue;
      marks[hole] = marks[next];
      table[hole] = table[next];
      hole = next;
    }
    marks[hole] = 0;
    table[hole] = 0;
    this.used -= 1;
    this.counts[number] -= 1;
  }

  /** The bits of a hash that a slot keeps; a mark of 0 would say that the slot is empty. */
  private keptOf(hash: number): number {
    const kept = (hash << this.tableBits) >>> KEPT_SHIFT;
    return kept <= TAG_MASK ? kept | (1 << TAG_BITS) : kept;
  }

  /** The slot of the id, or the empty slot where it belongs. Ends because the load stays below LOAD_MAX. */
  private find(number: number, kept: number, words: Uint32Array, at: number): number {
    const marks = this.marks[number];
    const table = this.tables[number];
    const end = marks.length;
    const mark = kept >>> TAG_BITS;
    let slot = homeOf(kept, end);
    for (let found = marks[slot]; found !== 0; found = marks[slot]) {
      if (found === mark && this.holds((table[slot] & REFERENCE_MASK) - 1, words, at)) return slot;
      slot += 1;
      if (slot === end) slot = 0;
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
    if (rows.length === 0) return;
    let buckets = 1;
    while (Math.floor(buckets * BUCKET_SLOTS * LOAD_MAX) < rows.length) buckets = this.bucketsAfter(buckets, number);
    const marks = new Uint16Array(buckets * BUCKET_SLOTS);
    const table = new Uint32Array(buckets * BUCKET_SLOTS);
    for (const row of rows) place(marks, table, this.keptOf(hashes[row]), row + 1);
    this.marks[number] = marks;
    this.tables[number] = table;
    this.counts[number] = rows.length;
    this.growAt[number] = Math.floor(table.length * LOAD_MAX);
  }

  private grow(number: number): void {
    const oldMarks = this.marks[number];
    const old = this.tables[number];
    const buckets = old === UNUSED ? 1 : this.bucketsAfter(old.length / BUCKET_SLOTS, number);
    const marks = new Uint16Array(buckets * BUCKET_SLOTS);
    const table = new Uint32Array(buckets * BUCKET_SLOTS);
    this.marks[number] = marks;
    this.tables[number] = table;
    this.growAt[number] = Math.floor(table.length * LOAD_MAX);
    for (let slot = 0; slot < old.length; slot += 1) {
      if (oldMarks[slot] !== 0) place(marks, table, keptIn(oldMarks, old, slot), old[slot] & REFERENCE_MASK);
    }
  }

  /** Tables fill up at the same time, because ids spread evenly: each takes another step once, so that they grow in turn. */
  private bucketsAfter(buckets: number, number: number): number {
    const share = (number + 1) / this.tables.length;
    const growth = buckets === STAGGERED_BUCKETS ? 1 + (GROWTH - 1) * share : GROWTH;
    return buckets < STAGGERED_BUCKETS ? buckets * 2 : Math.ceil(buckets * growth);
  }
}

/** First slot of the bucket where an id belongs in a table of `slots` slots. */
function homeOf(kept: number, slots: number): number {
  return Math.floor((kept * (slots / BUCKET_SLOTS)) / KEPT_VALUES) * BUCKET_SLOTS;
}

function keptIn(marks: Uint16Array, table: Uint32Array, slot: number): number {
  return (marks[slot] << TAG_BITS) | (table[slot] >>> REFERENCE_BITS);
}

function place(marks: Uint16Array, table: Uint32Array, kept: number, referenceAndOne: number): void {
  const end = marks.length;
  let slot = homeOf(kept, end);
  while (marks[slot] !== 0) {
    slot += 1;
    if (slot === end) slot = 0;
  }
  marks[slot] = kept >>> TAG_BITS;
  table[slot] = ((kept << REFERENCE_BITS) | referenceAndOne) >>> 0;
}
