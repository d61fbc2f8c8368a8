import { sign } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hex } from '@quorate/crypto';
import { parseReceipt, verifyEpochs, verifyReceipt } from '@quorate/light-client';
import {
  commitPreimage,
  consensusContext,
  encodeFinalityProof,
  firstConfiguration,
  type Receipt,
} from '@quorate/protocol';
import type { ControlPlaneClient } from '@quorate/sdk';
import { eventually } from '../platform/eventually';
import { Institution, type OwnedLedger } from '../platform/institution';
import { isJourney } from '../platform/failures';
import { Load } from '../platform/load';
import { TestPlatform } from '../platform/test-platform';

isJourney();

const debtor = 2n;
const creditor = 3n;
const opening = 1_000_000n;
const workers = 8;
// Late beats of a busy machine are no loss; only the killed worker is replaced.
const environment = { QUORATE_WORKER_LEASE_SECONDS: '15', QUORATE_REPLACE_AFTER_SECONDS: '3' };

/** The file of a replica's keys, on whichever worker it is. */
function keysOf(home: string, replicaId: string): string {
  const paths = readdirSync(home, { recursive: true, encoding: 'utf8' });
  const found = paths.find((path) => path.endsWith(join(replicaId, 'keys.json')));
  return join(home, found ?? 'no keys');
}

/** The same receipt with one replica's signature made by a key (PEM) of the test's choice. */
function signedBy(receipt: Receipt, replica: number, key: string): Receipt {
  const { genesis, certificate } = parseReceipt(receipt);
  const configuration = verifyEpochs(firstConfiguration(genesis), certificate.epochs);
  if (configuration === null) throw new Error('a genuine receipt leads to its configuration');
  const preimage = commitPreimage(consensusContext(configuration), certificate, certificate.blockId);
  const signatures = certificate.signatures.map((signature, order) =>
    certificate.signers[order] === replica ? new Uint8Array(sign(null, preimage, key)) : signature,
  );
  const proof = encodeFinalityProof({ ...certificate, signatures }, certificate.epochs);
  return { ...receipt, certificate: hex(proof) };
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
    load = new Load(bank, ledger, debtor, creditor);
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

  it('goes on while a replica gets another key, and what the former one signs counts for nothing', async () => {
    const before = await view();
    const [{ id, index }] = before.replicas;
    const keysFile = () => readFileSync(keysOf(platform.home, id), 'utf8');
    const former = (JSON.parse(keysFile()) as { keys: { consensusKey: string } }).keys.consensusKey;
    await load.gap();
    await admin.rotateReplicaKey(ledger.id, index);
    const { replicas } = await settledAfter(before, () => true);
    expect(replicas.map((replica) => replica.id)).toEqual(before.replicas.map((replica) => replica.id));
    await report('another key for a replica');
    const newest = receipts[receipts.length - 1];
    // Of a quorum of signatures some are by others: one receipt in which the replica's own is named is found soon.
    const signed = await eventually(
      async () => {
        const { height, index: place } = load.positions[load.positions.length - 1];
        return bank.gateway.operationReceipt(ledger.id, height, place);
      },
      (receipt) => parseReceipt(receipt).certificate.signers.includes(index),
    );
    expect(signed.genesis).toBe(newest.genesis);
    expect(verifyReceipt(signed, ledger.genesisId)).toMatchObject({ ok: true });
    expect(verifyReceipt(signedBy(signed, index, former), ledger.genesisId)).toMatchObject({
      ok: false,
      code: 'RECEIPT_CERTIFICATE_INVALID',
    });
    await eventually(
      async () => keysFile(),
      (text) => !text.includes(JSON.stringify(former)),
    );
  });

  it('lost nothing, booked nothing twice, and every receipt of every epoch still verifies offline', async () => {
    await load.stop();
    await load.settle();
    expect(receipts.length).toBeGreaterThanOrEqual(8);
    for (const receipt of receipts)
      expect(verifyReceipt(receipt, ledger.genesisId)).toMatchObject({ ok: true, result: 'applied' });
  });
});
