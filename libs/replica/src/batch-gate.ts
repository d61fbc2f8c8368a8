import type { Effect } from '@quorate/consensus';
import type { Clock, Timer, Timers } from '@quorate/runtime';

/** The core's wish for the body of the next block. */
export type BatchRequest = Extract<Effect, { kind: 'request-batch' }>;

/** Longest time that a block waits for company. */
const GATHER_MS_MAX = 25;

/** Of what is larger the bytes cost more than the block. */
const WAITS_BELOW_BYTES = 65_536;

/** After a silence of this many times the way to finality, nobody is expected to come back. */
const SILENCE_FACTOR = 3;

/** Envelopes that wait for a block, and their bytes. */
interface Waiting {
  readonly envelopes: number;
  readonly bytes: number;
}

/** What the gate works with. */
export interface BatchGateOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** What a block could take now. */
  readonly waiting: () => Waiting;
  /** How long the last block took from proposal to execution; null before the first. */
  readonly finalityMs: () => number | null;
  /** Gives the core its batch; how many envelopes it holds. */
  readonly give: (request: BatchRequest) => number;
}

/**
 * Lets small blocks grow with the number of clients. A block costs every replica about the same with one envelope or with fifty, and
 * whoever has just been answered comes back with the next envelope a moment later: so a block waits until as many envelopes are there as
 * the block before it held, but never longer than that one took, nor than a named bound. A single client never waits.
 */
export class BatchGate {
  private held: BatchRequest | null = null;
  private timer: Timer | null = null;
  private lastCount = 0;
  private lastGivenMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: BatchGateOptions) {}

  request(request: BatchRequest): void {
    this.forget();
    const waitMs = this.waitMs();
    if (waitMs === 0) {
      this.give(request);
      return;
    }
    this.held = request;
    this.timer = this.options.timers.after(waitMs, () => this.open());
  }

  /** Envelopes have come. */
  arrived(): void {
    if (this.held !== null && this.suffices()) this.open();
  }

  /** The term ended: what its leader asked for is of no use any more. */
  forget(): void {
    this.timer?.cancel();
    this.timer = null;
    this.held = null;
  }

  private open(): void {
    const { held } = this;
    this.forget();
    if (held !== null) this.give(held);
  }

  private waitMs(): number {
    const finalityMs = this.options.finalityMs();
    if (finalityMs === null || this.suffices()) return 0;
    const silentMs = this.options.clock.monotonicMs() - this.lastGivenMs;
    return silentMs > SILENCE_FACTOR * finalityMs ? 0 : Math.min(finalityMs, GATHER_MS_MAX);
  }

  private suffices(): boolean {
    const { envelopes, bytes } = this.options.waiting();
    return envelopes >= this.lastCount || bytes >= WAITS_BELOW_BYTES;
  }

  private give(request: BatchRequest): void {
    this.lastCount = this.options.give(request);
    this.lastGivenMs = this.options.clock.monotonicMs();
  }
}
