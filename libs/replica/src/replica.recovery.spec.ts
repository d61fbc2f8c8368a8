import { generateKeyPairSync } from 'node:crypto';
import { hex } from '@quorate/crypto';
import { RESULT_CODES, RULES_VERSION, formatId, genesisId, type Genesis } from '@quorate/protocol';
import { Vault } from '@quorate/storage';
import {
  balanceAt,
  verifyReceipt,
  verifyStatement,
  type ProvenStatement,
  type StatementRefusal,
} from '@quorate/light-client';
import { nodeCryptography } from '@quorate/runtime-node';
import type { StatementPoint, SubmitReply } from '@quorate/transport';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import { makeParty, setUpOperations, signEnvelope, transfer } from '../test/cluster';
import { openAlone } from '../test/lone-replica';
import { OutcomeLog } from './outcome-log';
import type { Replica } from './replica';

const keys = generateKeyPairSync('ed25519');
const der = keys.publicKey.export({ type: 'spki', format: 'der' });
const operator = makeParty(1n);
const genesis: Genesis = {
  ledgerId: new Uint8Array(16).fill(3),
  createdAtNs: BigInt(Date.now()) * 1_000_000n,
  operator: {
    id: operator.id,
    name: 'Operator',
    threshold: 1,
    keys: [{ scheme: 'ed25519', bytes: operator.publicKey }],
  },
  rulesVersion: RULES_VERSION,
  replicas: [{ consensusKey: new Uint8Array(der.subarray(der.length - 32)), certificateHash: new Uint8Array(32) }],
  governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: operator.publicKey }] },
};
const vault = new Vault({
  cryptography: nodeCryptography,
  ledgerId: genesis.ledgerId,
  keys: [{ generation: 1, key: new Uint8Array(32).fill(5) }],
});
const faults: string[] = [];

/** A ledger of one replica on a disk in memory: the real core, ledger and journal. */
function openReplica(
  directory: MemoryDirectory,
  snapshots = new MemoryDirectory(),
  spacing?: { blocks: number; operations: number },
): Promise<Replica> {
  return openAlone(genesis, keys.privateKey, faults, { directory, snapshots, spacing, vault });
}

let nextEnvelope = 1n;
const submit = (replica: Replica, envelope: Uint8Array): Promise<SubmitReply> =>
  new Promise((resolve) => replica.submit(envelope, resolve));
const envelopeOf = (...operations: Parameters<typeof signEnvelope>[0]['operations']): Uint8Array =>
  signEnvelope({ ledger: genesisId(genesis), id: nextEnvelope++, operations, party: operator });

/** All pages of account 2's statement, three lines each, verified. */
async function statementOf(
  replica: Replica,
  range: { from?: StatementPoint; to?: StatementPoint },
): Promise<ProvenStatement | StatementRefusal> {
  const pages: unknown[] = [];
  let cursor: string | undefined;
  do {
    const answer = await replica.query({ query: 'statement', account: formatId(2n), limit: 3, cursor, ...range });
    if (answer.kind === 'not_yet') continue;
    expect(answer.kind).toBe('statement');
    pages.unshift(answer.statement);
    cursor = typeof answer.nextCursor === 'string' ? answer.nextCursor : undefined;
  } while (cursor !== undefined || pages.length === 0);
  return verifyStatement(pages, hex(genesisId(genesis)));
}

