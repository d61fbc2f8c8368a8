import { BALANCE, BALANCE_WORDS, PENDING_CREDITS, PENDING_WORDS, type AccountTable } from './account-table';
import type { AssetTable } from './asset-table';
import type { PartyTable } from './party-table';
import type { TransferTable } from './transfer-table';
import { toBigint } from './u128';

/** What the accounts of one asset add up to; debits equal credits on any ledger. */
export interface AssetBalance {
  readonly asset: number;
  readonly accounts: number;
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
}

/** The sums of all accounts, and how much a ledger holds. */
export interface TrialBalance {
  readonly assets: readonly AssetBalance[];
  readonly counts: {
    readonly parties: number;
    readonly assets: number;
    readonly accounts: number;
    /** Recent ones and those that were let go. */
    readonly transfers: number;
  };
}

type Sums = { -readonly [Field in keyof AssetBalance]: AssetBalance[Field] };

const NOTHING_BOOKED = { accounts: 0, debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };

/** Reads every account. */
export function trialBalance(
  parties: PartyTable,
  assets: AssetTable,
  accounts: AccountTable,
  transfers: TransferTable,
): TrialBalance {
  const sums = Array.from({ length: assets.size }, (_, index) => ({ asset: assets.at(index).id, ...NOTHING_BOOKED }));
  for (let row = 0; row < accounts.size; row += 1) addAccount(sums, row, accounts);
  const counts = {
    parties: parties.size,
    assets: assets.size,
    accounts: accounts.size,
    transfers: transfers.size,
  };
  return { assets: sums, counts };
}

/** `sums` has the order of the table of assets. */
function addAccount(sums: readonly Sums[], row: number, accounts: AccountTable): void {
  const { balances, pendings } = accounts;
  const at = row * BALANCE_WORDS;
  const sum = sums[balances[at + BALANCE.asset]];
  sum.accounts += 1;
  sum.debitsPosted += toBigint(balances, at + BALANCE.debits);
  sum.creditsPosted += toBigint(balances, at + BALANCE.credits);
  if (!accounts.isReserved(row)) return;
  sum.debitsPending += toBigint(pendings, row * PENDING_WORDS);
  sum.creditsPending += toBigint(pendings, row * PENDING_WORDS + PENDING_CREDITS);
}
