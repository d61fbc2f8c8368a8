import type { Message } from '@quorate/consensus';
import { Cluster } from './cluster';

function leaderOf(cluster: Cluster): number {
  const status = cluster.replicas.map((replica) => replica.core?.status()).find((candidate) => candidate !== undefined);
  if (status === undefined) throw new Error('no replica is up');
  return status.leader;
}

function started(seed: number, replicaCount = 4): Cluster {
  const cluster = new Cluster({ seed, replicaCount });
  cluster.startAll();
  cluster.runFor(20);
  return cluster;
}

const all = (cluster: Cluster): number[] => [...cluster.replicas.keys()];
const others = (cluster: Cluster, ...without: number[]): number[] =>
  all(cluster).filter((index) => !without.includes(index));
const termOf = (cluster: Cluster, index: number): number => cluster.replicas[index].core?.status().term ?? 0;

/** A steady load for some time. */
function load(cluster: Cluster, durationMs: number, everyMs = 2): string[] {
  const keys: string[] = [];
  for (const endMs = cluster.nowMs + durationMs; cluster.nowMs < endMs;) {
    keys.push(cluster.submit());
    cluster.runFor(everyMs);
  }
  return keys;
}

describe('leader failure', () => {
  it('C-26, C-14: a crashed leader costs one timeout, and nothing acknowledged is lost', () => {
    const cluster = started(11);
    const before = load(cluster, 100);
    const leader = leaderOf(cluster);
    cluster.crash(leader);
    const rest = others(cluster, leader);
    const crashMs = cluster.nowMs;
    const key = cluster.submit(rest);
    expect(cluster.runUntil(() => cluster.appliedBy(key, rest), 2_000)).toBe(true);
    expect(cluster.nowMs - crashMs).toBeLessThan(300);
    expect(rest.every((index) => termOf(cluster, index) === 2)).toBe(true);
    for (const each of before) cluster.offer(each);
    cluster.start(leader);
    expect(cluster.runUntil(() => [...before, key].every((each) => cluster.appliedBy(each)), 2_000)).toBe(true);
    expect(cluster.checker.violations).toEqual([]);
  });

  it('C-14: a leader that restarts on an idle ledger hands over without waiting for work', () => {
    const cluster = started(12);
    const leader = leaderOf(cluster);
    cluster.crash(leader);
    cluster.start(leader);
    cluster.runFor(100);
    expect(all(cluster).map((index) => termOf(cluster, index))).toEqual([2, 2, 2, 2]);
    const startMs = cluster.nowMs;
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 50)).toBe(true);
    expect(cluster.nowMs - startMs).toBeLessThan(10);
  });

  it('C-12: a leader that crashes anywhere around its first record never says two things', () => {
    for (let stepMs = 0; stepMs < 6; stepMs += 0.25) {
      const cluster = new Cluster({ seed: 13, replicaCount: 4 });
      for (const replica of cluster.replicas) replica.pace.syncMs = () => 2;
      cluster.startAll();
      const leader = leaderOf(cluster);
      const key = cluster.submit();
      cluster.runFor(stepMs);
      cluster.crash(leader);
      cluster.start(leader);
      cluster.runFor(0.5);
      cluster.offer(key);
      const done = cluster.runUntil(() => cluster.appliedBy(key), 3_000);
      expect({ stepMs, done, violations: cluster.checker.violations }).toEqual({ stepMs, done: true, violations: [] });
    }
  });

  it('C-12: no proposal of a term leaves before the record of leading it is durable', () => {
    const cluster = new Cluster({ seed: 14, replicaCount: 4 });
    for (const replica of cluster.replicas) replica.pace.syncMs = () => 8;
    const proposedAtMs: number[] = [];
    cluster.intercept = (_from, _to, message) => {
      if (message.kind === 'propose') proposedAtMs.push(cluster.nowMs);
      return null;
    };
    cluster.startAll();
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 200)).toBe(true);
    expect(Math.min(...proposedAtMs)).toBeGreaterThanOrEqual(8);
  });
});

describe('suspicion', () => {
  it('C-28: hosts that miss an envelope end the term; a suspicion of an earlier term ends nothing', () => {
    const cluster = started(15);
    const suspect = (): void => {
      for (const replica of cluster.replicas) replica.step({ kind: 'suspect', term: 1 });
      cluster.runFor(50);
    };
    suspect();
    expect(all(cluster).map((index) => termOf(cluster, index))).toEqual([2, 2, 2, 2]);
    suspect();
    expect(all(cluster).map((index) => termOf(cluster, index))).toEqual([2, 2, 2, 2]);
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 100)).toBe(true);
  });
});

