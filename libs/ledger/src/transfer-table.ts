// Applied transfers in rows of 24 words; failed ones keep only what answers a retry, in rows of 6 words.
//
//   applied row                                   failed row
//   0  id (4)                                     0  id (4)
//   4  amount (4)                                 4  height
//   8  user data 128 (4)                          5  index << 16 | result code
//   12 user data 64 (2)
//   14 user data 32
//   15 code << 16 | flags
//   16 debit account (row)        17 credit account (row)
//   18 previous transfer of the debit account, 19 of the credit account (row + 1, 0 = none)
//   20 ledger time ns (2)
//   22 height                     23 index in the block
import { ACCOUNT_FLAGS, RESULT_CODES, TRANSFER_FLAGS } from '@quorate/protocol';
import { BALANCE, BALANCE_WORDS, type AccountTable, type OperationContext } from './account-table';
import type { AssetTable } from './asset-table';
import { IdIndex } from './id-index';
import { addInto, copy, equals, isMax, isZero, load, subtractFrom, sumExceeds, sumOverflows } from './u128';

export const TRANSFER_WORDS = 24;
export const TRANSFER = {
  id: 0,
  amount: 4,
  userData128: 8,
  userData64: 12,
  userData32: 14,
  codeAndFlags: 15,
  debitAccount: 16,
  creditAccount: 17,
  previousOfDebit: 18,
  previousOfCredit: 19,
  timestamp: 20,
  height: 22,
  index: 23,
} as const;

/** Offsets in the encoded operation, its tag included (protocol, `writeTransfer`). */
const FIELD = {
  id: 1,
  debitAccount: 17,
  creditAccount: 33,
  amount: 49,
  pendingId: 65,
  userData128: 81,
  userData64: 97,
  userData32: 105,
  timeoutSeconds: 109,
  asset: 113,
  code: 117,
} as const;

const FAILED_WORDS = 6;
const ROWS_MIN = 1_024;
/** Set in a reference of the index: the row is one of the failed transfers. */
const FAILED = 0x8000_0000;
const LIMIT_DEBITS = ACCOUNT_FLAGS.debitsMustNotExceedCredits;
const LIMIT_CREDITS = ACCOUNT_FLAGS.creditsMustNotExceedDebits;
const DEBIT = 0;
const CREDIT = 4;
const PENDING = 8;

/** Where the first attempt of a transfer stands in the ledger's history, and how it ended. */
export interface TransferPosition {
  readonly height: number;
  readonly index: number;
  readonly code: number;
}

export class TransferTable {
  rows = new Uint32Array(ROWS_MIN * TRANSFER_WORDS);
  private failed = new Uint32Array(ROWS_MIN * FAILED_WORDS);
  private readonly byId: IdIndex;
  /** Ids of the operation at hand: debit account, credit account, pending transfer. */
  private readonly named = new Uint32Array(12);
  private count = 0;
  private failedCount = 0;

  constructor(
    private readonly accounts: AccountTable,
    private readonly assets: AssetTable,
    private readonly transfersMax: number,
    seed: number,
  ) {
    this.byId = new IdIndex(seed, (reference, words, at) =>
      reference >= FAILED
        ? equals(this.failed, (reference - FAILED) * FAILED_WORDS, words, at)
        : equals(this.rows, reference * TRANSFER_WORDS, words, at),
    );
  }

  get size(): number {
    return this.count;
  }

  get sizeOfFailed(): number {
    return this.failedCount;
  }

  /** Row of the applied transfer with this id, or -1. */
  find(words: Uint32Array, at: number): number {
    const reference = this.byId.get(words, at);
    return reference >= FAILED ? -1 : reference;
  }

  /** First attempt under this id, applied or failed. */
  position(words: Uint32Array, at: number): TransferPosition | undefined {
    const reference = this.byId.get(words, at);
    if (reference < 0) return undefined;
    if (reference >= FAILED) {
      const from = (reference - FAILED) * FAILED_WORDS;
      const indexAndCode = this.failed[from + 5];
      return { height: this.failed[from + 4], index: indexAndCode >>> 16, code: indexAndCode & 0xffff };
    }
    const from = reference * TRANSFER_WORDS;
    return {
      height: this.rows[from + TRANSFER.height],
      index: this.rows[from + TRANSFER.index],
      code: RESULT_CODES.applied,
    };
  }

