// Transfer mixes for the state machine alone: signed envelopes that a ledger executes, made faster than it executes them.
import { createRequire } from 'node:module';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

const require = createRequire(import.meta.url);
const { verifySignature } = require('@quorate/crypto');
const { LEDGER_LIMITS, Ledger } = require('@quorate/ledger');
const protocol = require('@quorate/protocol');

export const perEnvelope = 8_190;
/** The operator's key is the same in every run, and so are all envelopes and their results. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const seed = Buffer.alloc(32, 1);
const operator = 1n;
const createdAtNs = 1_700_000_000_000_000_000n;
const blockNs = 1_000_000n;
/** Envelopes live for fifty minutes of ledger time. */
const lifetimeNs = 3_000_000_000_000n;
const asset = 756;
const plain = { userData128: 0n, userData64: 0n, userData32: 0, asset, code: 1, flags: 0 };
/** Offsets in an encoded envelope. */
const headAt = { id: 49, expiresAtNs: 65 };
/** Offsets in an encoded transfer of the low 32 bits of its id, accounts and pending id, and of its flags. */
const at = { id: 13, debitAccount: 29, creditAccount: 45, pendingId: 77, flags: 119 };
const transferBytes = protocol.OPERATION_BYTES.create_transfer;
const { linked, pending, postPendingTransfer } = protocol.TRANSFER_FLAGS;

/** A ledger of one operator, executing one envelope in each block. */
export function openLedger() {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
  const key = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32));
  const genesis = {
    ledgerId: new Uint8Array(16).fill(1),
    rulesVersion: protocol.RULES_VERSION,
    createdAtNs,
    operator: { id: operator, name: 'Operator', threshold: 1, keys: [{ scheme: 'ed25519', bytes: key }] },
    replicas: [{ consensusKey: key, certificateHash: new Uint8Array(32) }],
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: key }] },
  };
  const anchor = protocol.genesisId(genesis);
  const ledger = Ledger.create(genesis, verifySignature, LEDGER_LIMITS);
  let envelopes = 0n;
  const expiresAtNs = () => createdAtNs + BigInt(ledger.height + 1) * blockNs + lifetimeNs;
  const content = (operations) =>
    protocol.encodeEnvelopeContent({
      ledger: anchor,
      party: operator,
      id: envelopes++,
      expiresAtNs: expiresAtNs(),
      operations,
    });
  /** The same content as another envelope. */
  const again = (bytes) => {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    view.setBigUint64(headAt.id + 8, envelopes++);
    view.setBigUint64(headAt.expiresAtNs, expiresAtNs());
    return copy;
  };
  const signed = (bytes) => {
    const message = protocol.envelopeSigningBytes(protocol.envelopeHash(bytes));
    return protocol.encodeSignedEnvelope(bytes, [{ key: 0, bytes: new Uint8Array(sign(null, message, privateKey)) }]);
  };
  const execute = (envelope) => {
    const height = ledger.height + 1;
    return ledger.executeBlock({ height, timeNs: createdAtNs + BigInt(height) * blockNs, envelopes: [envelope] });
  };
  return { genesis, privateKey, ledger, content, again, signed, execute };
}

/** Spreads 1, 2, 3, … over 32 bits; the id has one of them in its low and the plain number in its upper half. */
const spread = (number) => Math.imul(number + 1, 0x9e3779b1) >>> 0;
const idOf = (number) => (BigInt(number + 1) << 32n) | BigInt(spread(number));

/** Opens the asset, and accounts up to the number `count` from `begin` on; gives the seconds that their execution took. */
export function openAccounts({ content, signed, execute }, count, begin = 0) {
  execute(
    signed(
      content([
        {
          kind: 'create_asset',
          asset: {
            id: asset,
            scale: 2,
            code: 'CHF',
            issuer: operator,
            issuing: 'free',
            maximumSupply: 0n,
            transfers: 'open',
          },
        },
      ]),
    ),
  );
  let elapsedMs = 0;
  for (let first = begin; first < count; first += perEnvelope) {
    const operations = Array.from({ length: Math.min(perEnvelope, count - first) }, (_, index) => ({
      kind: 'create_account',
      account: { id: idOf(first + index), party: operator, ...plain },
    }));
    const envelope = signed(content(operations));
    const began = performance.now();
    const { codes } = execute(envelope);
    elapsedMs += performance.now() - began;
    if (codes.some((code) => code !== 0)) throw new Error('an account was not opened');
  }
  return elapsedMs / 1_000;
}

/** Writes transfer `number` of a mix; the accounts are those of the payment that it belongs to. */
function writeTransfer(view, offset, number, [debit, credit], flags, pendingNumber) {
  view.setUint32(offset + at.id - 4, number + 1);
  view.setUint32(offset + at.id, spread(number));
  view.setUint32(offset + at.debitAccount - 4, debit + 1);
  view.setUint32(offset + at.debitAccount, spread(debit));
  view.setUint32(offset + at.creditAccount - 4, credit + 1);
  view.setUint32(offset + at.creditAccount, spread(credit));
  view.setUint32(offset + at.pendingId - 4, pendingNumber < 0 ? 0 : pendingNumber + 1);
  view.setUint32(offset + at.pendingId, pendingNumber < 0 ? 0 : spread(pendingNumber));
  view.setUint16(offset + at.flags, flags);
}

/** The same generator in every run, so that runs do the same work. */
function randomNumbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

function drawPair(random, accounts) {
  const debit = random(accounts);
  return [debit, (debit + 1 + random(accounts - 1)) % accounts];
}

/** Mixes by name: how many accounts, and what operation k of an envelope is. */
export const mixes = {
  'uniform over 1,000,000 accounts': { accounts: 1_000_000 },
  'uniform over 1,000 accounts': { accounts: 1_000 },
  '10 hot accounts': { accounts: 10 },
  '1 hot pair': { accounts: 2 },
  'every other payment in two phases, 1,000,000 accounts': { accounts: 1_000_000, twoPhase: true },
  'chains of 4, 1,000,000 accounts': { accounts: 1_000_000, chains: true },
};

/** Makes one envelope after the other of a mix; the content is patched, because building it anew would take longer. */
export function envelopesOf(bench, { accounts, twoPhase = false, chains = false }) {
  const transfer = { debitAccount: 1n, creditAccount: 2n, amount: 1n, pendingId: 0n, timeoutSeconds: 0, ...plain };
  const operations = Array.from({ length: perEnvelope }, () => ({
    kind: 'create_transfer',
    transfer: { id: 1n, ...transfer },
  }));
  const template = bench.content(operations);
  const headBytes = template.length - perEnvelope * transferBytes;
  const random = randomNumbers(7);
  let number = 0;
  let pair = [0, 1];
  return () => {
    const bytes = bench.again(template);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < perEnvelope; index += 1, number += 1) {
      const offset = headBytes + index * transferBytes;
      // Of three transfers one is whole, one reserves and one posts what was reserved: two payments, one of them in two phases.
      const phase = twoPhase ? index % 3 : 0;
      if (phase !== 2) pair = drawPair(random, accounts);
      const chained = chains && index % 4 !== 3 && index + 1 < perEnvelope;
      const flags = phase === 1 ? pending : phase === 2 ? postPendingTransfer : chained ? linked : 0;
      writeTransfer(view, offset, number, pair, flags, phase === 2 ? number - 1 : -1);
    }
    return bench.signed(bytes);
  };
}
