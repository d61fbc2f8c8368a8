import { HASH_KEY } from '../src/engine-layout';

/**
 * Hash of the 128-bit id at `id` under the ledger's key: 32 bits. Multiply-shift of vectors (Dietzfelbinger, 1996): the upper half of a
 * sum of 64 bits of products of 32-bit words with 64-bit keys is strongly universal, whatever ids clients choose.
 */
export function hashOf(id: u32): u32 {
  const sum =
    load<u64>(HASH_KEY + 32) +
    u64(load<u32>(id)) * load<u64>(HASH_KEY) +
    u64(load<u32>(id + 4)) * load<u64>(HASH_KEY + 8) +
    u64(load<u32>(id + 8)) * load<u64>(HASH_KEY + 16) +
    u64(load<u32>(id + 12)) * load<u64>(HASH_KEY + 24);
  // Ids that follow one another lie evenly now; mixed, they lie as if drawn, which is what probing counts on.
  let hash = u32(sum >> 32);
  hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
  return hash ^ (hash >>> 16);
}
