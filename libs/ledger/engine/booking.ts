// The usual transfers on a way of their own, because speed hangs on it: no flag but `linked`, no account closed or frozen, nothing
// that leaves the issuer's hands or returns to them, the signer's own account, an asset with an open policy. It refuses nothing:
// what is not booked here is left to `Booking` (src/booking.ts), whose rules decide in their order.
import {
  ACCOUNT_INDEX,
  ASSETS_TOUCHED,
  AT_FACTS,
  AT_NEW_IDS,
  AT_TOTALS,
  AT_TOUCHED,
  BALANCE_BYTES,
  AT_BALANCES,
  BLOCK_TIME,
  CHAIN_MEMBERS,
  FACTS_BYTES,
  RUN_PENDINGS,
  RUN_TIMED,
  TOTALS_BYTES,
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
  FIELD_USER_DATA_128,
  FIELD_USER_DATA_32,
  FIELD_USER_DATA_64,
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
import { findRow, firstMatch, insert } from './id-index';
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
  NEWEST_TRANSFER,
  PARTY,
  RESERVED,
  SUM_CREDITS,
  SUM_DEBITS,
  add,
  balanceOf,
  fits,
  isMax,
  isSame,
  isZero,
  overflows,
  reversed,
  ringRowOf,
  sumsOf,
} from './rows';

export const LINKED: u32 = 1;
/** In a row of the ring. */
export const ROW_AMOUNT: u32 = 16;
export const ROW_USER_DATA_128: u32 = 32;
export const ROW_USER_DATA_64: u32 = 48;
export const ROW_USER_DATA_32: u32 = 56;
export const ROW_CODE_AND_FLAGS: u32 = 60;
export const ROW_DEBIT_ACCOUNT: u32 = 64;
export const ROW_CREDIT_ACCOUNT: u32 = 68;
const ROW_PREVIOUS_OF_DEBIT: u32 = 72;
const ROW_PREVIOUS_OF_CREDIT: u32 = 76;
const ROW_TIMESTAMP: u32 = 80;
export const ROW_PENDING: u32 = 88;
/** In an asset's row of totals. */
const TOTAL_DEBITS: u32 = 0;
const TOTAL_CREDITS: u32 = 16;
export const FACT_RESTRICTED: u32 = 4;
const FACT_TOUCHED: u32 = 8;
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

/** Whether the id of a transfer may be one, and likely was never used. */
// The hash of an id that was used is in the index; that of a new one hardly ever.
export function isNew(place: u32): bool {
  if (isZero(place + PLACE_ID) || isMax(place + PLACE_ID)) return false;
  return firstMatch(TRANSFER_INDEX, load<u32>(place + PLACE_HASH)) < 0;
}

/** Moves an amount between the two accounts whose rows and whose asset's totals are given. */
export function post(payer: u32, payee: u32, totals: u32, low: u64, high: u64): void {
  add(payer + DEBITS, low, high);
  add(payee + CREDITS, low, high);
  add(totals + TOTAL_DEBITS, low, high);
  add(totals + TOTAL_CREDITS, low, high);
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

/** Notes that the block touches the asset; where its totals are. */
export function touch(asset: u32, facts: u32): u32 {
  if (load<u32>(facts + FACT_TOUCHED) === 0) {
    const touched = load<u32>(ASSETS_TOUCHED);
    store<u32>(facts + FACT_TOUCHED, 1);
    store<u32>(load<u32>(AT_TOUCHED) + touched * 4, asset);
    store<u32>(ASSETS_TOUCHED, touched + 1);
  }
  return load<u32>(AT_TOTALS) + asset * TOTALS_BYTES;
}

/** Makes it the newest transfer of the ledger and of its two accounts; returns its row. */
export function enter(
  from: u32,
  place: u32,
  codeAndFlags: u32,
  index: u32,
  transfer: u32,
  debit: u32,
  credit: u32,
): u32 {
  const row = ringRowOf(transfer);
  const newestOfPayer = balanceOf(debit) + NEWEST_TRANSFER;
  const newestOfPayee = balanceOf(credit) + NEWEST_TRANSFER;
  v128.store(row, v128.load(place + PLACE_ID));
  v128.store(row + ROW_AMOUNT, reversed(from + FIELD_AMOUNT));
  v128.store(row + ROW_USER_DATA_128, reversed(from + FIELD_USER_DATA_128));
  store<u64>(row + ROW_USER_DATA_64, bswap<u64>(load<u64>(from + FIELD_USER_DATA_64)));
  store<u32>(row + ROW_USER_DATA_32, bswap<u32>(load<u32>(from + FIELD_USER_DATA_32)));
  store<u32>(row + ROW_CODE_AND_FLAGS, codeAndFlags);
  store<u32>(row + ROW_DEBIT_ACCOUNT, debit);
  store<u32>(row + ROW_CREDIT_ACCOUNT, credit);
  store<u32>(row + ROW_PREVIOUS_OF_DEBIT, load<u32>(newestOfPayer));
  store<u32>(row + ROW_PREVIOUS_OF_CREDIT, load<u32>(newestOfPayee));
  store<u64>(row + ROW_TIMESTAMP, load<u64>(BLOCK_TIME) + index);
  store<u32>(row + ROW_PENDING, 0);
  store<u32>(newestOfPayer, transfer + 1);
  store<u32>(newestOfPayee, transfer + 1);
  return row;
}
