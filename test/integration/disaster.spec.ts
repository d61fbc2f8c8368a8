import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { verifyReceipt } from '@quorate/light-client';
import { eventually } from '../platform/eventually';
import { Institution, newSigner, transfer, type OwnedLedger } from '../platform/institution';
import { isJourney } from '../platform/failures';
import { Load } from '../platform/load';
import { StolenCopies, keysAtHand } from '../platform/stolen-copies';
import { TestPlatform } from '../platform/test-platform';

isJourney();

const debtor = 2n;
const creditor = 3n;

describe('a ledger all of whose disks are lost', () => {
  let platform: TestPlatform;
  let bank: Institution;
  let ledger: OwnedLedger;
  let restored: OwnedLedger;
  let load: Load;
  let shippedHeight: number;
  /** Newest height that the platform had heard of. */
  let knownHeight: number;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    bank = await Institution.signUp(platform, 'Flooded');
    ledger = await bank.createLedger('standard', 'flooded');
    await bank.openAccounts(ledger, [debtor, creditor], 1_000_000n);
    load = new Load(bank, ledger, debtor, creditor);
    await load.gap();
  });

  afterAll(async () => {
    await load?.stop();
    await platform?.stop();
  });

  it('was archived while it worked', async () => {
    await bank.controlPlane.createBackup(ledger.id);
    const [{ report }] = await eventually(
      async () => (await bank.controlPlane.backups(ledger.id)).data,
      ([run]) => run?.report !== undefined && run.report !== null,
    );
    shippedHeight = report?.kind === 'created' ? report.height : 0;
    expect(shippedHeight).toBeGreaterThan(0);
    // What follows may be in the archive or not: nobody waits for it.
    await load.gap();
    await load.stop();
  });

  it('loses all its workers and everything that was on them', async () => {
    const names = platform.workers.map(({ name }) => name);
    await Promise.all(names.map((name) => platform.killWorker(name)));
    const folders = readdirSync(platform.home, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name === 'replicas',
    );
    expect(folders.length).toBeGreaterThan(0);
    for (const { parentPath, name } of folders) rmSync(join(parentPath, name), { recursive: true });
    await Promise.all(names.map((name) => platform.startWorker(name)));
    const { replicas } = await eventually(
      () => bank.controlPlane.ledger(ledger.id),
      (lost) => lost.replicas.every(({ state }) => state !== 'running'),
    );
    knownHeight = Math.max(...replicas.map(({ height }) => height ?? 0));
    expect(knownHeight).toBeGreaterThan(0);
  });

  it('is restored from its archive, with everything acknowledged and shipped, and says how much it lacks', async () => {
    const signer = newSigner();
    const keys = [{ scheme: signer.scheme, publicKey: Buffer.from(signer.publicKey).toString('hex') }];
    const { id } = await bank.controlPlane.createLedger({
      name: 'restored',
      class: 'standard',
      region: 'local',
      operator: { name: 'Operator', keys },
      from: { ledgerId: ledger.id },
    });
    const { genesisId, parent } = await bank.controlPlane.waitForLedger(id);
    restored = { id, genesisId: genesisId ?? '', signer };
    const { restore, height } = parent ?? { restore: null, height: null };
    expect(height).toBeGreaterThanOrEqual(shippedHeight);
    expect(restore?.recoveryPoint.heights).toBe(Math.max(knownHeight - (height ?? 0), 0));
    expect(restore?.recoveryMs).toBeGreaterThan(0);
    const shipped = load.acknowledged.filter((_, order) => load.positions[order].height <= (height ?? 0));
    expect(shipped.length).toBeGreaterThan(0);
    const account = await bank.gateway.account(id, debtor);
    expect(Number(account.debitsPostedMinor)).toBeGreaterThanOrEqual(shipped.length);
    const again = await bank.submit(
      restored,
      shipped.slice(-200).map((transferId) => transfer(debtor, creditor, 1n, transferId)),
    );
    expect(new Set(again.results.map(({ code }) => code))).toEqual(new Set(['exists']));
  });

  it('goes on as another ledger', async () => {
    const { height, firstIndex, results } = await bank.submit(restored, [transfer(debtor, creditor, 1n)]);
    expect(results.map(({ code }) => code)).toEqual(['applied']);
    const receipt = await bank.gateway.operationReceipt(restored.id, height, firstIndex);
    expect(verifyReceipt(receipt, restored.genesisId)).toMatchObject({ ok: true, result: 'applied' });
  });

  it('leaves nothing that can be read once its keys are destroyed, in whatever copy', async () => {
    await bank.controlPlane.createBackup(restored.id);
    await eventually(
      () => bank.controlPlane.backups(restored.id),
      ({ data }) => data[0]?.state === 'done',
    );
    const { replicas } = await bank.controlPlane.ledger(restored.id);
    const stolen = StolenCopies.take(
      platform.home,
      restored.id,
      replicas.map((replica) => replica.id),
    );
    const before = await keysAtHand(platform.home, platform.databaseUrl);
    const kinds = new Set(stolen.copies.map(({ label }) => label.kind));
    // Journal, snapshot and pack of every replica; genesis and blocks, snapshot and chunks in the archive.
    for (const kind of [1, 3, 5, 4, 7, 8]) expect(kinds).toContain(kind);
    expect(stolen.openedBy(before.keys)).toEqual(stolen.paths);

    await bank.controlPlane.retireLedger(restored.id);
    const view = () => bank.controlPlane.ledger(restored.id);
    await eventually(view, ({ state }) => state === 'retired');
    await bank.controlPlane.shredLedger(restored.id);
    const { shredCertificate } = await eventually(view, (now) => now.shredCertificate !== null);
    const after = await keysAtHand(platform.home, platform.databaseUrl);
    // The parent's keys are still there, and of no use.
    expect(after.keys.length).toBeGreaterThan(0);
    expect(stolen.openedBy(after.keys)).toEqual([]);
    const { keys } = JSON.parse(shredCertificate?.statement ?? '{}') as { keys: { wrappedHash: string }[] };
    const destroyed = before.wrapped.filter(({ ledgerId }) => ledgerId === restored.id).map(({ hash }) => hash);
    expect(keys.map(({ wrappedHash }) => wrappedHash).sort()).toEqual(destroyed.sort());
  });
});
