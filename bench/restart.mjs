// A replica that starts again: from the start of its process to the first transfer that it votes for and acknowledges. The ledger is made by
// the replica itself, through the client protocol, and the process is killed. Beside it the raw disk: how long reading the same files takes.
//
//   node bench/restart.mjs                            1 million accounts, 10 million transfers; with --quick a fifth
//   node bench/restart.mjs --cold                     the files are read from the disk, not from memory (needs root)
//   node bench/restart.mjs --profile DIRECTORY        a processor profile of each start
import { closeSync, mkdtempSync, openSync, readSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hardware, ms, percentile, perSecond, printTable } from './figures.mjs';
import { openLedger, submitted } from './mixes.mjs';
import { PER_ENVELOPE } from './workload.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    accounts: { type: 'string', default: '1000000' },
    transfers: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
    cold: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const share = values.quick ? 0.2 : 1;
const accounts = Number(values.accounts) * share;
const transferCount = Number(values.transfers) * share;
const lanes = 4;
const mebibyte = 2 ** 20;
const mix = { name: 'restart', accounts };

/** Submits transfers until there are enough; the next envelope of a lane is made while the last one is under way. */
async function submitTransfers({ workload, connection }, count) {
  let left = Math.ceil(count / PER_ENVELOPE);
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await submitted(connection, workload.transfers(mix, PER_ENVELOPE));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Waits until the checkpoint that was due last is written: for so long no newer one was told of. */
async function checkpointWritten({ cluster }) {
  const [replica] = cluster.replicas;
  for (
    let [known, sinceMs] = [-1, 0];
    known !== replica.status.snapshotHeight || performance.now() - sinceMs < 5_000;
  ) {
    if (known !== replica.status.snapshotHeight) [known, sinceMs] = [replica.status.snapshotHeight, performance.now()];
    await delay(100);
  }
}

/** Milliseconds of reading every file below a directory once, and their bytes. */
function readAll(directory) {
  const buffer = Buffer.alloc(4 * mebibyte);
  const beganMs = performance.now();
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = openSync(join(entry.parentPath ?? entry.path, entry.name), 'r');
    for (let read = 1; read > 0; bytes += read) read = readSync(file, buffer);
    closeSync(file);
  }
  return { tookMs: performance.now() - beganMs, bytes };
}

/** One start of the killed replica: until it reports that it has started, and until it has acknowledged a transfer. */
async function startAgain({ cluster, workload }) {
  if (values.cold) writeFileSync('/proc/sys/vm/drop_caches', '3');
  const envelope = workload.transfers(mix, 1);
  const beganMs = performance.now();
  await cluster.restart(0);
  const startedMs = performance.now() - beganMs;
  const processorMs = cluster.processorMs()[0];
  const connection = await cluster.leaderClient();
  await submitted(connection, envelope);
  const votingMs = performance.now() - beganMs;
  connection.close();
  const { snapshotHeight, executedHeight, memoryBytes } = cluster.replicas[0].status;
  await cluster.replicas[0].end(values.profile === undefined ? 'SIGKILL' : 'SIGTERM');
  return { startedMs, votingMs, processorMs, tailBlocks: executedHeight - snapshotHeight, memoryBytes };
}

const home = mkdtempSync(join(tmpdir(), 'quorate-restart-'));
let profiles = [];
const ledger = await openLedger(join(home, 'ledger'), 1, accounts, () => ({ execArgv: profiles }));
try {
  await submitTransfers(ledger, transferCount);
  ledger.connection.close();
  await checkpointWritten(ledger);
  await ledger.cluster.replicas[0].end('SIGKILL');
  if (values.profile !== undefined) profiles = ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
  const starts = [];
  for (let round = 0; round < Number(values.rounds); round += 1) starts.push(await startAgain(ledger));
  const median = (value) => percentile(starts.map(value), 0.5);
  if (values.cold) writeFileSync('/proc/sys/vm/drop_caches', '3');
  const raw = readAll(ledger.cluster.replicas[0].directory);
  console.log(
    `${hardware(home)}\n\n${perSecond(accounts)} accounts, ${perSecond(transferCount)} transfers, one replica\n`,
  );
  printTable(
    [
      `start of a killed replica, median of ${starts.length}, files ${values.cold ? 'on the disk only' : 'in memory'}`,
      'until it has started',
      'of it processor',
      'until it has voted for a transfer',
      'target',
      'blocks behind the snapshot',
      'resident',
      'its files, read only',
    ],
    [
      [
        `${(raw.bytes / mebibyte).toFixed(0)} MiB`,
        ms(median(({ startedMs }) => startedMs)),
        ms(median(({ processorMs }) => processorMs)),
        ms(median(({ votingMs }) => votingMs)),
        '<= 3,000 ms',
        starts[0].tailBlocks,
        `${(median(({ memoryBytes }) => memoryBytes) / mebibyte).toFixed(0)} MiB`,
        ms(raw.tookMs),
      ],
    ],
  );
} finally {
  await ledger.cluster.stop();
  rmSync(home, { recursive: true, force: true });
}
