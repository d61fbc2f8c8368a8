// `npm run demo`: the whole journey on this machine. Starts a platform of its own in a temporary directory and then uses
// only what an institution has: the API, the SDK and the command line. Exit code 0 means that every check held.
// `npm run demo -- --file payments.xml` books another payment file.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { install, installed } from './install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bankSample = join(root, '../shared/iso20022/samples/postfinance-pain.001.001.03.ch.02.xml');
const ownSample = join(root, 'libs/payments/samples/velowerk-pain.001.001.09.xml');
const { values: options } = parseArgs({ options: { file: { type: 'string' } } });
// The bank's sample states 7 transactions and holds 8. A person has counted them; the demo says so on that person's behalf.
const bankSampleCount = 8;
const readyMsMax = 60_000;
const catchUpMsMax = 60_000;
const openingMarginMinor = 100_000n;

if (!installed() && !install()) process.exit(1);
const { buildAll } = await import('./build.mjs');
await buildAll({ withConsole: false });
const { startPlatform } = await import('./platform.mjs');
const { freePort } = await import('./free-port.mjs');
const load = createRequire(import.meta.url);
const { hex, unhex } = load('@quorate/crypto');
const { verifyReceipt } = load('@quorate/light-client');
const payments = load('@quorate/payments');
const { ACCOUNT_FLAGS, OPEN_ASSET_POLICY, decodeGenesis, formatId, genesisId } = load('@quorate/protocol');
const sdk = load('@quorate/sdk');

const say = (line = '') => console.log(line);
const heading = (text) => say(`\n== ${text}`);
const milliseconds = (since) => Math.round(performance.now() - since);
const failedChecks = [];

/** Notes one claim of the demo. The demo goes on, so that a failure shows everything that came of it. */
function check(claim, held, detail = '') {
  say(`  ${held ? 'ok  ' : 'FAIL'} ${claim}${detail === '' ? '' : ` (${detail})`}`);
  if (!held) failedChecks.push(claim);
}

function printTable(headings, rows) {
  const widths = headings.map((name, index) => Math.max(name.length, ...rows.map((row) => String(row[index]).length)));
  for (const row of [headings, ...rows]) {
    say(`  ${row.map((cell, index) => String(cell).padEnd(widths[index])).join('  ')}`.trimEnd());
  }
}

/** The institution's key: made here, never sent. */
function institutionKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = Uint8Array.from(Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'));
  return sdk.ed25519Signer({ publicKey: bytes, sign: (message) => Uint8Array.from(sign(null, message, privateKey)) });
}

/** An institution with a ledger: what it signs with, whom it speaks to, what it trusts. */
class Institution {
  #controlPlane;
  #signer = institutionKey();
  ledger;
  anchor;
  operator;
  gateway;

  constructor(platform, apiKey) {
    this.#controlPlane = sdk.createControlPlaneClient({ url: platform.url, apiKey });
    this.gateway = sdk.createGatewayClient({ url: platform.gatewayUrl, apiKey });
  }

  static async signUp(platform) {
    const credentials = { email: 'treasury@velowerk.example', password: randomBytes(18).toString('base64url') };
    const anonymous = sdk.createControlPlaneClient({ url: platform.url });
    await anonymous.signup({ institution: 'Genossenschaftsbank Seetal', ...credentials });
    const { cookie } = await anonymous.loginForCookie(credentials);
    const session = sdk.createControlPlaneClient({ url: platform.url, cookie });
    const { key } = await session.createApiKey({ name: 'demo', expiresInDays: 1 });
    return new Institution(platform, key);
  }

