// The compact form of a receipt (docs/spec/protocol.md): the same content as its JSON, in half the space or less.
import { CodecError, Reader, Writer } from '@quorate/codec';
import { hex, unhex } from '@quorate/crypto';
import { HEADER_BYTES } from './block';
import { formatId, parseId } from './identifier';
import type { Receipt, ReceiptAccount, ReceiptSide } from './receipt';
import { OPERATION_BYTES_MAX, SALT_BYTES } from './result';

/** "QRCP": what a file begins with that holds a compact receipt. */
const MAGIC = Uint8Array.of(0x51, 0x52, 0x43, 0x50);
const VERSION = 2;
const HASH_BYTES = 32;
const PATH_LENGTH_MAX = 64;
const DOCUMENT_BYTES_MAX = 8_192;
/** A certificate behind the ends of the epochs before it. */
const PROOF_BYTES_MAX = 262_144;
/** What stands of a side: nothing, its hash, or the account without or with pending sums. */
const SIDE = { none: 0, hidden: 1, open: 2, openWithPending: 3 } as const;

/** Whether bytes claim to be a compact receipt. */
export function isReceiptBytes(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

function writePath(writer: Writer, path: readonly string[]): void {
  writer.u8(path.length);
  for (const node of path) writer.fixed(unhex(node), HASH_BYTES);
}

function readPath(reader: Reader): string[] {
  const length = reader.u8();
  if (length > PATH_LENGTH_MAX) throw new CodecError('CODEC_RANGE', 'a path in a receipt is too long', { length });
  return Array.from({ length }, () => hex(reader.fixed(HASH_BYTES)));
}

function writeSide(writer: Writer, side: ReceiptSide): void {
  if (side === null) return void writer.u8(SIDE.none);
  if (typeof side === 'string') return void writer.u8(SIDE.hidden).fixed(unhex(side), HASH_BYTES);
  const { debitsPending, creditsPending } = side;
  const pending = debitsPending !== null && creditsPending !== null;
  writer
    .u8(pending ? SIDE.openWithPending : SIDE.open)
    .u128(BigInt(side.debitsPosted))
    .u128(BigInt(side.creditsPosted));
  if (pending) writer.u128(BigInt(debitsPending)).u128(BigInt(creditsPending));
  writer.u16(side.flags).uint(side.previousHeight).u16(side.previousIndex).fixed(unhex(side.salt), SALT_BYTES);
}

function readAccount(reader: Reader, pending: boolean): ReceiptAccount {
  const decimal = (): string => reader.u128().toString();
  return {
    debitsPosted: decimal(),
    creditsPosted: decimal(),
    debitsPending: pending ? decimal() : null,
    creditsPending: pending ? decimal() : null,
    flags: reader.u16(),
    previousHeight: reader.uint(),
    previousIndex: reader.u16(),
    salt: hex(reader.fixed(SALT_BYTES)),
  };
}

function readSide(reader: Reader): ReceiptSide {
  const kind = reader.u8();
  switch (kind) {
    case SIDE.none:
      return null;
    case SIDE.hidden:
      return hex(reader.fixed(HASH_BYTES));
    case SIDE.open:
    case SIDE.openWithPending:
      return readAccount(reader, kind === SIDE.openWithPending);
    default:
      throw new CodecError('CODEC_INVALID', 'a side of a receipt is of unknown kind', { kind });
  }
}

function writeRecord(writer: Writer, record: Receipt['record']): void {
  writer
    .uint(record.height)
    .u16(record.index)
    .u64(BigInt(record.timestampNs))
    .u16(record.code)
    .u128(BigInt(record.amount));
  const { envelopeHash, party } = record;
  if (envelopeHash === null || party === null) writer.u8(0);
  else writer.u8(1).fixed(unhex(envelopeHash), HASH_BYTES).u128(parseId(party));
  writer.blob(unhex(record.operation));
  writer.u128(idOrZero(record.debitAccount)).u128(idOrZero(record.creditAccount));
}

function idOrZero(id: string | null): bigint {
  return id === null ? 0n : parseId(id);
}

function readRecord(reader: Reader): Receipt['record'] {
  const place = { height: reader.uint(), index: reader.u16(), timestampNs: reader.u64().toString() };
  const outcome = { code: reader.u16(), amount: reader.u128().toString() };
  const origin = reader.u8();
  if (origin > 1) throw new CodecError('CODEC_INVALID', 'a receipt has an origin or none');
  const envelopeHash = origin === 0 ? null : hex(reader.fixed(HASH_BYTES));
  const party = origin === 0 ? null : formatId(reader.u128());
  const operation = hex(reader.blob(OPERATION_BYTES_MAX));
  return {
    ...place,
    ...outcome,
    envelopeHash,
    party,
    operation,
    debitAccount: readId(reader),
    creditAccount: readId(reader),
  };
}

function readId(reader: Reader): string | null {
  const id = reader.u128();
  return id === 0n ? null : formatId(id);
}

/** The compact form of a receipt. Throws CodecError on one that has none. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new Writer(2_048).fixed(MAGIC, MAGIC.length).u8(VERSION);
  writer.blob(unhex(receipt.genesis));
  writeRecord(writer, receipt.record);
  writeSide(writer, receipt.debit);
  writeSide(writer, receipt.credit);
  writer.u32(receipt.resultCount);
  writePath(writer, receipt.resultsPath);
  writer.fixed(unhex(receipt.blockId), HASH_BYTES);
  writePath(writer, receipt.historyPath);
  writer.fixed(unhex(receipt.header), HEADER_BYTES).blob(unhex(receipt.certificate));
  return writer.finish();
}

/** The receipt of a compact form; throws CodecError unless the bytes are canonical. Proves nothing yet. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new Reader(bytes);
  if (!isReceiptBytes(reader.fixed(MAGIC.length))) throw new CodecError('CODEC_INVALID', 'not a compact receipt');
  const version = reader.u8();
  if (version !== VERSION)
    throw new CodecError('CODEC_INVALID', `version ${version} of compact receipts is unknown`, { version });
  const receipt: Receipt = {
    version,
    genesis: hex(reader.blob(DOCUMENT_BYTES_MAX)),
    record: readRecord(reader),
    debit: readSide(reader),
    credit: readSide(reader),
    resultCount: reader.u32(),
    resultsPath: readPath(reader),
    blockId: hex(reader.fixed(HASH_BYTES)),
    historyPath: readPath(reader),
    header: hex(reader.fixed(HEADER_BYTES)),
    certificate: hex(reader.blob(PROOF_BYTES_MAX)),
  };
  reader.end();
  return receipt;
}
