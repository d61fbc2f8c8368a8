// Hashes of 128-bit ids for tables in memory. Clients choose ids, so a hash that they could compute would let them fill one place
// of a table with thousands of ids and slow the ledger down. For a secret key two different ids have the same hash with a
// probability of about 2^-32, however they were chosen (../engine/id-hash.ts).

/** Words of a key: two for each of four factors and a summand. */
export const HASH_KEY_WORDS = 10;

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
