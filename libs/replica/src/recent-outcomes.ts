import type { StoredOutcome } from '@quorate/ledger';

/** What is kept in memory of the newest blocks, for receipts and repeated submissions; the rest is read from the log. */
const BLOCKS_MAX = 1_024;
const BYTES_MAX = 33_554_432;

/** Outcomes of the newest blocks: the ones executed last stay, within bounds. */
export class RecentOutcomes {
  private readonly outcomes = new Map<number, StoredOutcome>();
  private bytes = 0;

  add(height: number, outcome: StoredOutcome): void {
    this.outcomes.set(height, outcome);
    this.bytes += bytesOf(outcome);
    for (const [oldest, old] of this.outcomes) {
      if ((this.outcomes.size <= BLOCKS_MAX && this.bytes <= BYTES_MAX) || oldest === height) return;
      this.outcomes.delete(oldest);
      this.bytes -= bytesOf(old);
    }
  }

  get(height: number): StoredOutcome | undefined {
    return this.outcomes.get(height);
  }
}

function bytesOf({ codes, captured }: StoredOutcome): number {
  return codes.byteLength + captured.rows.byteLength + captured.pendings.byteLength + captured.expired.byteLength;
}
