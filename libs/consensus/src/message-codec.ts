import { CodecError, Reader, Writer } from '@quorate/codec';
import { SIGNATURE_BYTES, concatBytes } from '@quorate/crypto';
import { HEADER_BYTES, LIMITS, readCertificate, readReady, writeCertificate, writeReady } from '@quorate/protocol';
import { EVIDENCE_BYTES_MAX, MESSAGE_BYTES_MAX, RANGE_BLOCKS_MAX, RANGE_TAIL_MAX } from './limits';
import {
  readEcho,
  readFlag,
  readOptional,
  readOptionalCertificate,
  readPosition,
  readSignature,
  readSignedVote,
  readTermEntry,
  readTimeoutCertificate,
  writeEcho,
  writeFlag,
  writeOptional,
  writeOptionalCertificate,
  writePosition,
  writeSignedVote,
  writeTermEntry,
  writeTimeoutCertificate,
} from './message-parts';
import type { Message, ProposeMessage, RangeMessage, StatusMessage, TimeoutMessage, VoteMessage } from './types';

const TAGS = {
  propose: 1,
  prepare: 2,
  commit: 3,
  timeout: 4,
  status: 5,
  executed: 6,
  'get-block': 7,
  block: 8,
  'get-range': 9,
  range: 10,
  ready: 11,
  'epoch-end': 12,
  evidence: 13,
  testimony: 14,
  'ask-high': 15,
  high: 16,
} as const;

/** C-44: a message is written in the first version that has its kind. */
const FIRST_VERSION = 1;
const EVIDENCE_VERSION = 2;

/** Version, epoch, tag, position, replica, executed height, signature. */
const VOTE_BYTES = 1 + 4 + 1 + 48 + 1 + 8 + SIGNATURE_BYTES;

function readHeaderBytes(reader: Reader): Uint8Array {
  return reader.fixed(HEADER_BYTES).slice();
}

function writeProposeHead(writer: Writer, message: ProposeMessage): void {
  writer.uint(message.term).uint(message.slot).fixed(message.headerBytes, HEADER_BYTES);
  writeOptional(writer, message.timeoutCertificate, writeTimeoutCertificate);
  writeOptionalCertificate(writer, message.final);
  writer.uint(message.finalHeight).uint(message.executedHeight).fixed(message.signature, SIGNATURE_BYTES);
  writeFlag(writer, message.body !== null);
}

function readPropose(reader: Reader): ProposeMessage {
  const head = {
    kind: 'propose' as const,
    term: reader.uint(),
    slot: reader.uint(),
    headerBytes: readHeaderBytes(reader),
    timeoutCertificate: readOptional(reader, readTimeoutCertificate),
    final: readOptionalCertificate(reader),
    finalHeight: reader.uint(),
    executedHeight: reader.uint(),
    signature: readSignature(reader),
  };
  // The body is a view on the frame: bodies are never copied on the way in.
  const body = readFlag(reader) ? reader.blob(LIMITS.blockBodyBytesMax) : null;
  if ((body === null) !== (head.slot === 1))
    throw new CodecError('CODEC_INVALID', 'exactly the proposals above slot 1 carry a body');
  if ((head.timeoutCertificate !== null) !== (head.slot === 1 && head.term > 1)) {
    throw new CodecError('CODEC_INVALID', 'exactly the first proposal of a term above 1 carries a timeout certificate');
  }
  return { ...head, body };
}

function writeVote(writer: Writer, message: VoteMessage): void {
  writePosition(writer, message);
  writer.u8(message.replica).uint(message.executedHeight).fixed(message.signature, SIGNATURE_BYTES);
}

function readVote(reader: Reader, kind: 'prepare' | 'commit'): VoteMessage {
  const position = readPosition(reader);
  return { kind, ...position, replica: reader.u8(), executedHeight: reader.uint(), signature: readSignature(reader) };
}

