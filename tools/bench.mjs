// `npm run bench`: speed of the whole platform on this machine, beside its peer in the same run. Prints Markdown.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, installed } from './install.mjs';

if (!installed()) install();
const { buildAll } = await import('./build.mjs');
await buildAll();
const { hardware, ms, printTable } = await import('../bench/figures.mjs');
const { createLedger, openAccounts, signUp } = await import('../bench/institution.mjs');
const { measureProvisioning } = await import('../bench/provisioning.mjs');
const { measureLatency, measureThroughput } = await import('../bench/transfers.mjs');
const { measurePostgres } = await import('../bench/peer-postgres.mjs');
const { startPlatform } = await import('./platform.mjs');
const { startPostgres, freePort } = await import('./postgres.mjs');

const accountCount = 1_000;
const home = mkdtempSync(join(tmpdir(), 'quorate-bench-'));

async function start() {
  const began = performance.now();
  const platform = await startPlatform({ home, port: await freePort(), gatewayPort: await freePort(), quiet: true });
  return { platform, startMs: performance.now() - began };
}

async function measurePlatform() {
  const cold = await start();
  await cold.platform.stop();
  const { platform, startMs } = await start();
  try {
    const institution = await signUp(platform.url, platform.gatewayUrl, 'Benchmark Bank');
    const rows = [
      ['start, first time (built), to ready', ms(cold.startMs), ''],
      ['start again (warm), to ready', ms(startMs), ''],
      ...(await measureProvisioning(institution)),
    ];
    const ledger = await createLedger(institution, 'standard', 'measured');
    const accounts = await openAccounts(institution, ledger, accountCount);
    rows.push(...(await measureLatency(institution, ledger, accounts)));
    printTable(['latency', 'p50', 'p95 (provisioning) or p99'], rows);
    const singles = await measureThroughput(institution, ledger, accounts, 1, 32);
    const hundreds = await measureThroughput(institution, ledger, accounts, 100, 8);
    const thousands = await measureThroughput(institution, ledger, accounts, 8_000, 4);
    return [singles, hundreds, thousands];
  } finally {
    await platform.stop();
  }
}

async function measurePeer() {
  const postgres = await startPostgres({ directory: join(home, 'peer') });
  try {
    return await measurePostgres(postgres.url, accountCount);
  } finally {
    await postgres.stop();
  }
}

try {
  console.log(`Measured on ${hardware(home)}; clients, replicas and databases share the machine.\n`);
  const measured = await measurePlatform();
  const peer = await measurePeer();
  const heads = [`transfers, ${accountCount} accounts`, 'transfers/s', 'p50', 'p99'];
  printTable(heads, [
    ...measured.map(({ row }) => [`Quorate, 4 replicas: ${row[0]}`, ...row.slice(1)]),
    ...[peer.single, peer.batch].map(({ row }) => [`${peer.version}, 1 copy: ${row[0]}`, ...row.slice(1)]),
  ]);
  const ratio = (left, right) => (left.rate / right.rate).toFixed(2);
  printTable(
    ['ratio in this run', 'value'],
    [
      ['one transfer at a time: Quorate (4 replicas, receipts) / PostgreSQL (1 copy)', ratio(measured[0], peer.single)],
      ['best batch: Quorate (4 replicas, receipts) / PostgreSQL (1 copy)', ratio(measured[2], peer.batch)],
    ],
  );
} finally {
  rmSync(home, { recursive: true, force: true });
}
