// `npm run bench`: speed of the ledger and of the whole platform on this machine, beside their peer in the same run. Prints Markdown.
// `--quick` takes a quarter of the time; `--only mixes,faults` runs some sections.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { install, installed } from './install.mjs';

if (!installed()) install();
const { buildAll } = await import('./build.mjs');
await buildAll();
const { hardware, ms, perSecond, printTable } = await import('../bench/figures.mjs');
const { createLedger, openAccounts, signUp } = await import('../bench/institution.mjs');
const { measureFaults } = await import('../bench/faults.mjs');
const { measureMixes, measureSmall, mixHeads, mixRow } = await import('../bench/mixes.mjs');
const { measureProvisioning } = await import('../bench/provisioning.mjs');
const { measureLatency, measureThroughput } = await import('../bench/transfers.mjs');
const { measurePostgres } = await import('../bench/peer-postgres.mjs');
const { startPlatform } = await import('./platform.mjs');
const { freePort } = await import('./free-port.mjs');
const { startPostgres } = await import('./postgres.mjs');

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } });
const forMs = options.quick ? 1_500 : 6_000;
const accountCount = options.quick ? 100_000 : 1_000_000;
const home = mkdtempSync(join(tmpdir(), 'quorate-bench-'));

/** A section that is a script of its own: one part of the ledger alone, in a fresh process. */
function script(name, quickArguments = ['--quick']) {
  return () => {
    const path = fileURLToPath(new URL(`../bench/${name}.mjs`, import.meta.url));
    const { status } = spawnSync(process.execPath, [path, ...(options.quick ? quickArguments : [])], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`bench/${name}.mjs ended with status ${status}`);
  };
}

/** The same mixes on one replica, on four, and on the peer: figures, then ratios. */
async function benchMixes() {
  const one = await measureMixes(home, 1, { accountCount, forMs });
  const four = await measureMixes(home, 4, { accountCount, forMs });
  const peer = await measurePeer();
  const heads = ['transfers through the client protocol', ...mixHeads.slice(1)];
  const rowsOf = (name, { measured }) => measured.map((figures) => mixRow(`${name}: ${figures.mix}`, figures));
  printTable(heads, [
    ...rowsOf(`1 replica, envelopes of 8,190, ${one.lanes} under way`, one),
    ...rowsOf(`4 replicas, envelopes of 8,190, ${four.lanes} under way`, four),
    ...peer.measured.flatMap(({ mix, single, batch }) => [
      mixRow(`${peer.version}, one transfer or chain a commit, ${single.clients} clients: ${mix}`, single),
      mixRow(`${peer.version}, ordered batch of ${batch.batch}, ${batch.clients} clients: ${mix}`, batch),
    ]),
  ]);
  const ratio = (left, right) => (left.rate / right.rate).toFixed(1);
  printTable(
    ['ratio in this run', '1 replica / single', '1 replica / batch', '4 replicas / single', '4 replicas / batch'],
    peer.measured.map(({ mix, single, batch }, index) => [
      mix,
      ratio(one.measured[index], single),
      ratio(one.measured[index], batch),
      ratio(four.measured[index], single),
      ratio(four.measured[index], batch),
    ]),
  );
  printTable(
    [
      'bytes of one replica, what is allocated ahead included',
      'files per transfer',
      'resident per transfer',
      'resident per account',
    ],
    [one, four].map(({ storedBytes, residentBytes, accountBytes }, index) => [
      index === 0 ? '1 replica' : '4 replicas',
      ...[storedBytes, residentBytes, accountBytes].map((bytes) => Math.round(bytes)),
    ]),
  );
}

async function measurePeer() {
  const postgres = await startPostgres({ directory: join(home, 'peer') });
  try {
    return await measurePostgres(postgres.url, { accountCount, forMs });
  } finally {
    await postgres.stop();
  }
}

async function benchSmall() {
  const figures = await measureSmall(home, { forMs });
  const name = ({ batch, lanes }) => `4 replicas, envelopes of ${batch}, ${lanes} under way`;
  printTable(
    ['small blocks, client protocol', ...mixHeads.slice(1)],
    figures.map((row) => mixRow(name(row), row)),
  );
}

async function benchFaults() {
  printTable(['faults, four replicas as processes', 'without', 'with', ''], await measureFaults(home, { forMs }));
}

async function start() {
  const began = performance.now();
  const platform = await startPlatform({ home, port: await freePort(), gatewayPort: await freePort(), quiet: true });
  return { platform, startMs: performance.now() - began };
}

async function benchPlatform() {
  const cold = await start();
  await cold.platform.stop();
  const { platform, startMs } = await start();
  try {
    const institution = await signUp(platform.url, platform.gatewayUrl, 'Benchmark Bank');
    const rows = [
      ['start, first time (built), to ready', ms(cold.startMs), ''],
      ['start again (warm), to ready', ms(startMs), ''],
      ...(await measureProvisioning(institution, options.quick ? 5 : 20)),
    ];
    const ledger = await createLedger(institution, 'standard', 'measured');
    const accounts = await openAccounts(institution, ledger, 1_000);
    rows.push(...(await measureLatency(institution, ledger, accounts, options.quick ? 100 : 300)));
    printTable(['whole platform, over HTTP', 'p50', 'p95 (provisioning) or p99'], rows);
    const shapes = [
      [1, 32],
      [100, 8],
      [8_000, 3],
    ];
    const measured = [];
    for (const [batch, lanes] of shapes)
      measured.push(await measureThroughput(institution, ledger, accounts, { batch, lanes, forMs }));
    printTable(
      ['4 replicas through the gateway, 1,000 accounts', 'transfers/s', 'p50', 'p99'],
      measured.map(({ batch, lanes, rate, p50, p99 }) => [
        `envelopes of ${batch}, ${lanes} clients`,
        perSecond(rate),
        ms(p50),
        ms(p99),
      ]),
    );
  } finally {
    await platform.stop();
  }
}

const sections = {
  ledger: script('ledger'),
  storage: script('storage'),
  fork: script('fork'),
  restart: script('restart'),
  snapshot: script('snapshot', ['--accounts', '100000', '--transfers', '1000000']),
  mixes: benchMixes,
  small: benchSmall,
  faults: benchFaults,
  platform: benchPlatform,
};
const wanted = options.only?.split(',') ?? Object.keys(sections);
const unknown = wanted.find((name) => sections[name] === undefined);
if (unknown !== undefined) {
  console.error(`There is no section ${unknown}; there are: ${Object.keys(sections).join(', ')}.`);
  process.exit(2);
}

try {
  const load = loadavg()[0].toFixed(1);
  console.log(
    `Measured on ${hardware(home)}; clients, replicas and databases share the machine; load before: ${load}.\n`,
  );
  for (const name of wanted) await sections[name]();
} finally {
  rmSync(home, { recursive: true, force: true });
}
