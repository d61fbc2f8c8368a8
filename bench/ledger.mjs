// Speed of the state machine alone: one core, no disk, no network, no consensus. Transfers between accounts drawn
// uniformly from a million, and from ten, in full envelopes with one real signature each. Processor time is given too: on a
// machine that does other work the elapsed time says little.
import { createRequire } from 'node:module';
import { generateKeyPairSync, sign } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { hardware, perSecond, printTable } from './figures.mjs';

const require = createRequire(import.meta.url);
const { verifySignature } = require('@quorate/crypto');
const { Ledger } = require('@quorate/ledger');
const protocol = require('@quorate/protocol');

const accountCountUsual = 1_000_000;
const accountCountHot = 10;
const transferCount = 1_500_000;
const perEnvelope = 8_190;
const operator = 1n;
const createdAtNs = 1_700_000_000_000_000_000n;
const plain = { userData128: 0n, userData64: 0n, userData32: 0, asset: 756, code: 1, flags: 0 };
/** Offsets in an encoded transfer of the low 64 bits of its id, debit account and credit account. */
const at = { id: 9, debitAccount: 25, creditAccount: 41 };

function openLedger() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  const genesis = {
    ledgerId: new Uint8Array(16).fill(1),
    createdAtNs,
    operator: { id: operator, name: 'Operator', threshold: 1, keys: [{ scheme: 'ed25519', bytes: key }] },
    rulesVersion: protocol.RULES_VERSION,
    replicas: [{ consensusKey: key, certificateHash: new Uint8Array(32) }],
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: key }] },
  };
  const anchor = protocol.genesisId(genesis);
  const ledger = Ledger.create(genesis, verifySignature);
  const signed = (content) => {
    const message = protocol.envelopeSigningBytes(protocol.envelopeHash(content));
    return protocol.encodeSignedEnvelope(content, [{ key: 0, bytes: new Uint8Array(sign(null, message, privateKey)) }]);
  };
  const content = (operations, id) =>
    protocol.encodeEnvelopeContent({
      ledger: anchor,
      party: operator,
      id,
      expiresAtNs: createdAtNs + 10n ** 12n,
      operations,
    });
  const execute = (envelope) => {
    const height = ledger.height + 1;
    return ledger.executeBlock({ height, timeNs: createdAtNs + BigInt(height) * 1_000_000n, envelopes: [envelope] });
  };
  return { content, signed, execute };
}

/** Spreads 1, 2, 3, … over 64 bits, as ids that clients draw at random would be. */
const spread = (number) => BigInt.asUintN(64, BigInt(number) * 0x9e3779b97f4a7c15n) | 1n;

function openAccounts({ content, signed, execute }, accountCount) {
  const asset = { id: 756, scale: 2, code: 'CHF', issuer: operator, ...protocol.OPEN_ASSET_POLICY };
  execute(signed(content([{ kind: 'create_asset', asset }], 1n)));
  let elapsedMs = 0;
  for (let first = 0; first < accountCount; first += perEnvelope) {
    const count = Math.min(perEnvelope, accountCount - first);
    const operations = Array.from({ length: count }, (_, index) => ({
      kind: 'create_account',
      account: { id: spread(first + index), party: operator, ...plain },
    }));
    const envelope = signed(content(operations, BigInt(first + 2)));
    const began = performance.now();
    execute(envelope);
    elapsedMs += performance.now() - began;
  }
  return (accountCount / elapsedMs) * 1_000;
}

/** One envelope's content, patched for each block: building it anew would take longer than executing it. */
function transferTemplate({ content }) {
  const accounts = { debitAccount: 1n, creditAccount: 2n, amount: 1n, pendingId: 0n, timeoutSeconds: 0 };
  const transfer = { kind: 'create_transfer', transfer: { id: 1n, ...accounts, ...plain } };
  const bytes = content(
    Array.from({ length: perEnvelope }, () => transfer),
    0n,
  );
  const headBytes = bytes.length - perEnvelope * protocol.OPERATION_BYTES.create_transfer;
  return { bytes, headBytes };
}

function transferEnvelope({ signed }, { bytes, headBytes }, first, accountCount) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < perEnvelope; index += 1) {
    const offset = headBytes + index * protocol.OPERATION_BYTES.create_transfer;
    const debit = Math.floor(Math.random() * accountCount);
    const credit = (debit + 1 + Math.floor(Math.random() * (accountCount - 1))) % accountCount;
    view.setBigUint64(offset + at.id, spread(first + index));
    view.setBigUint64(offset + at.debitAccount, spread(debit));
    view.setBigUint64(offset + at.creditAccount, spread(credit));
  }
  return signed(bytes);
}

/** Milliseconds of one processor that this process has used. */
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Operations a second of the state machine: accounts, transfers, and transfers with their results hashed for receipts. */
export function measureLedger(accountCount = accountCountUsual) {
  const bench = openLedger();
  const accounts = openAccounts(bench, accountCount);
  const template = transferTemplate(bench);
  const spent = { executeMs: 0, hashMs: 0, executeProcessorMs: 0, hashProcessorMs: 0 };
  let applied = 0;
  for (let first = 1; first <= transferCount; first += perEnvelope) {
    const envelope = transferEnvelope(bench, template, first, accountCount);
    const began = [performance.now(), processorMs()];
    const outcome = bench.execute(envelope);
    const executed = [performance.now(), processorMs()];
    if (outcome.resultsRoot.length !== 32) throw new Error('no results root');
    spent.executeMs += executed[0] - began[0];
    spent.executeProcessorMs += executed[1] - began[1];
    spent.hashMs += performance.now() - executed[0];
    spent.hashProcessorMs += processorMs() - executed[1];
    applied += outcome.codes.reduce((count, code) => count + (code === 0 ? 1 : 0), 0);
  }
  if (applied < transferCount) throw new Error(`only ${applied} of ${transferCount} transfers were applied`);
  const rate = (ms) => (applied / ms) * 1_000;
  return {
    accounts,
    transfers: rate(spent.executeMs),
    hashed: rate(spent.executeMs + spent.hashMs),
    transfersOfProcessor: rate(spent.executeProcessorMs),
    hashedOfProcessor: rate(spent.executeProcessorMs + spent.hashProcessorMs),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`Measured on ${hardware('.')}, one core.\n`);
  const [usual, hot] = [accountCountUsual, accountCountHot].map((count) => measureLedger(count));
  printTable(
    ['state machine alone, envelopes of 8,190', 'a second', 'a second of processor time'],
    [
      ['accounts created, 1,000,000', perSecond(usual.accounts), ''],
      ['transfers between 1,000,000 accounts', perSecond(usual.transfers), perSecond(usual.transfersOfProcessor)],
      ['the same, results hashed', perSecond(usual.hashed), perSecond(usual.hashedOfProcessor)],
      ['transfers between 10 accounts', perSecond(hot.transfers), perSecond(hot.transfersOfProcessor)],
      ['the same, results hashed', perSecond(hot.hashed), perSecond(hot.hashedOfProcessor)],
    ],
  );
}
