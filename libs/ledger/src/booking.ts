import { ACCOUNT_FLAGS, RESULT_CODES, TRANSFER_FLAGS } from '@quorate/protocol';
import {
  ACCOUNT_STATE,
  BALANCE,
  BALANCE_WORDS,
  PENDING_CREDITS,
  PENDING_WORDS,
  type OperationContext,
} from './account-table';
import { TOTAL } from './asset-table';
import { timeOf } from './administration';
import type { BookingTables } from './booking-tables';
import { Circulation } from './circulation';
import { PENDING_STATE } from './pending-table';
import { resolutionOf } from './pending-resolution';
import { compareWithStaged } from './transfer-retry';
import { NAMED, RESOLVING, STAGED, TRANSFER } from './transfer-table';
import {
  addInto,
  copy,
  equals,
  exceeds,
  isMax,
  isZero,
  subtractFrom,
  sumExceeds,
  sumOverflows,
  toBigint,
} from './u128';

const CODES = RESULT_CODES;
const APPLIED = RESULT_CODES.applied;
const { pending: PENDING, postPendingTransfer: POST } = TRANSFER_FLAGS;
const { closingDebit: CLOSING_DEBIT, closingCredit: CLOSING_CREDIT } = TRANSFER_FLAGS;
const { balancingDebit: BALANCING_DEBIT, balancingCredit: BALANCING_CREDIT } = TRANSFER_FLAGS;
const { imported: IMPORTED, ...ACCEPTED } = TRANSFER_FLAGS;
const KNOWN_FLAGS = Object.values(ACCEPTED).reduce((flags, flag) => flags | flag, 0);
const CLOSING = CLOSING_DEBIT | CLOSING_CREDIT;
const LIMIT_DEBITS = ACCOUNT_FLAGS.debitsMustNotExceedCredits;
const LIMIT_CREDITS = ACCOUNT_FLAGS.creditsMustNotExceedDebits;
/** Where posted and pending sums together are in `Booking.used`, and a scratch operand. */
const DEBITS = 0;
const CREDITS = 4;
const SCRATCH = 8;

/** Enters transfers in the books: the rules for their amounts, and the sums of accounts and assets that they change. */
export class Booking {
  private readonly used = new Uint32Array(12);
  private readonly circulation: Circulation;

  constructor(private readonly tables: BookingTables) {
    this.circulation = new Circulation(tables.accounts, tables.assets);
  }

  /** Applies the transfer that is encoded at `offset` unless a rule forbids it; returns the result code. */
  create(view: DataView, offset: number, context: OperationContext): number {
    const { transfers } = this.tables;
    transfers.stage(view, offset, context);
    const rows = transfers.rows;
    const at = transfers.staged;
    const flags = rows[at + TRANSFER.codeAndFlags] & 0xffff;
    if ((flags & IMPORTED) !== 0) return CODES.imported_event_not_expected;
    if ((flags & ~KNOWN_FLAGS) !== 0) return CODES.reserved_flag;
    if (isZero(rows, at)) return CODES.id_must_not_be_zero;
    if (isMax(rows, at)) return CODES.id_must_not_be_int_max;
    const existing = transfers.findStaged();
    if (existing >= 0) return compareWithStaged(existing, this.tables);
    if (existing === STAGED.failed) return CODES.id_already_failed;
    if (existing === STAGED.inHistory) return CODES.exists_in_history;
    if (transfers.full) return CODES.transfer_limit_reached;
    return (flags & RESOLVING) === 0 ? this.enter(flags, context) : this.resolve(flags, context);
  }

