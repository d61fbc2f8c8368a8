import { ADVERSARIES } from './adversary';
import { Cluster } from './cluster';

const epochOf = (cluster: Cluster, node: number): number => cluster.replicas[node].core?.status().epoch ?? 0;

/** A cluster that runs, with `spare` more nodes that are up and in no configuration. */
function started(seed: number, replicaCount: number, spare = 0): Cluster {
  const cluster = new Cluster({ seed, replicaCount });
  cluster.startAll();
  for (let count = 0; count < spare; count += 1) cluster.start(cluster.addNode());
  cluster.runFor(20);
  return cluster;
}

/** A steady load on these nodes until `done`; its operations. */
function loadUntil(cluster: Cluster, nodes: readonly number[], done: () => boolean, limitMs: number): string[] {
  const keys: string[] = [];
  for (const endMs = cluster.nowMs + limitMs; cluster.nowMs < endMs && !done();) {
    keys.push(cluster.submit(nodes));
    cluster.runFor(2);
  }
  expect(done()).toBe(true);
  return keys;
}

/** Changes the replica set under load; gives back the operations and the longest time without a new final block. */
function change(
  cluster: Cluster,
  to: readonly number[],
  clients: readonly number[],
): { keys: string[]; gapMs: number } {
  const epoch = cluster.reconfigure(to);
  let height = cluster.checker.finalHeightMax;
  let sinceMs = cluster.nowMs;
  let gapMs = 0;
  const done = (): boolean => {
    if (cluster.checker.finalHeightMax > height) {
      gapMs = Math.max(gapMs, cluster.nowMs - sinceMs);
      height = cluster.checker.finalHeightMax;
      sinceMs = cluster.nowMs;
    }
    const up = to.filter((node) => cluster.replicas[node].core !== null);
    return up.every((node) => epochOf(cluster, node) === epoch && cluster.replicas[node].core?.status().handedOver);
  };
  return { keys: loadUntil(cluster, clients, done, 3_000), gapMs };
}

function expectApplied(cluster: Cluster, keys: readonly string[], nodes: readonly number[]): void {
  for (const key of keys) cluster.offer(key, nodes);
  expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key, nodes)), 3_000)).toBe(true);
  expect(cluster.checker.violations).toEqual([]);
}

