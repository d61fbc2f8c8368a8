import { invariant } from '@quorate/errors';

/** Slots that share a place to begin with: 64 bytes, which a processor reads at once. */
const BUCKET_SLOTS = 16;
/** A slot is empty (0) or a reference plus one under five bits of the id's hash, which spare most looks at other ids. */
const REFERENCE_BITS = 27;
const REFERENCE_MASK = 2 ** REFERENCE_BITS - 1;
/** References are below this. */
export const REFERENCES_MAX = REFERENCE_MASK;
const TAG_MASK = 31;
/** At most this share of a table's slots is used; above it the table grows. */
const LOAD_MAX = 0.875;
/** A table of this many buckets grows by half and no more to twice the size: growing more often costs time, less often memory. */
const LARGE_BUCKETS = 512;
/** From this size on tables grow at different times. */
const STAGGERED_BUCKETS = 16;
const U32 = 0x1_0000_0000;
const UNUSED = new Uint32Array(BUCKET_SLOTS);

/** Rows that begin with their id: row r is in segment `r >>> shift`, with `stride` words for each row. */
export interface IdRows {
  readonly segments: Uint32Array[];
  readonly shift: number;
  readonly stride: number;
}

/**
 * From a 128-bit id to the number of its row: open addressing in many small tables, which grow one at a time, so that no
 * operation waits for all of them. 4.6 to 6.9 bytes for each id; the ids themselves stay in the rows. Holds nothing that
 * cannot be made again from the rows.
 */
export class IdIndex {
  private readonly tables: Uint32Array[];
  private readonly counts: Uint32Array;
  private readonly growAt: Uint32Array;
  private readonly tableShift: number;
  private readonly rowMask: number;
  private used = 0;
  private missedHash = 0;
  private missedSlot = -1;

  /** `seed` only spreads ids over slots; it has no influence on any answer. There are 2^tableBits tables, 1 to 12 bits. */
  constructor(
    private readonly seed: number,
    private readonly rows: IdRows,
    private readonly tableBits: number,
  ) {
    invariant(tableBits >= 1 && tableBits <= 12, 'an index has 2 to 4,096 tables', { tableBits });
    this.tableShift = 32 - tableBits;
    this.rowMask = 2 ** rows.shift - 1;
    this.tables = new Array<Uint32Array>(2 ** tableBits).fill(UNUSED);
    this.counts = new Uint32Array(2 ** tableBits);
    this.growAt = new Uint32Array(2 ** tableBits);
  }

  get size(): number {
    return this.used;
  }

  /** Memory that its tables take. */
  get bytes(): number {
    return this.tables.reduce((total, table) => total + (table === UNUSED ? 0 : table.byteLength), 0);
  }

  hash(words: Uint32Array, at: number): number {
    let hash = this.seed ^ words[at];
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ words[at + 1];
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ words[at + 2];
    hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f) ^ words[at + 3];
    hash = Math.imul(hash ^ (hash >>> 15), 0x165667b1);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** Reads the place where an id of that hash is looked for first, so that the processor has it at hand later. */
  touch(hash: number): number {
    const table = this.tables[hash >>> this.tableShift];
    return table[this.homeOf(hash, table.length)];
  }

  /** The row of the id at `words[at..at+3]`, or -1. */
  get(words: Uint32Array, at: number): number {
    return this.getHashed(this.hash(words, at), words, at);
  }

  /** As `get`, with the id's hash known. */
  getHashed(hash: number, words: Uint32Array, at: number): number {
    const table = this.tables[hash >>> this.tableShift];
    return (table[this.find(table, hash, words, at)] & REFERENCE_MASK) - 1;
  }

  /** As `getHashed`; when it finds nothing, `addMissed` adds the id without looking for its place again. */
  getOrMiss(hash: number, words: Uint32Array, at: number): number {
    const table = this.tables[hash >>> this.tableShift];
    const slot = this.find(table, hash, words, at);
    this.missedHash = hash;
    this.missedSlot = slot;
    return (table[slot] & REFERENCE_MASK) - 1;
  }

