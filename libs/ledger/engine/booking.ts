// The usual transfers on a way of their own, because speed hangs on it: no flag but `linked`, no account closed or frozen, nothing
// that leaves the issuer's hands or returns to them, the signer's own account, an asset with an open policy. It refuses nothing:
// what is not booked here is left to `Booking` (src/booking.ts), whose rules decide in their order.
import {
  ACCOUNT_INDEX,
  AT_FACTS,
  AT_NEW_IDS,
  BALANCE_BYTES,
  AT_BALANCES,
  CHAIN_MEMBERS,
  FACTS_BYTES,
  RUN_PENDINGS,
  RUN_TIMED,
  TRANSFER_BYTES,
  TRANSFER_INDEX,
  TRANSFER_TAG,
} from '../src/engine-layout';
import {
  FIELD_AMOUNT,
  FIELD_ASSET,
  FIELD_CODE,
  FIELD_PENDING_ID,
  FIELD_TIMEOUT,
  PLACE_CREDIT,
  PLACE_CREDIT_HASH,
  PLACE_CREDIT_ROW,
  PLACE_DEBIT,
  PLACE_DEBIT_HASH,
  PLACE_DEBIT_ROW,
  PENDING,
  PLACE_HASH,
  PLACE_ID,
  POST,
  VOID,
  placeOf,
} from './batch';
import { capture } from './capture';
import { addPending, mayReserve, notePending, reserve, resolve } from './pending';
import { findRow, insert } from './id-index';
import {
  ASSET,
  CLOSED,
  CODE_AND_FLAGS,
  CREDITS,
  DEBITS,
  FROZEN,
  ISSUING,
  LIMIT_CREDITS,
  LIMIT_DEBITS,
  PARTY,
  RESERVED,
  SUM_CREDITS,
  SUM_DEBITS,
  balanceOf,
  fits,
  isSame,
  isZero,
  overflows,
  sumsOf,
} from './rows';
import { FACT_RESTRICTED, enter, isNew, post, touch } from './entries';

export const LINKED: u32 = 1;
/** What neither account may be. */
const BARRED: u32 = CLOSED | FROZEN;

/**
 * Books transfers from the one that is encoded at `at` on, of `count` operations that are left of the envelope, until one is not
 * usual; returns how many. The first is operation `index` of the block, and its row is `transfer` if it is booked.
 */
export function bookRun(at: u32, count: u32, index: u32, transfer: u32, party: u32): u32 {
  store<u32>(RUN_PENDINGS, 0);
  store<u32>(RUN_TIMED, 0);
  let done: u32 = 0;
  let members: u32 = 0;
  while (done < count) {
    const from = at + done * TRANSFER_BYTES;
    if (load<u8>(from) !== TRANSFER_TAG) break;
    const codeAndFlags = bswap<u32>(load<u32>(from + FIELD_CODE));
    const linked = (codeAndFlags & LINKED) !== 0;
    // What a chain may end with is for others to tell.
    if (linked && (done + 1 === count || load<u8>(from + TRANSFER_BYTES) !== TRANSFER_TAG)) break;
    const place = placeOf(from, count - done);
    if (!book(from, place, codeAndFlags, index + done, transfer + done, party)) break;
    v128.store(load<u32>(AT_NEW_IDS) + done * 16, v128.load(place + PLACE_ID));
    if ((codeAndFlags & PENDING) !== 0) notePending(done);
    members = linked ? members + 1 : 0;
    done += 1;
  }
  store<u32>(CHAIN_MEMBERS, members);
  return done;
}

/** The row of an account whose id and hash are known, and likely its row too. */
function accountAt(guess: i32, hash: u32, id: u32): i32 {
  if (guess >= 0 && isSame(balanceOf(u32(guess)), id)) return guess;
  return findRow(ACCOUNT_INDEX, hash, id, load<u32>(AT_BALANCES), BALANCE_BYTES);
}