describe('a change of the replica set under load', () => {
  it('C-35 to C-40: 1, 4, 7 and 4 replicas, one after the other; nothing is lost and the load hardly notices', () => {
    const cluster = started(1, 1, 6);
    const keys: string[] = [];
    const gaps: number[] = [];
    for (const members of [
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4, 5, 6],
      [3, 4, 5, 6],
    ]) {
      const changed = change(cluster, members, [...cluster.replicas.keys()]);
      keys.push(...changed.keys);
      gaps.push(changed.gapMs);
    }
    expectApplied(cluster, keys, [...cluster.replicas.keys()]);
    expect(Math.max(...gaps)).toBeLessThan(100);
    // Those that left may go now.
    for (const node of [0, 1, 2]) cluster.crash(node);
    expectApplied(cluster, [cluster.submit([3])], [3, 4, 5, 6]);
  });

  it('C-40: an idle ledger hands over although the first leader of the new epoch says nothing', () => {
    const cluster = started(9, 4);
    cluster.intercept = (_from, _to, message, epoch) =>
      epoch === 2 && message.kind === 'propose' && message.term === 1 ? [] : null;
    const epoch = cluster.reconfigure([1, 2, 3, 0]);
    const handedOver = (node: number): boolean => cluster.replicas[node].core?.status().handedOver === true;
    expect(cluster.runUntil(() => [0, 1, 2, 3].every((node) => epochOf(cluster, node) === epoch), 30_000)).toBe(true);
    expect(cluster.runUntil(() => [0, 1, 2, 3].every(handedOver), 5_000)).toBe(true);
    expect(cluster.checker.violations).toEqual([]);
  });

  it.each([
    ['a moment ago', 20],
    ['long ago', 60_000],
  ])('C-26: an idle ledger whose leader died %s gets another replica set', (_when, idleMs) => {
    const cluster = started(2, 4, 1);
    expectApplied(cluster, [cluster.submit([0, 1, 2, 3])], [0, 1, 2, 3]);
    const leader = cluster.replicas[1].core?.status().leader ?? 0;
    cluster.crash(leader);
    cluster.runFor(idleMs);
    const members = [0, 1, 2, 3].map((node) => (node === leader ? 4 : node));
    const epoch = cluster.reconfigure(members);
    expect(cluster.runUntil(() => members.every((node) => epochOf(cluster, node) === epoch), 30_000)).toBe(true);
    expect(cluster.checker.violations).toEqual([]);
  });

  it('C-36: a dead replica is replaced', () => {
    const cluster = started(2, 4, 1);
    cluster.crash(2);
    const { keys } = change(cluster, [0, 1, 4, 3], [0, 1, 3]);
    expectApplied(cluster, keys, [0, 1, 3, 4]);
    // The newcomer counts: without it there would be no quorum.
    cluster.crash(0);
    expectApplied(cluster, [cluster.submit([1])], [1, 3, 4]);
  });

  it('C-35: a lying replica is replaced', () => {
    const cluster = new Cluster({ seed: 3, replicaCount: 4, byzantine: [1] });
    cluster.intercept = ADVERSARIES.equivocator(cluster, 1);
    cluster.startAll();
    cluster.start(cluster.addNode());
    cluster.runFor(20);
    const { keys } = change(cluster, [0, 4, 2, 3], [0, 2, 3]);
    expectApplied(cluster, keys, [0, 2, 3, 4]);
  });

  it('C-36: a replica that boasts of its height keeps nobody from being ready to replace it', () => {
    const cluster = new Cluster({ seed: 8, replicaCount: 4, byzantine: [1] });
    cluster.intercept = (from, _to, message) =>
      from === 1 && message.kind === 'status' ? [{ ...message, finalHeight: message.finalHeight + 100_000 }] : null;
    cluster.startAll();
    cluster.start(cluster.addNode());
    cluster.runFor(20);
    const { keys } = change(cluster, [0, 4, 2, 3], [0, 2, 3]);
    expectApplied(cluster, keys, [0, 2, 3, 4]);
  });

  it('C-35: a replica gets another key', () => {
    const cluster = started(4, 4);
    cluster.replicas[1].generation = 1;
    const { keys } = change(cluster, [0, 1, 2, 3], [0, 1, 2, 3]);
    expectApplied(cluster, keys, [0, 1, 2, 3]);
    cluster.crash(0);
    expectApplied(cluster, [cluster.submit([2])], [1, 2, 3]);
  });

  it('C-39: a replica that slept through two changes finds its way into the third epoch', () => {
    const cluster = started(5, 4, 4);
    cluster.crash(3);
    const keys = [...change(cluster, [0, 4, 5, 3], [0, 1, 2]).keys, ...change(cluster, [6, 4, 5, 7], [0, 4, 5]).keys];
    for (const node of [0, 1, 2]) cluster.crash(node);
    cluster.start(3);
    expectApplied(cluster, keys, [3, 4, 5, 6, 7]);
    expect(epochOf(cluster, 3)).toBe(3);
  });
});

describe('a node in no configuration', () => {
  it('C-34: follows to the tip and promises nothing', () => {
    const cluster = started(7, 4, 1);
    const said = new Set<string>();
    cluster.intercept = (from, _to, message) => {
      if (from === 4) said.add(message.kind);
      return null;
    };
    const keys = loadUntil(cluster, [0, 1, 2, 3], () => cluster.checker.finalHeightMax > 30, 1_000);
    expectApplied(cluster, keys, [0, 1, 2, 3, 4]);
    cluster.crash(0);
    cluster.crash(1);
    const key = cluster.submit([2, 3, 4]);
    cluster.runFor(2_000);
    expect(cluster.appliedBy(key, [2])).toBe(false);
    for (const promise of ['propose', 'prepare', 'commit', 'timeout', 'ready']) expect(said).not.toContain(promise);
    expect(cluster.checker.violations).toEqual([]);
  });
});

/** How many messages each node sends within a time. */
function messagesOf(cluster: Cluster, forMs: number): number[] {
  const sent = cluster.replicas.map(() => 0);
  const { intercept } = cluster;
  cluster.intercept = (from, to, message, epoch) => {
    sent[from] += 1;
    return intercept?.(from, to, message, epoch) ?? null;
  };
  cluster.runFor(forMs);
  cluster.intercept = intercept;
  return sent;
}

