import type { Block } from '@quorate/consensus';
import { equalBytes } from '@quorate/crypto';
import type { BlockResults } from '@quorate/ledger';
import { historyLeaf } from '@quorate/protocol';
import type { BlockStore } from './block-store';
import type { Executor } from './executor';
import { ReplicaError } from './replica-error';

/** Results trees kept for the next question: most are asked for right after submission, or one after another. */
const KEPT_BLOCKS_MAX = 16;

/** The results of a block with their tree. */
export interface ResultTree {
  readonly results: BlockResults;
  readonly blockKey: string;
  readonly timeNs: bigint;
}

/** Makes the results trees of executed blocks again, from the journal and the log of outcomes. */
export class ResultTrees {
  private readonly kept = new Map<number, Promise<ResultTree | null>>();

  constructor(
    private readonly store: BlockStore,
    private readonly executor: Executor,
  ) {}

  /** The results of a block; null if it was not executed, or what is needed is not held here any more. */
  of(height: number): Promise<ResultTree | null> {
    if (height < 1 || height > this.executor.height) return Promise.resolve(null);
    const known = this.kept.get(height);
    if (known !== undefined) return known;
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < KEPT_BLOCKS_MAX) break;
      this.kept.delete(oldest);
    }
    const making = this.make(height);
    this.kept.set(height, making);
    making.then(
      (tree) => void (tree === null && this.kept.delete(height)),
      () => this.kept.delete(height),
    );
    return making;
  }

  /** A final block; null if it is not held here any more. */
  private async held(height: number): Promise<Block | null> {
    try {
      return await this.store.finalBlock(height);
    } catch (error) {
      if (error instanceof ReplicaError && error.code !== 'REPLICA_ARCHIVE_UNREACHABLE') return null;
      throw error;
    }
  }

  private async make(height: number): Promise<ResultTree | null> {
    const block = await this.held(height);
    if (block === null) return null;
    const results = await this.executor.blockResults(block);
    // What an archive gave was sealed by a replica, but is proved only by this.
    if (results !== null && !equalBytes(historyLeaf(block.id, results.resultsRoot), this.executor.history.leaf(height)))
      return null;
    return results === null ? null : { results, blockKey: block.key, timeNs: block.header.timeNs };
  }
}
