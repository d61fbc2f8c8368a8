import { ReplicaProcess } from './replica-process';

// A new spare waits until the burst of work that took the last one is over.
const refillDelayMs = 1_500;

/**
 * Keeps one started, still nameless replica process at hand: starting Node costs a few hundred milliseconds that a
 * customer who asks for a ledger should not wait for.
 */
export class SpareProcess {
  #spare: ReplicaProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(private readonly onOutput: (line: string) => void) {}

  /** Makes the spare now. */
  fill(): void {
    if (this.#closed || this.#spare !== null) return;
    const spare = new ReplicaProcess(this.onOutput);
    this.#spare = spare;
    void spare.ended.then(() => {
      if (this.#spare !== spare) return;
      this.#spare = null;
      this.#refillLater();
    });
  }

  #refillLater(): void {
    if (this.#closed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.fill();
    }, refillDelayMs);
  }

  /** Hands out the spare, or a process started just now. */
  take(): ReplicaProcess {
    const spare = this.#spare?.alive ? this.#spare : new ReplicaProcess(this.onOutput);
    this.#spare = null;
    this.#refillLater();
    return spare;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const spare = this.#spare;
    this.#spare = null;
    await spare?.stop();
  }
}
