import { createHash } from 'node:crypto';
import { hex } from './bytes';
import { nativePairHasher } from './native';
import { hashPairsInto, pairHash, portableHashPairsInto } from './pair-hash';
import { PairRoots, pairDepth, pairLevels, pairPath, pairRoot, rootFromPairPath } from './pair-tree';

const chunksOf = (count: number): Uint8Array =>
  Uint8Array.from({ length: count * 32 }, (_, index) => (index * 37 + (index >> 5)) & 0xff);

const nodeSha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** The definition: fill up with zero chunks to a power of two, hash pairs until one is left. */
function rootByDefinition(chunks: Uint8Array): string {
  const padded = new Uint8Array(2 ** pairDepth(chunks.length / 32) * 32);
  padded.set(chunks);
  let level = padded;
  while (level.length > 32) {
    const above = new Uint8Array(level.length / 2);
    for (let from = 0; from < level.length; from += 64)
      above.set(nodeSha256(level.subarray(from, from + 64)), from / 2);
    level = above;
  }
  return hex(level);
}

describe('trees of pairs', () => {
  it('hash pairs as SHA-256 does, in portable code and natively, whatever their number', () => {
    for (const count of [0, 1, 2, 3, 5, 8, 15, 16, 17, 33, 100]) {
      const input = chunksOf(count * 2);
      const expected = Array.from({ length: count }, (_, index) =>
        hex(nodeSha256(input.subarray(index * 64, (index + 1) * 64))),
      ).join('');
      for (const hasher of [hashPairsInto, portableHashPairsInto, nativePairHasher?.hashInto ?? hashPairsInto]) {
        const output = new Uint8Array(count * 32);
        hasher(input, output);
        expect(hex(output)).toBe(expected);
      }
    }
  });

  it('have the root of their definition, and a path for every leaf and for no other', () => {
    const roots = new PairRoots();
    expect(hex(roots.root(new Uint8Array(0)))).toBe(hex(new Uint8Array(32)));
    for (let count = 1; count <= 40; count += 1) {
      const chunks = chunksOf(count);
      const levels = pairLevels(chunks);
      const root = rootByDefinition(chunks);
      expect(hex(pairRoot(chunks))).toBe(root);
      expect(hex(roots.root(chunks))).toBe(root);
      expect(hex(levels[levels.length - 1])).toBe(root);
      for (let index = 0; index < count; index += 1) {
        const leaf = chunks.slice(index * 32, (index + 1) * 32);
        const path = pairPath(levels, index);
        expect(hex(rootFromPairPath(leaf, index, count, path) ?? new Uint8Array(0))).toBe(root);
        expect(rootFromPairPath(leaf, index, count, [...path, leaf])).toBeNull();
        expect(rootFromPairPath(leaf, count, count, path)).toBeNull();
        const other = chunks.slice(((index + 1) % count) * 32, ((index + 1) % count) * 32 + 32);
        if (count > 1) expect(hex(rootFromPairPath(other, index, count, path) ?? leaf)).not.toBe(root);
      }
    }
  });

  it('of nothing is a zero chunk', () => {
    expect(hex(pairRoot(new Uint8Array(0)))).toBe('00'.repeat(32));
    expect(pairLevels(new Uint8Array(0)).map(hex)).toEqual(['00'.repeat(32)]);
  });

  it('refuse what is no pair and no chunk', () => {
    expect(() => pairHash(new Uint8Array(31), new Uint8Array(32))).toThrow(RangeError);
    expect(() => pairRoot(new Uint8Array(33))).toThrow(RangeError);
    expect(() => portableHashPairsInto(new Uint8Array(63), new Uint8Array(32))).toThrow(RangeError);
    expect(() => portableHashPairsInto(new Uint8Array(64), new Uint8Array(64))).toThrow(RangeError);
    expect(() => pairPath(pairLevels(chunksOf(3)), 3)).toThrow(RangeError);
  });
});
