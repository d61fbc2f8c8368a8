import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hex } from '@quorate/crypto';
import { verifyReceipt } from '@quorate/light-client';
import { RULES_VERSION, TRANSFER_FLAGS, encodeGenesis, formatId, genesisId, type Operation } from '@quorate/protocol';
import { Archive } from '@quorate/storage';
import { ArchivedChain } from '../src/archived-chain';
import type { Replica } from '../src/replica';
import { makeParty, setUpOperations, signEnvelope, transfer } from './cluster';
import { GoldenDisks, goldenPublicKey, goldenVault, packFiles, type Golden } from './golden-directory';

const FOLDER = join(__dirname, 'golden');
const { version } = JSON.parse(readFileSync(resolve(__dirname, '../../../package.json'), 'utf8')) as {
  readonly version: string;
};

const creditsOf = async (replica: Replica): Promise<string> => {
  const { account } = await replica.query({ query: 'account', id: formatId(2n) });
  return (account as { creditsPostedMinor: string }).creditsPostedMinor;
};

/** A small ledger's replica, stopped: journal of several kinds of records, snapshots, outcomes, and an archive. */
async function makeGolden(): Promise<Golden> {
  const operator = makeParty(1n);
  const key = { scheme: 'ed25519', bytes: operator.publicKey } as const;
  const genesis = {
    ledgerId: new Uint8Array(16).fill(33),
    createdAtNs: BigInt(Date.now()) * 1_000_000n,
    operator: { id: operator.id, name: 'Operator', threshold: 1, keys: [key] },
    rulesVersion: RULES_VERSION,
    replicas: [{ consensusKey: goldenPublicKey, certificateHash: new Uint8Array(32) }],
    governance: { threshold: 1, keys: [key] },
  };
  const disks = new GoldenDisks({
    genesis: hex(encodeGenesis(genesis)),
    journal: {},
    snapshots: {},
    archive: {},
  });
  const replica = await disks.open(false);
  let id = 1n;
  const submit = (...operations: Operation[]): Promise<unknown> =>
    new Promise((done) => {
      id += 1n;
      replica.submit(signEnvelope({ ledger: genesisId(genesis), id, operations, party: operator }), done);
    });
  await submit(...setUpOperations(operator, 3));
  for (let index = 0n; index < 20n; index += 1n)
    await submit(
      transfer(100n + index, 1n, 2n + (index % 2n), 5n),
      transfer(200n + index, 1n, 4n, 2n, { flags: TRANSFER_FLAGS.pending, timeoutSeconds: 1_000_000 }),
      transfer(300n + index, 0n, 0n, 1n, {
        flags: TRANSFER_FLAGS.postPendingTransfer,
        pendingId: 200n + index,
        asset: 0,
        code: 0,
      }),
    );
  while (replica.status().snapshotHeight < 16) await new Promise((resolve) => setImmediate(resolve));
  await replica.archiving.shipNow();
  const { height } = replica.status();
  const credits = await creditsOf(replica);
  const roots = await disks.roots(replica.chain, height);
  await replica.close();
  return {
    genesis: hex(disks.genesisBytes),
    journal: packFiles(disks.journal.files),
    snapshots: packFiles(disks.snapshots.files),
    archive: packFiles(disks.archive.objects),
    height,
    ...roots,
    transfer: formatId(103n),
    credits,
  };
}

if (process.env.QUORATE_FORMATS === 'write')
  it(`writes what version ${version} leaves on disk`, async () => {
    writeFileSync(join(FOLDER, `${version}.json`), `${JSON.stringify(await makeGolden(), null, 1)}\n`);
  });

/** One for each released version, and for this one. */
const names = [...new Set([...readdirSync(FOLDER), `${version}.json`])];

describe.each(names)("a replica's directory in %s", (name) => {
  let golden: Golden;
  beforeAll(() => (golden = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Golden));

  it.each(['its snapshots', 'its journal alone'])('comes to the same state from %s', async (from) => {
    const disks = new GoldenDisks(golden);
    if (from === 'its journal alone') disks.snapshots.files.clear();
    const replica = await disks.open(true);
    expect(replica.status().baseHeight > 0).toBe(from === 'its snapshots');
    expect(replica.status().height).toBeGreaterThanOrEqual(golden.height);
    while (replica.status().executedHeight < golden.height) await new Promise((resolve) => setImmediate(resolve));
    expect(await creditsOf(replica)).toBe(golden.credits);
    const { execRoot, stateRoot } = golden;
    expect(await disks.roots(replica.chain, golden.height)).toEqual({ execRoot, stateRoot });
    const answer = await replica.query({ query: 'receipt', transferId: golden.transfer });
    expect(verifyReceipt(answer.receipt, hex(genesisId(disks.genesis)))).toMatchObject({ ok: true, result: 'applied' });
    await replica.close();
    expect(disks.faults).toEqual([]);
  });

  it('comes to the same state from its archive', async () => {
    const { archive: store, genesis, ...disks } = new GoldenDisks(golden);
    const archive = new Archive({ store, vault: goldenVault(genesis.ledgerId, 22) });
    expect(disks.faults).toEqual([]);
    const { execRoot, stateRoot } = golden;
    const source = new ArchivedChain(genesis, archive);
    expect(await new GoldenDisks(golden).roots(source, golden.height)).toEqual({ execRoot, stateRoot });
  });
});
