// What faults cost: four replicas as processes, one of them killed, with a slow disk or lying, transfers going on.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ms, perSecond, warmUpMs } from './figures.mjs';
import { openLedger, runMix, submitted } from './mixes.mjs';
import { fullEnvelope } from './workload.mjs';

const accountCount = 1_000;
const mix = { name: 'faults', accounts: accountCount };
const lanes = 2;
const slowDisk = fileURLToPath(new URL('./slow-disk.cjs', import.meta.url));
const equivocator = fileURLToPath(new URL('./equivocator.cjs', import.meta.url));
/** A leader's death is watched with envelopes of this size on this many lanes. */
const small = { batch: 100, lanes: 4, askAgainAfterMs: 100 };

async function throughput(ledger, forMs) {
  return runMix(ledger, mix, { forMs, lanes, batch: fullEnvelope(mix) });
}

/** One that does not lead, of those that run. */
async function follower(cluster) {
  const leader = await cluster.leader();
  return cluster.replicas.findIndex((replica, index) => index !== leader && replica.running);
}

async function followerKilled(home, forMs) {
  const ledger = await openLedger(join(home, 'follower-killed'), 4, accountCount);
  try {
    await throughput(ledger, warmUpMs);
    const before = await throughput(ledger, forMs);
    await ledger.cluster.replicas[await follower(ledger.cluster)].end('SIGKILL');
    const after = await throughput(ledger, forMs);
    return { before, after };
  } finally {
    ledger.connection.close();
    await ledger.cluster.stop();
  }
}

/** Figures with four sound replicas, and with one of them spoilt by a script that its process loads. */
async function followerSpoilt(home, forMs, name, script, sound) {
  for (let attempt = 0; ; attempt += 1) {
    const spoilt = attempt % 4;
    const optionsOf = (index) => (index === spoilt ? { execArgv: ['--require', script] } : {});
    const { figures, leader } = await figuresOf(home, forMs, `${name}-${attempt}`, optionsOf);
    // It must not lead: what is measured is a follower.
    if (leader !== spoilt || attempt === 3) return { before: sound.figures, after: figures };
  }
}

async function figuresOf(home, forMs, name, optionsOf) {
  const ledger = await openLedger(join(home, name), 4, accountCount, optionsOf);
  try {
    await throughput(ledger, warmUpMs);
    const figures = await throughput(ledger, forMs);
    return { figures, leader: await ledger.cluster.leader() };
  } finally {
    ledger.connection.close();
    await ledger.cluster.stop();
  }
}

/** One lane: hands an envelope to a replica, and after a while without an answer to the next one, until its outcome is known. */
async function submittedSomewhere(connections, envelope) {
  for (let turn = 0; ; turn += 1) {
    const connection = connections[turn % connections.length];
    const asked = submitted(connection, envelope).catch(() => delay(small.askAgainAfterMs, null));
    const reply = await Promise.race([asked, delay(small.askAgainAfterMs, null)]);
    if (reply !== null) return reply;
  }
}

/**
 * A stream of small envelopes, `act` in its middle: the longest time without an acknowledgement from then on, and whether every
 * acknowledged envelope still stands at the height it was acknowledged at.
 */
async function watchGaps(home, name, forMs, act) {
  const { cluster, workload, connection } = await openLedger(join(home, name), 4, accountCount);
  const connections = [];
  try {
    connection.close();
    const leader = await cluster.leader();
    const order = [leader, ...[0, 1, 2, 3].filter((index) => index !== leader)];
    for (const index of order) connections.push(await cluster.connect(index));
    const acknowledged = [];
    const times = [];
    let ended = false;
    const load = Promise.all(
      Array.from({ length: small.lanes }, async () => {
        while (!ended) {
          const envelope = workload.transfers(mix, small.batch);
          const { height } = await submittedSomewhere(connections, envelope);
          times.push(performance.now());
          acknowledged.push({ envelope, height });
        }
      }),
    );
    await delay(forMs / 2);
    const actedAt = performance.now();
    await act(cluster, leader, connections);
    const actMs = performance.now() - actedAt;
    await delay(forMs / 2);
    ended = true;
    await load;
    times.sort((left, right) => left - right);
    const gaps = times.slice(1).map((time, index) => ({ lengthMs: time - times[index], at: time }));
    const lengths = (wanted) => gaps.filter(wanted).map(({ lengthMs }) => lengthMs);
    const longest = Math.max(...lengths(({ at }) => at >= actedAt));
    const usual = Math.max(...lengths(({ at }) => at < actedAt));
    for (const { envelope, height } of acknowledged) {
      const again = await submitted(connections[0], envelope);
      if (again.height !== height)
        throw new Error(`an envelope acknowledged at height ${height} is now at ${again.height}`);
    }
    return { longest, usual, actMs, checked: (acknowledged.length * small.batch).toLocaleString('en-US') };
  } finally {
    for (const open of connections) open.close();
    await cluster.stop();
  }
}

const killLeader = async (cluster, leader, connections) => {
  await cluster.replicas[leader].end('SIGKILL');
  connections.shift();
};

const change = ({ before, after }) => `${(((after.rate - before.rate) / before.rate) * 100).toFixed(1)} %`;

/** Rows of faults: what happened, without and with it. */
export async function measureFaults(home, { forMs }) {
  const killed = await followerKilled(home, forMs);
  const sound = await figuresOf(home, forMs, 'all-sound');
  const slow = await followerSpoilt(home, forMs, 'slow-disk', slowDisk, sound);
  const lying = await followerSpoilt(home, forMs, 'equivocator', equivocator, sound);
  const leader = await watchGaps(home, 'leader-killed', forMs, killLeader);
  const grown = await watchGaps(home, 'grown', forMs, (cluster) => cluster.grow(3));
  return [
    [
      'a follower killed: transfers/s before, after',
      perSecond(killed.before.rate),
      perSecond(killed.after.rate),
      change(killed),
    ],
    [
      'a follower with a disk 100 times slower: transfers/s',
      perSecond(slow.before.rate),
      perSecond(slow.after.rate),
      change(slow),
    ],
    [
      'a follower that signs two votes wherever it votes: transfers/s',
      perSecond(lying.before.rate),
      perSecond(lying.after.rate),
      change(lying),
    ],
    [
      'the leader killed: longest gap between acknowledgements before, after',
      ms(leader.usual),
      ms(leader.longest),
      `${leader.checked} transfers asked again: none lost, none twice`,
    ],
    [
      '4 replicas become 7: longest gap between acknowledgements before, from then on',
      ms(grown.usual),
      ms(grown.longest),
      `done in ${ms(grown.actMs)}; ${grown.checked} transfers asked again: none lost, none twice`,
    ],
  ];
}
