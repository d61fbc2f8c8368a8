import { invariant } from '@quorate/errors';
import { EMPTY_ROOT, nodeHash } from './merkle';

/** Largest power of two below `size` (size >= 2). */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * An append-only RFC 6962 tree that remembers every complete subtree, so that the root at any past size and a path in
 * it cost O(log² n). Memory: two hashes per leaf.
 */
export class HistoryTree {
  /** levels[k][i] is the root over leaves [i·2^k, (i+1)·2^k). */
  private readonly levels: Uint8Array[][] = [[]];

  get size(): number {
    return this.levels[0].length;
  }

  append(leaf: Uint8Array): void {
    let node = leaf;
    for (let level = 0; ; level += 1) {
      if (this.levels.length === level) this.levels.push([]);
      const nodes = this.levels[level];
      nodes.push(node);
      if (nodes.length % 2 === 1) return;
      node = nodeHash(nodes[nodes.length - 2], nodes[nodes.length - 1]);
    }
  }

  /** A leaf that was appended. */
  leaf(index: number): Uint8Array {
    invariant(index >= 0 && index < this.size, 'a leaf of the tree', { index });
    return this.levels[0][index];
  }

  /** Root over the first `size` leaves. */
  root(size: number = this.size): Uint8Array {
    invariant(size >= 0 && size <= this.size, 'root of a size that the tree has not reached', { size });
    return size === 0 ? EMPTY_ROOT : this.range(0, size);
  }

  /** Inclusion path of leaf `index` in the tree of the first `size` leaves. */
  path(index: number, size: number = this.size): Uint8Array[] {
    invariant(index >= 0 && index < size && size <= this.size, 'path of a leaf outside the tree', { index, size });
    const path: Uint8Array[] = [];
    let start = 0;
    let end = size;
    while (end - start > 1) {
      const middle = start + splitPoint(end - start);
      if (index < middle) {
        path.push(this.range(middle, end));
        end = middle;
      } else {
        path.push(this.range(start, middle));
        start = middle;
      }
    }
    return path.reverse();
  }

  /** Root over leaves [start, end); start is a multiple of the largest power of two not above the length. */
  private range(start: number, end: number): Uint8Array {
    const length = end - start;
    const level = Math.log2(length);
    if (Number.isInteger(level)) return this.levels[level][start / length];
    const middle = start + splitPoint(length);
    return nodeHash(this.range(start, middle), this.range(middle, end));
  }
}