  /** Takes the newest transfer back: its linked chain failed. */
  undoNewest(): void {
    const { accounts, transfers, pendings, capture } = this.tables;
    const rows = transfers.rows;
    const at = transfers.offsetOf(transfers.size - 1);
    capture.undo(transfers.log.indexOf(transfers.size - 1));
    const flags = rows[at + TRANSFER.codeAndFlags] & 0xffff;
    const debit = rows[at + TRANSFER.debitAccount];
    const credit = rows[at + TRANSFER.creditAccount];
    const amount = at + TRANSFER.amount;
    if ((flags & PENDING) !== 0) {
      this.release(debit, credit, rows, amount);
      this.circulation.released(debit, credit, rows, amount);
      pendings.release(rows[at + TRANSFER.pending] - 1);
      if ((flags & CLOSING_DEBIT) !== 0) accounts.setClosed(debit, false);
      if ((flags & CLOSING_CREDIT) !== 0) accounts.setClosed(credit, false);
    } else if ((flags & RESOLVING) !== 0) {
      const row = rows[at + TRANSFER.pending] - 1;
      const resolved = pendings.offsetOf(row);
      if ((flags & POST) !== 0) {
        this.unpost(debit, credit, rows, amount);
        this.circulation.unposted(debit, credit, rows, amount);
      } else {
        this.setClosedBy(resolved, true);
      }
      this.reserve(debit, credit, pendings.rows, resolved + TRANSFER.amount);
      this.circulation.reserved(debit, credit, pendings.rows, resolved + TRANSFER.amount);
      pendings.reopen(row);
    } else {
      this.unpost(debit, credit, rows, amount);
      this.circulation.unposted(debit, credit, rows, amount);
    }
    transfers.removeNewest();
  }

  /**
   * Releases what pending transfers reserved whose timeout has passed at ledger time `timeNs`, earliest expiry first, then in
   * order of creation; at most `max` of them. Returns how many.
   */
  expire(timeNs: bigint, max: number): number {
    const { transfers, pendings, capture } = this.tables;
    const timeLow = Number(timeNs & 0xffff_ffffn);
    const timeHigh = Number(timeNs >> 32n);
    let expired = 0;
    while (expired < max) {
      const row = pendings.nextDue(timeLow, timeHigh);
      if (row < 0) break;
      const { rows } = pendings;
      const at = pendings.offsetOf(row);
      pendings.resolve(row, PENDING_STATE.expired);
      const debit = rows[at + TRANSFER.debitAccount];
      const credit = rows[at + TRANSFER.creditAccount];
      this.release(debit, credit, rows, at + TRANSFER.amount);
      this.circulation.released(debit, credit, rows, at + TRANSFER.amount);
      this.setClosedBy(at, false);
      capture.expiry(debit, credit, rows, at, at + TRANSFER.amount);
      if (pendings.transferOf(row) < transfers.oldest) transfers.releasePending(row);
      expired += 1;
    }
    return expired;
  }

  /** The rules for a transfer between two accounts that it names, pending or not. */
  private enter(flags: number, context: OperationContext): number {
    const { accounts, assets, transfers } = this.tables;
    const named = transfers.named;
    if (isZero(named, NAMED.debit)) return CODES.debit_account_id_must_not_be_zero;
    if (isMax(named, NAMED.debit)) return CODES.debit_account_id_must_not_be_int_max;
    if (isZero(named, NAMED.credit)) return CODES.credit_account_id_must_not_be_zero;
    if (isMax(named, NAMED.credit)) return CODES.credit_account_id_must_not_be_int_max;
    if (equals(named, NAMED.debit, named, NAMED.credit)) return CODES.accounts_must_be_different;
    if (!isZero(named, NAMED.pending)) return CODES.pending_id_must_be_zero;
    if ((flags & PENDING) === 0) {
      if (transfers.timeoutSeconds !== 0) return CODES.timeout_reserved_for_pending_transfer;
      if ((flags & CLOSING) !== 0) return CODES.closing_transfer_must_be_pending;
    }
    if (transfers.assetId === 0) return CODES.asset_must_not_be_zero;
    const codeAndFlags = transfers.rows[transfers.staged + TRANSFER.codeAndFlags];
    if (codeAndFlags >>> 16 === 0) return CODES.code_must_not_be_zero;
    const debit = transfers.debitOfStaged();
    if (debit < 0) return CODES.debit_account_not_found;
    const credit = transfers.creditOfStaged();
    if (credit < 0) return CODES.credit_account_not_found;
    const balances = accounts.balances;
    const from = debit * BALANCE_WORDS;
    const to = credit * BALANCE_WORDS;
    const mandated = balances[from + BALANCE.party] !== context.party;
    if (mandated) {
      const refusal = this.mandateRefusal(flags, debit, credit, context);
      if (refusal !== APPLIED) return refusal;
    }
    if ((flags & CLOSING_CREDIT) !== 0 && balances[to + BALANCE.party] !== context.party) {
      return CODES.credit_account_not_owned;
    }
    const asset = balances[from + BALANCE.asset];
    if (asset !== balances[to + BALANCE.asset]) return CODES.accounts_must_have_the_same_asset;
    const held = assets.at(asset);
    if (held.id !== transfers.assetId) return CODES.transfer_must_have_the_same_asset_as_accounts;
    if (held.restricted) {
      const refusal = assets.transferRefusal(held, balances[from + BALANCE.party], balances[to + BALANCE.party]);
      if (refusal !== APPLIED) return refusal;
    }
    if (this.isFrozen(debit)) return CODES.debit_account_frozen;
    return this.enterOther(flags, debit, credit, { context, mandated });
  }