  /** Applies the transfer that is encoded at `offset` unless a rule forbids it; returns the result code. */
  create(view: DataView, offset: number, context: OperationContext): number {
    this.stage(view, offset, context);
    const rows = this.rows;
    const at = this.count * TRANSFER_WORDS;
    const named = this.named;
    if ((rows[at + TRANSFER.codeAndFlags] & 0xffff & ~TRANSFER_FLAGS.linked) !== 0) return RESULT_CODES.reserved_flag;
    if (isZero(rows, at)) return RESULT_CODES.id_must_not_be_zero;
    if (isMax(rows, at)) return RESULT_CODES.id_must_not_be_int_max;
    const existing = this.byId.get(rows, at);
    if (existing >= FAILED) return RESULT_CODES.id_already_failed;
    const timeoutSeconds = view.getUint32(offset + FIELD.timeoutSeconds);
    const assetId = view.getUint32(offset + FIELD.asset);
    if (existing >= 0) return this.compare(existing, timeoutSeconds, assetId);
    if (this.count + this.failedCount >= this.transfersMax) return RESULT_CODES.transfer_limit_reached;
    if (isZero(named, DEBIT)) return RESULT_CODES.debit_account_id_must_not_be_zero;
    if (isMax(named, DEBIT)) return RESULT_CODES.debit_account_id_must_not_be_int_max;
    if (isZero(named, CREDIT)) return RESULT_CODES.credit_account_id_must_not_be_zero;
    if (isMax(named, CREDIT)) return RESULT_CODES.credit_account_id_must_not_be_int_max;
    if (equals(named, DEBIT, named, CREDIT)) return RESULT_CODES.accounts_must_be_different;
    if (!isZero(named, PENDING)) return RESULT_CODES.pending_id_must_be_zero;
    if (timeoutSeconds !== 0) return RESULT_CODES.timeout_reserved_for_pending_transfer;
    if (assetId === 0) return RESULT_CODES.asset_must_not_be_zero;
    if (rows[at + TRANSFER.codeAndFlags] >>> 16 === 0) return RESULT_CODES.code_must_not_be_zero;
    const debit = this.accounts.find(named, DEBIT);
    if (debit < 0) return RESULT_CODES.debit_account_not_found;
    const credit = this.accounts.find(named, CREDIT);
    if (credit < 0) return RESULT_CODES.credit_account_not_found;
    return this.post(debit, credit, assetId, context.party);
  }

  /** The rules that look at the two accounts; if they hold, the staged transfer is entered in both. */
  private post(debit: number, credit: number, assetId: number, party: number): number {
    const rows = this.rows;
    const at = this.count * TRANSFER_WORDS;
    const amount = at + TRANSFER.amount;
    const balances = this.accounts.balances;
    const from = debit * BALANCE_WORDS;
    const to = credit * BALANCE_WORDS;
    if (balances[from + BALANCE.party] !== party) return RESULT_CODES.debit_account_not_owned;
    const asset = balances[from + BALANCE.asset];
    if (asset !== balances[to + BALANCE.asset]) return RESULT_CODES.accounts_must_have_the_same_asset;
    if (this.assets.at(asset).id !== assetId) return RESULT_CODES.transfer_must_have_the_same_asset_as_accounts;
    if (sumOverflows(balances, from + BALANCE.debits, rows, amount)) return RESULT_CODES.overflows_debits_posted;
    if (sumOverflows(balances, to + BALANCE.credits, rows, amount)) return RESULT_CODES.overflows_credits_posted;
    if (
      (balances[from + BALANCE.codeAndFlags] & LIMIT_DEBITS) !== 0 &&
      sumExceeds(balances, from + BALANCE.debits, rows, amount, balances, from + BALANCE.credits)
    ) {
      return RESULT_CODES.exceeds_credits;
    }
    if (
      (balances[to + BALANCE.codeAndFlags] & LIMIT_CREDITS) !== 0 &&
      sumExceeds(balances, to + BALANCE.credits, rows, amount, balances, to + BALANCE.debits)
    ) {
      return RESULT_CODES.exceeds_debits;
    }
    addInto(balances, from + BALANCE.debits, rows, amount);
    this.assets.addDebit(asset, rows, amount);
    addInto(balances, to + BALANCE.credits, rows, amount);
    this.assets.addCredit(asset, rows, amount);
    rows[at + TRANSFER.debitAccount] = debit;
    rows[at + TRANSFER.creditAccount] = credit;
    rows[at + TRANSFER.previousOfDebit] = balances[from + BALANCE.newestTransfer];
    rows[at + TRANSFER.previousOfCredit] = balances[to + BALANCE.newestTransfer];
    this.byId.add(rows, at, this.count);
    this.count += 1;
    balances[from + BALANCE.newestTransfer] = this.count;
    balances[to + BALANCE.newestTransfer] = this.count;
    return RESULT_CODES.applied;
  }

  /** Takes the newest transfer back: its linked chain failed. */
  removeNewest(): void {
    const rows = this.rows;
    const balances = this.accounts.balances;
    const at = (this.count - 1) * TRANSFER_WORDS;
    const from = rows[at + TRANSFER.debitAccount] * BALANCE_WORDS;
    const to = rows[at + TRANSFER.creditAccount] * BALANCE_WORDS;
    const asset = balances[from + BALANCE.asset];
    subtractFrom(balances, from + BALANCE.debits, rows, at + TRANSFER.amount);
    this.assets.removeDebit(asset, rows, at + TRANSFER.amount);
    subtractFrom(balances, to + BALANCE.credits, rows, at + TRANSFER.amount);
    this.assets.removeCredit(asset, rows, at + TRANSFER.amount);
    balances[from + BALANCE.newestTransfer] = rows[at + TRANSFER.previousOfDebit];
    balances[to + BALANCE.newestTransfer] = rows[at + TRANSFER.previousOfCredit];
    this.byId.remove(rows, at);
    this.count -= 1;
  }

