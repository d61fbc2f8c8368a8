import { RESULT_CODES, TRANSFER_FLAGS } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE, BALANCE_WORDS, type OperationContext } from './account-table';
import type { BookingTables } from './booking-tables';
import { PENDING_STATE } from './pending-table';
import { ID_KIND } from './id-log';
import { NAMED, RESOLVING, TRANSFER } from './transfer-table';
import { copy, equals, exceeds, isMax, isZero } from './u128';

const CODES = RESULT_CODES;
const CLOSING = TRANSFER_FLAGS.closingDebit | TRANSFER_FLAGS.closingCredit;
const COMBINABLE = TRANSFER_FLAGS.linked | RESOLVING;

/**
 * The rules for the staged post or void of the pending transfer in `row` of its table, -1 if there is none of the id. If they hold, what it left open is filled in from the pending transfer: amount, code
 * and user data.
 */
export function resolutionOf(flags: number, row: number, context: OperationContext, tables: BookingTables): number {
  const { transfers } = tables;
  const named = transfers.named;
  if ((flags & RESOLVING) === RESOLVING || (flags & ~COMBINABLE) !== 0) return CODES.flags_are_mutually_exclusive;
  if (isZero(named, NAMED.pending)) return CODES.pending_id_must_not_be_zero;
  if (isMax(named, NAMED.pending)) return CODES.pending_id_must_not_be_int_max;
  if (equals(named, NAMED.pending, transfers.rows, transfers.staged)) {
    return CODES.pending_id_must_be_different;
  }
  if (transfers.timeoutSeconds !== 0) return CODES.timeout_reserved_for_pending_transfer;
  if (row < 0) return missing(tables);
  const code = differenceFrom(tables.pendings.offsetOf(row), context.party, flags, tables);
  return code === CODES.applied ? stateRule(row, flags, context, tables) : code;
}

/** Why no row of a pending transfer has the id that is named. */
function missing({ transfers }: BookingTables): number {
  const named = transfers.find(transfers.named, NAMED.pending);
  if (named < 0) return CODES.pending_transfer_not_found;
  switch (transfers.log.kindOf(named)) {
    case ID_KIND.failed:
      return CODES.pending_transfer_not_found;
    case ID_KIND.pending:
      return CODES.pending_transfer_in_history;
    default:
      return CODES.pending_transfer_not_pending;
  }
}

/** Whether the party has a say, and whether accounts, asset, code and amount fit those of the pending transfer. */
function differenceFrom(resolved: number, party: number, flags: number, tables: BookingTables): number {
  const { accounts, assets, transfers, pendings } = tables;
  const { rows, named, assetId } = transfers;
  const { balances } = accounts;
  const held = pendings.rows;
  const from = held[resolved + TRANSFER.debitAccount] * BALANCE_WORDS;
  const to = held[resolved + TRANSFER.creditAccount] * BALANCE_WORDS;
  if (balances[from + BALANCE.party] !== party && balances[to + BALANCE.party] !== party) {
    return CODES.pending_transfer_not_owned;
  }
  if (!isZero(named, NAMED.debit) && !equals(named, NAMED.debit, balances, from)) {
    return CODES.pending_transfer_has_different_debit_account_id;
  }
  if (!isZero(named, NAMED.credit) && !equals(named, NAMED.credit, balances, to)) {
    return CODES.pending_transfer_has_different_credit_account_id;
  }
  if (assetId !== 0 && assetId !== assets.at(balances[from + BALANCE.asset]).id) {
    return CODES.pending_transfer_has_different_asset;
  }
  const at = transfers.staged;
  const code = rows[at + TRANSFER.codeAndFlags] >>> 16;
  if (code !== 0 && code !== held[resolved + TRANSFER.codeAndFlags] >>> 16) {
    return CODES.pending_transfer_has_different_code;
  }
  fillIn(rows, at, held, resolved, flags);
  if (exceeds(rows, at + TRANSFER.amount, held, resolved + TRANSFER.amount)) {
    return CODES.exceeds_pending_transfer_amount;
  }
  const voids = (flags & TRANSFER_FLAGS.voidPendingTransfer) !== 0;
  if (voids && !equals(rows, at + TRANSFER.amount, held, resolved + TRANSFER.amount)) {
    return CODES.pending_transfer_has_different_amount;
  }
  return CODES.applied;
}

