import { CodecError } from '@quorate/codec';
import { unhex } from '@quorate/crypto';
import {
  decodeCertificate,
  decodeGenesis,
  decodeHeader,
  decodeOperation,
  parseId,
  type BlockHeader,
  type Certificate,
  type Genesis,
  type Operation,
  type ResultRecord,
} from '@quorate/protocol';

/** A receipt with every part decoded; nothing of it is proved yet. */
export interface ParsedReceipt {
  readonly genesis: Genesis;
  readonly record: ResultRecord;
  readonly operation: Operation;
  readonly operationCount: number;
  readonly resultsPath: readonly Uint8Array[];
  readonly blockId: Uint8Array;
  readonly historyPath: readonly Uint8Array[];
  readonly header: BlockHeader;
  readonly certificate: Certificate;
}

const PATH_LENGTH_MAX = 64;
const TEXT_LENGTH_MAX = 8_192;
const RECEIPT_FIELDS = [
  'version',
  'genesis',
  'record',
  'operationCount',
  'resultsPath',
  'blockId',
  'historyPath',
  'header',
  'certificate',
];
const RECORD_FIELDS = ['height', 'index', 'timestampNs', 'code', 'envelopeHash', 'party', 'operation'];

function malformed(field: string): CodecError {
  return new CodecError('CODEC_INVALID', `receipt field ${field} is missing or malformed`, { field });
}

function objectOf(value: unknown, field: string, fields: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(field);
  const unknown = Object.keys(value).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw malformed(`${field}.${unknown}`);
  return value as Record<string, unknown>;
}

function bytesOf(value: unknown, field: string, length?: number): Uint8Array {
  if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX) throw malformed(field);
  const bytes = unhex(value);
  if (length !== undefined && bytes.length !== length) throw malformed(field);
  return bytes;
}

function integerOf(value: unknown, field: string, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) throw malformed(field);
  return value;
}

function pathOf(value: unknown, field: string): Uint8Array[] {
  if (!Array.isArray(value) || value.length > PATH_LENGTH_MAX) throw malformed(field);
  // Not `map`, which would leave a hole of an array that never was JSON as it is.
  return Array.from(value, (item, index) => bytesOf(item, `${field}[${index}]`, 32));
}

function recordOf(value: unknown): ResultRecord {
  const fields = objectOf(value, 'record', RECORD_FIELDS);
  const time = fields.timestampNs;
  if (typeof time !== 'string' || !/^(0|[1-9][0-9]{0,19})$/.test(time) || BigInt(time) >= 1n << 64n)
    throw malformed('record.timestampNs');
  if (typeof fields.party !== 'string') throw malformed('record.party');
  return {
    height: integerOf(fields.height, 'record.height', Number.MAX_SAFE_INTEGER),
    index: integerOf(fields.index, 'record.index', 0xffff_ffff),
    timestampNs: BigInt(time),
    code: integerOf(fields.code, 'record.code', 0xffff),
    envelopeHash: bytesOf(fields.envelopeHash, 'record.envelopeHash', 32),
    party: parseId(fields.party),
    operation: bytesOf(fields.operation, 'record.operation'),
  };
}

/** Decodes a receipt from JSON data of any origin; throws CodecError naming the field at fault. */
export function parseReceipt(value: unknown): ParsedReceipt {
  const fields = objectOf(value, 'receipt', RECEIPT_FIELDS);
  if (fields.version !== 1) throw malformed('version');
  const record = recordOf(fields.record);
  return {
    genesis: decodeGenesis(bytesOf(fields.genesis, 'genesis')),
    record,
    operation: decodeOperation(record.operation),
    operationCount: integerOf(fields.operationCount, 'operationCount', 0xffff_ffff),
    resultsPath: pathOf(fields.resultsPath, 'resultsPath'),
    blockId: bytesOf(fields.blockId, 'blockId', 32),
    historyPath: pathOf(fields.historyPath, 'historyPath'),
    header: decodeHeader(bytesOf(fields.header, 'header')),
    certificate: decodeCertificate(bytesOf(fields.certificate, 'certificate')),
  };
}
