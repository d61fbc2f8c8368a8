import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Cluster, setUpOperations, transfer } from './cluster';
import { PersistentClient } from './persistent-client';

describe('a ledger with an archive', () => {
  it('is shipped by the replica that is told to, also by the next one after a kill', async () => {
    const cluster = await Cluster.start(4, true);
    const client = new PersistentClient(cluster);
    try {
      await client.submit(cluster.envelope(setUpOperations(cluster.operator, 1)), 0);
      const pay = async (id: bigint): Promise<number> =>
        (await client.submit(cluster.envelope([transfer(id, 1n, 2n, 1n)]), 1)).height;
      const first = await pay(1_000n);
      cluster.replicas[0].send({ kind: 'ship', ships: true });
      await cluster.replicas[0].untilStatus(({ archive }) => (archive?.height ?? 0) >= first);
      await cluster.kill(0);
      const second = await pay(1_001n);
      cluster.replicas[1].send({ kind: 'ship', ships: true });
      await cluster.replicas[1].untilStatus(({ archive }) => (archive?.height ?? 0) >= second);
      cluster.replicas[1].send({ kind: 'ship-now' });
      const shipped = await cluster.replicas[1].next('shipped');
      expect(shipped.error).toBeNull();
      expect(shipped.height).toBeGreaterThanOrEqual(second);
      const names = await readdir(join(cluster.root, 'archive'), { recursive: true });
      expect(names.filter((name) => name.includes('/blocks/')).length).toBeGreaterThan(1);
    } finally {
      await client.close();
      await cluster.stop();
    }
  });
});
