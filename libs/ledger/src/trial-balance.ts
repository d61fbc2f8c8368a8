import { ACCOUNT_STATE, BALANCE, BALANCE_WORDS, PENDING_WORDS, type AccountTable } from './account-table';
import type { AssetTable } from './asset-table';
import type { PartyTable } from './party-table';
import { SnapshotError } from './section';
import type { TransferTable } from './transfer-table';

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

/** Rows of accounts, as the table of accounts lays them out. */
interface AccountRows {
  readonly count: number;
  readonly balances: Uint32Array;
  /** Rows count where the account is reserved. */
  readonly pendings: Uint32Array;
}

/** Debits posted, credits posted, debits pending, credits pending: four limbs of 32 bits each. */
const SUM_LIMBS = 16;
const LIMBS = 4;
const LIMB = 0x1_0000_0000;
const PENDING_SUM = 8;
/** So many limbs add up to less than 2^53: then carries have to be taken. */
const ROWS_PER_CARRY = 2 ** 20;

/** Reads every account. */
export function trialBalance(
  parties: PartyTable,
  assets: AssetTable,
  accounts: AccountTable,
  transfers: TransferTable,
): TrialBalance {
  const ids = Array.from({ length: assets.size }, (_, index) => assets.at(index).id);
  const rows = { count: accounts.size, balances: accounts.balances, pendings: accounts.pendings };
  return balanceOf(ids, rows, { parties: parties.size, transfers: transfers.size });
}

/** The same from rows; `assets` has the ids of the assets by index. */
export function balanceOf(
  assets: readonly number[],
  rows: AccountRows,
  counts: Pick<TrialBalance['counts'], 'parties' | 'transfers'>,
): TrialBalance {
  const { sums, accounts } = sumAccounts(assets.length, rows);
  const sum = (asset: number, which: number): bigint =>
    [3, 2, 1, 0].reduce((total, limb) => (total << 32n) + BigInt(sums[asset * SUM_LIMBS + which * LIMBS + limb]), 0n);
  return {
    assets: assets.map((asset, index) => ({
      asset,
      accounts: accounts[index],
      debitsPosted: sum(index, 0),
      creditsPosted: sum(index, 1),
      debitsPending: sum(index, 2),
      creditsPending: sum(index, 3),
    })),
    counts: { ...counts, assets: assets.length, accounts: rows.count },
  };
}

/** Sums by asset in limbs, as numbers: large integers would take a second for a million accounts. */
function sumAccounts(
  assets: number,
  { count, balances, pendings }: AccountRows,
): { readonly sums: Float64Array; readonly accounts: Uint32Array } {
  const sums = new Float64Array(assets * SUM_LIMBS);
  const accounts = new Uint32Array(assets);
  for (let row = 0; row < count; row += 1) {
    const from = row * BALANCE_WORDS;
    const asset = balances[from + BALANCE.asset];
    if (asset >= assets) throw new SnapshotError('an account has an asset that does not exist', { row });
    const to = asset * SUM_LIMBS;
    accounts[asset] += 1;
    for (let limb = 0; limb < LIMBS; limb += 1) {
      sums[to + limb] += balances[from + BALANCE.debits + limb];
      sums[to + LIMBS + limb] += balances[from + BALANCE.credits + limb];
    }
    if ((balances[from + BALANCE.codeAndFlags] & ACCOUNT_STATE.reserved) !== 0) {
      for (let limb = 0; limb < PENDING_WORDS; limb += 1)
        sums[to + PENDING_SUM + limb] += pendings[row * PENDING_WORDS + limb];
    }
    if (row % ROWS_PER_CARRY === ROWS_PER_CARRY - 1) carry(sums);
  }
  return { sums, accounts };
}

/** Takes what is above 32 bits to the next limb; the highest one holds what is left. */
function carry(sums: Float64Array): void {
  for (let at = 0; at < sums.length; at += 1) {
    if (at % LIMBS === LIMBS - 1) continue;
    const above = Math.floor(sums[at] / LIMB);
    sums[at] -= above * LIMB;
    sums[at + 1] += above;
  }
}