describe('restart', () => {
  it('C-29, C-33: all restart after TIMEOUT became durable, with one dead for good', () => {
    const cluster = started(21);
    const dead = leaderOf(cluster);
    cluster.crash(dead);
    const rest = others(cluster, dead);
    // Nobody hears anybody, so that every TIMEOUT is durable and none has arrived.
    cluster.network.passes = () => false;
    const key = cluster.submit(rest);
    expect(cluster.runUntil(() => rest.every((index) => cluster.replicas[index].core?.status().abandoned), 2_000)).toBe(
      true,
    );
    cluster.runFor(5);
    for (const index of rest) cluster.crash(index);
    cluster.network.passes = () => true;
    for (const index of rest) cluster.start(index);
    for (const index of rest) cluster.offer(key, [index]);
    expect(cluster.runUntil(() => cluster.appliedBy(key, rest), 2_000)).toBe(true);
    expect(cluster.checker.violations).toEqual([]);
  });

  it.each([1, 4])('C-33: %i replicas lose power under load and keep everything final', (replicaCount) => {
    const cluster = started(22, replicaCount);
    for (let round = 0; round < 5; round += 1) {
      const keys = load(cluster, 30);
      const applied = keys.filter((key) => cluster.appliedBy(key));
      for (const index of all(cluster)) cluster.crash(index);
      for (const index of all(cluster)) cluster.start(index);
      expect(cluster.runUntil(() => applied.every((key) => cluster.appliedBy(key)), 2_000)).toBe(true);
      for (const key of keys) cluster.offer(key);
      expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 2_000)).toBe(true);
    }
    expect(cluster.checker.violations).toEqual([]);
  });
});

describe('lost links', () => {
  it.each([0, 1, 2])(
    'C-30: follower %i is back at the tip soon after 60 ms without a link, with no change of term',
    (offset) => {
      const cluster = started(31);
      const leader = leaderOf(cluster);
      const follower = others(cluster, leader)[offset];
      load(cluster, 50);
      cluster.network.passes = (from, to) => from !== follower && to !== follower;
      load(cluster, 60);
      cluster.network.passes = () => true;
      const tip = cluster.checker.finalHeightMax;
      load(cluster, 120);
      expect(cluster.replicas[follower].finalHeight).toBeGreaterThan(tip);
      const lag = cluster.checker.finalHeightMax - cluster.replicas[follower].finalHeight;
      expect(lag).toBeLessThanOrEqual(8);
      expect(termOf(cluster, leader)).toBe(1);
      expect(cluster.checker.violations).toEqual([]);
    },
  );

  it('C-30: with one replica dead, a follower that loses its link again and again causes no change of term', () => {
    const cluster = started(32);
    const leader = leaderOf(cluster);
    const [dead, follower] = others(cluster, leader);
    cluster.crash(dead);
    const alive = others(cluster, dead);
    const keys: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      keys.push(...load(cluster, 100));
      cluster.network.passes = (from, to) => from !== follower && to !== follower;
      keys.push(...load(cluster, 60));
      cluster.network.passes = () => true;
    }
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key, alive)), 2_000)).toBe(true);
    expect(alive.map((index) => termOf(cluster, index))).toEqual([1, 1, 1]);
  });

  it('C-31, C-32: a replica that was dead for long fetches ranges until it is at the tip', () => {
    const cluster = started(33);
    const leader = leaderOf(cluster);
    const dead = others(cluster, leader)[1];
    cluster.crash(dead);
    const keys = load(cluster, 1_500);
    cluster.runFor(100);
    expect(cluster.checker.finalHeightMax).toBeGreaterThan(300);
    cluster.start(dead);
    const startMs = cluster.nowMs;
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 3_000)).toBe(true);
    expect(cluster.nowMs - startMs).toBeLessThan(1_000);
    // It votes again: with another follower dead the ledger needs it.
    cluster.crash(others(cluster, leader, dead)[0]);
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key, [leader, dead]), 2_000)).toBe(true);
    expect(cluster.checker.violations).toEqual([]);
  });

  it('C-31: a certified block whose body was lost is fetched by id', () => {
    const cluster = started(34);
    const leader = leaderOf(cluster);
    const starved = others(cluster, leader)[0];
    let asked = 0;
    cluster.intercept = (from, to, message: Message) => {
      if (message.kind === 'get-block' || message.kind === 'get-range') asked += 1;
      return from === leader && to === starved && message.kind === 'propose' ? [] : null;
    };
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 1_000)).toBe(true);
    expect(asked).toBeGreaterThan(0);
    expect(termOf(cluster, leader)).toBe(1);
  });
});

