import { Cluster } from './cluster';

/** Asks a node for a fence; its number. */
function ask(cluster: Cluster, node: number, id: number): number {
  cluster.replicas[node].step({ kind: 'fence', id });
  return id;
}

const started = (seed: number, replicaCount: number): Cluster => {
  const cluster = new Cluster({ seed, replicaCount });
  cluster.startAll();
  cluster.runFor(20);
  return cluster;
};
const passed = (cluster: Cluster, node: number, id: number): boolean => cluster.replicas[node].fenced.has(id);

describe('C-45: fences', () => {
  it.each([1, 2, 3, 4])(
    'everything applied anywhere before the question is applied by node %i of four, or of one',
    (seed) => {
      for (const replicaCount of [1, 4]) {
        const cluster = started(70 + seed, replicaCount);
        const node = (seed - 1) % replicaCount;
        const slow = cluster.replicas[node];
        slow.pace.executionMs = () => 5;
        for (let round = 0; round < 20; round += 1) {
          const key = cluster.submit();
          const others = [...cluster.replicas.keys()];
          // Whoever executed it has answered its client.
          expect(cluster.runUntil(() => others.some((other) => cluster.appliedBy(key, [other])), 500)).toBe(true);
          const id = ask(cluster, node, round + 1);
          expect(cluster.runUntil(() => passed(cluster, node, id), 1_000)).toBe(true);
          expect(cluster.appliedBy(key, [node])).toBe(true);
        }
        expect(cluster.checker.violations).toEqual([]);
      }
    },
  );

  it('a replica that hears no quorum passes none, and does when it hears one again', () => {
    const cluster = started(75, 4);
    cluster.network.passes = (from, to) => from !== 2 && to !== 2;
    const key = cluster.submit([0, 1, 3]);
    expect(cluster.runUntil(() => cluster.appliedBy(key, [0, 1, 3]), 2_000)).toBe(true);
    const id = ask(cluster, 2, 1);
    cluster.runFor(2_000);
    expect(passed(cluster, 2, id)).toBe(false);
    cluster.network.passes = () => true;
    expect(cluster.runUntil(() => passed(cluster, 2, id), 5_000)).toBe(true);
    expect(cluster.appliedBy(key, [2])).toBe(true);
  });

  it('works on an idle ledger, without a block', () => {
    const cluster = started(76, 4);
    const height = cluster.checker.finalHeightMax;
    const id = ask(cluster, 1, 1);
    expect(cluster.runUntil(() => passed(cluster, 1, id), 50)).toBe(true);
    expect(cluster.checker.finalHeightMax).toBe(height);
  });

  it('a replica that sleeps through the replacement of all members asks those that there are', () => {
    const cluster = started(77, 4);
    for (let node = 4; node < 8; node += 1) cluster.start(cluster.addNode());
    cluster.network.passes = (from, to) => from !== 0 && to !== 0;
    cluster.reconfigure([4, 5, 6, 7]);
    const inNext = (node: number): boolean => cluster.replicas[node].core?.status().epoch === 2;
    for (let round = 0; round < 200 && ![4, 5, 6, 7].every(inNext); round += 1) {
      cluster.submit([1, 2, 3, 4]);
      cluster.runFor(50);
    }
    expect([4, 5, 6, 7].map(inNext)).toEqual([true, true, true, true]);
    const key = cluster.submit([4, 5, 6, 7]);
    expect(cluster.runUntil(() => cluster.appliedBy(key, [4, 5, 6, 7]), 5_000)).toBe(true);
    // It is still in the former epoch and could ask the former members alone.
    const id = ask(cluster, 0, 1);
    cluster.network.passes = () => true;
    expect(cluster.runUntil(() => passed(cluster, 0, id), 10_000)).toBe(true);
    expect(cluster.appliedBy(key, [0])).toBe(true);
  });
});
