import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from '@quorate/crypto';
import { verifyReceipt } from '@quorate/light-client';
import { RESULT_CODES, TRANSFER_FLAGS, formatId } from '@quorate/protocol';
import { createClientCertificate, type SubmitReply } from '@quorate/transport';
import { Cluster, setUpOperations, transfer } from './cluster';
import { PersistentClient } from './persistent-client';

/** Ends of the ledger's own money: account 1 may go below zero, account 2 collects. */
const SOURCE = 1n;
const TARGET = 2n;

let cluster: Cluster;
let client: PersistentClient;
let nextId = 1_000n;
let acknowledged: { id: bigint; reply: Extract<SubmitReply, { kind: 'final' }> }[];

async function startLedger(replicaCount: number): Promise<void> {
  cluster = await Cluster.start(replicaCount);
  client = new PersistentClient(cluster);
  acknowledged = [];
  const { codes } = await client.submit(cluster.envelope(setUpOperations(cluster.operator, 1)));
  expect([...codes]).toEqual([0, 0, 0]);
}

async function stopLedger(): Promise<void> {
  await client.close();
  await cluster.stop();
}

/** Submits `count` transfers of 1 at once, starting at the given replica, and notes every acknowledgement. */
async function pay(count: number, first = 0): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const id = nextId++;
      const reply = await client.submit(cluster.envelope([transfer(id, SOURCE, TARGET, 1n)]), first);
      expect([...reply.codes]).toEqual([RESULT_CODES.applied]);
      acknowledged.push({ id, reply });
    }),
  );
}