describe('load and time', () => {
  it('C-26: a backlog after an outage drains without a storm of terms', () => {
    const cluster = started(41);
    cluster.network.passes = () => false;
    const keys = Array.from({ length: 3_000 }, () => cluster.submit());
    cluster.runFor(3_000);
    cluster.network.passes = () => true;
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 5_000)).toBe(true);
    expect(Math.max(...all(cluster).map((index) => termOf(cluster, index)))).toBeLessThanOrEqual(4);
  });

  it('C-24: one slow executor and one dead replica do not end the term', () => {
    const cluster = started(42);
    const leader = leaderOf(cluster);
    const [dead, slow] = others(cluster, leader);
    cluster.crash(dead);
    cluster.replicas[slow].pace.executionMs = () => 100;
    const alive = others(cluster, dead);
    const keys = load(cluster, 2_000, 20);
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key, alive)), 20_000)).toBe(true);
    expect(alive.map((index) => termOf(cluster, index))).toEqual([1, 1, 1]);
  });

  it('C-24: when all execute slowly, the leader hears of every result in time and keeps its term', () => {
    const cluster = started(45);
    for (const replica of cluster.replicas) replica.pace.executionMs = () => 60;
    const keys = load(cluster, 3_000, 20);
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 10_000)).toBe(true);
    expect(all(cluster).map((index) => termOf(cluster, index))).toEqual([1, 1, 1, 1]);
  });

  it('C-25: all clocks jump one hour ahead and back; the ledger goes on at once', () => {
    const cluster = started(43);
    const hourNs = 3_600_000_000_000n;
    for (const replica of cluster.replicas) replica.pace.clockSkewNs = hourNs;
    load(cluster, 20);
    for (const replica of cluster.replicas) replica.pace.clockSkewNs = 0n;
    const startMs = cluster.nowMs;
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 1_000)).toBe(true);
    expect(cluster.nowMs - startMs).toBeLessThan(20);
  });

  it('C-26: delays of twice the least timeout end a few terms, not all of them', () => {
    const cluster = started(46);
    cluster.network.delayMs = () => cluster.random.between(400, 600);
    const keys: string[] = [];
    for (let second = 0; second < 60; second += 1) {
      keys.push(cluster.submit());
      cluster.runFor(1_000);
    }
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 10_000)).toBe(true);
    expect(Math.max(...all(cluster).map((index) => termOf(cluster, index)))).toBeLessThanOrEqual(12);
  });

  it('C-27: a leader that makes one block in a while leads no longer than a term', () => {
    const cluster = new Cluster({ seed: 47, replicaCount: 4, parameters: { termMsMax: 2_000 } });
    cluster.startAll();
    // Envelopes come one at a time, and the leader takes its time with each: every replica waits, and none for long enough.
    cluster.intercept = (from, to, message, epoch) => {
      if (message.kind !== 'propose' || message.slot === 1 || message.term !== 1) return null;
      cluster.scheduler.after(200, () => cluster.transmit(from, to, message, epoch));
      return [];
    };
    load(cluster, 2_600, 250);
    expect(all(cluster).map((index) => termOf(cluster, index))).toEqual([2, 2, 2, 2]);
    expect(cluster.checker.violations).toEqual([]);
  });

  it('C-27: a term ends by age, and the load hardly notices', () => {
    const cluster = new Cluster({ seed: 44, replicaCount: 4, parameters: { termMsMax: 300 } });
    cluster.startAll();
    const keys = load(cluster, 1_000);
    for (const key of keys) cluster.offer(key);
    expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key)), 1_000)).toBe(true);
    expect(termOf(cluster, 0)).toBeGreaterThanOrEqual(4);
    expect(cluster.checker.violations).toEqual([]);
  });
});
