import { TRANSFER_FLAGS, type IssuingPolicy, type PartyKeyDraft, type TransferPolicy } from '@quorate/protocol';
import {
  ACCOUNT_STATE,
  BALANCE,
  BALANCE_WORDS,
  DETAIL,
  DETAIL_WORDS,
  PENDING_CREDITS,
  PENDING_WORDS,
  USER_DATA,
  USER_DATA_WORDS,
  type AccountTable,
} from './account-table';
import { TOTAL, type Asset, type AssetTable } from './asset-table';
import type { Party, PartyTable } from './party-table';
import type { PendingState, PendingTable } from './pending-table';
import { RESOLVING, TRANSFER, type TransferTable } from './transfer-table';
import { toBigint, toBigint64 } from './u128';

/** A party as a query answers it. Times are ledger time in nanoseconds, here and below. */
export interface PartyView {
  readonly id: bigint;
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly PartyKeyDraft[];
  /** A set of PARTY_ROLES. */
  readonly roles: number;
  readonly frozen: boolean;
  readonly timestampNs: bigint;
}

/** An asset as a query answers it. */
export interface AssetView {
  readonly id: number;
  readonly code: string;
  readonly scale: number;
  readonly issuer: bigint;
  readonly issuing: IssuingPolicy;
  /** 0 where issuing is free. */
  readonly maximumSupply: bigint;
  readonly transfers: TransferPolicy;
  /** What parties other than the issuer hold. */
  readonly supply: bigint;
  /** All that was ever issued. */
  readonly issued: bigint;
  readonly timestampNs: bigint;
}

/** An account as a query answers it. Amounts are in minor units of the asset; `flags` tells whether it is closed now. */
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
  /** Whether the account itself is frozen; its owner may be, too. */
  readonly frozen: boolean;
  readonly timestampNs: bigint;
}

/**
 * An applied transfer as a query answers it; `amount` is what it moved or reserved, `height` and `index` say where its result
 * record stands. `pendingId` is the transfer that it posted or voided, 0 for none; `pendingState` what became of it if it was
 * a pending one, else null.
 */
export interface TransferView {
  readonly id: bigint;
  readonly debitAccount: bigint;
  readonly creditAccount: bigint;
  readonly amount: bigint;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
  readonly pendingId: bigint;
  readonly pendingState: PendingState | null;
  readonly timeoutSeconds: number;
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timestampNs: bigint;
  readonly height: number;
  readonly index: number;
}

export function partyView(party: Party): PartyView {
  const { id, name, threshold, keys, roles, frozen, timestampNs } = party;
  return { id, name, threshold, keys, roles, frozen, timestampNs };
}

export function assetView(asset: Asset, assets: AssetTable): AssetView {
  const { index, id, code, scale, issuer, issuing, maximumSupply, transfers, timestampNs } = asset;
  const issued = assets.total(index, TOTAL.issued);
  const supply = assets.supply(index);
  return { id, code, scale, issuer, issuing, maximumSupply, transfers, supply, issued, timestampNs };
}

export function accountView(row: number, accounts: AccountTable, parties: PartyTable, assets: AssetTable): AccountView {
  const balance = row * BALANCE_WORDS;
  const detail = row * DETAIL_WORDS;
  const data = row * USER_DATA_WORDS;
  const { balances, details, userData, pendings } = accounts;
  const reserved = accounts.isReserved(row);
  const codeAndFlags = balances[balance + BALANCE.codeAndFlags];
  return {
    id: toBigint(balances, balance),
    party: parties.at(balances[balance + BALANCE.party]).id,
    asset: assets.at(balances[balance + BALANCE.asset]).id,
    code: codeAndFlags >>> 16,
    flags: accounts.flagsNow(row),
    userData128: toBigint(userData, data + USER_DATA.userData128),
    userData64: toBigint64(userData, data + USER_DATA.userData64),
    userData32: userData[data + USER_DATA.userData32],
    debitsPosted: toBigint(balances, balance + BALANCE.debits),
    creditsPosted: toBigint(balances, balance + BALANCE.credits),
    debitsPending: reserved ? toBigint(pendings, row * PENDING_WORDS) : 0n,
    creditsPending: reserved ? toBigint(pendings, row * PENDING_WORDS + PENDING_CREDITS) : 0n,
    frozen: (codeAndFlags & ACCOUNT_STATE.frozen) !== 0,
    timestampNs: toBigint64(details, detail + DETAIL.timestamp),
  };
}

export function transferView(
  row: number,
  transfers: TransferTable,
  pendings: PendingTable,
  accounts: AccountTable,
  assets: AssetTable,
): TransferView {
  const { rows } = transfers;
  const { balances } = accounts;
  const at = transfers.offsetOf(row);
  const { height, index } = transfers.log.positionOf(row);
  const debit = rows[at + TRANSFER.debitAccount] * BALANCE_WORDS;
  const codeAndFlags = rows[at + TRANSFER.codeAndFlags];
  const isPending = (codeAndFlags & TRANSFER_FLAGS.pending) !== 0;
  const resolves = (codeAndFlags & RESOLVING) !== 0;
  const pending = rows[at + TRANSFER.pending] - 1;
  return {
    id: toBigint(rows, at),
    debitAccount: toBigint(balances, debit),
    creditAccount: toBigint(balances, rows[at + TRANSFER.creditAccount] * BALANCE_WORDS),
    amount: toBigint(rows, at + TRANSFER.amount),
    asset: assets.at(balances[debit + BALANCE.asset]).id,
    code: codeAndFlags >>> 16,
    flags: codeAndFlags & 0xffff,
    pendingId: resolves ? toBigint(pendings.rows, pendings.offsetOf(pending)) : 0n,
    pendingState: isPending ? pendings.stateNameOf(pending) : null,
    timeoutSeconds: isPending ? pendings.timeoutSecondsOf(pending) : 0,
    userData128: toBigint(rows, at + TRANSFER.userData128),
    userData64: toBigint64(rows, at + TRANSFER.userData64),
    userData32: rows[at + TRANSFER.userData32],
    timestampNs: toBigint64(rows, at + TRANSFER.timestamp),
    height,
    index,
  };
}