  /** A mandate lets the party debit, but not close, an account of another. */
  private mandateRefusal(flags: number, debit: number, credit: number, context: OperationContext): number {
    if ((flags & CLOSING_DEBIT) !== 0) return CODES.debit_account_not_owned;
    return this.tables.mandates.choose(debit, credit, context.party, timeOf(context));
  }

  private isFrozen(account: number): boolean {
    const { accounts, parties } = this.tables;
    const at = account * BALANCE_WORDS;
    if ((accounts.balances[at + BALANCE.codeAndFlags] & ACCOUNT_STATE.frozen) !== 0) return true;
    return parties.at(accounts.balances[at + BALANCE.party]).frozen;
  }

  private enterOther(
    flags: number,
    debit: number,
    credit: number,
    { context, mandated }: { readonly context: OperationContext; readonly mandated: boolean },
  ): number {
    const { accounts, assets, transfers, pendings, mandates } = this.tables;
    const balances = accounts.balances;
    const from = debit * BALANCE_WORDS;
    const to = credit * BALANCE_WORDS;
    if ((balances[from + BALANCE.codeAndFlags] & ACCOUNT_STATE.closed) !== 0) return CODES.debit_account_already_closed;
    if ((balances[to + BALANCE.codeAndFlags] & ACCOUNT_STATE.closed) !== 0) return CODES.credit_account_already_closed;
    const rows = transfers.rows;
    const amount = transfers.staged + TRANSFER.amount;
    this.loadUsed(debit, credit);
    if ((flags & BALANCING_DEBIT) !== 0) this.lower(rows, amount, balances, from + BALANCE.credits, DEBITS);
    if ((flags & BALANCING_CREDIT) !== 0) this.lower(rows, amount, balances, to + BALANCE.debits, CREDITS);
    const overflow = this.overflow(flags, debit, credit, amount);
    if (overflow !== APPLIED) return overflow;
    const issues = this.circulation.issues(debit, credit);
    const asset = balances[from + BALANCE.asset];
    if (issues && assets.overflowsSupply(asset, rows, amount)) return CODES.overflows_supply;
    const { timeoutSeconds } = transfers;
    if ((flags & PENDING) !== 0 && pendings.full) return CODES.pending_limit_reached;
    if (timeoutSeconds !== 0 && pendings.overflows(context.timeLow, context.timeHigh, timeoutSeconds)) {
      return CODES.overflows_timeout;
    }
    if (issues) {
      const refusal = assets.issueRefusal(asset, rows, amount);
      if (refusal !== APPLIED) return refusal;
    }
    if (
      (balances[from + BALANCE.codeAndFlags] & LIMIT_DEBITS) !== 0 &&
      sumExceeds(this.used, DEBITS, rows, amount, balances, from + BALANCE.credits)
    ) {
      return CODES.exceeds_credits;
    }
    if (
      (balances[to + BALANCE.codeAndFlags] & LIMIT_CREDITS) !== 0 &&
      sumExceeds(this.used, CREDITS, rows, amount, balances, to + BALANCE.debits)
    ) {
      return CODES.exceeds_debits;
    }
    if (mandated) {
      const refusal = mandates.use(toBigint(rows, amount));
      if (refusal !== APPLIED) return refusal;
    }
    if ((flags & PENDING) === 0) {
      this.post(debit, credit, rows, amount);
      this.circulation.posted(debit, credit, rows, amount);
    } else {
      accounts.setReserved(debit);
      accounts.setReserved(credit);
      this.reserve(debit, credit, rows, amount);
      this.circulation.reserved(debit, credit, rows, amount);
      if ((flags & CLOSING_DEBIT) !== 0) accounts.setClosed(debit, true);
      if ((flags & CLOSING_CREDIT) !== 0) accounts.setClosed(credit, true);
      const at = transfers.staged;
      rows[at + TRANSFER.debitAccount] = debit;
      rows[at + TRANSFER.creditAccount] = credit;
      const { timeLow, timeHigh } = context;
      const row = pendings.add(transfers.size, rows, at, timeoutSeconds, timeLow, timeHigh);
      rows[at + TRANSFER.pending] = row + 1;
    }
    this.add(debit, credit, context);
    return APPLIED;
  }

