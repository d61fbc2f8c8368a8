/** One pending call; `cancel` after it ran does nothing. */
export interface Timer {
  cancel(): void;
}

/** Runs a function once, later, on the caller's thread. */
export interface Timers {
  after(delayMs: number, run: () => void): Timer;
  /** Runs a function as soon as the work already queued has had its turn. */
  soon(run: () => void): void;
}