/** 0 means "as pending" in all fields but the amount of a post, where 2^128 - 1 does. */
function fillIn(rows: Uint32Array, at: number, held: Uint32Array, resolved: number, flags: number): void {
  const amount = at + TRANSFER.amount;
  const posts = (flags & TRANSFER_FLAGS.postPendingTransfer) !== 0;
  if (posts ? isMax(rows, amount) : isZero(rows, amount)) copy(rows, amount, held, resolved + TRANSFER.amount);
  rows[at + TRANSFER.codeAndFlags] = (held[resolved + TRANSFER.codeAndFlags] & 0xffff_0000) | flags;
  if (isZero(rows, at + TRANSFER.userData128)) {
    copy(rows, at + TRANSFER.userData128, held, resolved + TRANSFER.userData128);
  }
  if (rows[at + TRANSFER.userData64] === 0 && rows[at + TRANSFER.userData64 + 1] === 0) {
    rows[at + TRANSFER.userData64] = held[resolved + TRANSFER.userData64];
    rows[at + TRANSFER.userData64 + 1] = held[resolved + TRANSFER.userData64 + 1];
  }
  if (rows[at + TRANSFER.userData32] === 0) rows[at + TRANSFER.userData32] = held[resolved + TRANSFER.userData32];
}

/** Whether the pending transfer still waits, and whether it may be resolved this way by this party. */
function stateRule(row: number, flags: number, context: OperationContext, tables: BookingTables): number {
  const { parties, assets, accounts, pendings } = tables;
  const { rows } = pendings;
  const resolved = pendings.offsetOf(row);
  switch (pendings.stateOf(row)) {
    case PENDING_STATE.posted:
      return CODES.pending_transfer_already_posted;
    case PENDING_STATE.voided:
      return CODES.pending_transfer_already_voided;
    case PENDING_STATE.expired:
      return CODES.pending_transfer_expired;
    default:
      if (pendings.isDue(row, context.timeLow, context.timeHigh)) return CODES.pending_transfer_expired;
  }
  const { balances } = accounts;
  const from = rows[resolved + TRANSFER.debitAccount] * BALANCE_WORDS;
  const to = rows[resolved + TRANSFER.creditAccount] * BALANCE_WORDS;
  if ((flags & TRANSFER_FLAGS.voidPendingTransfer) !== 0) {
    const closes = (rows[resolved + TRANSFER.codeAndFlags] & CLOSING) !== 0;
    const byPayer = balances[from + BALANCE.party] === context.party && pendings.timeoutSecondsOf(row) === 0;
    const byPayee = balances[to + BALANCE.party] === context.party && !closes;
    return byPayer || byPayee ? CODES.applied : CODES.pending_transfer_not_voidable;
  }
  const [payer, payee] = [balances[from + BALANCE.party], balances[to + BALANCE.party]];
  const refusal = assets.transferRefusal(assets.at(balances[from + BALANCE.asset]), payer, payee);
  if (refusal !== CODES.applied) return refusal;
  const frozen = (balances[from + BALANCE.codeAndFlags] & ACCOUNT_STATE.frozen) !== 0;
  if (frozen || parties.at(payer).frozen) return CODES.debit_account_frozen;
  if ((balances[from + BALANCE.codeAndFlags] & ACCOUNT_STATE.closed) !== 0) return CODES.debit_account_already_closed;
  if ((balances[to + BALANCE.codeAndFlags] & ACCOUNT_STATE.closed) !== 0) return CODES.credit_account_already_closed;
  return CODES.applied;
}
