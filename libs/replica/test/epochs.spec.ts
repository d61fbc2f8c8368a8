import { hex } from '@quorate/crypto';
import { verifyReceipt } from '@quorate/light-client';
import { formatId } from '@quorate/protocol';
import type { SubmitReply } from '@quorate/transport';
import { Cluster, setUpOperations, transfer } from './cluster';
import { PersistentClient } from './persistent-client';

const SOURCE = 1n;
const TARGET = 2n;

let cluster: Cluster;
let client: PersistentClient;
let nextId = 1_000n;
let acknowledged: { id: bigint; atMs: number; reply: Extract<SubmitReply, { kind: 'final' }> }[];

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

/** Pays from several clients at once until `change` is done; gives back the longest time between two acknowledgements. */
async function payWhile(change: () => Promise<void>, at: number): Promise<number> {
  let over = false;
  const pay = async (): Promise<void> => {
    while (!over) {
      const id = nextId++;
      const reply = await client.submit(cluster.envelope([transfer(id, SOURCE, TARGET, 1n)]), at);
      acknowledged.push({ id, atMs: performance.now(), reply });
    }
  };
  const first = acknowledged.length;
  const paying = Promise.all([pay(), pay(), pay(), pay()]);
  while (acknowledged.length < first + 20) await new Promise((resolve) => setTimeout(resolve, 5));
  await change();
  const after = acknowledged.length;
  while (acknowledged.length < after + 20) await new Promise((resolve) => setTimeout(resolve, 5));
  over = true;
  await paying;
  const times = acknowledged.slice(first).map(({ atMs }) => atMs);
  return Math.max(...times.slice(1).map((time, index) => time - times[index]));
}

/** Every acknowledged transfer took effect once, at its place, at each of these replicas. */
async function expectHistory(indexes: readonly number[]): Promise<void> {
  expect(acknowledged.every(({ reply }) => reply.codes[0] === 0)).toBe(true);
  const height = Math.max(...acknowledged.map(({ reply }) => reply.height));
  for (const index of indexes) {
    await cluster.replicas[index].untilStatus(({ executedHeight }) => executedHeight >= height);
    const connection = await client.connection(index);
    const account = await connection.query({ query: 'account', id: formatId(TARGET) });
    expect(account.account).toMatchObject({ creditsPostedMinor: String(acknowledged.length) });
    for (const { id, reply } of acknowledged.slice(-5)) {
      const found = await connection.query({ query: 'transfer', id: formatId(id) });
      expect(found.transfer).toMatchObject({ height: reply.height, index: reply.firstIndex });
      let answer = await connection.query({ query: 'receipt', transferId: formatId(id) });
      while (answer.kind === 'not_yet') answer = await connection.query({ query: 'receipt', transferId: formatId(id) });
      const anchor = hex(cluster.anchor);
      expect(verifyReceipt(answer.receipt, anchor)).toMatchObject({ ok: true, result: 'applied' });
    }
  }
}

describe('replicas that change under load', () => {
  afterEach(stopLedger);

  it('C-35 to C-40: 1, 4, 7 and 4 of them; nothing is lost', async () => {
    await startLedger(1);
    const gaps: string[] = [];
    for (const { joiners, members } of [
      { joiners: 3, members: [0, 1, 2, 3] },
      { joiners: 3, members: [0, 1, 2, 3, 4, 5, 6] },
      { joiners: 0, members: [3, 4, 5, 6] },
    ]) {
      const gapMs = await payWhile(async () => {
        await cluster.join(joiners);
        await cluster.reconfigure(members);
      }, members[0]);
      gaps.push(`${members.length} replicas: ${Math.round(gapMs)} ms`);
      await expectHistory(members);
    }
    process.stdout.write(`longest time between acknowledgements, to ${gaps.join(', ')}\n`);
    for (const index of [0, 1, 2]) await cluster.kill(index);
    await payWhile(() => cluster.kill(3), 4);
    await expectHistory([4, 5, 6]);
  });

  it('C-36: a killed one is replaced, and the new one counts', async () => {
    await startLedger(4);
    await cluster.kill(2);
    const gapMs = await payWhile(async () => {
      const [joiner] = await cluster.join(1);
      await cluster.reconfigure([0, 1, joiner, 3]);
    }, 3);
    process.stdout.write(`longest time between acknowledgements, one of 4 replaced: ${Math.round(gapMs)} ms\n`);
    await cluster.kill(0);
    await payWhile(() => Promise.resolve(), 3);
    await expectHistory([1, 3, 4]);
  });

  it('C-38, C-39: one that gets another key, and restarts, knows its epoch', async () => {
    await startLedger(4);
    await cluster.rotateKey(1);
    await payWhile(() => cluster.reconfigure([0, 1, 2, 3]), 0);
    await cluster.kill(1);
    await cluster.restart(1);
    await cluster.replicas[1].untilStatus(({ epoch, self }) => epoch === 2 && self === 1);
    await cluster.kill(0);
    await payWhile(() => Promise.resolve(), 3);
    await expectHistory([1, 2, 3]);
  });
});
