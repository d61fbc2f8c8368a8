// One leaf of a block's results tree: what was asked, what came of it, and what it left behind in its accounts
// (docs/spec/protocol.md, "Results"). All chunks have 32 bytes and pair(a, b) is SHA-256 of a ‖ b:
//
//   leaf = pair( pair(operation, pair(outcome, origin)), pair(accounts, pair(debit half, credit half)) )
//   half = pair(posted, state)  or, if the state says that there are pending sums,  pair(pair(posted, pending), state)
//
// A half hides balances behind its account's salt, so that a receipt can be shown to the other side of a transfer.
import { CodecError, Reader, Writer } from '@quorate/codec';
import { CHUNK_BYTES, concatBytes, leafHash, pairHash, pairRoot, sha256 } from '@quorate/crypto';
import { EVIDENCE_TAG, decodeEvidence, type Evidence } from './evidence';
import { decodeOperation, type Operation } from './operation';

/** Where a result stands in the history of a ledger; height 0 and index 0 is the position before all. */
export interface ResultPosition {
  readonly height: number;
  readonly index: number;
}

/** What a result left behind in one account. Amounts are in minor units of its asset. */
export interface AccountAfter {
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  /** Null as long as no pending transfer ever touched the account. */
  readonly pending: { readonly debits: bigint; readonly credits: bigint } | null;
  /** Flags of the account at that moment. */
  readonly flags: number;
  /** The previous result that touched the account. */
  readonly previous: ResultPosition;
  /** 16 bytes that keep the balances from being guessed. */
  readonly salt: Uint8Array;
}

/** The signed batch that an operation came in. */
export interface ResultOrigin {
  readonly envelopeHash: Uint8Array;
  readonly party: bigint;
}

/** Outcome of one operation or expiry, without the balances. `code` is a RESULT_CODES number. */
export interface ResultRecord {
  readonly index: number;
  readonly timestampNs: bigint;
  readonly code: number;
  /** Moved, reserved or released; the supply in an attested supply; otherwise 0. */
  readonly amount: bigint;
  /** Null for an expiry, which nobody asked for. */
  readonly origin: ResultOrigin | null;
  /** Canonical bytes of the operation. */
  readonly operation: Uint8Array;
  /** The accounts that the result concerns, 0 where there is none; a single account is the debit one. */
  readonly debitAccount: bigint;
  readonly creditAccount: bigint;
}

/** No operation is longer. */
export const OPERATION_BYTES_MAX = 1_024;
/** First byte of what stands in an operation's place where a pending transfer expired; no envelope can hold it. */
const EXPIRY_TAG = 14;
/** Its tag and the pending transfer's id. */
export const EXPIRY_BYTES = 17;
/** Bytes of a salt. */
export const SALT_BYTES = 16;

/** Neither leaf nor node: what stands where there is nothing. */
const NOTHING = new Uint8Array(CHUNK_BYTES);
const SALT_TAG = new TextEncoder().encode('quorate/account-salt/2\0');
const HAS_PENDING = 1n;
const FLAGS_SHIFT = 16n;
const U48 = 2 ** 48;
const U32 = 0x1_0000_0000;

/**
 * What a result is of: an operation that somebody asked for, a pending transfer whose timeout passed, or evidence against a replica, which the
 * replicas themselves recorded: its origin is its own hash and the party 0.
 */
export type ResultOperation =
  | Operation
  | { readonly kind: 'expiry'; readonly pendingId: bigint }
  | { readonly kind: 'evidence'; readonly evidence: Evidence };

/** Bytes that stand in an operation's place where a pending transfer expired. */
export function encodeExpiry(pendingId: bigint): Uint8Array {
  return new Writer(EXPIRY_BYTES).u8(EXPIRY_TAG).u128(pendingId).finish();
}

/** What the operation's bytes in a result stand for; throws CodecError unless they are canonical. */
export function decodeResultOperation(bytes: Uint8Array): ResultOperation {
  if (bytes[0] === EVIDENCE_TAG) return { kind: 'evidence', evidence: decodeEvidence(bytes) };
  if (bytes[0] !== EXPIRY_TAG) return decodeOperation(bytes);
  const reader = new Reader(bytes);
  reader.skip(1);
  const pendingId = reader.u128();
  reader.end();
  return { kind: 'expiry', pendingId };
}

