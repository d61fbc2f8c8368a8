import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../platform/eventually';
import { isJourney } from '../platform/failures';
import { Institution, type OwnedLedger } from '../platform/institution';
import { Load } from '../platform/load';
import { TestPlatform } from '../platform/test-platform';

isJourney();

const debtor = 2n;
const creditor = 3n;

describe('a replica whose disk is an older copy of itself', () => {
  let platform: TestPlatform;
  let bank: Institution;
  let ledger: OwnedLedger;
  let load: Load;

  beforeAll(async () => {
    platform = await TestPlatform.start({ workers: 5 });
    bank = await Institution.signUp(platform, 'Copied');
    ledger = await bank.createLedger('standard', 'copied');
    await bank.openAccounts(ledger, [debtor, creditor], 1_000_000n);
    load = new Load(bank, ledger, debtor, creditor);
    await load.gap();
  });

  afterAll(async () => {
    await load?.stop();
    await platform?.stop();
  });

  it('refuses to vote, and another one takes its place on another worker', async () => {
    const { leader } = await eventually(
      () => bank.gateway.status(ledger.id),
      (status) => status.leader !== null,
    );
    const { replicas } = await bank.controlPlane.ledger(ledger.id);
    const victim = replicas[((leader ?? 0) + 1) % replicas.length];
    const folder = join(platform.home, 'workers', victim.workerName ?? '', 'replicas', victim.id);
    await platform.killWorker(victim.workerName ?? '');
    cpSync(folder, `${folder}.copy`, { recursive: true });
    await platform.startWorker(victim.workerName ?? '');
    await eventually(
      () => bank.gateway.status(ledger.id),
      (status) => status.replicas.every(({ reachable }) => reachable),
    );
    // It votes for what the copy knows nothing of.
    await load.gap();
    await load.gap();
    await platform.killWorker(victim.workerName ?? '');
    rmSync(folder, { recursive: true });
    cpSync(`${folder}.copy`, folder, { recursive: true });
    await platform.startWorker(victim.workerName ?? '');
    await eventually(
      () => bank.controlPlane.ledger(ledger.id),
      ({ epoch, joiners, replicas: now }) =>
        epoch > 1 && joiners.length === 0 && now.length === 4 && now.every(({ id }) => id !== victim.id),
    );
    await load.gap();
  });

  it('cost nothing', async () => {
    await load.stop();
    await load.settle();
  });
});