describe('quiet', () => {
  it('C-29: an idle ledger sends nothing but heartbeats', () => {
    const cluster = started(13, 4);
    expectApplied(cluster, [cluster.submit(), cluster.submit()], [0, 1, 2, 3]);
    cluster.runFor(1_000);
    // Every two seconds a STATUS to each of three peers.
    for (const sent of messagesOf(cluster, 20_000)) expect(sent).toBeLessThanOrEqual(33);
  });

  it('C-29: a node that nobody lets see the blocks asks ever less often, and at once when governance wants it', () => {
    const cluster = started(14, 4, 1);
    let admitted = false;
    // What hosts send to whoever is linked and not admitted.
    const open = new Set<string>(['status', 'executed', 'get-block', 'get-range', 'ready', 'epoch-end']);
    cluster.intercept = (_from, to, message) => (to === 4 && !admitted && !open.has(message.kind) ? [] : null);
    const keys = loadUntil(cluster, [0, 1, 2, 3], () => cluster.checker.finalHeightMax > 30, 1_000);
    cluster.runFor(5_000);
    const [first, , , , spare] = messagesOf(cluster, 20_000);
    // Heartbeats, questions at the same pace, and the answers to those.
    expect(spare).toBeLessThanOrEqual(100);
    expect(first).toBeLessThanOrEqual(100);
    expect(cluster.replicas[4].finalHeight).toBe(0);
    admitted = true;
    keys.push(...change(cluster, [1, 2, 3, 4], [1, 2, 3]).keys);
    expectApplied(cluster, keys, [1, 2, 3, 4]);
  });
});

describe('a joiner', () => {
  it('C-35: that hears of its epoch long before it has come that far takes part in it', () => {
    const cluster = started(6, 4, 3);
    const joiner = cluster.addNode();
    change(cluster, [0, 1, 2, 4], [0, 1]);
    change(cluster, [0, 1, 5, 4], [0, 1]);
    const epoch = cluster.reconfigure([0, joiner, 5, 6]);
    cluster.start(joiner);
    expect(cluster.runUntil(() => [0, joiner, 5, 6].every((node) => epochOf(cluster, node) === epoch), 2_000)).toBe(
      true,
    );
    cluster.crash(0);
    expectApplied(cluster, [cluster.submit([5])], [joiner, 5, 6]);
  });
});

describe('an epoch does not end', () => {
  it('C-36: before a quorum of the next replicas is ready', () => {
    const cluster = started(11, 4);
    const joiners = [cluster.addNode(), cluster.addNode()];
    cluster.reconfigure([0, 1, ...joiners]);
    const keys = loadUntil(cluster, [0, 1], () => cluster.checker.finalHeightMax > 50, 1_000);
    expect(epochOf(cluster, 0)).toBe(1);
    cluster.start(joiners[0]);
    expect(cluster.runUntil(() => epochOf(cluster, joiners[0]) === 2, 1_000)).toBe(true);
    expectApplied(cluster, keys, [0, 1, joiners[0]]);
  });

  it('C-36: on an idle ledger for which READYs are old, since those that gave them may be gone', () => {
    const cluster = started(12, 4, 2);
    // Everything but READY passes, so that the leader has none; then the joiners die.
    const held: (() => void)[] = [];
    cluster.intercept = (from, to, message, epoch) => {
      if (message.kind !== 'ready' || from < 4) return null;
      held.push(() => cluster.transmit(from, to, message, epoch));
      return [];
    };
    cluster.reconfigure([0, 4, 5, 3]);
    cluster.runFor(500);
    expect(held.length).toBeGreaterThan(0);
    for (const node of [4, 5]) cluster.crash(node);
    cluster.runFor(45_000);
    for (const send of held) send();
    cluster.runFor(200);
    expect(epochOf(cluster, 0)).toBe(1);
    expectApplied(cluster, [cluster.submit([0])], [0, 1, 2, 3]);
    cluster.intercept = null;
    for (const node of [4, 5]) cluster.start(node);
    expect(cluster.runUntil(() => [0, 3, 4, 5].every((node) => epochOf(cluster, node) === 2), 1_000)).toBe(true);
    expect(cluster.checker.violations).toEqual([]);
  });

  it('C-35: for a configuration that governance did not sign', () => {
    const cluster = started(13, 4);
    const sabotaged = cluster.replicas[0].step.bind(cluster.replicas[0]);
    const unsigned: Parameters<typeof sabotaged>[0][] = [];
    for (const replica of cluster.replicas) {
      const step = replica.step.bind(replica);
      replica.step = (event) => {
        if (event.kind !== 'reconfigure') return step(event);
        const forged = { ...event, signatures: [{ key: 0, bytes: new Uint8Array(64) }] };
        unsigned.push(forged);
        step(forged);
      };
    }
    cluster.reconfigure([0, 1, 2]);
    cluster.runFor(500);
    expect(unsigned.length).toBe(4);
    expect(epochOf(cluster, 0)).toBe(1);
    expect(cluster.alarms.filter((alarm) => alarm.includes('CONFIGURATION_REFUSED')).length).toBe(4);
  });
});

