import type { Timer, Timers } from '@quorate/runtime';

/**
 * An isolated result waits this long for a block that would carry it, or a vote: the client that was just answered may be back by then. On
 * the leader, who would have to make a block for it alone, it waits longer.
 */
const TELL_AFTER_MS = 12;
const LEADER_TELLS_AFTER_MS = 30;

/** Well below the execution lag that blocks may have, so that the wait never holds back the next block. */
const UNTOLD_BLOCKS_MAX = 4;

/** What the reports work with. */
export interface ExecutionReportsOptions {
  readonly timers: Timers;
  readonly leads: () => boolean;
  /** Whether somebody waits for a proof of what was executed. */
  readonly isAwaited: () => boolean;
  readonly tell: (height: number) => void;
}

/**
 * Tells the core of executed blocks, a moment later than clients hear of them. The core makes an empty block for results that nothing else
 * would prove: a block that is asked for in the meantime carries them along, which halves the work of a steady stream of small blocks.
 */
export class ExecutionReports {
  private untold: number[] = [];
  private timer: Timer | null = null;

  constructor(private readonly options: ExecutionReportsOptions) {}

  executed(height: number): void {
    const { timers, leads, isAwaited } = this.options;
    this.untold.push(height);
    if (this.untold.length >= UNTOLD_BLOCKS_MAX || isAwaited()) this.tellNow();
    else this.timer ??= timers.after(leads() ? LEADER_TELLS_AFTER_MS : TELL_AFTER_MS, () => this.tellNow());
  }

  tellNow(): void {
    this.close();
    const heights = this.untold;
    this.untold = [];
    for (const height of heights) this.options.tell(height);
  }

  close(): void {
    this.timer?.cancel();
    this.timer = null;
  }
}
