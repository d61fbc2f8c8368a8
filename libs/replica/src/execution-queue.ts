import type { Block } from '@quorate/consensus';
import type { BlockOutcome } from '@quorate/ledger';
import type { Clock, Timers } from '@quorate/runtime';
import type { Executor } from './executor';

/** Operations in a block from which on its execution waits until votes already queued have left. */
const HEAVY_BLOCK_OPERATIONS = 256;

/** Blocks whose way to finality is timed; some never become final. */
const SEEN_BLOCKS_MAX = 1_024;

/** What the queue works with. */
export interface ExecutionQueueOptions {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly executed: (block: Block, outcome: BlockOutcome) => void;
  readonly onFault: (error: unknown) => void;
}

/** Final blocks on their way through execution: one at a time, with room for the network in between. The core's execution lag bounds it. */
export class ExecutionQueue {
  private readonly blocks: Block[] = [];
  private queued = false;
  private lastFinalityMs: number | null = null;
  /** When each unfinalised block was first seen here, monotonic ms. */
  private readonly seenAtMs = new Map<string, number>();

  constructor(private readonly options: ExecutionQueueOptions) {}

  /** From first sight of the last executed block to its execution; null before the first. */
  get finalityMs(): number | null {
    return this.lastFinalityMs;
  }

  noteSeen(key: string): void {
    if (this.seenAtMs.size >= SEEN_BLOCKS_MAX) this.seenAtMs.clear();
    this.seenAtMs.set(key, this.options.clock.monotonicMs());
  }

  add(blocks: readonly Block[]): void {
    this.blocks.push(...blocks);
    this.runSoon();
  }

  private runSoon(): void {
    if (this.queued || this.blocks.length === 0) return;
    this.queued = true;
    const run = (): void => {
      this.queued = false;
      this.executeFirst();
    };
    if (this.blocks[0].header.operationCount < HEAVY_BLOCK_OPERATIONS) queueMicrotask(run);
    else this.options.timers.soon(run);
  }

  private executeFirst(): void {
    const block = this.blocks.shift();
    if (block === undefined) return;
    try {
      const outcome = this.options.executor.execute(block);
      const seenAtMs = this.seenAtMs.get(block.key);
      if (seenAtMs !== undefined) this.lastFinalityMs = this.options.clock.monotonicMs() - seenAtMs;
      this.seenAtMs.delete(block.key);
      this.options.executed(block, outcome);
      this.runSoon();
    } catch (error) {
      this.options.onFault(error);
    }
  }
}