  async createLedger() {
    const keys = [{ scheme: 'ed25519', publicKey: hex(this.#signer.publicKey) }];
    const operator = { name: 'Genossenschaftsbank Seetal', keys };
    const draft = { name: 'payments', class: 'standard', region: 'local', operator };
    const { id } = await this.#controlPlane.createLedger(draft);
    this.ledger = await this.#controlPlane.waitForLedger(id, { timeoutMs: readyMsMax, onProgress: printSteps });
    const document = await this.#controlPlane.genesis(id);
    const genesis = decodeGenesis(unhex(document.genesis));
    this.anchor = hex(genesisId(genesis));
    this.operator = genesis.operator.id;
    check('the genesis names our key and its hash is the trust anchor', this.#namesOurKey(genesis, document.genesisId));
  }

  #namesOurKey(genesis, statedId) {
    const [key] = genesis.operator.keys;
    return this.anchor === statedId && hex(key.bytes) === hex(this.#signer.publicKey) && genesis.replicas.length === 4;
  }

  async submit(operations) {
    const envelope = sdk.buildEnvelope({ genesisId: this.anchor, party: this.operator, operations });
    return this.gateway.submit(this.ledger.id, await sdk.signEnvelope(envelope, this.#signer));
  }

  /** Submits and demands that each operation took effect. */
  async apply(operations) {
    const { results } = await this.submit(operations);
    const refused = results.find(({ code }) => code !== 'applied');
    if (refused !== undefined) throw new Error(`operation ${refused.index} was answered ${refused.code}`);
  }

  async receipt(transferId) {
    const receipt = await this.gateway.receipt(this.ledger.id, transferId);
    const verdict = verifyReceipt(receipt, this.anchor);
    const proves =
      verdict.ok && verdict.operation.kind === 'create_transfer' && verdict.operation.transfer.id === transferId;
    return { receipt, verdict, proves };
  }

  refreshed() {
    return this.#controlPlane.ledger(this.ledger.id);
  }

  status() {
    return this.gateway.status(this.ledger.id);
  }
}

function printSteps(_ledger, steps) {
  for (const { step, state, replicaIndex, workerName, elapsedMs } of steps) {
    if (state === 'started') continue;
    const where = replicaIndex === null ? '' : ` replica ${replicaIndex} on ${workerName}`;
    say(`  ${step}${where}: ${state}${elapsedMs === null ? '' : ` ${Math.round(elapsedMs)} ms`}`);
  }
}

function readPaymentFile() {
  const path = options.file ?? (existsSync(bankSample) ? bankSample : ownSample);
  say(`  file ${path}`);
  const bytes = readFileSync(path);
  const plain = payments.parsePaymentFile(bytes);
  if (plain.ok) return { bytes, file: plain.file };
  for (const { line, code, isoCode, detail } of plain.errors) say(`  line ${line}: ${code} (${isoCode}) ${detail}`);
  if (path !== bankSample) throw new Error(`${path} is refused`);
  const onlyCount = plain.errors.every(({ isoCode }) => isoCode === 'AM19');
  check('only its number of transactions is wrong, and unacknowledged that refuses the whole file', onlyCount);
  say(`  acknowledging ${bankSampleCount} transactions explicitly`);
  const acknowledged = payments.parsePaymentFile(bytes, { acceptTransactionCount: bankSampleCount });
  if (!acknowledged.ok) throw new Error(`the file is refused: ${acknowledged.errors[0].detail}`);
  return { bytes, file: acknowledged.file };
}

const transferOf = (fields) => ({
  kind: 'create_transfer',
  transfer: {
    pendingId: 0n,
    userData128: 0n,
    userData64: 0n,
    userData32: 0,
    timeoutSeconds: 0,
    code: 2,
    flags: 0,
    ...fields,
  },
});

/** Creates the assets and accounts of a plan and issues each debtor the money it is about to pay, and a little more. */
async function prepareLedger(institution, file) {
  const issuer = institution.operator;
  const codes = new Set(file.groups.flatMap((group) => group.payments.map(({ amount }) => amount.currency)));
  const assets = [...codes].map(payments.currencyOf).filter((currency) => currency !== undefined);
  const assetList = assets.map(({ code, numeric, exponent }) => ({ id: numeric, scale: exponent, code, issuer }));
  await institution.apply(
    assetList.map((asset) => ({ kind: 'create_asset', asset: { ...asset, ...OPEN_ASSET_POLICY } })),
  );
  const target = { genesisId: institution.anchor, party: issuer, assets: assetList };
  const plan = payments.planPaymentFile(file, target);
  const blank = { party: issuer, code: 1, userData128: 0n, userData64: 0n, userData32: 0 };
  const issuing = new Map(assetList.map(({ id }) => [id, { ...blank, id: sdk.randomId(), asset: id, flags: 0 }]));
  const accounts = [...issuing.values(), ...plan.accounts.map(({ account }) => account)];
  await institution.apply(accounts.map((account) => ({ kind: 'create_account', account })));
  const opening = plan.accounts.filter(({ debited }) => debited);
  await institution.apply(
    opening.map(({ account, debitsMinor }) =>
      transferOf({
        id: sdk.randomId(),
        debitAccount: issuing.get(account.asset).id,
        creditAccount: account.id,
        amount: debitsMinor + openingMarginMinor,
        asset: account.asset,
      }),
    ),
  );
  say(`  assets ${assetList.map(({ code, id }) => `${code} ${id}`).join(', ')}; ${accounts.length} accounts;`);
  say(`  opening balances issued to ${opening.map(({ name, currency }) => `${name} (${currency})`).join(', ')}`);
  check(
    'customer accounts cannot be overdrawn',
    plan.accounts.every(({ account }) => (account.flags & ACCOUNT_FLAGS.debitsMustNotExceedCredits) !== 0),
  );
  return plan;
}

/** Books each payment in an envelope of its own, so that each has its own time to finality, and proves each result. */
async function bookPayments(institution, plan) {
  const booked = [];
  for (const line of plan.lines) {
    if (line.transfer === undefined) {
      booked.push({ line, outcome: payments.outcomeOf(line, null), finalMs: null, proof: null });
      continue;
    }
    const began = performance.now();
    const { results } = await institution.submit([{ kind: 'create_transfer', transfer: line.transfer }]);
    const finalMs = milliseconds(began);
    const proof = await institution.receipt(line.transfer.id);
    const provenMs = milliseconds(began);
    booked.push({ line, outcome: payments.outcomeOf(line, results[0].code), finalMs, provenMs, proof });
    if (proof.proves && institution.firstReceiptAt === undefined) institution.firstReceiptAt = performance.now();
  }
  return booked;
}

function printPayments(booked) {
  const headings = ['#', 'line', 'creditor', 'amount', 'status', 'receipt', 'final', 'proven'];
  const rows = booked.map(({ line, outcome, finalMs, provenMs, proof }) => [
    line.position,
    line.line,
    line.creditorName,
    `${line.amountText} ${line.currency}`,
    outcome.reason === undefined ? outcome.status : `${outcome.status} ${outcome.reason.code}`,
    proof?.proves ? `${proof.verdict.height}/${proof.verdict.index} ${formatId(line.transfer.id).slice(0, 8)}…` : '-',
    finalMs === null ? '-' : `${finalMs} ms`,
    finalMs === null ? '-' : `${provenMs} ms`,
  ]);
  printTable(headings, rows);
  for (const { line, outcome } of booked) {
    if (outcome.reason !== undefined) say(`  # ${line.position}: ${outcome.reason.code} ${outcome.reason.detail}`);
  }
}

/** The gateway computes the same report from the ledger alone, and warns of a message that was booked before. */
async function askGateway(institution, bytes, file, report) {
  const { gateway, ledger } = institution;
  const acknowledgement = file.countAcknowledged ? { acceptTransactionCount: file.paymentCount } : {};
  const statuses = (xml) => xml.match(/<TxSts>\w+<|<Cd>\w+</g)?.join(' ');
  const told = await gateway.paymentStatusReport(ledger.id, bytes, acknowledgement);
  check('the gateway reports the same outcomes from the ledger alone', statuses(told) === statuses(report));
  const code = await gateway.checkPaymentFile(ledger.id, bytes, acknowledgement).then(
    () => 'accepted',
    (error) => error.code,
  );
  check('the gateway knows the message as a duplicate', code === 'PAYMENT_FILE_DUPLICATE', code);
}

async function importPayments(institution, { bytes, file }, plan) {
  const booked = await bookPayments(institution, plan);
  printPayments(booked);
  const planned = booked.filter(({ line }) => line.transfer !== undefined);
  check(
    'every planned payment was applied',
    planned.length > 0 && planned.every(({ outcome }) => outcome.status === 'ACSC'),
  );
  const signers = planned.map(({ proof }) => (proof.verdict.ok ? proof.verdict.signers.length : 0));
  check(
    'every receipt verifies offline against the trust anchor',
    planned.every(({ proof }) => proof.proves),
    `at least ${Math.min(...signers)} of 4 signatures`,
  );
  const again = await institution.submit(
    planned.map(({ line }) => ({ kind: 'create_transfer', transfer: line.transfer })),
  );
  check(
    'importing the same message again books nothing',
    again.results.every(({ code }) => code === 'exists'),
  );
  const identity = { messageId: 'DEMO-REPORT-1', createdAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') };
  const report = payments.statusReport(
    file,
    booked.map(({ outcome }) => outcome),
    identity,
  );
  check('the status report (pain.002) tells each outcome', report.split('<TxSts>').length - 1 === file.paymentCount);
  await askGateway(institution, bytes, file, report);
  return planned;
}

/** The command line needs no platform to judge a receipt: neither a good one nor a forged one. */
function verifyWithCommandLine(institution, home, { receipt }) {
  const path = join(home, 'receipt.json');
  const verify = (value) => {
    writeFileSync(path, JSON.stringify(value));
    const words = [join(root, 'apps/cli/bin/quorate.js'), 'receipt', 'verify', path, '--genesis', institution.anchor];
    return spawnSync(process.execPath, words, { env: { PATH: process.env.PATH, HOME: home }, encoding: 'utf8' }).status;
  };
  check('`quorate receipt verify` accepts the receipt', verify(receipt) === 0);
  const forged = { ...receipt, record: { ...receipt.record, code: receipt.record.code === 0 ? 116 : 0 } };
  check('`quorate receipt verify` refuses a forged result with exit code 8', verify(forged) === 8);
}

async function payOnce(institution, line) {
  const transfer = { ...line.transfer, id: sdk.randomId(), amount: 1n };
  const began = performance.now();
  const { results } = await institution.submit([{ kind: 'create_transfer', transfer }]);
  const finalMs = milliseconds(began);
  const { proves } = await institution.receipt(transfer.id);
  return { applied: results[0].code === 'applied', proves, finalMs };
}

/** Ends the worker of the leading replica without warning: the hardest one to lose. */
async function loseWorker(platform, institution, line) {
  const { leader } = await institution.status();
  const { replicas } = await institution.refreshed();
  const lost = replicas.find(({ index }) => index === (leader ?? 0));
  const { pid } = platform.workers.find(({ name }) => name === lost.workerName);
  await platform.killWorker(lost.workerName);
  say(`  kill -9 of ${lost.workerName} (pid ${pid}), which ran the leading replica ${lost.index}`);
  const payment = await payOnce(institution, line);
  check('the next payment is final and proven without it', payment.applied && payment.proves, `${payment.finalMs} ms`);
  const next = await payOnce(institution, line);
  check('and so is the one after', next.applied && next.proves, `${next.finalMs} ms`);
  return lost;
}

async function returnWorker(platform, institution, lost) {
  const began = performance.now();
  await platform.startWorker(lost.workerName);
  say(`  ${lost.workerName} started again after ${milliseconds(began)} ms`);
  let own;
  let tip = 0;
  while (milliseconds(began) < catchUpMsMax) {
    const { replicas } = await institution.status();
    own = replicas.find(({ index }) => index === lost.index);
    tip = Math.max(...replicas.map(({ executedHeight }) => executedHeight ?? 0));
    if (own?.reachable && tip > 0 && own.executedHeight === tip) break;
    await delay(50);
  }
  const caughtUp = own?.reachable === true && own.executedHeight === tip;
  check(
    `replica ${lost.index} caught up to the tip`,
    caughtUp,
    `height ${own?.executedHeight} of ${tip} after ${milliseconds(began)} ms`,
  );
}

async function journey(platform, home) {
  heading('Sign up and create a ledger on four replicas');
  const signUpAt = performance.now();
  const institution = await Institution.signUp(platform);
  const createdAt = performance.now();
  await institution.createLedger();
  const readyMs = milliseconds(signUpAt);
  check('the ledger is ready', institution.ledger.state === 'ready', `${milliseconds(createdAt)} ms from the request`);

  heading('Read the payment file and prepare the ledger');
  const read = readPaymentFile();
  const plan = await prepareLedger(institution, read.file);

  heading('Book the payments');
  const planned = await importPayments(institution, read, plan);
  verifyWithCommandLine(institution, home, planned[0].proof);

  heading('Lose a worker');
  const lost = await loseWorker(platform, institution, planned[0].line);
  heading('Bring it back');
  await returnWorker(platform, institution, lost);

  heading('Times');
  say(`  sign-up to ledger ready            ${readyMs} ms`);
  say(`  sign-up to first verified receipt  ${Math.round((institution.firstReceiptAt ?? NaN) - signUpAt)} ms`);
}

const home = mkdtempSync(join(tmpdir(), 'quorate-demo-'));
const abort = new AbortController();
let platform = null;
let stopping = null;

async function shutDown() {
  await platform?.stop();
  rmSync(home, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    abort.abort();
    // While the platform starts, the aborted start stops what it has started and ends the demo by itself.
    if (platform !== null) stopping ??= shutDown().finally(() => process.exit(130));
  });
}

try {
  heading('Start a platform of its own');
  const began = performance.now();
  const ports = { port: await freePort(), gatewayPort: await freePort() };
  platform = await startPlatform({ home, ...ports, say: (line) => say(`  ${line}`), abort: abort.signal });
  say(`  ready after ${milliseconds(began)} ms: ${platform.workers.length} workers, ${platform.url}`);
  await journey(platform, home);
} catch (error) {
  if (!abort.signal.aborted) {
    failedChecks.push('the journey came to its end');
    console.error(`\nThe demo stopped: ${error.stack ?? error}`);
  }
} finally {
  if (stopping === null) {
    heading('Stop');
    await shutDown();
  } else {
    await stopping;
  }
}
if (abort.signal.aborted) {
  say('\nInterrupted.');
  process.exit(130);
}
say(failedChecks.length === 0 ? '\nEverything held.' : `\nNot held: ${failedChecks.join('; ')}`);
process.exit(failedChecks.length === 0 ? 0 : 1);
