import { nativePairHasher } from './native';
import { sha256 } from './sha256';

/** Bytes of a chunk: what a tree of pairs has as leaves and nodes. */
export const CHUNK_BYTES = 32;
/** Bytes of two chunks, which make one above them. */
export const PAIR_BYTES = 2 * CHUNK_BYTES;

function assertPairs(input: Uint8Array, output: Uint8Array): void {
  if (input.length % PAIR_BYTES !== 0) throw new RangeError('pairs have 64 bytes each');
  if (output.length * 2 !== input.length) throw new RangeError('the output has 32 bytes for each pair');
}

/** The portable twin of hashPairsInto. */
export function portableHashPairsInto(input: Uint8Array, output: Uint8Array): void {
  assertPairs(input, output);
  for (let from = 0, to = 0; from < input.length; from += PAIR_BYTES, to += CHUNK_BYTES) {
    output.set(sha256(input.subarray(from, from + PAIR_BYTES)), to);
  }
}

/** Whether the native hasher is there and right; a wrong one would part this replica from the others. */
function nativeIsRight(hashInto: (input: Uint8Array, output: Uint8Array) => void): boolean {
  // Enough pairs for every width of vector instructions and a rest.
  const input = Uint8Array.from({ length: 37 * PAIR_BYTES }, (_, index) => (index * 151 + (index >> 6)) & 0xff);
  const native = new Uint8Array(input.length / 2);
  const portable = new Uint8Array(input.length / 2);
  hashInto(input, native);
  portableHashPairsInto(input, portable);
  return native.every((byte, index) => byte === portable[index]);
}

/**
 * SHA-256 of every 64 bytes of `input` into 32 bytes of `output`, which may not overlap. The fastest way to hash: one call for
 * a whole layer of a tree.
 */
export const hashPairsInto: (input: Uint8Array, output: Uint8Array) => void =
  nativePairHasher !== undefined && nativeIsRight(nativePairHasher.hashInto)
    ? nativePairHasher.hashInto
    : portableHashPairsInto;

const pair = new Uint8Array(PAIR_BYTES);

/** SHA-256 of `left` ‖ `right`, 32 bytes each: a node of a tree of pairs. Throws RangeError on other lengths. */
export function pairHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== CHUNK_BYTES || right.length !== CHUNK_BYTES) throw new RangeError('a tree node has 32 bytes');
  pair.set(left);
  pair.set(right, CHUNK_BYTES);
  const node = new Uint8Array(CHUNK_BYTES);
  hashPairsInto(pair, node);
  return node;
}
