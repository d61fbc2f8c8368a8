import { randomId } from '@quorate/sdk';
import { eventually } from './eventually';
import { transfer, type Institution, type OwnedLedger } from './institution';

const lanes = 4;
const sampleMax = 500;

/** Transfers without end, each acknowledged before the next of its lane; knows the longest silence between two acknowledgements. */
export class Load {
  readonly acknowledged: bigint[] = [];
  readonly unanswered = new Set<bigint>();
  readonly positions: { readonly height: number; readonly index: number }[] = [];
  private over = false;
  private lastMs = performance.now();
  private longestMs = 0;
  private readonly running: Promise<void>[];

  constructor(
    private readonly bank: Institution,
    private readonly ledger: OwnedLedger,
    private readonly debtor: bigint,
    private readonly creditor: bigint,
  ) {
    this.running = Array.from({ length: lanes }, () => this.lane());
  }

  private async lane(): Promise<void> {
    while (!this.over) {
      const id = randomId();
      this.unanswered.add(id);
      const answer = await this.bank
        .submit(this.ledger, [transfer(this.debtor, this.creditor, 1n, id)])
        .catch(() => null);
      // What was not answered is settled in the end, by asking for the same transfer again.
      if (answer === null) continue;
      expect(['applied', 'exists']).toContain(answer.results[0].code);
      this.unanswered.delete(id);
      this.acknowledged.push(id);
      this.positions.push({ height: answer.height, index: answer.firstIndex });
      const nowMs = performance.now();
      this.longestMs = Math.max(this.longestMs, nowMs - this.lastMs);
      this.lastMs = nowMs;
    }
  }

  /** The longest silence since it was last asked for, after some more transfers went through. */
  async gap(): Promise<number> {
    const from = this.acknowledged.length;
    await eventually(
      async () => this.acknowledged.length,
      (count) => count >= from + 10 * lanes,
    );
    const gap = this.longestMs;
    this.longestMs = 0;
    return Math.round(gap);
  }

  async stop(): Promise<void> {
    this.over = true;
    await Promise.all(this.running);
  }

  /** Every acknowledged transfer, or an even sample of them, asked for again together with all that had no answer: nothing was lost, nothing doubled. */
  async settle(): Promise<void> {
    for (const id of this.unanswered) {
      const { results } = await this.bank.submit(this.ledger, [transfer(this.debtor, this.creditor, 1n, id)]);
      expect(['applied', 'exists']).toContain(results[0].code);
    }
    const step = Math.ceil(this.acknowledged.length / sampleMax);
    const sample = this.acknowledged.filter((_id, order) => order % step === 0);
    const again = await this.bank.submit(
      this.ledger,
      sample.map((id) => transfer(this.debtor, this.creditor, 1n, id)),
    );
    expect(new Set(again.results.map(({ code }) => code))).toEqual(new Set(['exists']));
    const { debitsPostedMinor } = await this.bank.gateway.account(this.ledger.id, this.debtor);
    expect(BigInt(debitsPostedMinor)).toBe(BigInt(this.acknowledged.length + this.unanswered.size));
  }
}
