// Speed of the state machine alone: one core, no disk, no network, no consensus. Transfers between accounts drawn
// uniformly from a million, in full envelopes with one real signature each.
import { createRequire } from 'node:module';
import { generateKeyPairSync, sign } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { hardware, perSecond, printTable } from './figures.mjs';

const require = createRequire(import.meta.url);
const { verifySignature } = require('@quorate/crypto');
const { Ledger } = require('@quorate/ledger');
const protocol = require('@quorate/protocol');

const accountCount = 1_000_000;
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
    replicas: [{ consensusKey: key, certificateHash: new Uint8Array(32) }],
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

function openAccounts({ content, signed, execute }) {
  execute(signed(content([{ kind: 'create_asset', asset: { id: 756, scale: 2, code: 'CHF', issuer: operator } }], 1n)));
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

function transferEnvelope({ signed }, { bytes, headBytes }, first) {
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

/** Operations a second of the state machine: accounts, transfers, and transfers with their results hashed for receipts. */
export function measureLedger() {
  const bench = openLedger();
  const accounts = openAccounts(bench);
  const template = transferTemplate(bench);
  let executeMs = 0;
  let hashMs = 0;
  let applied = 0;
  for (let first = 1; first <= transferCount; first += perEnvelope) {
    const envelope = transferEnvelope(bench, template, first);
    const began = performance.now();
    const outcome = bench.execute(envelope);
    const executed = performance.now();
    if (outcome.resultsRoot.length !== 32) throw new Error('no results root');
    executeMs += executed - began;
    hashMs += performance.now() - executed;
    applied += outcome.codes.reduce((count, code) => count + (code === 0 ? 1 : 0), 0);
  }
  if (applied < transferCount) throw new Error(`only ${applied} of ${transferCount} transfers were applied`);
  return { accounts, transfers: (applied / executeMs) * 1_000, hashed: (applied / (executeMs + hashMs)) * 1_000 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { accounts, transfers, hashed } = measureLedger();
  console.log(`Measured on ${hardware('.')}, one core.\n`);
  printTable(
    ['state machine alone, 1,000,000 accounts, envelopes of 8,190', 'per second'],
    [
      ['accounts created', perSecond(accounts)],
      ['transfers executed', perSecond(transfers)],
      ['transfers executed and their results hashed', perSecond(hashed)],
    ],
  );
}
