import type { FinalBlocks } from './past-blocks';

/** Finds blocks by ledger time. */
export class BlockTimes {
  constructor(
    private readonly store: FinalBlocks,
    /** Up to this height a ledger that began as another one has no blocks of its own. */
    private readonly inheritedTo: number,
    private readonly executedHeight: () => number,
  ) {}

  /** Height of the last executed block that is not later than a time; the height below its blocks if there is none. */
  async lastUpTo(timeNs: bigint): Promise<number> {
    let [low, high] = [this.inheritedTo, this.executedHeight()];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const { header } = await this.store.finalBlock(middle);
      if (header.timeNs <= timeNs) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
