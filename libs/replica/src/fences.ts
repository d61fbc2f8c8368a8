import type { Clock, Timers } from '@quorate/runtime';
import { ReplicaError } from './replica-error';

/** A fence needs one round trip to a quorum; whoever waits longer hears that it cannot be had now, in time to ask another replica. */
const FENCE_MS_MAX = 1_500;

/** Numbers of one start of a replica; the next start begins above them. */
const NUMBERS_PER_MS = 1_000;

interface Waiting {
  readonly passed: () => void;
}

/**
 * Reads that must reflect everything acknowledged before they were asked for (C-45). Those that come while a question is under way share the
 * next one: its answers must be given after they were asked for.
 */
export class Fences {
  private number: number;
  private current: Waiting[] = [];
  private next: Waiting[] = [];

  constructor(
    private readonly ask: (id: number) => void,
    private readonly host: { readonly clock: Clock; readonly timers: Timers },
  ) {
    this.number = Number(host.clock.wallNs() / 1_000_000n) * NUMBERS_PER_MS;
  }

  /** Resolves when this replica has executed everything acknowledged before the call. Throws ReplicaError if that takes too long. */
  pass(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.host.timers.after(FENCE_MS_MAX, () => {
        this.forget(waiting);
        reject(
          new ReplicaError('REPLICA_FENCE_TIMEOUT', 'a quorum did not confirm in time that this replica is up to date'),
        );
      });
      const passed = (): void => {
        timer.cancel();
        resolve();
      };
      const waiting: Waiting = { passed };
      if (this.current.length > 0) this.next.push(waiting);
      else this.begin([waiting]);
    });
  }

  /** The core's answer. */
  passed(id: number): void {
    if (id !== this.number) return;
    const passed = this.current;
    this.begin(this.next.splice(0));
    for (const waiting of passed) waiting.passed();
  }

  private begin(waiting: Waiting[]): void {
    this.current = waiting;
    if (waiting.length === 0) return;
    this.number += 1;
    this.ask(this.number);
  }

  private forget(waiting: Waiting): void {
    this.next = this.next.filter((other) => other !== waiting);
    this.current = this.current.filter((other) => other !== waiting);
    if (this.current.length === 0) this.begin(this.next.splice(0));
  }
}