  /**
   * Uses up the id of the failed transfer that is encoded at `offset`. Left free: an id that is 0, the maximum or used
   * before, and one named by a party that does not own the debit account, so that nobody can burn the owner's id that way.
   */
  recordFailure(view: DataView, offset: number, context: OperationContext, code: number): void {
    if (code === RESULT_CODES.reserved_flag || code === RESULT_CODES.transfer_limit_reached) return;
    this.stage(view, offset, context);
    const at = this.count * TRANSFER_WORDS;
    if (isZero(this.rows, at) || isMax(this.rows, at) || this.byId.get(this.rows, at) >= 0) return;
    const debit = this.accounts.find(this.named, DEBIT);
    if (debit >= 0 && this.accounts.balances[debit * BALANCE_WORDS + BALANCE.party] !== context.party) return;
    if (this.count + this.failedCount >= this.transfersMax) return;
    if ((this.failedCount + 1) * FAILED_WORDS > this.failed.length) this.failed = doubled(this.failed);
    const to = this.failedCount * FAILED_WORDS;
    copy(this.failed, to, this.rows, at);
    this.failed[to + 4] = context.height;
    this.failed[to + 5] = (context.index << 16) | code;
    this.byId.add(this.failed, to, FAILED + this.failedCount);
    this.failedCount += 1;
  }

  /** Decodes into the row behind the last one: it becomes a transfer only if every rule holds. */
  private stage(view: DataView, offset: number, context: OperationContext): void {
    if ((this.count + 1) * TRANSFER_WORDS > this.rows.length) this.rows = doubled(this.rows);
    const rows = this.rows;
    const at = this.count * TRANSFER_WORDS;
    load(rows, at, view, offset + FIELD.id);
    load(rows, at + TRANSFER.amount, view, offset + FIELD.amount);
    load(rows, at + TRANSFER.userData128, view, offset + FIELD.userData128);
    rows[at + TRANSFER.userData64 + 1] = view.getUint32(offset + FIELD.userData64);
    rows[at + TRANSFER.userData64] = view.getUint32(offset + FIELD.userData64 + 4);
    rows[at + TRANSFER.userData32] = view.getUint32(offset + FIELD.userData32);
    rows[at + TRANSFER.codeAndFlags] = view.getUint32(offset + FIELD.code);
    rows[at + TRANSFER.timestamp] = context.timeLow;
    rows[at + TRANSFER.timestamp + 1] = context.timeHigh;
    rows[at + TRANSFER.height] = context.height;
    rows[at + TRANSFER.index] = context.index;
    load(this.named, DEBIT, view, offset + FIELD.debitAccount);
    load(this.named, CREDIT, view, offset + FIELD.creditAccount);
    load(this.named, PENDING, view, offset + FIELD.pendingId);
  }

  /** How the staged transfer differs from the applied one of the same id. */
  private compare(existing: number, timeoutSeconds: number, assetId: number): number {
    const rows = this.rows;
    const old = existing * TRANSFER_WORDS;
    const staged = this.count * TRANSFER_WORDS;
    const balances = this.accounts.balances;
    const debit = rows[old + TRANSFER.debitAccount] * BALANCE_WORDS;
    const credit = rows[old + TRANSFER.creditAccount] * BALANCE_WORDS;
    const difference = rows[old + TRANSFER.codeAndFlags] ^ rows[staged + TRANSFER.codeAndFlags];
    if ((difference & 0xffff) !== 0) return RESULT_CODES.exists_with_different_flags;
    if (!isZero(this.named, PENDING)) return RESULT_CODES.exists_with_different_pending_id;
    if (timeoutSeconds !== 0) return RESULT_CODES.exists_with_different_timeout;
    if (!equals(balances, debit, this.named, DEBIT)) return RESULT_CODES.exists_with_different_debit_account_id;
    if (!equals(balances, credit, this.named, CREDIT)) return RESULT_CODES.exists_with_different_credit_account_id;
    if (!equals(rows, old + TRANSFER.amount, rows, staged + TRANSFER.amount))
      return RESULT_CODES.exists_with_different_amount;
    if (!equals(rows, old + TRANSFER.userData128, rows, staged + TRANSFER.userData128)) {
      return RESULT_CODES.exists_with_different_user_data_128;
    }
    const high = rows[old + TRANSFER.userData64 + 1] !== rows[staged + TRANSFER.userData64 + 1];
    if (high || rows[old + TRANSFER.userData64] !== rows[staged + TRANSFER.userData64]) {
      return RESULT_CODES.exists_with_different_user_data_64;
    }
    if (rows[old + TRANSFER.userData32] !== rows[staged + TRANSFER.userData32])
      return RESULT_CODES.exists_with_different_user_data_32;
    if (this.assets.at(balances[debit + BALANCE.asset]).id !== assetId) return RESULT_CODES.exists_with_different_asset;
    if (difference >>> 16 !== 0) return RESULT_CODES.exists_with_different_code;
    return RESULT_CODES.exists;
  }
}

function doubled(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(words.length * 2);
  grown.set(words);
  return grown;
}