function book(from: u32, place: u32, codeAndFlags: u32, index: u32, transfer: u32, party: u32): bool {
  const flags = codeAndFlags & 0xffff & ~LINKED;
  if (flags === POST || flags === VOID) return resolve(from, place, codeAndFlags, index, transfer, party);
  const timeout = bswap<u32>(load<u32>(from + FIELD_TIMEOUT));
  if (flags !== PENDING && (flags | timeout) !== 0) return false;
  if (codeAndFlags >>> 16 === 0 || !isZero(from + FIELD_PENDING_ID) || !isNew(place)) return false;
  const debit = accountAt(load<i32>(place + PLACE_DEBIT_ROW), load<u32>(place + PLACE_DEBIT_HASH), place + PLACE_DEBIT);
  const credit = accountAt(
    load<i32>(place + PLACE_CREDIT_ROW),
    load<u32>(place + PLACE_CREDIT_HASH),
    place + PLACE_CREDIT,
  );
  if (debit < 0 || credit < 0 || debit === credit) return false;
  const payer = balanceOf(u32(debit));
  const payee = balanceOf(u32(credit));
  const asset = load<u32>(payer + ASSET);
  if (load<u32>(payer + PARTY) !== party || load<u32>(payee + ASSET) !== asset) return false;
  const facts = load<u32>(AT_FACTS) + asset * FACTS_BYTES;
  if (load<u32>(facts) !== bswap<u32>(load<u32>(from + FIELD_ASSET)) || load<u32>(facts + FACT_RESTRICTED) !== 0)
    return false;
  const high = bswap<u64>(load<u64>(from + FIELD_AMOUNT));
  const low = bswap<u64>(load<u64>(from + FIELD_AMOUNT + 8));
  if (!mayMove(u32(debit), u32(credit), low, high)) return false;
  if (flags === PENDING) {
    // Far from the largest amounts neither sums nor times overflow.
    if (high >> 60 !== 0 || !mayReserve(index, timeout)) return false;
    reserve(u32(debit), u32(credit), touch(asset, facts), low, high);
  } else {
    post(payer, payee, touch(asset, facts), low, high);
  }
  capture(index, u32(debit), u32(credit), low, high);
  const row = enter(from, place, codeAndFlags, index, transfer, u32(debit), u32(credit));
  if (flags === PENDING) addPending(row, place, index, transfer, timeout);
  insert(TRANSFER_INDEX, load<u32>(place + PLACE_HASH), transfer);
  return true;
}

/** Whether flags and sums of the two accounts let the amount pass without further rules. */
function mayMove(debit: u32, credit: u32, low: u64, high: u64): bool {
  const payer = balanceOf(debit);
  const payee = balanceOf(credit);
  const payerFlags = load<u32>(payer + CODE_AND_FLAGS);
  const payeeFlags = load<u32>(payee + CODE_AND_FLAGS);
  if (((payerFlags | payeeFlags) & BARRED) !== 0 || ((payerFlags ^ payeeFlags) & ISSUING) !== 0) return false;
  return (
    mayGrow(payer + DEBITS, payer + CREDITS, sumsOf(debit) + SUM_DEBITS, payerFlags, LIMIT_DEBITS, low, high) &&
    mayGrow(payee + CREDITS, payee + DEBITS, sumsOf(credit) + SUM_CREDITS, payeeFlags, LIMIT_CREDITS, low, high)
  );
}

/** Whether one side of an account, with what is reserved on it, can grow by the amount and stays below the other if it has to. */
function mayGrow(side: u32, other: u32, reserved: u32, flags: u32, limit: u32, low: u64, high: u64): bool {
  if ((flags & RESERVED) === 0) {
    return !overflows(side, low, high) && ((flags & limit) === 0 || fits(side, low, high, other));
  }
  const reservedLow = load<u64>(reserved);
  const reservedHigh = load<u64>(reserved + 8);
  // Far from the largest amounts no sum of three can overflow.
  if ((load<u64>(side + 8) | reservedHigh | high) >> 60 !== 0) return false;
  const sumLow = reservedLow + low;
  const sumHigh = reservedHigh + high + u64(sumLow < low);
  return (flags & limit) === 0 || fits(side, sumLow, sumHigh, other);
}
