import type { PublicKey } from '@quorate/crypto';
import { BALANCE, BALANCE_WORDS, DETAIL, DETAIL_WORDS, type AccountTable } from './account-table';
import type { Asset, AssetTable } from './asset-table';
import type { Party, PartyTable } from './party-table';
import { TRANSFER, TRANSFER_WORDS, type TransferTable } from './transfer-table';
import { toBigint, toBigint64 } from './u128';

/** A party as a query answers it. Times are ledger time in nanoseconds, here and below. */
export interface PartyView {
  readonly id: bigint;
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly PublicKey[];
  readonly timestampNs: bigint;
}

/** An asset as a query answers it. */
export interface AssetView {
  readonly id: number;
  readonly code: string;
  readonly scale: number;
  readonly issuer: bigint;
  readonly timestampNs: bigint;
}

/** An account as a query answers it. Amounts are in minor units of the asset. */
export interface AccountView {
  readonly id: bigint;
  readonly party: bigint;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
  readonly timestampNs: bigint;
}

/** An applied transfer as a query answers it; `height` and `index` say where its result record stands. */
export interface TransferView {
  readonly id: bigint;
  readonly debitAccount: bigint;
  readonly creditAccount: bigint;
  readonly amount: bigint;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timestampNs: bigint;
  readonly height: number;
  readonly index: number;
}

export function partyView(party: Party): PartyView {
  const { id, name, threshold, keys, timestampNs } = party;
  return { id, name, threshold, keys, timestampNs };
}

export function assetView(asset: Asset): AssetView {
  const { id, code, scale, issuer, timestampNs } = asset;
  return { id, code, scale, issuer, timestampNs };
}

export function accountView(row: number, accounts: AccountTable, parties: PartyTable, assets: AssetTable): AccountView {
  const balance = row * BALANCE_WORDS;
  const detail = row * DETAIL_WORDS;
  const { balances, details } = accounts;
  const codeAndFlags = balances[balance + BALANCE.codeAndFlags];
  return {
    id: toBigint(balances, balance),
    party: parties.at(balances[balance + BALANCE.party]).id,
    asset: assets.at(balances[balance + BALANCE.asset]).id,
    code: codeAndFlags >>> 16,
    flags: codeAndFlags & 0xffff,
    userData128: toBigint(details, detail + DETAIL.userData128),
    userData64: toBigint64(details, detail + DETAIL.userData64),
    userData32: details[detail + DETAIL.userData32],
    debitsPosted: toBigint(balances, balance + BALANCE.debits),
    creditsPosted: toBigint(balances, balance + BALANCE.credits),
    // Nothing is ever pending: the ledger has no two-phase transfers.
    debitsPending: 0n,
    creditsPending: 0n,
    timestampNs: toBigint64(details, detail + DETAIL.timestamp),
  };
}

export function transferView(
  row: number,
  transfers: TransferTable,
  accounts: AccountTable,
  assets: AssetTable,
): TransferView {
  const { rows } = transfers;
  const { balances } = accounts;
  const at = row * TRANSFER_WORDS;
  const debit = rows[at + TRANSFER.debitAccount] * BALANCE_WORDS;
  const codeAndFlags = rows[at + TRANSFER.codeAndFlags];
  return {
    id: toBigint(rows, at),
    debitAccount: toBigint(balances, debit),
    creditAccount: toBigint(balances, rows[at + TRANSFER.creditAccount] * BALANCE_WORDS),
    amount: toBigint(rows, at + TRANSFER.amount),
    asset: assets.at(balances[debit + BALANCE.asset]).id,
    code: codeAndFlags >>> 16,
    flags: codeAndFlags & 0xffff,
    userData128: toBigint(rows, at + TRANSFER.userData128),
    userData64: toBigint64(rows, at + TRANSFER.userData64),
    userData32: rows[at + TRANSFER.userData32],
    timestampNs: toBigint64(rows, at + TRANSFER.timestamp),
    height: rows[at + TRANSFER.height],
    index: rows[at + TRANSFER.index],
  };
}
