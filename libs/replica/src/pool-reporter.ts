import { LIMITS } from '@quorate/protocol';
import type { Timers } from '@quorate/runtime';

/** What a batch could take now. */
interface Open {
  readonly operations: number;
  readonly bytes: number;
}

/** Tells the core what waits for a block: when it comes from or to nothing, and when it crosses a full block. */
export class PoolReporter {
  private queued = false;
  private reported = { empty: true, full: false };

  constructor(
    private readonly timers: Timers,
    private readonly open: () => Open,
    private readonly report: (open: Open) => void,
    /** Runs at the same pace, whatever is told. */
    private readonly arrived: () => void,
  ) {}

  /** After the input that is there already, so that envelopes which arrive together share a block. */
  reportSoon(): void {
    if (this.queued) return;
    this.queued = true;
    this.timers.soon(() => {
      this.queued = false;
      const { empty, full } = standing(this.open());
      if (empty !== this.reported.empty || full !== this.reported.full) this.tell();
      this.arrived();
    });
  }

  tell(): void {
    const { operations, bytes } = this.open();
    this.reported = standing({ operations, bytes });
    this.report({ operations, bytes });
  }
}

function standing({ operations, bytes }: Open): { empty: boolean; full: boolean } {
  return {
    empty: operations === 0,
    full: operations >= LIMITS.blockOperationsMax || bytes >= LIMITS.blockBodyBytesMax,
  };
}
