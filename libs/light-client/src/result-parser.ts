import {
  SALT_BYTES,
  decodeResultOperation,
  type AccountAfter,
  type ResultOperation,
  type ResultRecord,
} from '@quorate/protocol';
import { bytesOf, decimalOf, idOf, integerOf, malformed, objectOf, pathOf } from './json-fields';

/** What a receipt tells of one account: opened, kept back behind its hash, or null where the result concerns none. */
export type ParsedSide =
  | { readonly kind: 'open'; readonly account: AccountAfter }
  | { readonly kind: 'hidden'; readonly hash: Uint8Array }
  | null;

/** One result with its way to the root of its block's results; nothing of it is proved yet. */
export interface ParsedResult {
  readonly height: number;
  readonly record: ResultRecord;
  readonly operation: ResultOperation;
  readonly debit: ParsedSide;
  readonly credit: ParsedSide;
  readonly resultsPath: readonly Uint8Array[];
}

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

/** An account's id, 0 for null; the id 0 itself has only the one form. */
function accountIdOf(value: unknown, field: string): bigint {
  if (value === null) return 0n;
  const id = idOf(value, field);
  if (id === 0n) throw malformed(field);
  return id;
}

function sideOf(value: unknown, field: string): ParsedSide {
  if (value === null) return null;
  if (typeof value === 'string') return { kind: 'hidden', hash: bytesOf(value, field, 32) };
  const fields = objectOf(value, field, SIDE_FIELDS);
  const sum = (name: string): bigint => decimalOf(fields[name], `${field}.${name}`, 128n);
  const none = fields.debitsPending === null && fields.creditsPending === null;
  return {
    kind: 'open',
    account: {
      debitsPosted: sum('debitsPosted'),
      creditsPosted: sum('creditsPosted'),
      pending: none ? null : { debits: sum('debitsPending'), credits: sum('creditsPending') },
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
    index: integerOf(fields.index, 'record.index', 0xffff),
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

/** Names of the fields that `resultOf` reads. */
export const RESULT_FIELDS: readonly string[] = ['record', 'debit', 'credit', 'resultsPath'];

/** Reads a result from the fields of a receipt or of a line of a statement. Throws CodecError. */
export function resultOf(fields: Record<string, unknown>): ParsedResult {
  const recordFields = objectOf(fields.record, 'record', RECORD_FIELDS);
  const record = recordOf(recordFields);
  const operation = decodeResultOperation(record.operation);
  if ((operation.kind === 'expiry') !== (record.origin === null)) throw malformed('record.envelopeHash');
  if ((operation.kind === 'evidence') !== (record.origin?.party === 0n)) throw malformed('record.party');
  const [debit, credit] = [sideOf(fields.debit, 'debit'), sideOf(fields.credit, 'credit')];
  if ((debit === null) !== (record.debitAccount === 0n)) throw malformed('debit');
  if ((credit === null) !== (record.creditAccount === 0n)) throw malformed('credit');
  return {
    height: integerOf(recordFields.height, 'record.height', Number.MAX_SAFE_INTEGER),
    record,
    operation,
    debit,
    credit,
    resultsPath: pathOf(fields.resultsPath, 'resultsPath'),
  };
}
