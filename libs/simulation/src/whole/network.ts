import type { Random } from '../random';
import type { Scheduler } from '../scheduler';
import type { FaultCounts } from './faults';

const FAST_MS_MIN = 0.1;
const FAST_MS_MAX = 0.5;
/** Share of the messages that are slow, where there is a tail: they overtake nobody and are overtaken. */
const TAIL_SHARE = 0.1;

/** A network that loses, doubles, delays and reorders frames, and of which links can be cut one way. */
export class Network {
  lossRate = 0;
  duplicateRate = 0;
  /** Longest delay of the tail, ms; 0 = no tail. */
  slowestMs = 0;
  /** How many faults cut the link from one machine to another. */
  private readonly cuts = new Map<number, number>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly counts: FaultCounts,
  ) {}

  /** Cuts the links for which `hits` says so, for a while. */
  cut(machines: number, hits: (from: number, to: number) => boolean, durationMs: number): void {
    const links: number[] = [];
    for (let from = 0; from < machines; from += 1)
      for (let to = 0; to < machines; to += 1) if (from !== to && hits(from, to)) links.push(linkOf(from, to));
    for (const link of links) this.cuts.set(link, (this.cuts.get(link) ?? 0) + 1);
    this.scheduler.after(durationMs, () => {
      for (const link of links) this.cuts.set(link, Math.max(0, (this.cuts.get(link) ?? 0) - 1));
    });
  }

  heal(): void {
    this.lossRate = 0;
    this.duplicateRate = 0;
    this.slowestMs = 0;
    this.cuts.clear();
  }

  passes(from: number, to: number): boolean {
    return (this.cuts.get(linkOf(from, to)) ?? 0) === 0;
  }

  carry(from: number, to: number, deliver: () => void): void {
    const { random, counts } = this;
    if (!this.passes(from, to)) return;
    if (this.lossRate > 0 && random.chance(this.lossRate)) {
      counts.loss += 1;
      return;
    }
    let copies = 1;
    if (this.duplicateRate > 0 && random.chance(this.duplicateRate)) {
      counts.duplicate += 1;
      copies = 2;
    }
    for (; copies > 0; copies -= 1) this.scheduler.after(this.delayMs(), () => this.passes(from, to) && deliver());
  }

  private delayMs(): number {
    const { random } = this;
    if (this.slowestMs === 0 || !random.chance(TAIL_SHARE)) return random.between(FAST_MS_MIN, FAST_MS_MAX);
    this.counts.delay += 1;
    return random.between(FAST_MS_MIN, this.slowestMs);
  }
}

const linkOf = (from: number, to: number): number => from * 64 + to;
