// Trees over 32-byte chunks in which every node is the SHA-256 of its two children and nothing else. Leaves are filled up with
// zero chunks to a power of two, so such a root binds the leaves only together with their number, which a caller adds.
import { CHUNK_BYTES, PAIR_BYTES, hashPairsInto, pairHash } from './pair-hash';

/** Leaves of a tree at most: 2^32. */
const DEPTH_MAX = 32;

/** ZEROS[k] is the root over 2^k zero chunks. */
const ZEROS: Uint8Array[] = [new Uint8Array(CHUNK_BYTES)];
for (let level = 1; level <= DEPTH_MAX; level += 1) ZEROS.push(pairHash(ZEROS[level - 1], ZEROS[level - 1]));

/** Levels above the leaves of a tree of `count` leaves. */
export function pairDepth(count: number): number {
  let depth = 0;
  while (2 ** depth < count) depth += 1;
  return depth;
}

function assertChunks(chunks: Uint8Array): void {
  if (chunks.length % CHUNK_BYTES !== 0) throw new RangeError('chunks have 32 bytes each');
}

/** The nodes above `level`, whose own height above the leaves is `height`. */
function levelAbove(level: Uint8Array, height: number): Uint8Array {
  const above = new Uint8Array(bytesAbove(level));
  hashLevel(level, height, above);
  return above;
}

function bytesAbove(level: Uint8Array): number {
  return Math.ceil(level.length / PAIR_BYTES) * CHUNK_BYTES;
}

function hashLevel(level: Uint8Array, height: number, above: Uint8Array): void {
  const whole = Math.floor(level.length / PAIR_BYTES);
  hashPairsInto(level.subarray(0, whole * PAIR_BYTES), above.subarray(0, whole * CHUNK_BYTES));
  if (whole * PAIR_BYTES < level.length) {
    above.set(pairHash(level.subarray(whole * PAIR_BYTES), ZEROS[height]), whole * CHUNK_BYTES);
  }
}

/** All levels of the tree over `chunks` (32 bytes each, one behind the other) from the leaves up; the last is the root alone. */
export function pairLevels(chunks: Uint8Array): Uint8Array[] {
  assertChunks(chunks);
  if (chunks.length === 0) return [ZEROS[0]];
  const levels = [chunks];
  for (let level = chunks; level.length > CHUNK_BYTES;) {
    level = levelAbove(level, levels.length - 1);
    levels.push(level);
  }
  return levels;
}

/** Root of the tree over `chunks`; a zero chunk for none. */
export function pairRoot(chunks: Uint8Array): Uint8Array {
  assertChunks(chunks);
  if (chunks.length === 0) return ZEROS[0].slice();
  let level = chunks;
  for (let height = 0; level.length > CHUNK_BYTES; height += 1) level = levelAbove(level, height);
  return level.slice();
}

/** Roots of one tree after the other with the same memory, which grows to the largest. */
export class PairRoots {
  private memory = new Uint8Array(0);

  /** As `pairRoot`. */
  root(chunks: Uint8Array): Uint8Array {
    assertChunks(chunks);
    if (chunks.length === 0) return ZEROS[0].slice();
    const needed = chunks.length + DEPTH_MAX * CHUNK_BYTES;
    if (this.memory.length < needed) this.memory = new Uint8Array(needed);
    let level = chunks;
    let from = 0;
    for (let height = 0; level.length > CHUNK_BYTES; height += 1) {
      const above = this.memory.subarray(from, from + bytesAbove(level));
      hashLevel(level, height, above);
      from += above.length;
      level = above;
    }
    return level.slice();
  }
}

/** Siblings of leaf `index` from the leaves upwards, in the tree whose levels are `pairLevels`. */
export function pairPath(levels: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= levels[0].length / CHUNK_BYTES)
    throw new RangeError('index: no such leaf');
  const path: Uint8Array[] = [];
  let position = index;
  for (let height = 0; height + 1 < levels.length; height += 1) {
    const from = (position ^ 1) * CHUNK_BYTES;
    path.push(from < levels[height].length ? levels[height].slice(from, from + CHUNK_BYTES) : ZEROS[height]);
    position >>>= 1;
  }
  return path;
}

/** Root that `leaf` has at `index` along `path`; null unless index and path can belong to a tree of `count` leaves. */
export function rootFromPairPath(
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (leaf.length !== CHUNK_BYTES || !Number.isInteger(index) || !Number.isInteger(count)) return null;
  if (index < 0 || index >= count || count > 2 ** DEPTH_MAX || path.length !== pairDepth(count)) return null;
  let node = leaf;
  let position = index;
  for (const sibling of path) {
    if (sibling.length !== CHUNK_BYTES) return null;
    node = position % 2 === 1 ? pairHash(sibling, node) : pairHash(node, sibling);
    position = Math.floor(position / 2);
  }
  return node;
}
