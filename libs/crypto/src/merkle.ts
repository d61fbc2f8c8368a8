import { sha256 } from './sha256';

/** Hash of no leaves (RFC 6962 §2.1): SHA-256 of nothing. */
export const EMPTY_ROOT = sha256(new Uint8Array(0));

/** Leaf hash (RFC 6962 §2.1): SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  const tagged = new Uint8Array(entry.length + 1);
  tagged.set(entry, 1);
  return sha256(tagged);
}

/** 0x01 ‖ left ‖ right of the node at hand: one array for all, because making one would cost more than the hash. */
const nodeInput = new Uint8Array(65);
nodeInput[0] = 1;

/** Inner node hash (RFC 6962 §2.1): SHA-256(0x01 ‖ left ‖ right). Throws RangeError unless both have 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== 32 || right.length !== 32) throw new RangeError('a tree node has 32 bytes');
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return sha256(nodeInput);
}

/** One level up; an odd last node moves up unchanged, which gives RFC 6962's tree. */
function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let index = 0; index + 1 < level.length; index += 2) above.push(nodeHash(level[index], level[index + 1]));
  if (level.length % 2 === 1) above.push(level[level.length - 1]);
  return above;
}

/** Root of the RFC 6962 tree over `leaves` (leaf hashes). */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT;
  let level = leaves;
  while (level.length > 1) level = levelAbove(level);
  return level[0];
}

/** Inclusion path of leaf `index` (RFC 6962 §2.1.1), from the leaf upwards. */
export function inclusionPath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError('index: no such leaf');
  const path: Uint8Array[] = [];
  let level = leaves;
  let position = index;
  while (level.length > 1) {
    const sibling = position ^ 1;
    if (sibling < level.length) path.push(level[sibling]);
    level = levelAbove(level);
    position >>= 1;
  }
  return path;
}

/**
 * Root that `leaf` at `index` of a tree with `size` leaves has along `path` (RFC 9162 §2.1.3.2); null when the path has not
 * exactly the length that index and size demand. Index and size may exceed 32 bits, so they are divided, not shifted.
 */
export function rootFromPath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (leaf.length !== 32 || !Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size)
    return null;
  let node = leaf;
  let position = index;
  let last = size - 1;
  for (const sibling of path) {
    if (sibling.length !== 32 || last === 0) return null;
    if (position % 2 === 1 || position === last) {
      node = nodeHash(sibling, node);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(node, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : null;
}
