import { Cluster } from './cluster';

describe('the normal case', () => {
  it.each([1, 4, 7])('C-15 to C-20: %i replicas make operations final and execute them alike', (replicaCount) => {
    const cluster = new Cluster({ seed: 1, replicaCount });
    cluster.startAll();
    cluster.runFor(20);
    const keys = Array.from({ length: 100 }, () => cluster.submit());
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 1_000)).toBe(true);
    cluster.runFor(100);
    expect(cluster.checker.violations).toEqual([]);
    const [first] = cluster.replicas;
    for (const replica of cluster.replicas)
      expect(replica.core?.status()).toMatchObject({ term: 1, finalHeight: first.finalHeight });
    expect(first.core?.status().provenHeight).toBeGreaterThanOrEqual(first.finalHeight - 1);
  });

  it('an idle ledger makes no blocks, and one operation takes three hops and two syncs', () => {
    const cluster = new Cluster({ seed: 2, replicaCount: 4 });
    cluster.network.delayMs = () => 1;
    cluster.startAll();
    cluster.runFor(5_000);
    expect(cluster.checker.finalHeightMax).toBe(0);
    const startMs = cluster.nowMs;
    const key = cluster.submit();
    expect(
      cluster.runUntil(() => cluster.replicas.filter((replica) => replica.executor.applied.has(key)).length >= 3, 100),
    ).toBe(true);
    expect(cluster.nowMs - startMs).toBeLessThan(3 + 2 * 0.3 + 0.2 + 0.6);
    cluster.runFor(5_000);
    expect(cluster.checker.finalHeightMax).toBe(2);
    expect(cluster.replicas[0].core?.status().provenHeight).toBe(1);
  });

  it('small blocks wait for the finality of the one before, so that each takes more in', () => {
    const blocksOf = (streamedBytesMin: number): number => {
      const cluster = new Cluster({ seed: 4, replicaCount: 4, parameters: { streamedBytesMin } });
      cluster.startAll();
      cluster.runFor(20);
      const keys: string[] = [];
      for (let round = 0; round < 400; round += 1) {
        keys.push(cluster.submit());
        cluster.runFor(0.25);
      }
      expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 100)).toBe(true);
      expect(cluster.checker.violations).toEqual([]);
      return cluster.checker.finalHeightMax;
    };
    expect(blocksOf(65_536)).toBeLessThan(blocksOf(0) * 0.75);
  });

  it('the same seed gives the same trace', () => {
    const run = (): string => {
      const cluster = new Cluster({ seed: 3, replicaCount: 4 });
      cluster.network.lossRate = 0.05;
      cluster.startAll();
      for (let index = 0; index < 50; index += 1) {
        cluster.submit();
        cluster.runFor(5);
      }
      cluster.runFor(500);
      return cluster.trace.hash();
    };
    expect(run()).toBe(run());
  });
});
