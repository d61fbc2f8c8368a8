import { invariant } from '@quorate/errors';

const SLOT_WORDS = 5;
const CAPACITY_MIN = 64;
/** At most this share of the slots is used; above it the index grows to twice the size. */
const LOAD_MAX = 0.6;
/** 5 GiB of slots: above every limit on what is indexed. */
const CAPACITY_MAX = 2 ** 28;

/**
 * From a 128-bit id to a 32-bit reference: open addressing with linear probing in one typed array.
 * A slot is five words: the reference plus one (0 = empty), then the id.
 */
export class IdIndex {
  private slots: Uint32Array;
  private mask: number;
  private used = 0;

  /** `seed` only spreads ids over slots; it has no influence on any answer. */
  constructor(
    private readonly seed: number,
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
    const slot = this.find(words, at);
    return this.slots[slot] - 1;
  }

  /** Adds an id that is not in the index. */
  add(words: Uint32Array, at: number, reference: number): void {
    if (this.used + 1 > (this.mask + 1) * LOAD_MAX) this.grow();
    const slot = this.find(words, at);
    const slots = this.slots;
    invariant(slots[slot] === 0, 'an id is indexed once');
    slots[slot] = reference + 1;
    slots[slot + 1] = words[at];
    slots[slot + 2] = words[at + 1];
    slots[slot + 3] = words[at + 2];
    slots[slot + 4] = words[at + 3];
    this.used += 1;
  }

  /** Points an indexed id to another reference. */
  replace(words: Uint32Array, at: number, reference: number): void {
    const slot = this.find(words, at);
    invariant(this.slots[slot] !== 0, 'only an indexed id can be replaced');
    this.slots[slot] = reference + 1;
  }

  /** Removes an indexed id; what probed past it moves back, so that no tombstones are needed. */
  remove(words: Uint32Array, at: number): void {
    const slots = this.slots;
    let hole = this.find(words, at);
    invariant(slots[hole] !== 0, 'only an indexed id can be removed');
    const end = slots.length;
    for (let next = (hole + SLOT_WORDS) % end; slots[next] !== 0; next = (next + SLOT_WORDS) % end) {
      const home = this.home(slots, next + 1);
      const stays = hole <= next ? home > hole && home <= next : home > hole || home <= next;
      if (stays) continue;
      slots.copyWithin(hole, next, next + SLOT_WORDS);
      hole = next;
    }
    slots.fill(0, hole, hole + SLOT_WORDS);
    this.used -= 1;
  }

  private home(words: Uint32Array, at: number): number {
    let hash = this.seed ^ words[at];
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ words[at + 1];
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ words[at + 2];
    hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f) ^ words[at + 3];
    hash = Math.imul(hash ^ (hash >>> 15), 0x165667b1);
    return ((hash ^ (hash >>> 16)) & this.mask) * SLOT_WORDS;
  }

  private find(words: Uint32Array, at: number): number {
    const slots = this.slots;
    const end = slots.length;
    const w0 = words[at];
    const w1 = words[at + 1];
    const w2 = words[at + 2];
    const w3 = words[at + 3];
    let slot = this.home(words, at);
    // Ends because the load stays below LOAD_MAX: there is always an empty slot.
    while (
      slots[slot] !== 0 &&
      !(slots[slot + 1] === w0 && slots[slot + 2] === w1 && slots[slot + 3] === w2 && slots[slot + 4] === w3)
    ) {
      slot += SLOT_WORDS;
      if (slot === end) slot = 0;
    }
    return slot;
  }

  private grow(): void {
    const old = this.slots;
    const capacity = (this.mask + 1) * 2;
    invariant(capacity <= CAPACITY_MAX, 'the index holds more ids than it can address', { capacity });
    this.slots = new Uint32Array(capacity * SLOT_WORDS);
    this.mask = capacity - 1;
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from] !== 0) this.slots.set(old.subarray(from, from + SLOT_WORDS), this.find(old, from + 1));
    }
  }
}
