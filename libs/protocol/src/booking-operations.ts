import type { Reader, Writer } from '@quorate/codec';

/** Flag bits of an account; bits not named here are refused by the ledger. */
export const ACCOUNT_FLAGS = {
  linked: 1,
  debitsMustNotExceedCredits: 2,
  creditsMustNotExceedDebits: 4,
  /** Accepted for clients that set it: every account keeps its history here. */
  history: 8,
  /** Known only to be refused with a code of its own: ledger time is nobody's to choose. */
  imported: 16,
  closed: 32,
} as const;

/** Flag bits of a transfer; bits not named here are refused by the ledger. */
export const TRANSFER_FLAGS = {
  linked: 1,
  pending: 2,
  postPendingTransfer: 4,
  voidPendingTransfer: 8,
  balancingDebit: 16,
  balancingCredit: 32,
  closingDebit: 64,
  closingCredit: 128,
  /** As in accounts: known only to be refused. */
  imported: 256,
} as const;

/** Largest amount there is. In a post it stands for all of the pending amount, in a balancing transfer for no maximum. */
export const AMOUNT_MAX = 2n ** 128n - 1n;

export interface AccountDraft {
  readonly id: bigint;
  readonly party: bigint;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
}

/** `amount` in minor units of the asset, 0 <= amount < 2^128. */
export interface TransferDraft {
  readonly id: bigint;
  readonly debitAccount: bigint;
  readonly creditAccount: bigint;
  readonly amount: bigint;
  readonly pendingId: bigint;
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timeoutSeconds: number;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
}

export function writeAccount(writer: Writer, account: AccountDraft): void {
  writer.u128(account.id).u128(account.party).u128(account.userData128).u64(account.userData64);
  writer.u32(account.userData32).u32(account.asset).u16(account.code).u16(account.flags);
}

export function readAccount(reader: Reader): AccountDraft {
  return {
    id: reader.u128(),
    party: reader.u128(),
    userData128: reader.u128(),
    userData64: reader.u64(),
    userData32: reader.u32(),
    asset: reader.u32(),
    code: reader.u16(),
    flags: reader.u16(),
  };
}

export function writeTransfer(writer: Writer, transfer: TransferDraft): void {
  writer.u128(transfer.id).u128(transfer.debitAccount).u128(transfer.creditAccount).u128(transfer.amount);
  writer.u128(transfer.pendingId).u128(transfer.userData128).u64(transfer.userData64).u32(transfer.userData32);
  writer.u32(transfer.timeoutSeconds).u32(transfer.asset).u16(transfer.code).u16(transfer.flags);
}

export function readTransfer(reader: Reader): TransferDraft {
  return {
    id: reader.u128(),
    debitAccount: reader.u128(),
    creditAccount: reader.u128(),
    amount: reader.u128(),
    pendingId: reader.u128(),
    userData128: reader.u128(),
    userData64: reader.u64(),
    userData32: reader.u32(),
    timeoutSeconds: reader.u32(),
    asset: reader.u32(),
    code: reader.u16(),
    flags: reader.u16(),
  };
}
