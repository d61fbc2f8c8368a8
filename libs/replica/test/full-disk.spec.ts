import { execFileSync } from 'node:child_process';
import { formatId, type Operation } from '@quorate/protocol';
import type { ReplicaConnection } from '@quorate/transport';
import { Cluster, setUpOperations, transfer } from './cluster';

/** Above the first segment of the journal and below the second: to the process, the disk has no room for another segment. */
const FULL_BYTES = 8_000_000;

/** Transfers that fill three quarters of a megabyte. */
const MANY = 6_000;

let cluster: Cluster;
let client: ReplicaConnection;
let nextId = 1_000n;

function limitFiles(bytes: number | 'unlimited'): void {
  const pid = String(cluster.replicas[0].child.pid);
  execFileSync('prlimit', ['--pid', pid, `--fsize=${bytes}:`]);
}

function transfers(): Operation[] {
  return Array.from({ length: MANY }, () => transfer(nextId++, 1n, 2n, 1n));
}

async function space(wanted: string): Promise<void> {
  await cluster.replicas[0].untilStatus(({ journalSpace }) => journalSpace === wanted);
}

const isBooked = async (id: bigint): Promise<boolean> =>
  (await client.query({ query: 'transfer', id: formatId(id) })).kind === 'transfer';

describe('a replica on a full disk', () => {
  beforeEach(async () => {
    cluster = await Cluster.start(1);
    client = await cluster.connect(0);
    expect(await client.submit(cluster.envelope(setUpOperations(cluster.operator, 2)))).toMatchObject({
      kind: 'final',
    });
  });
  afterEach(async () => {
    await client.close();
    await cluster.stop();
  });

  it('refuses writes while it still has a reserve, answers reads, and goes on by itself', async () => {
    limitFiles(FULL_BYTES);
    for (let round = 0; round < 3; round += 1)
      expect(await client.submit(cluster.envelope(transfers()))).toMatchObject({ kind: 'final' });
    await space('short');
    const refused = cluster.envelope([transfer(5n, 1n, 2n, 1n)]);
    expect(await client.submit(refused)).toEqual({ kind: 'refused', code: 'storage_full', retryAfterMs: 1_000 });
    expect(await isBooked(nextId - 1n)).toBe(true);
    expect(await isBooked(5n)).toBe(false);
    limitFiles('unlimited');
    await space('ample');
    expect(await client.submit(refused)).toMatchObject({ kind: 'final' });
  });

  it('promises nothing of what waits for room, and keeps all that it promised', async () => {
    limitFiles(FULL_BYTES);
    const ids: { last: bigint; acknowledged: boolean }[] = [];
    const submissions = Array.from({ length: 8 }, async () => {
      const envelope = cluster.envelope(transfers());
      const entry = { last: nextId - 1n, acknowledged: false };
      ids.push(entry);
      const reply = await client.submit(envelope).catch(() => null);
      entry.acknowledged = reply?.kind === 'final';
    });
    await space('none');
    // Reads are served meanwhile.
    expect(await client.query({ query: 'account', id: formatId(2n) })).toMatchObject({ kind: 'account' });
    const promised = ids.filter(({ acknowledged }) => acknowledged).map(({ last }) => last);
    expect(promised.length).toBeLessThan(ids.length);
    await cluster.kill(0);
    await Promise.all(submissions);
    await client.close();
    await cluster.restart(0);
    client = await cluster.connect(0);
    for (const last of promised) expect(await isBooked(last)).toBe(true);
  });

  it('writes what waited when there is room again', async () => {
    limitFiles(FULL_BYTES);
    const submissions = Array.from({ length: 8 }, () => client.submit(cluster.envelope(transfers())));
    await space('none');
    limitFiles('unlimited');
    const replies = await Promise.all(submissions);
    for (const reply of replies) {
      if (reply.kind === 'refused') expect(reply.code).toBe('storage_full');
      else expect(reply.codes).toHaveLength(MANY);
    }
    await space('ample');
  });
});
