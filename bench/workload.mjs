// Signed envelopes of transfers, made fast enough not to be what is measured: one envelope's bytes are patched for each.
import { createRequire } from 'node:module';
import { OPERATOR } from './cluster.mjs';

const require = createRequire(import.meta.url);
const protocol = require('@quorate/protocol');

const HOUR_NS = 3_600_000_000_000n;
const asset = 756;
const plain = { userData128: 0n, userData64: 0n, userData32: 0, asset, code: 1, flags: 0 };
const { create_transfer: transferBytes } = protocol.OPERATION_BYTES;
const { linked, pending, postPendingTransfer: postPending } = protocol.TRANSFER_FLAGS;
export const PER_ENVELOPE = 8_190;
/** Offsets of the low 64 bits of an encoded transfer's numbers. */
const at = { id: 9, debitAccount: 25, creditAccount: 41, amount: 57, pendingId: 73 };
/** Offset of the envelope's own id in its content. */
const ENVELOPE_ID = 57;

/** Spreads 1, 2, 3, … over 64 bits, as ids that clients draw at random would be: two halves, the second one to one. */
const upper = (number) => Math.imul(number ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
const lower = (number) => Math.imul(number, 0x85ebca6b) >>> 0;
const idOf = (number) => (BigInt(upper(number)) << 32n) | BigInt(lower(number));

function setId(view, offset, number) {
  view.setUint32(offset, upper(number));
  view.setUint32(offset + 4, lower(number));
}

/** What a mix of transfers looks like: between how many accounts, and which flags operation `index` of an envelope has. */
export const mixesOf = (accounts) => [
  { name: `${accounts.toLocaleString('en-US')} accounts, uniform`, accounts },
  { name: '1,000 accounts', accounts: 1_000 },
  { name: '10 hot accounts', accounts: 10 },
  { name: '1 hot pair', accounts: 2 },
  { name: '50 % two-phase', accounts, flags: [0, 0, pending, postPending] },
  { name: 'chains of 4', accounts, flags: [linked, linked, linked, 0] },
];

/** Transfers of a full envelope of a mix: whole chains and whole pairs. */
export const fullEnvelope = (mix) => PER_ENVELOPE - (PER_ENVELOPE % (mix.flags?.length ?? 1));

/** Makes envelopes of one ledger. */
export class Workload {
  #nextId = 1;
  #templates = new Map();

  constructor(cluster) {
    this.cluster = cluster;
  }

  /** An envelope with any operations. */
  envelope(operations) {
    return this.#signed(this.#content(operations));
  }

  /** `count` accounts from number `first` on. */
  accounts(first, count) {
    const accountOf = (index) => ({ id: idOf(first + index + 1), party: OPERATOR, ...plain });
    return this.envelope(
      Array.from({ length: count }, (_, index) => ({ kind: 'create_account', account: accountOf(index) })),
    );
  }

  asset() {
    const draft = { id: asset, scale: 2, code: 'CHF', issuer: OPERATOR, ...protocol.OPEN_ASSET_POLICY };
    return this.envelope([{ kind: 'create_asset', asset: draft }]);
  }

  /** `count` new transfers of a mix, as bytes to submit. */
  transfers(mix, count) {
    const { bytes, view, headBytes } = this.#template(mix, count);
    view.setBigUint64(ENVELOPE_ID, BigInt(this.#nextId));
    for (let index = 0; index < count; index += 1) {
      const offset = headBytes + index * transferBytes;
      setId(view, offset + at.id, this.#nextId);
      const flags = mix.flags?.[index % mix.flags.length] ?? 0;
      if (flags === postPending) {
        setId(view, offset + at.pendingId, this.#nextId - 1);
      } else {
        const debit = Math.floor(Math.random() * mix.accounts);
        const credit = (debit + 1 + Math.floor(Math.random() * (mix.accounts - 1))) % mix.accounts;
        setId(view, offset + at.debitAccount, debit + 1);
        setId(view, offset + at.creditAccount, credit + 1);
      }
      this.#nextId += 1;
    }
    return this.#signed(bytes);
  }

  #template(mix, count) {
    const key = `${mix.name} ${count}`;
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const operations = Array.from({ length: count }, (_, index) => {
      const flags = mix.flags?.[index % mix.flags.length] ?? 0;
      const posts = flags === postPending;
      const rest = { amount: posts ? protocol.AMOUNT_MAX : 1n, pendingId: posts ? 1n : 0n, timeoutSeconds: 0 };
      const accounts = posts ? { debitAccount: 0n, creditAccount: 0n } : { debitAccount: 1n, creditAccount: 2n };
      // Nothing is said again that the pending transfer has said.
      const fields = posts ? { ...plain, asset: 0, code: 0 } : plain;
      return { kind: 'create_transfer', transfer: { id: 1n, ...accounts, ...rest, ...fields, flags } };
    });
    const bytes = this.#content(operations);
    const made = {
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      headBytes: bytes.length - count * transferBytes,
    };
    this.#templates.set(key, made);
    return made;
  }

  #content(operations) {
    const id = BigInt(this.#nextId);
    this.#nextId += 1;
    const expiresAtNs = BigInt(Date.now()) * 1_000_000n + HOUR_NS / 2n;
    return protocol.encodeEnvelopeContent({
      ledger: this.cluster.anchor,
      party: OPERATOR,
      id,
      expiresAtNs,
      operations,
    });
  }

  #signed(content) {
    const message = protocol.envelopeSigningBytes(protocol.envelopeHash(content));
    return protocol.encodeSignedEnvelope(content, [{ key: 0, bytes: this.cluster.sign(message) }]);
  }
}
