import { verifyReceipt } from '@quorate/light-client';
import { createGatewayClient, randomId, type SubmitResult } from '@quorate/sdk';
import { eventually } from '../platform/eventually';
import { ISSUER_ACCOUNT, Institution, transfer, type OwnedLedger } from '../platform/institution';
import { TestPlatform } from '../platform/test-platform';

const debtor = 2n;
const creditor = 3n;
const opening = 1_000_000n;

describe('a standard ledger when processes are killed', () => {
  let platform: TestPlatform;
  let bank: Institution;
  let ledger: OwnedLedger;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    bank = await Institution.signUp(platform, 'Faults');
    ledger = await bank.createLedger('standard', 'faults');
    await bank.openAccounts(ledger, [debtor, creditor], opening);
  });

  afterAll(() => platform?.stop());

  /** The same envelope again until it is answered, however long the replicas need for another leader. */
  const pay = async (): Promise<SubmitResult> => {
    const envelope = await bank.envelope(ledger, [transfer(debtor, creditor, 1n)]);
    return eventually(
      () => bank.gateway.submit(ledger.id, envelope),
      () => true,
    );
  };

  async function workerOf(role: 'leader' | 'follower'): Promise<string> {
    // Between two terms nobody leads.
    const { leader } = await eventually(
      () => bank.gateway.status(ledger.id),
      (status) => status.leader !== null,
    );
    const { replicas } = await bank.controlPlane.ledger(ledger.id);
    const found = replicas.find(({ index }) => (index === leader) === (role === 'leader'));
    if (!found?.workerName) throw new Error(`no worker runs the ${role}`);
    return found.workerName;
  }

  /** Waits, as a user who looks at the ledger's page would, until all four replicas have executed what the most advanced one has. */
  async function caughtUp(): Promise<void> {
    await eventually(
      () => bank.gateway.status(ledger.id),
      ({ replicas }) => {
        const tip = Math.max(...replicas.map(({ executedHeight }) => executedHeight ?? -1));
        return (
          replicas.length === 4 &&
          replicas.every(({ reachable, executedHeight }) => reachable && executedHeight === tip)
        );
      },
    );
  }

  it.each(['follower', 'leader'] as const)(
    'stays final while the worker of the %s is dead, and the replica catches up',
    async (role) => {
      const worker = await workerOf(role);
      await platform.killWorker(worker);
      const { height, firstIndex, results } = await pay();
      expect(results.map(({ code }) => code)).toEqual(['applied']);
      const receipt = await bank.gateway.operationReceipt(ledger.id, height, firstIndex);
      expect(verifyReceipt(receipt, ledger.genesisId)).toMatchObject({ ok: true, result: 'applied' });
      await platform.startWorker(worker);
      await caughtUp();
    },
  );

  it('loses nothing acknowledged and doubles nothing when all four die with transfers in flight', async () => {
    const before = await bank.gateway.account(ledger.id, debtor);
    const attempted = new Set<bigint>();
    const acknowledged = new Set<bigint>();
    let killed = false;
    // One attempt only: an unknown outcome is settled after the restart, not by the client's own repetitions.
    const impatient = createGatewayClient({ url: platform.gatewayUrl, apiKey: bank.apiKey, attemptsMax: 1 });
    const lanes = Array.from({ length: 8 }, async () => {
      while (!killed) {
        const id = randomId();
        const envelope = await bank.envelope(ledger, [transfer(debtor, creditor, 1n, id)]);
        attempted.add(id);
        // Whatever else came of it, also a refusal by a leader that is just changing, is settled after the restart.
        const answer = await impatient.submit(ledger.id, envelope).catch(() => null);
        if (answer?.results[0].code === 'applied') acknowledged.add(id);
      }
    });
    await eventually(
      async () => acknowledged.size,
      (count) => count >= 50,
    );
    const names = ['worker-1', 'worker-2', 'worker-3', 'worker-4'];
    killed = true;
    await Promise.all(names.map((name) => platform.killWorker(name)));
    await Promise.all(lanes);
    await Promise.all(names.map((name) => platform.startWorker(name)));
    await caughtUp();

    // Trying every id once more books those that were lost on the way and none twice.
    const again = await bank.submit(
      ledger,
      [...attempted].map((id) => transfer(debtor, creditor, 1n, id)),
    );
    const codes = [...attempted].map((id, index) => [id, again.results[index].code] as const);
    for (const [id, code] of codes) {
      expect(['applied', 'exists']).toContain(code);
      if (acknowledged.has(id)) expect(code).toBe('exists');
    }
    const after = await bank.gateway.account(ledger.id, debtor);
    expect(BigInt(after.debitsPostedMinor) - BigInt(before.debitsPostedMinor)).toBe(BigInt(attempted.size));
    const issuer = await bank.gateway.account(ledger.id, ISSUER_ACCOUNT);
    expect(BigInt(issuer.debitsPostedMinor)).toBe(2n * opening);
  });
});
