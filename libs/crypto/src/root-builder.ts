import { EMPTY_ROOT } from './merkle';
import { sha256Text } from './sha256';

const HASH_BYTES = 32;
/** A tree has at most 2^32 leaves, so at most this many complete subtrees wait for a neighbour. */
const DEPTH_MAX = 32;

/**
 * The root of an RFC 6962 tree over entries that come one by one. Keeps one hash for each level instead of all leaves, as a
 * text, and allocates nothing else: the trees of results are the bulk of execution.
 */
export class RootBuilder {
  private readonly subtrees = new Array<string>(DEPTH_MAX).fill('');
  private readonly node = new Uint8Array(1 + 2 * HASH_BYTES);
  private count = 0;

  constructor() {
    this.node[0] = 1;
  }

  /** Adds the entry whose bytes behind its tag 0 are `tagged`, which may be reused afterwards. */
  add(tagged: Uint8Array): void {
    let hash = sha256Text(tagged);
    let level = 0;
    for (let rest = this.count; (rest & 1) !== 0; rest >>>= 1) {
      hash = this.join(this.subtrees[level], hash);
      level += 1;
    }
    this.subtrees[level] = hash;
    this.count += 1;
  }

  /** Root over what was added so far. */
  root(): Uint8Array {
    if (this.count === 0) return EMPTY_ROOT;
    let hash: string | null = null;
    for (let level = 0, rest = this.count; rest !== 0; level += 1, rest >>>= 1) {
      if ((rest & 1) === 0) continue;
      hash = hash === null ? this.subtrees[level] : this.join(this.subtrees[level], hash);
    }
    return Uint8Array.from(hash ?? '', (character) => character.charCodeAt(0));
  }

  private join(left: string, right: string): string {
    const node = this.node;
    for (let index = 0; index < HASH_BYTES; index += 1) {
      node[1 + index] = left.charCodeAt(index);
      node[1 + HASH_BYTES + index] = right.charCodeAt(index);
    }
    return sha256Text(node);
  }
}
