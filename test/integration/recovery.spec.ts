import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupRun, ControlPlaneClient, Ledger } from '@quorate/sdk';
import { eventually } from '../platform/eventually';
import { isJourney } from '../platform/failures';
import { Institution, newSigner, transfer, type OwnedLedger } from '../platform/institution';
import { TestPlatform } from '../platform/test-platform';

isJourney();

const client = 2n;
const other = 3n;

describe('the books of a ledger', () => {
  let platform: TestPlatform;
  let bank: Institution;
  let admin: ControlPlaneClient;
  let ledger: OwnedLedger;

  beforeAll(async () => {
    platform = await TestPlatform.start({ workers: 4, environment: { QUORATE_DRILL_SECONDS: '2' } });
    bank = await Institution.signUp(platform, 'Recovering');
    admin = await platform.administrator();
    ledger = await bank.createLedger('standard', 'recovering');
    await bank.openAccounts(ledger, [client, other], 1_000n);
    await bank.submit(ledger, [transfer(client, other, 1n)]);
  });

  afterAll(() => platform?.stop());

  /** Directories of shadows that are there now, on whichever worker. */
  const shadows = (): string[] =>
    readdirSync(platform.home, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\/shadows\/[0-9a-f-]{36}$/.test(path),
    );
  const runs = async (): Promise<readonly BackupRun[]> => (await bank.controlPlane.backups(ledger.id)).data;
  const equalDrills = (found: readonly BackupRun[]): number =>
    found.filter(({ kind, report }) => kind === 'drill' && report?.kind === 'compared' && report.equal).length;
  /** Runs into a drill: it may be one of the schedule. */
  const insideDrill = () =>
    eventually(
      async () => shadows(),
      (found) => found.length > 0,
    );
  const drillsHeld = async (): Promise<number> => equalDrills(await runs());
  const another = (before: number) => eventually(drillsHeld, (now) => now > before);

  it('are drilled by the schedule, and the reports are kept for tenant and administrator', async () => {
    const found = await eventually(runs, (seen) => equalDrills(seen) >= 2);
    expect(found.filter(({ state }) => state === 'failed')).toEqual([]);
    const { data, schedule } = await admin.drills();
    expect(equalDrills(data)).toBeGreaterThanOrEqual(2);
    expect(schedule).toMatchObject({ everySeconds: 2 });
  });

  it('are drilled on when the control plane is killed in the middle of a drill', async () => {
    const before = await drillsHeld();
    await insideDrill();
    process.kill(controlPlanePid(platform.home), 'SIGKILL');
    await another(before);
    await eventually(
      async () => shadows(),
      (found) => found.length === 0,
    );
  });

  it('leave no shadow behind when the worker is killed in the middle of a drill', async () => {
    const before = await drillsHeld();
    await insideDrill();
    const { workerName } = (await bank.controlPlane.ledger(ledger.id)).replicas[0];
    await platform.killWorker(workerName);
    await platform.startWorker(workerName);
    await another(before);
    await eventually(
      async () => shadows(),
      (found) => found.length === 0,
    );
  });

  it('come back from the archive alone after the ledger was retired, until its keys are destroyed', async () => {
    await bank.submit(ledger, [transfer(client, other, 99n)]);
    await bank.controlPlane.retireLedger(ledger.id);
    const view = () => bank.controlPlane.ledger(ledger.id);
    const retired = await eventually(view, ({ state }) => state === 'retired');
    expect(retired).toMatchObject({ shredCertificate: null });
    expect(Date.parse(retired.archiveUntil ?? '')).not.toBeNaN();
    const back = await restore();
    expect(await balance(back)).toBe('100');
    expect(back.parent).toMatchObject({ ledgerId: ledger.id, restore: { recoveryPoint: { heights: 0 } } });

    await bank.controlPlane.shredLedger(ledger.id);
    const { shredCertificate } = await eventually(view, (now) => now.shredCertificate !== null);
    expect(certifies(shredCertificate, ledger.id)).toBe(true);
    await expect(restore()).rejects.toMatchObject({ code: 'LEDGER_SHREDDED' });
    // What was restored on purpose lives on, under keys of its own.
    expect(await balance(back)).toBe('100');
  });

  async function restore(): Promise<Ledger> {
    const signer = newSigner();
    const keys = [{ scheme: signer.scheme, publicKey: Buffer.from(signer.publicKey).toString('hex') }];
    const operator = { name: 'Operator', keys };
    const from = { ledgerId: ledger.id };
    const draft = { name: 'back', class: 'sandbox', region: 'local', operator, from } as const;
    const { id } = await bank.controlPlane.createLedger(draft);
    return bank.controlPlane.waitForLedger(id);
  }

  const balance = async ({ id }: Ledger): Promise<string> => (await bank.gateway.account(id, client)).debitsPostedMinor;
});

/** The pid that the newest control plane of an installation writes into its log. */
function controlPlanePid(home: string): number {
  const folder = join(home, 'logs');
  const [file] = readdirSync(folder).filter((name) => name.startsWith('control-plane'));
  const pids = readFileSync(join(folder, file), 'utf8').match(/"app":"control-plane","pid":\d+/g);
  return Number(pids?.at(-1)?.split(':').at(-1));
}

function certifies(certificate: Ledger['shredCertificate'], ledgerId: string): boolean {
  if (certificate === null) return false;
  const { statement, publicKey, signature } = certificate;
  const x = Buffer.from(publicKey, 'hex').toString('base64url');
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
  const signed = Buffer.from(`quorate/shred-certificate/1\n${statement}`);
  const { keys, ledgerId: named } = JSON.parse(statement) as { ledgerId: string; keys: unknown[] };
  // Four replicas and the archive.
  return named === ledgerId && keys.length === 5 && verify(null, signed, key, Buffer.from(signature, 'hex'));
}
