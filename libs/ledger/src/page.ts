import { CodedError } from '@quorate/errors';
import { PAGE_ENTRIES_MAX, PAGE_ROWS_MAX } from './limits';

/** One page of a list, newest first. `nextCursor` is given back to read on; null at the end. */
export interface Page<Entry> {
  readonly data: Entry[];
  readonly nextCursor: string | null;
}

/** What a list is asked for: at most `limit` entries (1..1,000) from `cursor` on, or from the newest. */
export interface PageRequest {
  readonly cursor?: string | null;
  readonly limit: number;
}

/** A cursor or limit that no list ever gave or takes. Codes: `CURSOR_INVALID`, `LIMIT_INVALID`. */
export class PageRequestError extends CodedError {
  constructor(code: 'CURSOR_INVALID' | 'LIMIT_INVALID', message: string) {
    super(code, message);
  }
}

/** How to walk one list: entries are rows plus one, 0 ends it. */
export interface PageSource<Entry> {
  /** Where the list begins without a cursor. */
  readonly newest: number;
  /** Whether a row belongs to the list, so that a cursor of another list is refused. */
  contains(row: number): boolean;
  previous(row: number): number;
  /** Whether a row that is looked at is shown; absent, every row is. */
  matches?(row: number): boolean;
  view(row: number): Entry;
}

export function readPage<Entry>(request: PageRequest, source: PageSource<Entry>): Page<Entry> {
  if (!Number.isInteger(request.limit) || request.limit < 1 || request.limit > PAGE_ENTRIES_MAX) {
    throw new PageRequestError('LIMIT_INVALID', `limit: 1 to ${PAGE_ENTRIES_MAX}`);
  }
  let next = startOf(request, source);
  const data: Entry[] = [];
  // A page of a filtered list may be short, even empty, and still not be the last: its cursor goes on behind what was looked at.
  for (let left = PAGE_ROWS_MAX; next !== 0 && left > 0 && data.length < request.limit; left -= 1) {
    if (source.matches === undefined || source.matches(next - 1)) data.push(source.view(next - 1));
    next = source.previous(next - 1);
  }
  return { data, nextCursor: next === 0 ? null : String(next) };
}

function startOf<Entry>(request: PageRequest, source: PageSource<Entry>): number {
  if (request.cursor === undefined || request.cursor === null) return source.newest;
  const start = /^[1-9][0-9]{0,9}$/.test(request.cursor) ? Number(request.cursor) : 0;
  if (start === 0 || !source.contains(start - 1))
    throw new PageRequestError('CURSOR_INVALID', 'the cursor is not of this list');
  return start;
}

/** What a list of accounts or transfers may be narrowed to; what is not given is not looked at. Times are ledger time, both included. */
export interface RowFilter {
  readonly userData128?: bigint;
  readonly userData64?: bigint;
  readonly userData32?: number;
  readonly code?: number;
  readonly asset?: number;
  readonly timestampMinNs?: bigint;
  readonly timestampMaxNs?: bigint;
}

interface FilteredView {
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly code: number;
  readonly asset: number;
  readonly timestampNs: bigint;
}

/** Decides by a filter what is shown; undefined if it narrows nothing, so that nothing has to be looked at. */
export function matching(filter: RowFilter): ((view: FilteredView) => boolean) | undefined {
  const wanted = (['userData128', 'userData64', 'userData32', 'code', 'asset'] as const).filter(
    (field) => filter[field] !== undefined,
  );
  const { timestampMinNs, timestampMaxNs } = filter;
  if (wanted.length === 0 && timestampMinNs === undefined && timestampMaxNs === undefined) return undefined;
  return (view) =>
    (timestampMinNs === undefined || view.timestampNs >= timestampMinNs) &&
    (timestampMaxNs === undefined || view.timestampNs <= timestampMaxNs) &&
    wanted.every((field) => view[field] === filter[field]);
}
