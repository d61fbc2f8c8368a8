// A fork and a restore of a large ledger, between processes as the platform has them: a replica of the parent serves the state over its link, or
// the archive holds it; the process of the fork's replica proves it, seals it under its own key and writes it. Beside it the raw disk.
//
//   node bench/fork.mjs             a million accounts and two million transfers; with --quick a tenth and one million
//   node bench/fork.mjs --full      about a gigabyte of state and two of history: takes some minutes and 6 GB of disk
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ReplicaHandle } from './cluster.mjs';
import { hardware, ms, perSecond, printTable } from './figures.mjs';
import { openLedger, submitted } from './mixes.mjs';
import { PER_ENVELOPE } from './workload.mjs';

const require = createRequire(import.meta.url);
const { encodeGenesis } = require('@quorate/protocol');

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    accounts: { type: 'string' },
    transfers: { type: 'string' },
  },
});
const share = values.quick ? 0.1 : 1;
const accountCount = Number(values.accounts ?? (values.full ? 4_000_000 : 1_000_000)) * share;
/** A checkpoint is taken after a million. */
const transferCount = Math.max(1_050_000, Number(values.transfers ?? (values.full ? 14_000_000 : 2_000_000)) * share);
const lanes = 4;
const mebibyte = 2 ** 20;
const retention = { blocks: 1_000_000, bytes: 2 ** 40 };

/** Submits transfers until there are enough and a checkpoint was taken. */
async function submitTransfers({ workload, connection, cluster }) {
  const mix = { name: 'fork', accounts: accountCount };
  let left = Math.ceil(transferCount / PER_ENVELOPE);
  const [replica] = cluster.replicas;
  const lane = async () => {
    while (left > 0 || replica.status.snapshotHeight === 0) {
      left -= 1;
      await submitted(connection, workload.transfers(mix, PER_ENVELOPE));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Milliseconds for writing so many bytes to the disk plainly, synchronised every 8 MiB. */
function rawWriteMs(directory, bytes) {
  const buffer = randomBytes(8 * mebibyte);
  const path = join(directory, 'raw');
  const beganMs = performance.now();
  const file = openSync(path, 'w');
  for (let done = 0; done < bytes; done += buffer.length) {
    writeSync(file, buffer);
    fsyncSync(file);
  }
  closeSync(file);
  const tookMs = performance.now() - beganMs;
  rmSync(path);
  return tookMs;
}

/** A replica of a fork makes the state of its parent; resolves with what it found, how long it took and what its process used. */
async function acquire(home, name, { cluster }, { point, fromReplicas, archive }) {
  const child = new ReplicaHandle(join(home, name));
  try {
    const { certificate } = await child.prepare();
    const [parent] = cluster.replicas;
    parent.child.send({ kind: 'clients', clientCertificates: [cluster.client.certificate, certificate] });
    const before = child.processorMs();
    const beganMs = performance.now();
    child.child.send({
      kind: 'acquire',
      directory: child.directory,
      ledgerId: new Uint8Array(randomBytes(16)),
      dataKeys: [{ generation: 1, key: new Uint8Array(randomBytes(32)) }],
      parent: {
        genesis: encodeGenesis(cluster.genesis),
        participants: fromReplicas ? cluster.participantsOf(0) : [],
        archive,
      },
      point,
    });
    await child.next('point');
    const { state } = await child.next('acquired');
    return { name, state, tookMs: performance.now() - beganMs, processorMs: child.processorMs() - before };
  } finally {
    await child.end('SIGKILL');
    rmSync(child.directory, { recursive: true, force: true });
  }
}

const home = mkdtempSync(join(tmpdir(), 'quorate-fork-'));
const archive = {
  store: { kind: 'directory', path: join(home, 'archive') },
  keys: [{ generation: 1, key: new Uint8Array(randomBytes(32)) }],
  retention,
};
const ledger = await openLedger(join(home, 'parent'), 1, accountCount, () => ({ archive }));
try {
  const { cluster } = ledger;
  const [parent] = cluster.replicas;
  await submitTransfers(ledger);
  ledger.connection.close();
  parent.child.send({ kind: 'ship-now' });
  const shipped = await parent.next('shipped');
  if (shipped.error !== null) throw new Error(`the archive is not whole: ${shipped.error}`);
  const historyBytes = cluster.storedBytes(0);
  const { snapshotHeight } = shipped;
  const acquired = [];
  const wanted = { archive: null, fromReplicas: true };
  acquired.push(await acquire(home, 'fork at a snapshot', ledger, { ...wanted, point: { height: snapshotHeight } }));
  acquired.push(await acquire(home, 'fork at the newest block', ledger, { ...wanted, point: 'newest' }));
  const stored = { archive: { store: archive.store, keys: archive.keys }, fromReplicas: false };
  acquired.push(
    await acquire(home, 'restore at a snapshot, archive alone', ledger, {
      ...stored,
      point: { height: snapshotHeight },
    }),
  );
  const { stateBytes } = acquired[0].state;
  const rawMs = rawWriteMs(home, stateBytes);
  const rate = (bytes, tookMs) => `${(bytes / mebibyte / (tookMs / 1_000)).toFixed(0)} MiB/s`;
  console.log(
    `${hardware(home)}\n\n${perSecond(accountCount)} accounts, ${perSecond(transferCount)} transfers: state ${(stateBytes / mebibyte).toFixed(0)} MiB, ` +
      `the parent's files ${(historyBytes / mebibyte).toFixed(0)} MiB\n`,
  );
  printTable(
    [
      'state',
      'in all',
      'of it processor',
      'rate (state)',
      'target',
      'a gigabyte at this rate',
      'target',
      'blocks executed',
    ],
    [
      ...acquired.map(({ name, state, tookMs, processorMs }) => [
        name,
        ms(tookMs),
        ms(processorMs),
        rate(state.stateBytes, tookMs),
        '>= 95 MiB/s (100 MB/s)',
        ms((tookMs / state.stateBytes) * 1e9),
        name.startsWith('fork') ? '<= 5,000 ms' : '',
        state.blocksExecuted,
      ]),
      [
        'raw disk, the same bytes written only',
        ms(rawMs),
        '',
        rate(stateBytes, rawMs),
        '',
        ms((rawMs / stateBytes) * 1e9),
        '',
        '',
      ],
    ],
  );
} finally {
  await ledger.cluster.stop();
  rmSync(home, { recursive: true, force: true });
}