function writeTimeout(writer: Writer, message: TimeoutMessage): void {
  writer.uint(message.term).u8(message.replica);
  writeOptional(writer, message.high, writePosition);
  writeOptionalCertificate(writer, message.highCertificate);
  writer.fixed(message.signature, SIGNATURE_BYTES);
}

function readTimeout(reader: Reader): TimeoutMessage {
  return {
    kind: 'timeout',
    term: reader.uint(),
    replica: reader.u8(),
    high: readOptional(reader, readPosition),
    highCertificate: readOptionalCertificate(reader),
    signature: readSignature(reader),
  };
}

function writeStatus(writer: Writer, message: StatusMessage): void {
  writer.uint(message.term);
  writeOptional(writer, message.entry, writeTermEntry);
  writer.uint(message.preparedSlot).uint(message.committedSlot);
  writeOptionalCertificate(writer, message.high);
  writeOptionalCertificate(writer, message.final);
  writer.uint(message.finalHeight).uint(message.executedHeight);
  writeFlag(writer, message.want);
  writeFlag(writer, message.recall);
  writeOptional(writer, message.echo, writeEcho);
}

function readStatus(reader: Reader): StatusMessage {
  return {
    kind: 'status',
    term: reader.uint(),
    entry: readOptional(reader, readTermEntry),
    preparedSlot: reader.uint(),
    committedSlot: reader.uint(),
    high: readOptionalCertificate(reader),
    final: readOptionalCertificate(reader),
    finalHeight: reader.uint(),
    executedHeight: reader.uint(),
    want: readFlag(reader),
    recall: readFlag(reader),
    echo: readOptional(reader, readEcho),
  };
}

function writeRange(writer: Writer, message: RangeMessage): void {
  writer.u16(message.blocks.length);
  for (const block of message.blocks) writer.fixed(block.headerBytes, HEADER_BYTES).blob(block.body);
  writer.u16(message.tailHeaders.length);
  for (const header of message.tailHeaders) writer.fixed(header, HEADER_BYTES);
  writeCertificate(writer, message.certificate);
}

function readRange(reader: Reader): RangeMessage {
  const count = reader.u16();
  if (count < 1 || count > RANGE_BLOCKS_MAX)
    throw new CodecError('CODEC_RANGE', 'number of blocks in a range', { count });
  const blocks: { headerBytes: Uint8Array; body: Uint8Array }[] = [];
  for (let index = 0; index < count; index += 1) {
    blocks.push({ headerBytes: readHeaderBytes(reader), body: reader.blob(LIMITS.blockBodyBytesMax) });
  }
  const tailCount = reader.u16();
  if (tailCount > RANGE_TAIL_MAX) throw new CodecError('CODEC_RANGE', 'number of headers after a range', { tailCount });
  const tailHeaders: Uint8Array[] = [];
  for (let index = 0; index < tailCount; index += 1) tailHeaders.push(readHeaderBytes(reader));
  return { kind: 'range', blocks, tailHeaders, certificate: readCertificate(reader) };
}

function writeFields(writer: Writer, message: Message): void {
  switch (message.kind) {
    case 'propose':
      return writeProposeHead(writer, message);
    case 'prepare':
    case 'commit':
      return writeVote(writer, message);
    case 'timeout':
      return writeTimeout(writer, message);
    case 'status':
      return writeStatus(writer, message);
    case 'executed':
      return void writer.uint(message.executedHeight);
    case 'get-block':
      return void writer.fixed(message.blockId, 32);
    case 'block':
      return void writer.fixed(message.headerBytes, HEADER_BYTES);
    case 'get-range':
      return void writer.uint(message.fromHeight);
    case 'range':
      return writeRange(writer, message);
    case 'ready':
      writer.fixed(message.configHash, 32);
      return writeReady(writer, message.ready);
    case 'epoch-end':
      writer.fixed(message.headerBytes, HEADER_BYTES);
      return writeCertificate(writer, message.certificate);
    case 'evidence':
      return void writer.blob(message.evidence);
    case 'testimony':
      return writeSignedVote(writer, message);
    case 'ask-high':
      return void writer.uint(message.id);
    case 'high':
      writer.uint(message.id);
      return writeOptionalCertificate(writer, message.high);
  }
}