  /** The code of the first sum that the amount would push over 2^128 - 1, or `applied`. */
  private overflow(flags: number, debit: number, credit: number, amount: number): number {
    const { accounts, transfers } = this.tables;
    const { balances, pendings } = accounts;
    const rows = transfers.rows;
    if ((flags & PENDING) !== 0) {
      if (accounts.isReserved(debit) && sumOverflows(pendings, debit * PENDING_WORDS, rows, amount)) {
        return CODES.overflows_debits_pending;
      }
      if (
        accounts.isReserved(credit) &&
        sumOverflows(pendings, credit * PENDING_WORDS + PENDING_CREDITS, rows, amount)
      ) {
        return CODES.overflows_credits_pending;
      }
    }
    if (sumOverflows(balances, debit * BALANCE_WORDS + BALANCE.debits, rows, amount)) {
      return CODES.overflows_debits_posted;
    }
    if (sumOverflows(balances, credit * BALANCE_WORDS + BALANCE.credits, rows, amount)) {
      return CODES.overflows_credits_posted;
    }
    if (sumOverflows(this.used, DEBITS, rows, amount)) return CODES.overflows_debits;
    if (sumOverflows(this.used, CREDITS, rows, amount)) return CODES.overflows_credits;
    return APPLIED;
  }

  /** Posts or voids a pending transfer. Neither can pass a limit: the amount was reserved under it. */
  private resolve(flags: number, context: OperationContext): number {
    const { transfers, pendings } = this.tables;
    const row = pendings.find(transfers.named, NAMED.pending);
    const code = resolutionOf(flags, row, context, this.tables);
    if (code !== APPLIED) return code;
    const { rows } = transfers;
    const at = transfers.staged;
    const resolved = pendings.offsetOf(row);
    const debit = pendings.rows[resolved + TRANSFER.debitAccount];
    const credit = pendings.rows[resolved + TRANSFER.creditAccount];
    const posts = (flags & POST) !== 0;
    this.release(debit, credit, pendings.rows, resolved + TRANSFER.amount);
    this.circulation.released(debit, credit, pendings.rows, resolved + TRANSFER.amount);
    if (posts) {
      this.post(debit, credit, rows, at + TRANSFER.amount);
      this.circulation.posted(debit, credit, rows, at + TRANSFER.amount);
    } else {
      this.setClosedBy(resolved, false);
    }
    pendings.resolve(row, posts ? PENDING_STATE.posted : PENDING_STATE.voided);
    rows[at + TRANSFER.pending] = row + 1;
    this.add(debit, credit, context);
    return APPLIED;
  }