describe('a crash while the epoch changes', () => {
  it.each([0, 1, 2, 3])('C-37, C-38: of node %i at any moment', (offset) => {
    for (let atMs = 0; atMs < 12; atMs += 1) {
      const cluster = started(21 + offset, 4, 1);
      for (const replica of cluster.replicas) replica.pace.syncMs = () => 1;
      const keys = [cluster.submit(), cluster.submit()];
      cluster.reconfigure([0, 1, 2, 4]);
      cluster.runFor(atMs);
      cluster.crash(offset);
      cluster.runFor(3);
      cluster.start(offset);
      keys.push(cluster.submit());
      const done = cluster.runUntil(() => [0, 1, 2, 4].every((node) => epochOf(cluster, node) === 2), 3_000);
      expect({ atMs, done }).toEqual({ atMs, done: true });
      expectApplied(cluster, keys, [0, 1, 2, 3, 4]);
    }
  });

  it('C-38: of all nodes at once', () => {
    for (let atMs = 0; atMs < 14; atMs += 1) {
      const cluster = started(31, 4, 3);
      for (const replica of cluster.replicas) replica.pace.syncMs = () => 1;
      const keys = [cluster.submit(), cluster.submit()];
      cluster.reconfigure([0, 4, 5, 6]);
      cluster.runFor(atMs);
      for (const node of cluster.replicas.keys()) cluster.crash(node);
      cluster.runFor(3);
      for (const node of cluster.replicas.keys()) cluster.start(node);
      const done = cluster.runUntil(() => [0, 4, 5, 6].every((node) => epochOf(cluster, node) === 2), 3_000);
      expect({ atMs, done }).toEqual({ atMs, done: true });
      expectApplied(cluster, keys, [...cluster.replicas.keys()]);
    }
  });
});

describe('C-9: a replica that starts with an older disk', () => {
  it('is told of its newer votes by the others and never votes again', () => {
    const cluster = started(41, 4);
    for (let count = 0; count < 40; count += 1) {
      cluster.submit();
      cluster.runFor(4);
    }
    const follower = ((cluster.replicas[0].core?.status().leader ?? 0) + 1) % 4;
    cluster.crash(follower);
    const { disk } = cluster.replicas[follower];
    disk.keepFirst(Math.floor(disk.durable.length / 2));
    const said: string[] = [];
    cluster.intercept = (from, _to, message) => {
      if (from === follower) said.push(message.kind);
      return null;
    };
    cluster.start(follower);
    cluster.runFor(500);
    expect(cluster.alarms.some((alarm) => alarm.includes('VOTES_LOST'))).toBe(true);
    expect(said).not.toContain('prepare');
    expect(said).not.toContain('timeout');
    const rest = [...cluster.replicas.keys()].filter((node) => node !== follower);
    const key = cluster.submit(rest);
    expect(cluster.runUntil(() => cluster.appliedBy(key, rest), 1_000)).toBe(true);
  });

  it('with its own disk votes again as soon as a quorum is up', () => {
    const cluster = started(42, 4);
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 200)).toBe(true);
    for (const node of cluster.replicas.keys()) cluster.crash(node);
    for (const node of [0, 1, 2]) cluster.start(node);
    const next = cluster.submit([0, 1, 2]);
    expect(cluster.runUntil(() => cluster.appliedBy(next, [0, 1, 2]), 1_500)).toBe(true);
    expect(cluster.checker.violations).toEqual([]);
  });
});
