// Transfers through the client protocol: mixes of transfers in full envelopes, one replica and four, acknowledged after a quorum's fsync.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from './cluster.mjs';
import { ms, perSecond, percentile, runFor, warmUpMs } from './figures.mjs';
import { PER_ENVELOPE, Workload, fullEnvelope, mixesOf } from './workload.mjs';

const busyPauseMs = 5;
/** Small blocks run through far more code than full ones: it takes this long until all of it is compiled. */
const smallWarmUpMs = 10_000;
/** Envelopes under way at once: enough to keep every replica at work, few enough not to queue. */
const lanesOf = (replicaCount) => (replicaCount === 1 ? 4 : 2);

/** Submits until the outcome is known; demands that every operation was applied. */
export async function submitted(connection, envelope) {
  for (;;) {
    const reply = await connection.submit(envelope);
    if (reply.kind === 'final') {
      const wrong = reply.codes.findIndex((code) => code !== 0);
      if (wrong >= 0) throw new Error(`operation ${wrong} got code ${reply.codes[wrong]}`);
      return reply;
    }
    if (reply.code !== 'busy') throw new Error(`envelope refused: ${reply.code}`);
    await new Promise((done) => setTimeout(done, busyPauseMs));
  }
}

/** A fresh ledger with `accountCount` accounts, and what an account takes in the replicas' memory. */
export async function openLedger(root, replicaCount, accountCount, optionsOf) {
  const cluster = await Cluster.start(root, replicaCount, optionsOf);
  const workload = new Workload(cluster);
  await cluster.leader();
  const connection = await cluster.leaderClient();
  await submitted(connection, workload.asset());
  const before = residentBytes(cluster);
  for (let first = 0; first < accountCount; first += PER_ENVELOPE)
    await submitted(connection, workload.accounts(first, Math.min(PER_ENVELOPE, accountCount - first)));
  const accountBytes = (residentBytes(cluster) - before) / accountCount;
  return { cluster, workload, connection, accountBytes };
}

/** Runs one mix for `forMs` on `lanes` lanes; the next envelope of a lane is made while the last one is under way. */
export async function runMix({ workload, connection, cluster }, mix, { forMs, lanes, batch }) {
  const samples = [];
  const next = Array.from({ length: lanes }, () => workload.transfers(mix, batch));
  const processorBefore = sum(cluster.processorMs());
  const seconds = await runFor(forMs, lanes, async (lane) => {
    const began = performance.now();
    const answer = submitted(connection, next[lane]);
    next[lane] = workload.transfers(mix, batch);
    await answer;
    samples.push(performance.now() - began);
  });
  const transfers = samples.length * batch;
  return {
    rate: transfers / seconds,
    p50: percentile(samples, 0.5),
    p99: percentile(samples, 0.99),
    transfers,
    processorUs: ((sum(cluster.processorMs()) - processorBefore) * 1_000) / transfers,
  };
}

/** All mixes on `replicaCount` replicas: one row each, and what transfers take on disk and in memory. */
export async function measureMixes(home, replicaCount, { accountCount, forMs }) {
  const ledger = await openLedger(join(home, `mixes-${replicaCount}`), replicaCount, accountCount);
  const { cluster } = ledger;
  try {
    const lanes = lanesOf(replicaCount);
    const mixes = mixesOf(accountCount);
    // What a replica holds of the newest transfers only is filled first: it does not grow with the others.
    await runMix(ledger, mixes[0], { forMs: warmUpMs, lanes, batch: fullEnvelope(mixes[0]) });
    const before = { stored: cluster.storedBytes(0), resident: residentBytes(cluster) };
    const measured = [];
    let transfers = 0;
    for (const mix of mixes) {
      const batch = fullEnvelope(mix);
      // What one mix has compiled is compiled again when another one comes, in every replica: that is not the speed of the mix.
      const warmedUp = await runMix(ledger, mix, { forMs: warmUpMs, lanes, batch });
      const figures = await runMix(ledger, mix, { forMs, lanes, batch });
      transfers += warmedUp.transfers + figures.transfers;
      measured.push({ mix: mix.name, ...figures });
    }
    return {
      lanes,
      measured,
      accountBytes: ledger.accountBytes,
      storedBytes: (cluster.storedBytes(0) - before.stored) / transfers,
      residentBytes: (residentBytes(cluster) - before.resident) / transfers,
    };
  } finally {
    ledger.connection.close();
    await cluster.stop();
  }
}

/** One transfer at a time, and small envelopes: what a block costs that is not full. */
export async function measureSmall(home, { forMs }) {
  const ledger = await openLedger(join(home, 'small'), 4, 1_000);
  const mix = { name: 'small', accounts: 1_000 };
  const figures = [];
  try {
    await runMix(ledger, mix, { forMs: Math.max(forMs, smallWarmUpMs), lanes: 4, batch: 1 });
    for (const [batch, lanes] of [
      [1, 1],
      [1, 32],
      [100, 8],
    ])
      figures.push({ batch, lanes, ...(await runMix(ledger, mix, { forMs, lanes, batch })) });
  } finally {
    ledger.connection.close();
    await ledger.cluster.stop();
  }
  return figures;
}

export const mixHeads = ['', 'transfers/s', 'p50', 'p99', 'processor, all replicas'];
export const mixRow = (name, { rate, p50, p99, processorUs }) => [
  name,
  perSecond(rate),
  ms(p50),
  ms(p99),
  processorUs === undefined
    ? ''
    : `${processorUs < 100 ? processorUs.toFixed(1) : Math.round(processorUs)} µs/transfer`,
];

function residentBytes(cluster) {
  const [{ child }] = cluster.replicas;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1_024;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