/** First size of the buffer; it grows if need be. */
function capacityOf(message: Message): number {
  if (message.kind === 'range') return message.blocks.reduce((sum, block) => sum + block.body.length + 256, 4_096);
  return message.kind === 'prepare' || message.kind === 'commit' ? VOTE_BYTES : 1_024;
}

function versionOf(tag: number): number {
  return tag >= TAGS.evidence ? EVIDENCE_VERSION : FIRST_VERSION;
}

/** The message's bytes as parts to be written one after the other; a body is the last part and is not copied. */
export function encodeMessageParts(epoch: number, message: Message): Uint8Array[] {
  const body = message.kind === 'propose' || message.kind === 'block' ? message.body : null;
  const writer = new Writer(capacityOf(message));
  writer.u8(versionOf(TAGS[message.kind])).u32(epoch).u8(TAGS[message.kind]);
  writeFields(writer, message);
  if (body === null) return [writer.finish()];
  writer.u32(body.length);
  return [writer.finish(), body];
}

/** The message's bytes in one array. */
export function encodeMessage(epoch: number, message: Message): Uint8Array {
  const parts = encodeMessageParts(epoch, message);
  return parts.length === 1 ? parts[0] : concatBytes(...parts);
}

function readFields(reader: Reader, tag: number): Message {
  switch (tag) {
    case TAGS.propose:
      return readPropose(reader);
    case TAGS.prepare:
      return readVote(reader, 'prepare');
    case TAGS.commit:
      return readVote(reader, 'commit');
    case TAGS.timeout:
      return readTimeout(reader);
    case TAGS.status:
      return readStatus(reader);
    case TAGS.executed:
      return { kind: 'executed', executedHeight: reader.uint() };
    case TAGS['get-block']:
      return { kind: 'get-block', blockId: reader.fixed(32).slice() };
    case TAGS.block:
      return { kind: 'block', headerBytes: readHeaderBytes(reader), body: reader.blob(LIMITS.blockBodyBytesMax) };
    case TAGS['get-range']:
      return { kind: 'get-range', fromHeight: reader.uint() };
    case TAGS.range:
      return readRange(reader);
    case TAGS.ready:
      return { kind: 'ready', configHash: reader.fixed(32).slice(), ready: readReady(reader) };
    case TAGS['epoch-end']:
      return { kind: 'epoch-end', headerBytes: readHeaderBytes(reader), certificate: readCertificate(reader) };
    case TAGS.evidence:
      return { kind: 'evidence', evidence: reader.blob(EVIDENCE_BYTES_MAX).slice() };
    case TAGS.testimony:
      return { kind: 'testimony', ...readSignedVote(reader) };
    case TAGS['ask-high']:
      return { kind: 'ask-high', id: reader.uint() };
    case TAGS.high:
      return { kind: 'high', id: reader.uint(), high: readOptionalCertificate(reader) };
    default:
      throw new CodecError('CODEC_INVALID', 'unknown kind of message', { tag });
  }
}

/** C-6: decodes one message, with the epoch in whose name it was sent. Throws CodecError unless the bytes are exactly what encodeMessage writes. Bodies are views on `bytes`. */
export function decodeMessage(bytes: Uint8Array): { epoch: number; message: Message } {
  if (bytes.length > MESSAGE_BYTES_MAX)
    throw new CodecError('CODEC_RANGE', 'message too large', { bytes: bytes.length });
  const reader = new Reader(bytes);
  const version = reader.u8();
  const epoch = reader.u32();
  const tag = reader.u8();
  if (version !== versionOf(tag))
    throw new CodecError('CODEC_INVALID', `version ${version} has no such message`, { version, tag });
  const message = readFields(reader, tag);
  reader.end();
  return { epoch, message };
}
