// Hashes of 128-bit ids for tables in memory. Clients choose ids, so a hash that they could compute would let them fill one place
// of a table with thousands of ids and slow the ledger down. For a secret key two different ids have the same hash with a
// probability of 2^-32, however they were chosen: an id is taken as eight numbers of 16 bits, and multiply-shift of such numbers
// (Dietzfelbinger, 1996) is strongly universal in the upper 16 bits of a sum of 32.
import { invariant } from '@quorate/errors';

/** Words of a key: two factors for each half word of an id, and two summands. */
export const HASH_KEY_WORDS = 18;

/** A family of hashes of ids, one for each key. */
export class IdHash {
  private readonly key: Uint32Array;

  /** The key has no influence on any answer, so each process may draw its own. */
  constructor(key: Uint32Array) {
    invariant(key.length === HASH_KEY_WORDS, 'a hash key has its words', { words: key.length });
    this.key = key;
  }

  /** Of the id at `words[at..at+3]`: 32 bits. */
  of(words: Uint32Array, at: number): number {
    const { key } = this;
    const a = words[at];
    const b = words[at + 1];
    const c = words[at + 2];
    const d = words[at + 3];
    let upper = (key[16] + Math.imul(a & 0xffff, key[0]) + Math.imul(a >>> 16, key[1])) | 0;
    upper = (upper + Math.imul(b & 0xffff, key[2]) + Math.imul(b >>> 16, key[3])) | 0;
    upper = (upper + Math.imul(c & 0xffff, key[4]) + Math.imul(c >>> 16, key[5])) | 0;
    upper = (upper + Math.imul(d & 0xffff, key[6]) + Math.imul(d >>> 16, key[7])) | 0;
    let lower = (key[17] + Math.imul(a & 0xffff, key[8]) + Math.imul(a >>> 16, key[9])) | 0;
    lower = (lower + Math.imul(b & 0xffff, key[10]) + Math.imul(b >>> 16, key[11])) | 0;
    lower = (lower + Math.imul(c & 0xffff, key[12]) + Math.imul(c >>> 16, key[13])) | 0;
    lower = (lower + Math.imul(d & 0xffff, key[14]) + Math.imul(d >>> 16, key[15])) | 0;
    // Ids that follow one another lie evenly now; mixed, they lie as if drawn, which is what probing counts on.
    let hash = (upper & 0xffff0000) | (lower >>> 16);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

/** A key made of one number, for ledgers whose ids nobody chooses against them, and for tests. */
export function hashKeyFrom(seed: number): Uint32Array {
  const key = new Uint32Array(HASH_KEY_WORDS);
  let state = seed >>> 0;
  for (let word = 0; word < HASH_KEY_WORDS; word += 1) {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    key[word] = mixed ^ (mixed >>> 15);
  }
  return key;
}
