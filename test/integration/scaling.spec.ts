import { verifyReceipt } from '@quorate/light-client';
import type { Receipt } from '@quorate/protocol';
import { randomId, type ControlPlaneClient } from '@quorate/sdk';
import { eventually } from '../platform/eventually';
import { Institution, transfer, type OwnedLedger } from '../platform/institution';
import { isJourney } from '../platform/failures';
import { TestPlatform } from '../platform/test-platform';

isJourney();

const debtor = 2n;
const creditor = 3n;
const opening = 1_000_000n;
const lanes = 4;
const workers = 8;
// Late beats of a busy machine are no loss; only the killed worker is replaced.
const environment = { QUORATE_WORKER_LEASE_SECONDS: '15', QUORATE_REPLACE_AFTER_SECONDS: '3' };

/** Transfers without end, each acknowledged before the next of its lane; knows the longest silence between two acknowledgements. */
class Load {
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
  ) {
    this.running = Array.from({ length: lanes }, () => this.lane());
  }

  private async lane(): Promise<void> {
    while (!this.over) {
      const id = randomId();
      this.unanswered.add(id);
      const answer = await this.bank.submit(this.ledger, [transfer(debtor, creditor, 1n, id)]).catch(() => null);
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
}

describe('a ledger whose replica set changes while transfers run', () => {
  let platform: TestPlatform;
  let bank: Institution;
  let admin: ControlPlaneClient;
  let ledger: OwnedLedger;
  let load: Load;
  const receipts: Receipt[] = [];

  beforeAll(async () => {
    platform = await TestPlatform.start({ workers, environment });
    bank = await Institution.signUp(platform, 'Scaling');
    admin = await platform.administrator();
    ledger = await bank.createLedger('sandbox', 'scaling');
    await bank.openAccounts(ledger, [debtor, creditor], opening);
    load = new Load(bank, ledger);
    await load.gap();
  });

  afterAll(async () => {
    await load?.stop();
    await platform?.stop();
  });

  const view = () => bank.controlPlane.ledger(ledger.id);
  type View = Awaited<ReturnType<typeof view>>;
  /** The ledger when it has settled in an epoch after `epoch`, and `holds`. */
  const settledAfter = ({ epoch }: View, holds: (ledger: View) => boolean) =>
    eventually(
      view,
      (now) =>
        now.epoch > epoch && now.joiners.length === 0 && now.replicas.length === now.replicasWanted && holds(now),
    );

  /** A receipt of the newest transfer, checked against nothing but the genesis that the tenant has kept since the start. */
  const takeReceipt = async (): Promise<void> => {
    const { height, index } = load.positions[load.positions.length - 1];
    const receipt = await bank.gateway.operationReceipt(ledger.id, height, index);
    expect(verifyReceipt(receipt, ledger.genesisId)).toMatchObject({ ok: true, result: 'applied' });
    receipts.push(receipt);
  };

  const report = async (what: string): Promise<void> => {
    process.stdout.write(`${what}: longest gap between two acknowledgements ${await load.gap()} ms\n`);
    await takeReceipt();
  };

  it.each([
    [1, 4],
    [4, 7],
    [7, 4],
  ])('goes on while it is scaled from %d to %d', async (from, to) => {
    await takeReceipt();
    await load.gap();
    const before = await view();
    await bank.controlPlane.scaleLedger(ledger.id, to);
    const { replicas } = await settledAfter(before, (now) => now.replicas.length === to);
    expect(new Set(replicas.map(({ workerId }) => workerId)).size).toBe(to);
    await report(`scale ${from} -> ${to}`);
  });

  it('goes on while a worker is drained, and the worker is empty in the end', async () => {
    const before = await view();
    const [{ workerId: drained }] = before.replicas;
    await load.gap();
    await admin.drainWorker(drained);
    await settledAfter(before, ({ replicas }) => replicas.every(({ workerId }) => workerId !== drained));
    await eventually(
      async () => (await admin.workers()).data.find(({ id }) => id === drained)?.replicas,
      (held) => held === 0,
    );
    await report('drain a worker');
  });

  it('goes on when a worker is killed for good, and another replica takes the place of its one', async () => {
    const { leader } = await bank.gateway.status(ledger.id);
    const before = await view();
    const lost = before.replicas.find(({ index }) => index === leader) ?? before.replicas[0];
    await load.gap();
    await platform.killWorker(lost.workerName);
    await settledAfter(before, ({ replicas }) => replicas.every(({ workerId }) => workerId !== lost.workerId));
    await report('kill the worker of the leader');
  });

  it('lost nothing, booked nothing twice, and every receipt of every epoch still verifies offline', async () => {
    await load.stop();
    const unanswered = [...load.unanswered];
    for (const id of unanswered) {
      const { results } = await bank.submit(ledger, [transfer(debtor, creditor, 1n, id)]);
      expect(['applied', 'exists']).toContain(results[0].code);
    }
    const sample = load.acknowledged.filter((_id, order) => order % Math.ceil(load.acknowledged.length / 500) === 0);
    const again = await bank.submit(
      ledger,
      sample.map((id) => transfer(debtor, creditor, 1n, id)),
    );
    expect(new Set(again.results.map(({ code }) => code))).toEqual(new Set(['exists']));
    const { debitsPostedMinor } = await bank.gateway.account(ledger.id, debtor);
    expect(BigInt(debitsPostedMinor)).toBe(BigInt(load.acknowledged.length + unanswered.length));
    expect(receipts.length).toBeGreaterThanOrEqual(8);
    for (const receipt of receipts)
      expect(verifyReceipt(receipt, ledger.genesisId)).toMatchObject({ ok: true, result: 'applied' });
  });
});
