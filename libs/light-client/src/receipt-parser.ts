import { CodecError } from '@quorate/codec';
import { unhex } from '@quorate/crypto';
import {
  SALT_BYTES,
  decodeCertificate,
  decodeGenesis,
  decodeHeader,
  decodeResultOperation,
  parseId,
  type AccountAfter,
  type BlockHeader,
  type Certificate,
  type Genesis,
  type ResultOperation,
  type ResultRecord,
} from '@quorate/protocol';

/** What a receipt tells of one account: opened, kept back behind its hash, or null where the result concerns none. */
export type ParsedSide =
  | { readonly kind: 'open'; readonly account: AccountAfter }
  | { readonly kind: 'hidden'; readonly hash: Uint8Array }
  | null;

/** A receipt with every part decoded; nothing of it is proved yet. */
export interface ParsedReceipt {
  readonly genesis: Genesis;
  readonly height: number;
  readonly record: ResultRecord;
  readonly operation: ResultOperation;
  readonly debit: ParsedSide;
  readonly credit: ParsedSide;
  readonly resultCount: number;
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
  'debit',
  'credit',
  'resultCount',
  'resultsPath',
  'blockId',
  'historyPath',
  'header',
  'certificate',
];
const RECORD_FIELDS = [
  'height',
  'index',
  'timestampNs',
  'code',
  'amount',
  'envelopeHash',
  'party',
  'operation',
  'debitAccount',
  'creditAccount',
];
const SIDE_FIELDS = [
  'debitsPosted',
  'creditsPosted',
  'debitsPending',
  'creditsPending',
  'flags',
  'previousHeight',
  'previousIndex',
  'salt',
];

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

function decimalOf(value: unknown, field: string, bits: bigint): bigint {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,38})$/.test(value)) throw malformed(field);
  const number = BigInt(value);
  if (number >> bits !== 0n) throw malformed(field);
  return number;
}

function idOf(value: unknown, field: string): bigint {
  if (typeof value !== 'string') throw malformed(field);
  return parseId(value);
}

/** An account's id, 0 for null; the id 0 itself has only the one form. */
function accountIdOf(value: unknown, field: string): bigint {
  if (value === null) return 0n;
  const id = idOf(value, field);
  if (id === 0n) throw malformed(field);
  return id;
}

function pathOf(value: unknown, field: string): Uint8Array[] {
  if (!Array.isArray(value) || value.length > PATH_LENGTH_MAX) throw malformed(field);
  // Not `map`, which would leave a hole of an array that never was JSON as it is.
  return Array.from(value, (item, index) => bytesOf(item, `${field}[${index}]`, 32));
}

function sideOf(value: unknown, field: string): ParsedSide {
  if (value === null) return null;
  if (typeof value === 'string') return { kind: 'hidden', hash: bytesOf(value, field, 32) };
  const fields = objectOf(value, field, SIDE_FIELDS);
  const none = fields.debitsPending === null && fields.creditsPending === null;
  return {
    kind: 'open',
    account: {
      debitsPosted: decimalOf(fields.debitsPosted, `${field}.debitsPosted`, 128n),
      creditsPosted: decimalOf(fields.creditsPosted, `${field}.creditsPosted`, 128n),
      pending: none
        ? null
        : {
            debits: decimalOf(fields.debitsPending, `${field}.debitsPending`, 128n),
            credits: decimalOf(fields.creditsPending, `${field}.creditsPending`, 128n),
          },
      flags: integerOf(fields.flags, `${field}.flags`, 0xffff),
      previous: {
        height: integerOf(fields.previousHeight, `${field}.previousHeight`, 2 ** 48 - 1),
        index: integerOf(fields.previousIndex, `${field}.previousIndex`, 0xffff),
      },
      salt: bytesOf(fields.salt, `${field}.salt`, SALT_BYTES),
    },
  };
}

function recordOf(fields: Record<string, unknown>): ResultRecord {
  const expiry = fields.envelopeHash === null && fields.party === null;
  return {
    index: integerOf(fields.index, 'record.index', 0xffff_ffff),
    timestampNs: decimalOf(fields.timestampNs, 'record.timestampNs', 64n),
    code: integerOf(fields.code, 'record.code', 0xffff),
    amount: decimalOf(fields.amount, 'record.amount', 128n),
    origin: expiry
      ? null
      : {
          envelopeHash: bytesOf(fields.envelopeHash, 'record.envelopeHash', 32),
          party: idOf(fields.party, 'record.party'),
        },
    operation: bytesOf(fields.operation, 'record.operation'),
    debitAccount: accountIdOf(fields.debitAccount, 'record.debitAccount'),
    creditAccount: accountIdOf(fields.creditAccount, 'record.creditAccount'),
  };
}

/** Decodes a receipt from JSON data of any origin; throws CodecError naming the field at fault. */
export function parseReceipt(value: unknown): ParsedReceipt {
  const fields = objectOf(value, 'receipt', RECEIPT_FIELDS);
  if (fields.version !== 2) throw malformed('version');
  const recordFields = objectOf(fields.record, 'record', RECORD_FIELDS);
  const record = recordOf(recordFields);
  const operation = decodeResultOperation(record.operation);
  if ((operation.kind === 'expiry') !== (record.origin === null)) throw malformed('record.envelopeHash');
  const [debit, credit] = [sideOf(fields.debit, 'debit'), sideOf(fields.credit, 'credit')];
  if ((debit === null) !== (record.debitAccount === 0n)) throw malformed('debit');
  if ((credit === null) !== (record.creditAccount === 0n)) throw malformed('credit');
  return {
    genesis: decodeGenesis(bytesOf(fields.genesis, 'genesis')),
    height: integerOf(recordFields.height, 'record.height', Number.MAX_SAFE_INTEGER),
    record,
    operation,
    debit,
    credit,
    resultCount: integerOf(fields.resultCount, 'resultCount', 0xffff_ffff),
    resultsPath: pathOf(fields.resultsPath, 'resultsPath'),
    blockId: bytesOf(fields.blockId, 'blockId', 32),
    historyPath: pathOf(fields.historyPath, 'historyPath'),
    header: decodeHeader(bytesOf(fields.header, 'header')),
    certificate: decodeCertificate(bytesOf(fields.certificate, 'certificate')),
  };
}
