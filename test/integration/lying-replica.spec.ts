import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { verifyEvidenceReceipt, verifyReceipt } from '@quorate/light-client';
import type { ControlPlaneClient } from '@quorate/sdk';
import { eventually } from '../platform/eventually';
import { isJourney, keepOnFailure } from '../platform/failures';
import { Institution, type OwnedLedger } from '../platform/institution';
import { Load } from '../platform/load';
import { TestPlatform } from '../platform/test-platform';

isJourney();

const root = resolve(__dirname, '../..');
const debtor = 2n;
const creditor = 3n;

/** A worker that an attacker runs: the platform's own program, with the place and the rights of the worker it took over, and replicas that lie. */
function takeOver(environment: NodeJS.ProcessEnv): ChildProcess {
  const preloads = ['tools/child-guard.cjs', 'test/soak/lying-worker.cjs'];
  return fork(join(root, 'apps/worker/dist/main.js'), [], {
    cwd: root,
    env: environment,
    execArgv: preloads.flatMap((path) => ['--require', join(root, path)]),
    serialization: 'advanced',
    silent: true,
  });
}

function environmentOf(pid: number): NodeJS.ProcessEnv {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  const pairs = entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]);
  return Object.fromEntries(pairs.filter(([name]) => !name.startsWith('NODE_CHANNEL_')));
}

describe('a ledger one of whose workers was taken over', () => {
  let platform: TestPlatform;
  let bank: Institution;
  let ledger: OwnedLedger;
  let load: Load;
  let liar: ChildProcess;
  let admin: ControlPlaneClient;
  let taken: { readonly index: number; readonly workerId: string };

  beforeAll(async () => {
    platform = await TestPlatform.start({ workers: 5 });
    bank = await Institution.signUp(platform, 'Betrayed');
    ledger = await bank.createLedger('standard', 'betrayed');
    await bank.openAccounts(ledger, [debtor, creditor], 1_000_000n);
    load = new Load(bank, ledger, debtor, creditor);
    await load.gap();
  });

  afterAll(async () => {
    await load?.stop();
    if (liar && liar.exitCode === null && liar.signalCode === null) {
      const ended = once(liar, 'exit');
      liar.kill('SIGTERM');
      await ended;
    }
    await platform?.stop();
  });

  it('stays in order while its replica lies to the others', async () => {
    const [, { index, workerId, workerName }] = (await bank.controlPlane.ledger(ledger.id)).replicas;
    const worker = platform.workers.find(({ name }) => name === workerName);
    const environment = environmentOf(worker?.pid ?? 0);
    await platform.killWorker(workerName);
    taken = { index, workerId };
    liar = takeOver(environment);
    let said = '';
    for (const stream of [liar.stdout, liar.stderr]) stream?.on('data', (bytes: Buffer) => (said += bytes.toString()));
    keepOnFailure((folder) => writeFileSync(join(folder, 'taken-over.log'), said));
    // It is among them again, with the keys that it found. Whether it also answers clients in time is its own affair.
    await eventually(
      async () => said,
      (output) => output.includes('this replica lies'),
    );
    await load.gap();
    await load.gap();
    const { height, index: place } = load.positions[load.positions.length - 1];
    const receipt = await bank.gateway.operationReceipt(ledger.id, height, place);
    expect(verifyReceipt(receipt, ledger.genesisId)).toMatchObject({ ok: true, result: 'applied' });
  });

  it('has the proof on record: tenant, administrator and whoever has the receipt see who lied', async () => {
    admin = await platform.administrator();
    const { data } = await eventually(
      async () => bank.gateway.evidence(ledger.id),
      (page) => page.data.length > 0,
    );
    const [{ height, index: place, replica, contradiction }] = data;
    expect(replica).toBe(taken.index);
    const receipt = await bank.gateway.operationReceipt(ledger.id, height, place);
    const verdict = { ok: true, replica, contradiction, height, epoch: 1, genesisId: ledger.genesisId };
    expect(verifyEvidenceReceipt(receipt, ledger.genesisId)).toEqual(verdict);
    expect(verifyEvidenceReceipt(receipt, '00'.repeat(32))).toEqual({ ok: false, fault: 'RECEIPT_OTHER_LEDGER' });
    const honest = load.positions[load.positions.length - 1];
    const transferReceipt = await bank.gateway.operationReceipt(ledger.id, honest.height, honest.index);
    expect(verifyEvidenceReceipt(transferReceipt, ledger.genesisId)).toEqual({ ok: false, fault: 'no_evidence' });
    // Administrators are told what more than a third of the replicas say: the liar alone could accuse nobody.
    const [seen] = await eventually(
      async () => (await admin.fleetLedgers()).data.filter(({ id }) => id === ledger.id),
      ([found]) => (found?.evidence.length ?? 0) > 0,
    );
    expect(new Set(seen.evidence.map((one) => one.replica))).toEqual(new Set([taken.index]));
    await expect(bank.controlPlane.fleetLedgers()).rejects.toMatchObject({ code: 'PLATFORM_ADMIN_REQUIRED' });
  });

  it('gets another replica in its place when an administrator wants that', async () => {
    await admin.replaceReplica(ledger.id, taken.index);
    await eventually(
      () => bank.controlPlane.ledger(ledger.id),
      ({ epoch, joiners, replicas }) =>
        epoch > 1 &&
        joiners.length === 0 &&
        replicas.length === 4 &&
        replicas.every(({ workerId }) => workerId !== taken.workerId),
    );
    await load.gap();
  });

  it('lost nothing and booked nothing twice', async () => {
    await load.stop();
    await load.settle();
  });
});