/**
 * What the salts of the accounts that an envelope with this first signature creates are made with: a salt is the first half of
 * `pairHash(key, account id ‖ 16 zero bytes)`. Nobody who did not see the envelope can know the signature.
 */
export function accountSaltKey(firstSignature: Uint8Array): Uint8Array {
  return sha256(concatBytes(SALT_TAG, firstSignature));
}

/** Root over the operation's bytes in chunks; its length is in the outcome chunk. */
export function operationRoot(operation: Uint8Array): Uint8Array {
  const chunks = new Uint8Array(Math.ceil(operation.length / CHUNK_BYTES) * CHUNK_BYTES);
  chunks.set(operation);
  return pairRoot(chunks);
}

function outcomeChunk(record: ResultRecord): Uint8Array {
  if (record.operation.length === 0 || record.operation.length > OPERATION_BYTES_MAX)
    throw new CodecError('CODEC_RANGE', 'an operation of this length does not exist');
  const writer = new Writer(CHUNK_BYTES).u32(record.index).u16(record.code).u16(record.operation.length);
  return writer.u128(record.amount).u64(record.timestampNs).finish();
}

function originChunk(origin: ResultOrigin | null): Uint8Array {
  return origin === null ? NOTHING : pairHash(origin.envelopeHash, idsChunk(origin.party, 0n));
}

function idsChunk(left: bigint, right: bigint): Uint8Array {
  return new Writer(CHUNK_BYTES).u128(left).u128(right).finish();
}

function stateChunk(after: AccountAfter): Uint8Array {
  const { height, index } = after.previous;
  if (!Number.isSafeInteger(height) || height < 0 || height >= U48)
    throw new CodecError('CODEC_RANGE', 'a height in a result has 48 bits', { height });
  const writer = new Writer(CHUNK_BYTES)
    .u16(Math.floor(height / U32))
    .u32(height % U32)
    .u16(index);
  const flags = (BigInt(after.flags & 0xffff) << FLAGS_SHIFT) | (after.pending === null ? 0n : HAS_PENDING);
  return writer.u64(flags).fixed(after.salt, SALT_BYTES).finish();
}

/** The hash under which a leaf holds what became of one account. */
export function accountHalf(after: AccountAfter): Uint8Array {
  const posted = idsChunk(after.debitsPosted, after.creditsPosted);
  const sums =
    after.pending === null ? posted : pairHash(posted, idsChunk(after.pending.debits, after.pending.credits));
  return pairHash(sums, stateChunk(after));
}

/** Leaf of one result. A half must be given for each account that the record names, and for no other. */
export function resultLeaf(
  record: ResultRecord,
  debitHalf: Uint8Array | null,
  creditHalf: Uint8Array | null,
): Uint8Array {
  if ((record.debitAccount === 0n) !== (debitHalf === null) || (record.creditAccount === 0n) !== (creditHalf === null))
    throw new CodecError('CODEC_INVALID', 'a result has one half for each account that it names');
  const asked = pairHash(operationRoot(record.operation), pairHash(outcomeChunk(record), originChunk(record.origin)));
  const accounts = idsChunk(record.debitAccount, record.creditAccount);
  return pairHash(asked, pairHash(accounts, pairHash(debitHalf ?? NOTHING, creditHalf ?? NOTHING)));
}

/** Root of a block's results: binds the number of leaves, because the tree alone is filled up to a power of two. */
export function resultsRoot(treeRoot: Uint8Array, count: number): Uint8Array {
  return pairHash(treeRoot, new Writer(CHUNK_BYTES).u32(count).fixed(NOTHING.subarray(4), 28).finish());
}

/** Leaf of the history tree: binds a block to the root of its results. */
export function historyLeaf(blockId: Uint8Array, root: Uint8Array): Uint8Array {
  return leafHash(concatBytes(blockId, root));
}
