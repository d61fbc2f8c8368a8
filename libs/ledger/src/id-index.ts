import { invariant } from '@quorate/errors';

const SLOT_WORDS = 2;
const CAPACITY_MIN = 64;
/** At most this share of the slots is used; above it the index grows to twice the size. */
const LOAD_MAX = 0.6;
/** 4 GiB of slots: above every limit on what is indexed. */
const CAPACITY_MAX = 2 ** 29;

/** Whether the row that `reference` stands for has the id at `words[at..at+3]`. */
export type HoldsId = (reference: number, words: Uint32Array, at: number) => boolean;

/**
 * From a 128-bit id to a 32-bit reference: open addressing with linear probing in one typed array. A slot is the id's hash
 * and the reference plus one (0 = empty). The ids themselves stay in the rows, which a caller reads next anyway.
 */
export class IdIndex {
  private slots: Uint32Array;
  private mask: number;
  private used = 0;
  private missedHash = 0;
  private missedSlot = -1;

  /** `seed` only spreads ids over slots; it has no influence on any answer. `capacity` is a power of two. */
  constructor(
    private readonly seed: number,
    private readonly holds: HoldsId,
    capacity: number = CAPACITY_MIN,
  ) {
    this.slots = new Uint32Array(capacity * SLOT_WORDS);
    this.mask = capacity - 1;
  }

  get size(): number {
    return this.used;
  }

  /** The reference of the id at `words[at..at+3]`, or -1. */
  get(words: Uint32Array, at: number): number {
    return this.slots[this.find(this.hash(words, at), words, at) + 1] - 1;
  }

  /** The reference in the id's first place, which may be another id's, or -1. Costs one read of memory, and no answer hangs on it. */
  peek(words: Uint32Array, at: number): number {
    return this.slots[this.homeOf(this.hash(words, at)) + 1] - 1;
  }

  /** As `get`; when it finds nothing, `addMissed` adds the id without looking for its place again. */
  getOrMiss(words: Uint32Array, at: number): number {
    this.missedHash = this.hash(words, at);
    this.missedSlot = this.find(this.missedHash, words, at);
    return this.slots[this.missedSlot + 1] - 1;
  }

  /** Adds the id that the last `getOrMiss` did not find. Nothing may have been added or removed since. */
  addMissed(reference: number): void {
    const { slots, missedSlot: slot } = this;
    invariant(slot >= 0 && slots[slot + 1] === 0, 'an id is added after it was missed');
    slots[slot] = this.missedHash;
    slots[slot + 1] = reference + 1;
    this.missedSlot = -1;
    this.used += 1;
    if (this.used + 1 > (this.mask + 1) * LOAD_MAX) this.grow();
  }

  /** Adds an id that is not in the index. */
  add(words: Uint32Array, at: number, reference: number): void {
    if (this.used + 1 > (this.mask + 1) * LOAD_MAX) this.grow();
    const hash = this.hash(words, at);
    const slot = this.find(hash, words, at);
    invariant(this.slots[slot + 1] === 0, 'an id is indexed once');
    this.slots[slot] = hash;
    this.slots[slot + 1] = reference + 1;
    this.used += 1;
  }

  /** Removes an indexed id; what probed past it moves back, so that no tombstones are needed. */
  remove(words: Uint32Array, at: number): void {
    const slots = this.slots;
    const end = slots.length;
    let hole = this.find(this.hash(words, at), words, at);
    invariant(slots[hole + 1] !== 0, 'only an indexed id can be removed');
    for (let next = (hole + SLOT_WORDS) % end; slots[next + 1] !== 0; next = (next + SLOT_WORDS) % end) {
      const home = this.homeOf(slots[next]);
      const stays = hole <= next ? home > hole && home <= next : home > hole || home <= next;
      if (stays) continue;
      slots[hole] = slots[next];
      slots[hole + 1] = slots[next + 1];
      hole = next;
    }
    slots[hole + 1] = 0;
    this.used -= 1;
  }

  private hash(words: Uint32Array, at: number): number {
    let hash = this.seed ^ words[at];
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ words[at + 1];
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ words[at + 2];
    hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f) ^ words[at + 3];
    hash = Math.imul(hash ^ (hash >>> 15), 0x165667b1);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  private homeOf(hash: number): number {
    return (hash & this.mask) * SLOT_WORDS;
  }

  /** The slot of the id, or the empty slot where it belongs. Ends because the load stays below LOAD_MAX. */
  private find(hash: number, words: Uint32Array, at: number): number {
    const slots = this.slots;
    const end = slots.length;
    let slot = this.homeOf(hash);
    while (slots[slot + 1] !== 0) {
      if (slots[slot] === hash && this.holds(slots[slot + 1] - 1, words, at)) return slot;
      slot += SLOT_WORDS;
      if (slot === end) slot = 0;
    }
    return slot;
  }

  private grow(): void {
    const old = this.slots;
    const capacity = (this.mask + 1) * 2;
    invariant(capacity <= CAPACITY_MAX, 'the index holds more ids than it can address', { capacity });
    const slots = new Uint32Array(capacity * SLOT_WORDS);
    this.slots = slots;
    this.mask = capacity - 1;
    const end = slots.length;
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 1] === 0) continue;
      let slot = this.homeOf(old[from]);
      while (slots[slot + 1] !== 0) {
        slot += SLOT_WORDS;
        if (slot === end) slot = 0;
      }
      slots[slot] = old[from];
      slots[slot + 1] = old[from + 1];
    }
  }
}