  /** Makes the staged transfer one of the ledger's; its sums are in the books already. */
  private add(debit: number, credit: number, context: OperationContext): void {
    const { transfers, capture } = this.tables;
    capture.booked(context.index, debit, credit, transfers.rows, transfers.staged + TRANSFER.amount);
    transfers.add(debit, credit);
  }

  private post(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    const { accounts, assets } = this.tables;
    const balances = accounts.balances;
    const asset = balances[debit * BALANCE_WORDS + BALANCE.asset];
    assets.enlarge(asset, TOTAL.debits, balances, debit * BALANCE_WORDS + BALANCE.debits, amounts, at);
    assets.enlarge(asset, TOTAL.credits, balances, credit * BALANCE_WORDS + BALANCE.credits, amounts, at);
  }

  private unpost(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    const { accounts, assets } = this.tables;
    const balances = accounts.balances;
    const asset = balances[debit * BALANCE_WORDS + BALANCE.asset];
    assets.lessen(asset, TOTAL.debits, balances, debit * BALANCE_WORDS + BALANCE.debits, amounts, at);
    assets.lessen(asset, TOTAL.credits, balances, credit * BALANCE_WORDS + BALANCE.credits, amounts, at);
  }

  private reserve(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    const { accounts, assets } = this.tables;
    const asset = accounts.balances[debit * BALANCE_WORDS + BALANCE.asset];
    assets.enlarge(asset, TOTAL.debitsPending, accounts.pendings, debit * PENDING_WORDS, amounts, at);
    assets.enlarge(
      asset,
      TOTAL.creditsPending,
      accounts.pendings,
      credit * PENDING_WORDS + PENDING_CREDITS,
      amounts,
      at,
    );
  }

  private release(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    const { accounts, assets } = this.tables;
    const asset = accounts.balances[debit * BALANCE_WORDS + BALANCE.asset];
    assets.lessen(asset, TOTAL.debitsPending, accounts.pendings, debit * PENDING_WORDS, amounts, at);
    assets.lessen(
      asset,
      TOTAL.creditsPending,
      accounts.pendings,
      credit * PENDING_WORDS + PENDING_CREDITS,
      amounts,
      at,
    );
  }

  /** Closes or opens the accounts that the pending transfer at `at` of its table closed. */
  private setClosedBy(at: number, closed: boolean): void {
    const { accounts, pendings } = this.tables;
    const { rows } = pendings;
    const flags = rows[at + TRANSFER.codeAndFlags];
    if ((flags & CLOSING_DEBIT) !== 0) accounts.setClosed(rows[at + TRANSFER.debitAccount], closed);
    if ((flags & CLOSING_CREDIT) !== 0) accounts.setClosed(rows[at + TRANSFER.creditAccount], closed);
  }

  /** Posted and pending debits of the one account, credits of the other. Their sums never overflow (`overflow`). */
  private loadUsed(debit: number, credit: number): void {
    const { accounts } = this.tables;
    copy(this.used, DEBITS, accounts.balances, debit * BALANCE_WORDS + BALANCE.debits);
    if (accounts.isReserved(debit)) addInto(this.used, DEBITS, accounts.pendings, debit * PENDING_WORDS);
    copy(this.used, CREDITS, accounts.balances, credit * BALANCE_WORDS + BALANCE.credits);
    if (accounts.isReserved(credit)) {
      addInto(this.used, CREDITS, accounts.pendings, credit * PENDING_WORDS + PENDING_CREDITS);
    }
  }

  /** Lowers the staged amount to what is left between the used sum and its limit, 0 if nothing is. */
  private lower(rows: Uint32Array, amount: number, limits: Uint32Array, limit: number, used: number): void {
    copy(this.used, SCRATCH, limits, limit);
    if (subtractFrom(this.used, SCRATCH, this.used, used) !== 0) this.used.fill(0, SCRATCH, SCRATCH + 4);
    if (exceeds(rows, amount, this.used, SCRATCH)) copy(rows, amount, this.used, SCRATCH);
  }
}
