// Speed and memory of the state machine alone: one core, no disk, no network, no consensus; full envelopes with one real
// signature each. Each mix runs in a process of its own. Processor time is given too: on a machine that does other work the
// elapsed time says little.
//
//   node bench/ledger.mjs                     all mixes; with --quick a quarter of the transfers
//   node bench/ledger.mjs --growth 100        cost of a transfer with 1 to 100 million behind it, and memory
//   node bench/ledger.mjs --mix '1 hot pair'  one mix, in this process, for a profiler
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hardware, perSecond, printTable } from './figures.mjs';
import { envelopesOf, mixes, openAccounts, openLedger, perEnvelope } from './ledger-mixes.mjs';

const transferCountUsual = 1_500_000;
const million = 1_000_000;
/** What a ledger that has run for a while has behind it: recent transfers fill their ring, and everything is compiled. */
const transfersBefore = 1_100_000;

/** Milliseconds of one processor that this process has used. */
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Resident megabytes without what waits to be collected. */
function megabytes() {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}

/** Executes envelopes until `count` transfers were applied; the times of execution and of hashing results apart. */
function executeMany(bench, next, count, hashed = true) {
  const spent = { executeMs: 0, hashMs: 0, executeProcessorMs: 0, hashProcessorMs: 0 };
  let applied = 0;
  while (applied < count) {
    const envelope = next();
    const began = [performance.now(), processorMs()];
    const outcome = bench.execute(envelope);
    const executed = [performance.now(), processorMs()];
    if (hashed && outcome.resultsRoot.length !== 32) throw new Error('no results root');
    spent.executeMs += executed[0] - began[0];
    spent.executeProcessorMs += executed[1] - began[1];
    spent.hashMs += performance.now() - executed[0];
    spent.hashProcessorMs += processorMs() - executed[1];
    for (const code of outcome.codes) if (code !== 0) throw new Error(`a transfer was not applied: ${code}`);
    applied += perEnvelope;
  }
  const rate = (spentMs) => (applied / spentMs) * 1_000;
  return {
    transfers: rate(spent.executeMs),
    hashed: rate(spent.executeMs + spent.hashMs),
    transfersOfProcessor: rate(spent.executeProcessorMs),
    hashedOfProcessor: rate(spent.executeProcessorMs + spent.hashProcessorMs),
  };
}

/** One mix on a new ledger, after a first million of transfers. */
function measureMix(mix, count) {
  const bench = openLedger();
  // The first quarter compiles the code and makes the room that envelopes need.
  const quarter = Math.floor(mix.accounts / 4);
  openAccounts(bench, quarter);
  const before = megabytes();
  const accountSeconds = openAccounts(bench, mix.accounts, quarter);
  const opened = mix.accounts - quarter;
  const accountBytes = ((megabytes() - before) * 2 ** 20) / opened;
  const next = envelopesOf(bench, mix);
  executeMany(bench, next, transfersBefore);
  const figures = executeMany(bench, next, count);
  return { ...figures, accounts: opened / accountSeconds, accountBytes };
}

/** Cost of a transfer between a million accounts at each million of transfers, and the memory that they take. */
function measureGrowth(millions) {
  const bench = openLedger();
  const accounts = million;
  openAccounts(bench, accounts);
  const next = envelopesOf(bench, { accounts });
  const points = [];
  for (let behind = 0; behind < millions; behind += 1) {
    const { transfersOfProcessor, transfers } = executeMany(bench, next, million, false);
    points.push({ millions: behind + 1, transfers, transfersOfProcessor, megabytes: megabytes() });
  }
  return points;
}

function inOwnProcess(words) {
  const script = fileURLToPath(import.meta.url);
  const child = spawnSync(process.execPath, ['--expose-gc', script, ...words, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (child.status !== 0) throw new Error(`${words.join(' ')}: ${child.stderr}`);
  return JSON.parse(child.stdout);
}

/** All mixes, each in a process of its own. */
function measureLedger(count) {
  return Object.keys(mixes).map((name) => ({ name, ...inOwnProcess(['--mix', name, '--count', String(count)]) }));
}

/** Prints what `measureLedger` gave. */
function printLedger(measured) {
  printTable(
    [
      'state machine alone, one core, envelopes of 8,190, a million transfers behind',
      'transfers/s',
      '/s of processor time',
      'with results hashed',
      '/s of processor time',
    ],
    measured.map(({ name, transfers, transfersOfProcessor, hashed, hashedOfProcessor }) => [
      name,
      ...[transfers, transfersOfProcessor, hashed, hashedOfProcessor].map(perSecond),
    ]),
  );
  const [uniform] = measured;
  printTable(
    ['accounts, 1,000,000', 'value'],
    [
      ['created a second', perSecond(uniform.accounts)],
      ['bytes of memory for each, its place in the index included', Math.round(uniform.accountBytes)],
    ],
  );
}

/** Prints the cost of transfers and the memory that they take as their number grows. */
function printGrowth(points) {
  const shown = points.filter(({ millions }) => millions <= 2 || millions % 10 === 0 || millions === points.length);
  printTable(
    ['million transfers behind', 'transfers/s', '/s of processor time', 'cost against the first', 'resident MB'],
    shown.map(({ millions, transfers, transfersOfProcessor, megabytes: resident }) => [
      millions,
      perSecond(transfers),
      perSecond(transfersOfProcessor),
      (points[0].transfersOfProcessor / transfersOfProcessor).toFixed(2),
      Math.round(resident),
    ]),
  );
  const [last] = points.slice(-1);
  // From the second million on the ring of recent transfers is full: what grows is the log of ids and its index.
  const from = points[Math.min(3, points.length - 1)];
  const bytes = ((last.megabytes - from.megabytes) * 2 ** 20) / ((last.millions - from.millions) * million);
  if (last !== from) console.log(`${bytes.toFixed(1)} bytes of memory for each further transfer\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      mix: { type: 'string' },
      count: { type: 'string' },
      growth: { type: 'string' },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  });
  const count = Number(values.count ?? (values.quick ? transferCountUsual / 4 : transferCountUsual));
  if (!values.json) console.log(`Measured on ${hardware('.')}, one core.\n`);
  if (values.growth !== undefined) {
    if (values.json) console.log(JSON.stringify(measureGrowth(Number(values.growth))));
    else printGrowth(inOwnProcess(['--growth', values.growth]));
  } else if (values.mix !== undefined) {
    const figures = measureMix(mixes[values.mix], count);
    if (values.json) console.log(JSON.stringify(figures));
    else printLedger([{ name: values.mix, ...figures }]);
  } else {
    printLedger(measureLedger(count));
  }
}