  /** Adds the id that the last `getOrMiss` did not find. Nothing may have been added or removed since. */
  addMissed(reference: number): void {
    const { missedHash: hash, missedSlot: slot } = this;
    const number = hash >>> this.tableShift;
    invariant(slot >= 0 && this.tables[number][slot] === 0, 'an id is added after it was missed');
    this.missedSlot = -1;
    this.used += 1;
    this.counts[number] += 1;
    if (this.counts[number] > this.growAt[number]) {
      this.grow(number);
      this.place(this.tables[number], hash, reference);
    } else {
      this.tables[number][slot] = slotOf(hash, reference);
    }
  }

  /** Adds an id that is not in the index. */
  add(words: Uint32Array, at: number, reference: number): void {
    invariant(this.getOrMiss(this.hash(words, at), words, at) < 0, 'an id is indexed once');
    this.addMissed(reference);
  }

  /** Removes an indexed id, whose row must still be there; what probed past it moves back, so that no tombstones are needed. */
  remove(words: Uint32Array, at: number): void {
    const hash = this.hash(words, at);
    const number = hash >>> this.tableShift;
    const table = this.tables[number];
    const end = table.length;
    let hole = this.find(table, hash, words, at);
    invariant(table[hole] !== 0, 'only an indexed id can be removed');
    for (let next = (hole + 1) % end; table[next] !== 0; next = (next + 1) % end) {
      const home = this.homeOf(this.hashOf((table[next] & REFERENCE_MASK) - 1), end);
      const stays = hole <= next ? home > hole && home <= next : home > hole || home <= next;
      if (stays) continue;
      table[hole] = table[next];
      hole = next;
    }
    table[hole] = 0;
    this.used -= 1;
    this.counts[number] -= 1;
  }

  private hashOf(reference: number): number {
    const { segments, shift, stride } = this.rows;
    return this.hash(segments[reference >>> shift], (reference & this.rowMask) * stride);
  }

  /** First slot of the bucket of a hash in a table of `slots` slots: its bits below those that choose the table, scaled. */
  private homeOf(hash: number, slots: number): number {
    const position = (hash << this.tableBits) >>> 0;
    return Math.floor((position * (slots / BUCKET_SLOTS)) / U32) * BUCKET_SLOTS;
  }

  /** The slot of the id, or the empty slot where it belongs. Ends because the load stays below LOAD_MAX. */
  private find(table: Uint32Array, hash: number, words: Uint32Array, at: number): number {
    const end = table.length;
    const tag = hash & TAG_MASK;
    let slot = this.homeOf(hash, end);
    for (let value = table[slot]; value !== 0; value = table[slot]) {
      if (value >>> REFERENCE_BITS === tag && this.holds((value & REFERENCE_MASK) - 1, words, at)) return slot;
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

  private place(table: Uint32Array, hash: number, reference: number): void {
    const end = table.length;
    let slot = this.homeOf(hash, end);
    while (table[slot] !== 0) {
      slot += 1;
      if (slot === end) slot = 0;
    }
    table[slot] = slotOf(hash, reference);
  }

  private grow(number: number): void {
    const old = this.tables[number];
    const buckets = old === UNUSED ? 1 : this.bucketsAfter(old.length / BUCKET_SLOTS, number);
    const table = new Uint32Array(buckets * BUCKET_SLOTS);
    this.tables[number] = table;
    this.growAt[number] = Math.floor(table.length * LOAD_MAX);
    // Ids lie all over the memory: reading them apart from placing them lets the processor wait for many at once.
    const hashes = new Uint32Array(old.length);
    for (let slot = 0; slot < old.length; slot += 1) {
      if (old[slot] !== 0) hashes[slot] = this.hashOf((old[slot] & REFERENCE_MASK) - 1);
    }
    for (let slot = 0; slot < old.length; slot += 1) {
      if (old[slot] !== 0) this.place(table, hashes[slot], (old[slot] & REFERENCE_MASK) - 1);
    }
  }

  /** Tables fill up at the same time, because ids spread evenly: each takes another step once, so that they grow in turn. */
  private bucketsAfter(buckets: number, number: number): number {
    if (buckets === STAGGERED_BUCKETS) return Math.ceil(buckets * (1 + (number + 1) / this.tables.length));
    return Math.ceil(buckets * (buckets < LARGE_BUCKETS ? 2 : 1.5));
  }
}

function slotOf(hash: number, reference: number): number {
  return (((hash & TAG_MASK) << REFERENCE_BITS) | (reference + 1)) >>> 0;
}
