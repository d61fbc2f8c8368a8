import { CodecError, Reader, Writer } from '@quorate/codec';
import { SIGNATURE_BYTES, concatBytes, sha256 } from '@quorate/crypto';
import { LIMITS } from './limits';
import { OPERATION_BYTES, OPERATION_TAGS, readOperation, writeOperation, type Operation } from './operation';
import { readParty } from './party-operations';

const ENVELOPE_VERSION = 1;
/** version 1, ledger 32, party 16, id 16, expiry 8, operation count 2 */
const CONTENT_HEAD_BYTES = 75;
const { create_transfer: TRANSFER_TAG, create_account: ACCOUNT_TAG } = OPERATION_TAGS;
const { create_transfer: TRANSFER_BYTES, create_account: ACCOUNT_BYTES } = OPERATION_BYTES;
const SIGNING_TAG = new TextEncoder().encode('quorate/envelope/1\0');

/** A signature by the key at index `key` of the signing party's keys. */
export interface EnvelopeSignature {
  readonly key: number;
  readonly bytes: Uint8Array;
}

/** What the signatures cover. `ledger` is the ledger's genesis id, so that no other ledger accepts the envelope. */
export interface EnvelopeContent {
  readonly ledger: Uint8Array;
  readonly party: bigint;
  readonly id: bigint;
  readonly expiresAtNs: bigint;
  readonly operations: readonly Operation[];
}

/** A batch of operations signed by one party; the unit of submission. */
export interface Envelope extends EnvelopeContent {
  readonly signatures: readonly EnvelopeSignature[];
}

/** Where things are in an encoded envelope, without decoding its operations. */
export interface EnvelopeOutline {
  readonly ledger: Uint8Array;
  readonly party: bigint;
  readonly id: bigint;
  readonly expiresAtNs: bigint;
  readonly operationCount: number;
  /** [start, end) of each operation's bytes, tag included: 2 entries per operation. */
  readonly operationOffsets: Uint32Array;
  readonly contentBytes: number;
  readonly hash: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** Canonical bytes of the content; what `envelopeHash` hashes. */
export function encodeEnvelopeContent(content: EnvelopeContent): Uint8Array {
  const count = content.operations.length;
  if (count < 1 || count > LIMITS.envelopeOperationsMax) {
    throw new CodecError('CODEC_RANGE', `an envelope holds 1 to ${LIMITS.envelopeOperationsMax} operations`, { count });
  }
  const writer = new Writer(CONTENT_HEAD_BYTES + count * OPERATION_BYTES.create_transfer);
  writer
    .u8(ENVELOPE_VERSION)
    .fixed(content.ledger, 32)
    .u128(content.party)
    .u128(content.id)
    .u64(content.expiresAtNs)
    .u16(count);
  for (const operation of content.operations) writeOperation(writer, operation);
  return writer.finish();
}

/** Identity of an envelope: SHA-256 of its content. Signatures do not enter it. */
export function envelopeHash(content: Uint8Array): Uint8Array {
  return sha256(content);
}

/** The message that a party's keys sign. */
export function envelopeSigningBytes(hash: Uint8Array): Uint8Array {
  return concatBytes(SIGNING_TAG, hash);
}

/** Joins encoded content and signatures (ascending by key, each key once). */
export function encodeSignedEnvelope(content: Uint8Array, signatures: readonly EnvelopeSignature[]): Uint8Array {
  const writer = new Writer(content.length + 1 + signatures.length * (1 + SIGNATURE_BYTES));
  writer.fixed(content, content.length).u8(signatures.length);
  for (const signature of signatures) writer.u8(signature.key).fixed(signature.bytes, SIGNATURE_BYTES);
  return writer.finish();
}

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encodeSignedEnvelope(encodeEnvelopeContent(envelope), envelope.signatures);
}

function readSignatures(reader: Reader): EnvelopeSignature[] {
  const count = reader.u8();
  if (count > LIMITS.envelopeSignaturesMax) throw new CodecError('CODEC_RANGE', 'too many signatures', { count });
  const signatures: EnvelopeSignature[] = [];
  for (let index = 0; index < count; index += 1) {
    const key = reader.u8();
    if (index > 0 && key <= signatures[index - 1].key)
      throw new CodecError('CODEC_INVALID', 'signatures are not in ascending order of keys');
    signatures.push({ key, bytes: reader.fixed(SIGNATURE_BYTES).slice() });
  }
  return signatures;
}

function skipOperation(reader: Reader, bytes: Uint8Array): void {
  const tag = reader.remaining > 0 ? bytes[reader.offset] : 0;
  switch (tag) {
    case TRANSFER_TAG:
      reader.skip(TRANSFER_BYTES);
      return;
    case ACCOUNT_TAG:
      reader.skip(ACCOUNT_BYTES);
      return;
    case OPERATION_TAGS.create_party:
      reader.u8();
      readParty(reader);
      return;
    default:
      readOperation(reader);
  }
}

function readHead(reader: Reader): {
  ledger: Uint8Array;
  party: bigint;
  id: bigint;
  expiresAtNs: bigint;
  count: number;
} {
  const version = reader.u8();
  if (version !== ENVELOPE_VERSION)
    throw new CodecError('CODEC_INVALID', `envelope version ${version} is unknown`, { version });
  const head = {
    ledger: reader.fixed(32).slice(),
    party: reader.u128(),
    id: reader.u128(),
    expiresAtNs: reader.u64(),
    count: reader.u16(),
  };
  if (head.count < 1 || head.count > LIMITS.envelopeOperationsMax) {
    throw new CodecError('CODEC_RANGE', `an envelope holds 1 to ${LIMITS.envelopeOperationsMax} operations`, {
      count: head.count,
    });
  }
  return head;
}

function assertSize(bytes: Uint8Array): void {
  if (bytes.length > LIMITS.envelopeBytesMax)
    throw new CodecError('CODEC_RANGE', 'envelope too large', { bytes: bytes.length });
}

/** Checks the syntax of a whole encoded envelope in one pass and tells where its operations are. Throws CodecError. */
export function scanEnvelope(bytes: Uint8Array): EnvelopeOutline {
  assertSize(bytes);
  const reader = new Reader(bytes);
  const { ledger, party, id, expiresAtNs, count } = readHead(reader);
  const operationOffsets = new Uint32Array(count * 2);
  for (let index = 0; index < count; index += 1) {
    operationOffsets[index * 2] = reader.offset;
    skipOperation(reader, bytes);
    operationOffsets[index * 2 + 1] = reader.offset;
  }
  const contentBytes = reader.offset;
  const signatures = readSignatures(reader);
  reader.end();
  const hash = envelopeHash(bytes.subarray(0, contentBytes));
  return { ledger, party, id, expiresAtNs, operationCount: count, operationOffsets, contentBytes, hash, signatures };
}

/** Decodes an envelope with all its operations. Throws CodecError unless the bytes are canonical. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  assertSize(bytes);
  const reader = new Reader(bytes);
  const { ledger, party, id, expiresAtNs, count } = readHead(reader);
  const operations: Operation[] = [];
  for (let index = 0; index < count; index += 1) operations.push(readOperation(reader));
  const signatures = readSignatures(reader);
  reader.end();
  return { ledger, party, id, expiresAtNs, operations, signatures };
}
