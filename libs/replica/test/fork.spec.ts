import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatId } from '@quorate/protocol';
import { Cluster, setUpOperations, transfer } from './cluster';
import { PersistentClient } from './persistent-client';

let parent: Cluster;
let fork: Cluster;
let client: PersistentClient;
let nextId = 1_000n;

async function startFork(count: number): Promise<void> {
  parent = await Cluster.start(1);
  const toParent = new PersistentClient(parent);
  await toParent.submit(parent.envelope(setUpOperations(parent.operator, 1)), 0);
  await toParent.submit(parent.envelope([transfer(1n, 1n, 2n, 7n)]), 0);
  await toParent.close();
  fork = await Cluster.start(count, false, parent);
  client = new PersistentClient(fork);
  // Nothing of the parent is needed from here on.
  await parent.stop();
  await pay(0);
}

async function pay(through: number): Promise<void> {
  nextId += 1n;
  const { codes } = await client.submit(fork.envelope([transfer(nextId, 1n, 2n, 1n)]), through);
  expect([...codes]).toEqual([0]);
}

/** What account 2 got: seven from the time of the parent, one with each payment since. */
async function expectCredits(index: number): Promise<void> {
  const connection = await fork.connect(index);
  const wanted = (7n + nextId - 1_000n).toString();
  for (;;) {
    const { account } = await connection.query({ query: 'account', id: formatId(2n) });
    if ((account as { creditsPostedMinor?: string } | undefined)?.creditsPostedMinor === wanted) break;
  }
  await connection.close();
}

describe('a fork', () => {
  beforeEach(() => (nextId = 1_000n));
  afterEach(async () => {
    await client.close();
    await fork.stop();
    await parent.stop();
  });

  it('grows, and replaces replicas, also those that made its state: who joins gets that from the others', async () => {
    await startFork(1);
    await fork.join(3);
    await fork.reconfigure([0, 1, 2, 3]);
    await pay(1);
    await fork.kill(0);
    const [joiner] = await fork.join(1);
    await fork.reconfigure([joiner, 1, 2, 3]);
    await pay(2);
    await fork.kill(1);
    await pay(joiner);
    for (const index of [2, 3, joiner]) await expectCredits(index);
    // A member that lost its snapshots gets the state again, and votes on with its journal.
    await fork.kill(joiner);
    await rm(join(fork.replicas[joiner].directory, 'snapshots'), { recursive: true });
    await fork.restart(joiner);
    await pay(joiner);
    await expectCredits(joiner);
  });
});
