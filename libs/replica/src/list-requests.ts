import { CodecError } from '@quorate/codec';
import type { AccountsRequest, RowFilter } from '@quorate/ledger';
import { parseId } from '@quorate/protocol';
import {
  LOOKUP_IDS_MAX,
  type AccountTransfersQuery,
  type FilterQuery,
  type ListOrder,
  type ListQuery,
  type StatementPoint,
} from '@quorate/transport';
import type { AccountTransfersRequest, TransfersRequest } from './transfer-history';

/** Entries of one list answer. */
const LIST_ENTRIES_MAX = 100;

export function pointOf(point: StatementPoint | undefined): StatementPoint | null {
  if (point === undefined) return null;
  const isHeight = 'height' in point && Number.isSafeInteger(point.height) && point.height >= 0;
  const isTime = 'timeNs' in point && typeof point.timeNs === 'string' && /^[0-9]{1,19}$/.test(point.timeNs);
  if (!isHeight && !isTime) throw new CodecError('CODEC_INVALID', 'from and to: a height or a time');
  return point;
}

export function page(query: { readonly cursor?: string; readonly limit: number }): { cursor?: string; limit: number } {
  const { cursor, limit } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_ENTRIES_MAX)
    throw new CodecError('CODEC_RANGE', `limit: 1 to ${LIST_ENTRIES_MAX}`);
  return cursor === undefined ? { limit } : { cursor, limit };
}

function filter(query: FilterQuery): RowFilter {
  const { userData128, userData64, userData32, code, asset } = query;
  if (userData64 !== undefined && !/^[0-9]{1,20}$/.test(userData64))
    throw new CodecError('CODEC_INVALID', 'userData64 is a decimal number');
  return {
    userData128: userData128 === undefined ? undefined : parseId(userData128),
    userData64: userData64 === undefined ? undefined : BigInt(userData64),
    userData32,
    code,
    asset,
  };
}

/** Which accounts are asked for. Throws CodecError. */
export function accountsRequest(
  query: ListQuery & FilterQuery & { readonly party?: string; readonly order?: ListOrder },
): AccountsRequest {
  const { party, from, to } = query;
  const [first, last] = [timeOf(from), timeOf(to)];
  if (party !== undefined && isOldestFirst(query))
    throw new CodecError('CODEC_INVALID', "order: one party's accounts are listed newest first");
  return {
    ...page(query),
    ...filter(query),
    ...(first === null ? {} : { timestampMinNs: first }),
    ...(last === null ? {} : { timestampMaxNs: last }),
    party: party === undefined ? undefined : parseId(party),
    oldestFirst: isOldestFirst(query),
  };
}

/** Which transfers are asked for. Throws CodecError. */
export function transfersRequest(query: ListQuery & FilterQuery): TransfersRequest {
  return { ...page(query), filter: filter(query), from: pointOf(query.from), to: pointOf(query.to) };
}

/** Which transfers of an account. Throws CodecError. */
export function accountTransfersRequest(query: AccountTransfersQuery): AccountTransfersRequest {
  const { account, side } = query;
  if (side !== undefined && side !== 'debit' && side !== 'credit')
    throw new CodecError('CODEC_INVALID', 'side: debit or credit');
  return {
    ...transfersRequest(query),
    account: parseId(account),
    side: side ?? null,
    oldestFirst: isOldestFirst(query),
  };
}

export function isOldestFirst({ order }: { readonly order?: ListOrder }): boolean {
  if (order !== undefined && order !== 'newest' && order !== 'oldest')
    throw new CodecError('CODEC_INVALID', 'order: newest or oldest');
  return order === 'oldest';
}

/** The ids of a look-up. Throws CodecError. */
export function ids(texts: unknown): bigint[] {
  if (!Array.isArray(texts) || texts.length < 1 || texts.length > LOOKUP_IDS_MAX)
    throw new CodecError('CODEC_RANGE', `ids: 1 to ${LOOKUP_IDS_MAX}`);
  return texts.map((text) => parseId(text));
}

function timeOf(point: StatementPoint | undefined): bigint | null {
  const found = pointOf(point);
  if (found === null) return null;
  if ('timeNs' in found) return BigInt(found.timeNs);
  throw new CodecError('CODEC_INVALID', 'from and to: accounts are listed by time, not by height');
}