/** Waits until a replica has executed `height`; the test's time limit is the only bound. */
async function caughtUp(index: number, height: number): Promise<void> {
  for (;;) {
    try {
      const { status } = await (await client.connection(index)).query({ query: 'status' });
      if ((status as { executedHeight: number }).executedHeight >= height) return;
    } catch {
      // Not connected yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const lastHeight = (): number => Math.max(...acknowledged.map(({ reply }) => reply.height));

/** Every acknowledged transfer is there once, where the acknowledgement said, and nothing else moved money. */
async function expectNothingLostNothingDoubled(index: number): Promise<void> {
  const connection = await client.connection(index);
  await caughtUp(index, lastHeight());
  for (const { id, reply } of acknowledged) {
    const answer = await connection.query({ query: 'transfer', id: formatId(id) });
    expect(answer.transfer).toMatchObject({ height: reply.height, index: reply.firstIndex, amountMinor: '1' });
  }
  const [{ account: source }, { account: target }] = await Promise.all([
    connection.query({ query: 'account', id: formatId(SOURCE) }),
    connection.query({ query: 'account', id: formatId(TARGET) }),
  ]);
  expect(source).toMatchObject({ debitsPostedMinor: String(acknowledged.length) });
  expect(target).toMatchObject({ creditsPostedMinor: String(acknowledged.length) });
}

async function verifiedReceipt(index: number, id: bigint): Promise<ReturnType<typeof verifyReceipt>> {
  const connection = await client.connection(index);
  for (;;) {
    const answer = await connection.query({ query: 'receipt', transferId: formatId(id) });
    if (answer.kind === 'receipt') return verifyReceipt(answer.receipt, hex(cluster.anchor));
    expect(answer.kind).toBe('not_yet');
  }
}

async function leader(): Promise<number> {
  for (let index = 0; ; index = (index + 1) % cluster.replicas.length) {
    const { child, status } = cluster.replicas[index];
    if (child.signalCode === null && status !== null) return status.leader;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a ledger of four replica processes', () => {
  beforeAll(() => startLedger(4));
  afterAll(stopLedger);

  it('makes transfers final through every replica, with receipts that verify offline', async () => {
    for (let index = 0; index < 4; index += 1) await pay(3, index);
    for (let index = 0; index < 4; index += 1) {
      const { id, reply } = acknowledged[index * 3];
      await caughtUp(index, reply.height);
      const proven = await verifiedReceipt(index, id);
      expect(proven).toMatchObject({
        ok: true,
        result: 'applied',
        height: reply.height,
        index: reply.firstIndex,
        replicaCount: 4,
      });
      expect(proven.ok && proven.signers.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('gives the first outcome for an envelope that is submitted again, at any replica', async () => {
    const envelope = cluster.envelope([transfer(nextId++, SOURCE, SOURCE, 1n)]);
    const original = await client.submit(envelope, 0);
    expect([...original.codes]).not.toEqual([RESULT_CODES.applied]);
    for (let index = 0; index < 4; index += 1) expect(await client.submit(envelope, index)).toEqual(original);
  });

  it('C-45: shows at every replica what any of them has acknowledged, to whoever asks for a fence', async () => {
    for (let index = 0; index < 4; index += 1) {
      const id = nextId++;
      const reply = await client.submit(cluster.envelope([transfer(id, SOURCE, TARGET, 1n)]), index);
      acknowledged.push({ id, reply });
      const connection = await client.connection((index + 1) % 4);
      const query = { query: 'transfer', id: formatId(id), consistency: 'fence' } as const;
      expect(await connection.query(query)).toMatchObject({ kind: 'transfer' });
    }
  });

  it('reserves, voids and expires alike on every replica', async () => {
    const { pending, voidPendingTransfer: flags } = TRANSFER_FLAGS;
    const [voided, expiring, voiding] = [nextId++, nextId++, nextId++];
    const reply = await client.submit(
      cluster.envelope([
        transfer(voided, SOURCE, TARGET, 7n, { flags: pending }),
        transfer(expiring, SOURCE, TARGET, 5n, { flags: pending, timeoutSeconds: 1 }),
        transfer(voiding, 0n, 0n, 0n, { flags, pendingId: voided, asset: 0, code: 0 }),
      ]),
    );
    expect([...reply.codes]).toEqual([0, 0, 0]);
    for (let index = 0; index < 4; index += 1) {
      await caughtUp(index, reply.height);
      const connection = await client.connection(index);
      const stateOf = async (id: bigint): Promise<unknown> =>
        (await connection.query({ query: 'transfer', id: formatId(id) })).transfer;
      expect(await stateOf(voided)).toMatchObject({ pendingState: 'voided', amountMinor: '7' });
      expect(await stateOf(voiding)).toMatchObject({ pendingId: formatId(voided), amountMinor: '7' });
      // An expiry takes a block, and a ledger without traffic makes none.
      for (;;) {
        const state = (await stateOf(expiring)) as { pendingState: string };
        if (state.pendingState === 'expired') break;
        expect(state.pendingState).toBe('pending');
        await new Promise((resolve) => setTimeout(resolve, 100));
        await pay(1, index);
      }
      expect((await connection.query({ query: 'account', id: formatId(SOURCE) })).account).toMatchObject({
        debitsPendingMinor: '0',
      });
    }
  });

  it('refuses what no block should hold', async () => {
    const connection = await client.connection(0);
    const signed = cluster.envelope([transfer(nextId++, SOURCE, TARGET, 1n)]);
    const forged = signed.slice();
    forged[forged.length - 1] ^= 1;
    expect(await connection.submit(forged)).toMatchObject({ kind: 'refused', code: 'envelope_signature_wrong' });
    expect(await connection.submit(signed.subarray(0, 50))).toEqual({ kind: 'refused', code: 'envelope_malformed' });
    expect(await connection.query({ query: 'receipt', transferId: formatId(999_999n) })).toMatchObject({
      kind: 'unknown',
    });
    expect(await connection.query({ query: 'accounts', limit: 0 })).toMatchObject({ kind: 'error' });
    expect(await connection.query(null as never)).toMatchObject({ kind: 'error' });
  });

  it('tells subscribers of each block', async () => {
    const connection = await client.connection(1);
    const heights: number[] = [];
    let enough: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (enough = resolve));
    const end = connection.subscribe(({ height }) => {
      heights.push(height);
      if (heights.length === 2) enough();
    });
    // Blocks that were final before the replica heard of the subscription are not told, so there are new ones until two were.
    const paying = (async () => {
      while (heights.length < 2) await pay(1);
    })();
    await done;
    end();
    await paying;
    expect(heights[1]).toBe(heights[0] + 1);
  });

  it('turns away who is not a client of this ledger', async () => {
    const stranger = await createClientCertificate('stranger');
    const known = cluster.client;
    Object.assign(cluster, { client: stranger });
    try {
      const outcome = cluster.connect(0).then((connection) => connection.closed.then(() => 'dropped'));
      await expect(outcome.catch(() => 'refused')).resolves.toMatch(/dropped|refused/);
    } finally {
      Object.assign(cluster, { client: known });
    }
  });

  it('never votes again with a replica whose journal is gone', async () => {
    const follower = ((await leader()) + 1) % 4;
    await pay(1, follower);
    await cluster.kill(follower);
    const journal = join(cluster.replicas[follower].directory, 'journal');
    const kept = `${journal}.kept`;
    await rename(journal, kept);
    await expect(cluster.restart(follower)).rejects.toThrow('REPLICA_VOTES_LOST');
    await pay(1, (follower + 1) % 4);
    await rm(journal, { recursive: true });
    await rename(kept, journal);
    await cluster.restart(follower);
    await caughtUp(follower, lastHeight());
  });

  it('goes on without a killed follower, which catches up when it is back', async () => {
    const follower = ((await leader()) + 1) % 4;
    await cluster.kill(follower);
    await pay(20, follower);
    await cluster.restart(follower);
    await pay(5, follower);
    await expectNothingLostNothingDoubled(follower);
  });

  it('goes on without a killed leader', async () => {
    const killed = await leader();
    const underWay = pay(20, killed + 1);
    await cluster.kill(killed);
    await underWay;
    await pay(5, killed + 1);
    await cluster.restart(killed);
    await expectNothingLostNothingDoubled(killed);
  });

  it('keeps every acknowledged transfer when all replicas are killed with transfers in flight', async () => {
    const before = acknowledged.length;
    const underWay = pay(60);
    while (acknowledged.length < before + 5) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([0, 1, 2, 3].map((index) => cluster.kill(index)));
    await Promise.all([0, 1, 2, 3].map((index) => cluster.restart(index)));
    await underWay;
    for (let index = 0; index < 4; index += 1) await expectNothingLostNothingDoubled(index);
    const { id } = acknowledged[0];
    expect(await verifiedReceipt(3, id)).toMatchObject({ ok: true, result: 'applied' });
  });
});

describe('a ledger of one replica process', () => {
  beforeAll(() => startLedger(1));
  afterAll(stopLedger);

  it('works with the same code and survives kill -9', async () => {
    await pay(10);
    expect(await verifiedReceipt(0, acknowledged[0].id)).toMatchObject({ ok: true, replicaCount: 1 });
    const underWay = pay(20);
    await cluster.kill(0);
    await cluster.restart(0);
    await underWay;
    await expectNothingLostNothingDoubled(0);
  });

  it('ends cleanly when its supervisor asks it to', async () => {
    const [replica] = cluster.replicas;
    await replica.end('SIGTERM');
    expect(replica.child.exitCode).toBe(0);
  });
});
