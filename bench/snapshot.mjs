// Snapshots of a large ledger on this machine's disk: how long execution stands still, how much work is left for the background, what the
// next snapshot writes, and how fast a ledger is there again. Processor time is given too: on a busy machine elapsed time says little.
//
//   node bench/snapshot.mjs                           1 million accounts, 10 million transfers; with --quick a tenth
//   node bench/snapshot.mjs --accounts 100000 --transfers 1000000
import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { hardware, ms, perSecond, printTable } from './figures.mjs';
import { envelopesOf, openAccounts, openLedger, perEnvelope } from './ledger-mixes.mjs';

const require = createRequire(import.meta.url);
const { verifySignature } = require('@quorate/crypto');
const { CaptureMemory, Ledger, RestoredSections, SECTIONS, SECTION_NAMES } = require('@quorate/ledger');
const { STATE_CHUNK_BYTES, genesisId } = require('@quorate/protocol');
const { nodeCryptography, openNodeDirectory } = require('@quorate/runtime-node');
const { SnapshotStore, Vault, writeSnapshot } = require('@quorate/storage');

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    accounts: { type: 'string', default: '1000000' },
    transfers: { type: 'string', default: '10000000' },
  },
});
const share = values.quick ? 0.1 : 1;
const accountCount = Number(values.accounts) * share;
const transferCount = Number(values.transfers) * share;
const mebibyte = 2 ** 20;
/** Transfers between the first snapshot and the second: what a checkpoint is due after. */
const checkpointTransfers = 2 ** 20;

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** As a replica does at its start. */
const memory = new CaptureMemory();
const nameOf = new Map(SECTION_NAMES.map((name) => [SECTIONS[name].number, name]));

function executeTransfers(bench, next, count) {
  for (let done = 0; done < count; done += perEnvelope) {
    for (const code of bench.execute(next()).codes)
      if (code !== 0) throw new Error(`a transfer was not applied: ${code}`);
  }
}

/** Takes and writes one snapshot; the longest time without a pause is what a block may have to wait. */
async function snapshot(bench, store) {
  const { ledger, genesis } = bench;
  const beganMs = performance.now();
  const capture = ledger.capture(memory);
  const captureMs = performance.now() - beganMs;
  const sections = capture.sections.map((section) => ({
    number: SECTIONS[section.section].number,
    appendOnly: section.appendOnly,
    get lengthBytes() {
      return section.lengthBytes;
    },
    prepare: () => section.prepare(),
    read: (offset, into) => section.read(offset, into),
  }));
  const pause = () => new Promise((resolve) => setImmediate(resolve));
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const before = [performance.now(), processorMs()];
  const zero = new Uint8Array(32);
  const state = { genesisId: genesisId(genesis), height: ledger.height, blockId: zero, execRoot: zero };
  const written = await writeSnapshot(store, { state, sections, extra: () => new Uint8Array(0), pause });
  const work = { elapsedMs: performance.now() - before[0], processorMs: processorMs() - before[1] };
  delays.disable();
  return { written, captureMs, longestSliceMs: delays.max / 1e6, ...work };
}

async function restore(bench, store, written) {
  const before = [performance.now(), processorMs()];
  const sections = new RestoredSections();
  for (const { number, lengthBytes } of written.tables.values()) sections.begin(nameOf.get(number), lengthBytes);
  await store.load(written, ({ number }, index, chunk) =>
    sections.write(nameOf.get(number), index * STATE_CHUNK_BYTES, chunk),
  );
  const readMs = performance.now() - before[0];
  const ledger = Ledger.restore(bench.genesis, verifySignature, sections);
  if (ledger.height !== bench.ledger.height) throw new Error('restored at another height');
  return { readMs, elapsedMs: performance.now() - before[0], processorMs: processorMs() - before[1] };
}

const path = mkdtempSync(join(tmpdir(), 'quorate-snapshot-'));
try {
  const vault = new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(1),
    keys: [{ generation: 1, key: new Uint8Array(32).fill(2) }],
  });
  const directory = await openNodeDirectory(path);
  const diskBytes = () => readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
  const bench = openLedger();
  openAccounts(bench, accountCount);
  const next = envelopesOf(bench, { accounts: accountCount });
  executeTransfers(bench, next, transferCount);
  bench.ledger.capture(memory);
  const store = await SnapshotStore.open({ directory, vault });
  const rows = [];
  const figures = async (name) => {
    const bytesBefore = diskBytes();
    const taken = await snapshot(bench, store);
    rows.push([
      name,
      ms(taken.captureMs),
      ms(taken.longestSliceMs),
      ms(taken.elapsedMs),
      ms(taken.processorMs),
      `${((diskBytes() - bytesBefore) / mebibyte).toFixed(0)} MiB`,
    ]);
    return taken.written;
  };
  await figures('first');
  executeTransfers(bench, next, checkpointTransfers);
  const newest = await figures('next, a million transfers later');
  await store.close();
  console.log(`${hardware(path)}\n\n${perSecond(accountCount)} accounts, ${perSecond(transferCount)} transfers\n`);
  printTable(
    ['snapshot', 'execution stands still', 'longest slice after', 'background', 'of it processor', 'written'],
    rows,
  );
  const again = await SnapshotStore.open({ directory, vault });
  const found = again.newestFirst[0];
  const restored = await restore(bench, again, found);
  const bytes = [...found.tables.values()].reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  console.log();
  printTable(
    ['restored', 'read, opened and checked', 'until the ledger is there', 'of it processor', 'rate'],
    [
      [
        `${(bytes / mebibyte).toFixed(0)} MiB`,
        ms(restored.readMs),
        ms(restored.elapsedMs),
        ms(restored.processorMs),
        `${(bytes / mebibyte / (restored.elapsedMs / 1_000)).toFixed(0)} MiB/s`,
      ],
    ],
  );
  if (newest.number !== found.number) throw new Error('another snapshot was restored');
  await again.close();
} finally {
  rmSync(path, { recursive: true });
}
