// `npm run soak -- [--minutes 2] [--seed number] [--clients 6] [--home directory]`: replicas as processes, clients that pay and read, faults as the
// seed says, a replica that lies and is replaced, and a judgement over everything that the clients saw.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { buildAll } = await import('./build.mjs');
await buildAll({ withConsole: false });
const { Workload } = await import('../bench/workload.mjs');
const { SoakCluster, disksCanFail } = await import('../test/soak/soak-cluster.mjs');
const { Clients } = await import('../test/soak/clients.mjs');
const { checkAccounts, checkHistory } = await import('../test/soak/check-history.mjs');
const { makeFaults } = await import('../test/soak/faults.mjs');
const { randomFrom } = await import('../test/soak/random.mjs');
const require = createRequire(join(root, 'bench/cluster.mjs'));
const { verifyReceipt } = require('@quorate/light-client');

const minutesMax = 1_440;
const receiptsMax = 300;
/** After a fault is over, payments must be acknowledged again within this time, on the slowest machine. */
const progressMsMax = 90_000;
/** Of the whole time, the part with a replica that lies. */
const lyingShare = 0.3;
const violationsShownMax = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    clients: { type: 'string', default: '6' },
    home: { type: 'string' },
  },
});
const minutes = Math.min(Number(values.minutes), minutesMax);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const clientCount = Number(values.clients);
if (!(minutes > 0) || !Number.isInteger(seed) || !Number.isInteger(clientCount) || clientCount < 1) {
  console.error('usage: npm run soak -- [--minutes 2] [--seed number] [--clients 6] [--home directory]');
  process.exit(2);
}
const say = (line) => console.log(line);
say(
  `seed ${seed}, ${minutes} minutes, ${clientCount} clients${disksCanFail ? '' : '; without failing disks: fiu-utils is not installed'}`,
);
const home = values.home ?? mkdtempSync(join(tmpdir(), 'quorate-soak-'));

const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** Every payment gets an outcome: those without answer are submitted again, and a sample of the others too, which must stand as it was. */
async function settle(clients, random) {
  const violations = [];
  const { history } = clients;
  for (const payment of history.payments.filter(({ endedMs }) => endedMs === null))
    history.acknowledge(payment, await clients.insist(payment.envelope));
  for (let asked = 0; asked < receiptsMax; asked += 1) {
    const payment = random.pick(history.payments);
    const again = await clients.insist(payment.envelope, random.below(8));
    if (again.height !== payment.height || again.firstIndex !== payment.firstIndex)
      violations.push(
        `a payment acknowledged at ${payment.height}.${payment.firstIndex} is now at ${again.height}.${again.firstIndex}`,
      );
  }
  return violations;
}

async function checkReceipts(clients, cluster, random) {
  const violations = [];
  const { payments } = clients.history;
  const count = Math.min(receiptsMax, payments.length);
  for (let checked = 0; checked < count; checked += 1) {
    const payment = random.pick(payments);
    const index = payment.codes.indexOf(0);
    if (index < 0) continue;
    const receipt = await clients.receipt(payment.transfers[index].transfer.id, checked);
    const proven = verifyReceipt(receipt, hex(cluster.anchor));
    if (!proven.ok || proven.height !== payment.height || proven.index !== payment.firstIndex + index)
      violations.push(
        `the receipt of a payment at ${payment.height}.${payment.firstIndex + index} does not verify: ${JSON.stringify(proven, (_, part) => (typeof part === 'bigint' ? String(part) : part)).slice(0, 200)}`,
      );
  }
  return { violations, count };
}

/** Replicas end by themselves only when their disk fails. */
const unexplained = (cluster) =>
  cluster.ends
    .filter(({ disk, code }) => !disk && !String(code).startsWith('STORAGE'))
    .map(({ index, code }) => `replica ${index} ended by itself: ${code}`);

/** One ledger from its first block to the judgement; `liars` lie from the start and are replaced in the end. */
async function run(name, { forMs, liars }) {
  const random = randomFrom(seed + liars.length);
  const cluster = await SoakCluster.open(join(home, name), 4, { liars });
  const clients = new Clients(cluster, new Workload(cluster), random);
  const { history } = clients;
  try {
    await clients.setUp();
    clients.start(clientCount);
    const made =
      liars.length === 0
        ? await makeFaults(cluster, { random, history, forMs, progressMsMax })
        : await replaceLiars(cluster, { history, forMs, liars });
    await clients.stop();
    const violations = [...made.violations, ...unexplained(cluster)];
    if (violations.length > 0 && made.violations.length > 0) return { name, history, ...made, violations, receipts: 0 };
    violations.push(...(await settle(clients, random)));
    const judged = checkHistory(history);
    violations.push(...judged.violations);
    const height = Math.max(...history.payments.map((payment) => payment.height));
    for (const index of cluster.members.filter((member) => !liars.includes(member)))
      violations.push(...checkAccounts(await clients.accountsAt(index, height), judged.model));
    const receipts = await checkReceipts(clients, cluster, random);
    violations.push(...receipts.violations);
    return { name, history, counts: made.counts, violations, receipts: receipts.count };
  } finally {
    clients.close();
    await cluster.stop();
  }
}

/** Lets liars lie for a while, then puts honest replicas in their places while payments go on. */
async function replaceLiars(cluster, { history, forMs, liars }) {
  const wait = async (ms) => {
    const until = performance.now() + ms;
    while (performance.now() < until) await new Promise((done) => setTimeout(done, 50));
  };
  history.during = 'a replica that lies';
  await wait(forMs / 2);
  const atLies = history.acknowledged.length;
  const joiners = await cluster.join(liars.length);
  const places = cluster.members.map((member) => (liars.includes(member) ? joiners[liars.indexOf(member)] : member));
  await cluster.reconfigure(places);
  for (const liar of liars) await cluster.kill(liar);
  history.during = 'nothing';
  await wait(forMs / 2);
  const violations = [];
  if (atLies === 0) violations.push('no payment was acknowledged while a replica lied');
  if (history.acknowledged.length === atLies)
    violations.push('no payment was acknowledged after the liar was replaced');
  return { counts: new Map([['a replica that lies, and its replacement', liars.length]]), violations };
}

function report({ name, history, counts, violations, receipts }) {
  const faults = [...counts].map(([fault, count]) => `${fault} ${count}`).join(', ');
  const { acknowledged, reads, longestGap } = history;
  const transfers = acknowledged.reduce((sum, payment) => sum + payment.transfers.length, 0);
  say(`\n${name}`);
  say(`  faults: ${faults}`);
  say(`  acknowledged: ${acknowledged.length} envelopes with ${transfers} transfers; reads: ${reads.length}`);
  say(`  receipts verified offline: ${receipts}`);
  say(`  longest gap between acknowledgements: ${longestGap.ms} ms (during: ${longestGap.during})`);
  say(`  violations: ${violations.length}`);
  for (const violation of violations.slice(0, violationsShownMax)) say(`    ${violation}`);
}

const allMs = minutes * 60_000;
const outcomes = [];
outcomes.push(await run('four replicas that fail', { forMs: allMs * (1 - lyingShare), liars: [] }));
report(outcomes[0]);
outcomes.push(await run('one of four lies', { forMs: allMs * lyingShare, liars: [2] }));
report(outcomes[1]);
if (values.home === undefined) rmSync(home, { recursive: true, force: true });
const broken = outcomes.some(({ violations }) => violations.length > 0);
say(
  broken
    ? `\nVIOLATED; npm run soak -- --minutes ${minutes} --seed ${seed} makes the same faults again`
    : '\nEverything held.',
);
process.exit(broken ? 1 : 0);
