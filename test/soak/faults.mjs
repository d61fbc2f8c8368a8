// What is done to the replicas, one thing after another, as the seed says.
import { setTimeout as delay } from 'node:timers/promises';
import { disksCanFail } from './soak-cluster.mjs';

/** How long one fault lasts. */
const lastsMs = [500, 4_000];
/** Between two faults. */
const calmMs = [300, 2_000];

/** Each fault: what it is called in the report, how often it is chosen, and what it does; `undo` ends it. */
const faults = [
  {
    name: 'kill -9',
    weight: 4,
    begin: (cluster, { one }) => cluster.kill(one),
    end: (cluster, { one }) => cluster.revive([one]),
  },
  {
    name: 'SIGSTOP',
    weight: 3,
    begin: (cluster, { one }) => cluster.pause(one),
    end: (cluster, { one }) => cluster.resume(one),
  },
  {
    name: 'network cut',
    weight: 3,
    begin: (cluster, { one }) => cluster.wires.isolate(one, null),
    end: (cluster, { broken }) => cluster.wires.heal(broken),
  },
  {
    name: 'network cut one way',
    weight: 2,
    begin: (cluster, { one, oneWay }) => cluster.wires.isolate(one, oneWay),
    end: (cluster, { broken }) => cluster.wires.heal(broken),
  },
  {
    name: 'disk full',
    weight: 2,
    needsDisk: true,
    begin: (cluster, { one }) => cluster.failDisk(one, 'full'),
    end: (cluster, { one }) => cluster.mendDisk(one),
  },
  {
    name: 'EIO',
    weight: 2,
    needsDisk: true,
    begin: (cluster, { one }) => cluster.failDisk(one, 'broken'),
    end: (cluster, { one }) => cluster.mendDisk(one),
  },
  {
    name: 'network cut of two: no quorum',
    weight: 1,
    begin: (cluster, { two }) => two.forEach((index) => cluster.wires.isolate(index, null)),
    end: (cluster, { broken }) => cluster.wires.heal(broken),
  },
  {
    name: 'kill -9 of all at once',
    weight: 1,
    begin: (cluster, { all }) => Promise.all(all.map((index) => cluster.kill(index))),
    end: (cluster, { all }) => cluster.revive(all),
  },
];

/** Faults that can be made on this machine. */
export const possibleFaults = faults.filter(({ needsDisk }) => !needsDisk || disksCanFail);

function choose(random) {
  const bag = possibleFaults.flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  return random.pick(bag);
}

/** Whom a fault hits, and how. The leader is hit as often as all others together: its faults are the ones that cost. */
function victims(cluster, random, leader) {
  const all = cluster.members;
  const one = leader !== null && random.chance(0.5) ? leader : random.pick(all);
  const two = [one, random.pick(all.filter((index) => index !== one))];
  return { all, one, two, oneWay: random.pick(['deaf', 'dumb']), broken: random.chance(0.5) };
}

/** The process that leads, as a running replica says; null if none says so. */
function leaderNow(cluster) {
  const { members } = cluster;
  for (const index of members) {
    const { running, status } = cluster.replicas[index];
    if (running && status !== null && status.leader >= 0) return members[status.leader] ?? null;
  }
  return null;
}

/**
 * Makes one fault after another until the time is over. After each of them the clients must get on within `progressMsMax`; gives back how
 * often each fault was made, and what was wrong.
 */
export async function makeFaults(cluster, { random, history, forMs, progressMsMax, say }) {
  const counts = new Map();
  const violations = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs && violations.length === 0) {
    const fault = choose(random);
    const hit = victims(cluster, random, leaderNow(cluster));
    history.during = fault.name;
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
    await fault.begin(cluster, hit);
    await delay(random.between(...lastsMs));
    await fault.end(cluster, hit);
    const before = history.acknowledgedCount;
    const healedMs = performance.now();
    while (history.acknowledgedCount < before + 5) {
      if (performance.now() - healedMs > progressMsMax) {
        violations.push(`no progress within ${progressMsMax} ms after ${fault.name}`);
        break;
      }
      await delay(20);
    }
    history.during = 'nothing';
    await delay(random.between(...calmMs));
  }
  say?.(`faults made: ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  return { counts, violations };
}
