import type { Block } from '@quorate/consensus';
import type { Certificate, EpochStep } from '@quorate/protocol';
import type { Timers } from '@quorate/runtime';
import type { ProvingTip } from './receipts';

/** Whoever waits for the next final block is woken after this long anyway. */
const WAIT_MS_MAX = 1_000;

/** The newest final header with its certificate: what receipts are proved by. */
export class FinalTip {
  current: ProvingTip | null = null;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly timers: Timers,
    /** Somebody begins to wait. */
    private readonly wanted: () => void,
  ) {}

  move(block: Pick<Block, 'header' | 'headerBytes'>, certificate: Certificate, epochs: readonly EpochStep[]): void {
    this.current = { header: block.header, headerBytes: block.headerBytes, certificate, epochs };
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  }

  /** Whether anybody waits for the next final block. */
  get isAwaited(): boolean {
    return this.waiting.length > 0;
  }

  /** Resolves when another block became final, or after a second at most. */
  next(): Promise<void> {
    this.wanted();
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.waiting = this.waiting.filter((other) => other !== wake);
        resolve();
      };
      const timer = this.timers.after(WAIT_MS_MAX, wake);
      this.waiting.push(wake);
    });
  }
}