function demand(outcome: ProvenStatement | StatementRefusal): ProvenStatement {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.detail}`);
  return outcome;
}

describe('a replica that crashes after any write', () => {
  it('has everything it acknowledged before, once, and goes on', async () => {
    const directory = new MemoryDirectory();
    const acknowledged: bigint[] = [];
    const crashes: { disk: MemoryDirectory; acknowledged: number }[] = [];
    directory.afterWrite = () => crashes.push({ disk: directory.copy(), acknowledged: acknowledged.length });
    const replica = await openReplica(directory);
    await submit(replica, envelopeOf(...setUpOperations(operator, 1)));
    for (let id = 100n; id < 106n; id += 1n) {
      const reply = await submit(replica, envelopeOf(transfer(id, 1n, 2n, 1n)));
      expect(reply).toMatchObject({ kind: 'final', codes: Uint16Array.of(0) });
      acknowledged.push(id);
    }
    await replica.close();
    expect(crashes.length).toBeGreaterThan(acknowledged.length);
    for (const crash of crashes) {
      const restarted = await openReplica(crash.disk);
      // The certificate of the last block may not have been durable yet: then the replica agrees on the block once more first.
      const repeated = await submit(restarted, envelopeOf(transfer(100n, 1n, 2n, 1n)));
      expect(repeated.kind).toBe('final');
      const ids = acknowledged.slice(0, crash.acknowledged);
      for (const id of ids)
        expect(await restarted.query({ query: 'transfer', id: formatId(id) })).toMatchObject({ kind: 'transfer' });
      await restarted.close();
    }
    expect(faults).toEqual([]);
  });

  it('gives the first results for an envelope that was executed before the crash', async () => {
    const directory = new MemoryDirectory();
    const first = await openReplica(directory);
    await submit(first, envelopeOf(...setUpOperations(operator, 1)));
    const envelope = envelopeOf(transfer(200n, 1n, 2n, 7n));
    const original = await submit(first, envelope);
    const disk = directory.copy();
    await first.close();
    const second = await openReplica(disk);
    expect(await submit(second, envelope)).toEqual(original);
    const account = await second.query({ query: 'account', id: formatId(2n) });
    expect(account.account).toMatchObject({ creditsPostedMinor: '7' });
    await second.close();
  });

  it('proves results from before the crash', async () => {
    const directory = new MemoryDirectory();
    const first = await openReplica(directory);
    await submit(first, envelopeOf(...setUpOperations(operator, 1)));
    const reply = await submit(first, envelopeOf(transfer(300n, 1n, 2n, 7n)));
    const disk = directory.copy();
    await first.close();
    const second = await openReplica(disk);
    // The certificate of the last block may not have been durable yet: then the replica agrees on the block once more, by itself.
    while (reply.kind === 'final' && second.status().executedHeight < reply.height)
      await new Promise((resolve) => setImmediate(resolve));
    let answer = await second.query({ query: 'receipt', transferId: formatId(300n) });
    while (answer.kind === 'not_yet') answer = await second.query({ query: 'receipt', transferId: formatId(300n) });
    expect(verifyReceipt(answer.receipt, hex(genesisId(genesis)))).toMatchObject({ ok: true, result: 'applied' });
    await second.close();
  });

  it('makes complete statements, whatever is left of its log of outcomes', async () => {
    const directory = new MemoryDirectory();
    const first = await openReplica(directory);
    await submit(first, envelopeOf(...setUpOperations(operator, 1)));
    for (let id = 400n; id < 410n; id += 1n) await submit(first, envelopeOf(transfer(id, 1n, 2n, 3n)));
    const whole = await statementOf(first, {});
    expect(whole).toMatchObject({ ok: true, completeFrom: 0 });
    const proven = demand(whole);
    expect(proven.lines).toHaveLength(11);
    await first.close();
    const outcomes = [...directory.files.keys()].filter((name) => name.startsWith('outcomes-'));
    expect(outcomes).toHaveLength(1);
    for (const left of [0, 0.5, 1]) {
      const disk = directory.copy();
      const bytes = disk.files.get(outcomes[0]) ?? new Uint8Array(0);
      disk.files.set(outcomes[0], bytes.slice(0, Math.floor(bytes.length * left)));
      const again = await openReplica(disk);
      expect(demand(await statementOf(again, {})).lines).toEqual(proven.lines);
      const { height } = proven.lines[5];
      const part = demand(await statementOf(again, { from: { height }, to: { height } }));
      expect(part.lines.map((line) => line.height)).toEqual(proven.lines.slice(4, 7).map((line) => line.height));
      expect(part).toMatchObject({
        completeFrom: proven.lines[4].height + 1,
        completeThrough: proven.lines[6].height - 1,
      });
      const after = demand(await statementOf(again, { to: { timeNs: proven.lines[3].timestampNs.toString() } }));
      expect(balanceAt(after, proven.lines[3].height)).toMatchObject({
        line: { after: { creditsPosted: 9n } },
        complete: true,
      });
      await again.close();
    }
  });

  it('stops when its disk fails, without an answer', async () => {
    const directory = new MemoryDirectory();
    const replica = await openReplica(directory);
    await submit(replica, envelopeOf(...setUpOperations(operator, 1)));
    let answered = false;
    const halted = new Promise<void>((resolve) => {
      const before = faults.length;
      const check = (): void => (faults.length > before ? resolve() : void setImmediate(check));
      check();
    });
    directory.failWrites = new Error('EIO');
    replica.submit(envelopeOf(transfer(400n, 1n, 2n, 1n)), () => (answered = true));
    await halted;
    expect(faults.splice(0)).toEqual(['STORAGE_WRITE_FAILED']);
    expect(answered).toBe(false);
    await replica.close();
  });

  it('goes on from its newest snapshot, from an older one if that is damaged, and from the journal if all are', async () => {
    const directory = new MemoryDirectory();
    const snapshots = new MemoryDirectory();
    const spacing = { blocks: 4, operations: 1_000 };
    const first = await openReplica(directory, snapshots, spacing);
    await submit(first, envelopeOf(...setUpOperations(operator, 1)));
    for (let id = 500n; id < 512n; id += 1n) await submit(first, envelopeOf(transfer(id, 1n, 2n, 1n)));
    const names = (what: string): string[] =>
      [...snapshots.files.keys()].filter((name) => name.startsWith(what)).sort();
    while (names('checkpoint').length < 2) {
      await submit(first, envelopeOf(transfer(nextEnvelope + 1_000n, 1n, 2n, 0n)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answers = async (replica: Replica): Promise<unknown[]> => [
      (await replica.query({ query: 'account', id: formatId(2n) })).account,
      (await replica.query({ query: 'transfer', id: formatId(505n) })).transfer,
      (await replica.query({ query: 'transfers', limit: 50 })).data,
    ];
    const { height } = first.status();
    while (first.status().executedHeight < height) await new Promise((resolve) => setImmediate(resolve));
    const expected = await answers(first);
    await first.close();
    const newest = names('snapshot').at(-1) ?? '';
    for (const damaged of [[], [newest], names('pack')]) {
      const disk = directory.copy();
      const copy = snapshots.copy();
      for (const name of damaged) copy.files.get(name)?.fill(0, 60, 90);
      const again = await openReplica(disk, copy, spacing);
      expect(again.status().baseHeight > 0).toBe(damaged.length < 2);
      while (again.status().executedHeight < height) await new Promise((resolve) => setImmediate(resolve));
      expect(await answers(again)).toEqual(expected);
      const reply = await submit(again, envelopeOf(transfer(9_000n, 1n, 2n, 1n)));
      expect(reply).toMatchObject({ kind: 'final', codes: Uint16Array.of(0) });
      expect(await submit(again, envelopeOf(transfer(505n, 1n, 2n, 1n)))).toMatchObject({
        codes: Uint16Array.of(RESULT_CODES.exists),
      });
      await again.close();
    }
    expect(faults).toEqual([]);
  });

  it('executes again without what it noted, and stops when what it noted is not what a quorum signed', async () => {
    const directory = new MemoryDirectory();
    const replica = await openReplica(directory);
    await submit(replica, envelopeOf(...setUpOperations(operator, 1)));
    for (let id = 300n; id < 306n; id += 1n) await submit(replica, envelopeOf(transfer(id, 1n, 2n, 1n)));
    const root = replica.status().executedHeight;
    await replica.close();
    const withoutNotes = directory.copy();
    for (const name of withoutNotes.files.keys()) if (name.startsWith('outcomes-')) withoutNotes.files.delete(name);
    const again = await openReplica(withoutNotes);
    expect(again.status().executedHeight).toBeGreaterThanOrEqual(root);
    await again.close();
    const wrong = withoutNotes.copy();
    for (const name of wrong.files.keys()) if (name.startsWith('outcomes-')) wrong.files.delete(name);
    const log = await OutcomeLog.open({ directory: wrong, vault });
    const captured = { operationCount: 0, count: 0, rows: new Uint32Array(0), pendings: new Uint32Array(0) };
    for (let height = 1; height <= root; height += 1)
      log.append(
        height,
        { timeNs: 0n, codes: new Uint16Array(0), captured: { ...captured, expired: new Uint32Array(0) } },
        new Uint8Array(32),
      );
    await log.sync();
    await log.close();
    await expect(openReplica(wrong)).rejects.toMatchObject({ code: 'REPLICA_STATE_DIVERGED' });
  });
});
