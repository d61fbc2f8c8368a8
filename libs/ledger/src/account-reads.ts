import { BALANCE, BALANCE_WORDS, DETAIL, DETAIL_WORDS, type AccountTable } from './account-table';
import { matching, readPage, type Page, type PageRequest, type PageSource, type RowFilter } from './page';
import type { PartyTable } from './party-table';
import { toBigint64 } from './u128';
import type { AccountView } from './views';

/** Which accounts a query asks for. */
export interface AccountsRequest extends PageRequest, RowFilter {
  readonly party?: bigint;
  /** Not of one party's accounts, which are chained from the newest on. */
  readonly oldestFirst?: boolean;
}

/** A page of all accounts, or of those of one party. */
export function readAccounts(
  request: AccountsRequest,
  accounts: AccountTable,
  parties: PartyTable,
  view: (row: number) => AccountView,
): Page<AccountView> {
  const isShown = matching(request);
  const matches = isShown === undefined ? undefined : (row: number): boolean => isShown(view(row));
  const order = request.party === undefined ? all(request, accounts) : ofParty(request.party, accounts, parties);
  return readPage(request, { ...order, matches, view });
}

type Order = Pick<PageSource<AccountView>, 'newest' | 'contains' | 'previous'>;

/** Accounts are in order of their times. */
function all({ timestampMinNs, timestampMaxNs, oldestFirst }: AccountsRequest, accounts: AccountTable): Order {
  const { size } = accounts;
  const from = timestampMinNs === undefined ? 0 : createdBefore(timestampMinNs, accounts);
  const to = timestampMaxNs === undefined ? size : createdBefore(timestampMaxNs + 1n, accounts);
  const contains = (row: number): boolean => row < size;
  if (from >= to) return { newest: 0, contains, previous: () => 0 };
  return oldestFirst === true
    ? { newest: from + 1, contains, previous: (row) => (row + 1 < to ? row + 2 : 0) }
    : { newest: to, contains, previous: (row) => (row > from ? row : 0) };
}

function ofParty(id: bigint, accounts: AccountTable, parties: PartyTable): Order {
  const party = parties.find(id);
  const { size, balances, details } = accounts;
  return {
    newest: party?.newestAccount ?? 0,
    contains: (row) => row < size && balances[row * BALANCE_WORDS + BALANCE.party] === party?.index,
    previous: (row) => details[row * DETAIL_WORDS + DETAIL.previousOfParty],
  };
}

/** How many accounts were created before a time. */
function createdBefore(timeNs: bigint, { size, details }: AccountTable): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (toBigint64(details, middle * DETAIL_WORDS + DETAIL.timestamp) < timeNs) low = middle + 1;
    else high = middle;
  }
  return low;
}
