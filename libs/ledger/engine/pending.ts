// Transfers that reserve an amount, and those that post or void what was reserved, as far as they are usual (booking.ts): an account of
// the signer's, no account that they close.
import {
  AT_FACTS,
  AT_PENDINGS,
  AT_RUN_PENDINGS,
  AT_RUN_TIMED,
  BLOCK_TIME,
  EVER_RESERVED,
  FACTS_BYTES,
  PENDINGS_HIGHEST,
  PENDINGS_MAX,
  PENDINGS_USED,
  PENDING_INDEX,
  PENDING_ROW_BYTES,
  RUN_PENDINGS,
  RUN_TIMED,
  TRANSFER_INDEX,
} from '../src/engine-layout';
import {
  FIELD_AMOUNT,
  FIELD_ASSET,
  FIELD_TIMEOUT,
  PLACE_CREDIT,
  PLACE_DEBIT,
  PLACE_HASH,
  PLACE_ID,
  PLACE_PENDING,
  PLACE_PENDING_HASH,
  POST,
} from './batch';
import {
  FACT_RESTRICTED,
  ROW_AMOUNT,
  ROW_CODE_AND_FLAGS,
  ROW_CREDIT_ACCOUNT,
  ROW_DEBIT_ACCOUNT,
  ROW_PENDING,
  ROW_USER_DATA_128,
  ROW_USER_DATA_32,
  ROW_USER_DATA_64,
  enter,
  isNew,
  post,
  touch,
} from './entries';
import { capture } from './capture';
import { findRow, insert } from './id-index';
import {
  ASSET,
  CLOSED,
  CODE_AND_FLAGS,
  FROZEN,
  ISSUING,
  PARTY,
  RESERVED,
  SUM_CREDITS,
  SUM_DEBITS,
  balanceOf,
  enlarge,
  isMax,
  isSame,
  isZero,
  lessen,
  sumsOf,
} from './rows';

/** In an asset's row of totals. */
const TOTAL_DEBITS_PENDING: u32 = 32;
const TOTAL_CREDITS_PENDING: u32 = 48;
/** In the row of a pending transfer, behind its content, which is what a row of the ring begins with. */
const CONTENT_BYTES: u32 = 72;
const TRANSFER: u32 = 72;
const STATE: u32 = 76;
const TIMEOUT: u32 = 80;
const HEAP_PLACE: u32 = 84;
const EXPIRY: u32 = 88;
const STATE_POSTED: u32 = 1;
const STATE_VOIDED: u32 = 2;
const NS_PER_SECOND: u64 = 1_000_000_000;
/** Flags `closingDebit` and `closingCredit`. */
const CLOSING: u32 = 64 | 128;

/** Whether there is room for another pending transfer, and its timeout ends in ledger time. */
export function mayReserve(index: u32, timeout: u32): bool {
  if (load<u32>(PENDINGS_USED) >= load<u32>(PENDINGS_MAX)) return false;
  return expiryOf(index, timeout) >> 63 === 0;
}

function expiryOf(index: u32, timeout: u32): u64 {
  return load<u64>(BLOCK_TIME) + index + u64(timeout) * NS_PER_SECOND;
}

/** Reserves an amount on both accounts. */
export function reserve(debit: u32, credit: u32, totals: u32, low: u64, high: u64): void {
  const payer = balanceOf(debit) + CODE_AND_FLAGS;
  const payee = balanceOf(credit) + CODE_AND_FLAGS;
  store<u32>(payer, load<u32>(payer) | RESERVED);
  store<u32>(payee, load<u32>(payee) | RESERVED);
  store<u32>(EVER_RESERVED, 1);
  enlarge(sumsOf(debit) + SUM_DEBITS, totals + TOTAL_DEBITS_PENDING, low, high);
  enlarge(sumsOf(credit) + SUM_CREDITS, totals + TOTAL_CREDITS_PENDING, low, high);
}

/** Gives the pending transfer in a row of the ring a row among those that wait. */
export function addPending(ringRow: u32, place: u32, index: u32, transfer: u32, timeout: u32): void {
  const row = take();
  const at = load<u32>(AT_PENDINGS) + row * PENDING_ROW_BYTES;
  memory.copy(at, ringRow, CONTENT_BYTES);
  store<u32>(at + TRANSFER, transfer);
  store<u32>(at + STATE, 0);
  store<u32>(at + TIMEOUT, timeout);
  store<u32>(at + HEAP_PLACE, 0);
  store<u64>(at + EXPIRY, expiryOf(index, timeout));
  store<u32>(ringRow + ROW_PENDING, row + 1);
  insert(PENDING_INDEX, load<u32>(place + PLACE_HASH), row);
  if (timeout !== 0) noteTimed(row);
}

/** A row that is free; the list of rows that were given up begins in row 0. */
function take(): u32 {
  store<u32>(PENDINGS_USED, load<u32>(PENDINGS_USED) + 1);
  const rows = load<u32>(AT_PENDINGS);
  const free = load<u32>(rows + TRANSFER);
  if (free !== 0) {
    store<u32>(rows + TRANSFER, load<u32>(rows + free * PENDING_ROW_BYTES + TRANSFER));
    return free;
  }
  const row = load<u32>(PENDINGS_HIGHEST) + 1;
  store<u32>(PENDINGS_HIGHEST, row);
  return row;
}

/** Notes that a transfer of the run is a pending one. */
export function notePending(done: u32): void {
  const count = load<u32>(RUN_PENDINGS);
  store<u32>(load<u32>(AT_RUN_PENDINGS) + count * 4, done);
  store<u32>(RUN_PENDINGS, count + 1);
}

/** Notes that a pending transfer with a timeout began or ended to wait. */
function noteTimed(row: u32): void {
  const count = load<u32>(RUN_TIMED);
  store<u32>(load<u32>(AT_RUN_TIMED) + count * 4, row);
  store<u32>(RUN_TIMED, count + 1);
}

/** Posts or voids a pending transfer if that is usual; the rules are those of src/pending-resolution.ts. */
export function resolve(from: u32, place: u32, codeAndFlags: u32, index: u32, transfer: u32, party: u32): bool {
  const id = place + PLACE_PENDING;
  if (isZero(id) || isMax(id) || load<u32>(from + FIELD_TIMEOUT) !== 0 || !isNew(place)) return false;
  if (isSame(id, place + PLACE_ID)) return false;
  const rows = load<u32>(AT_PENDINGS);
  const row = findRow(PENDING_INDEX, load<u32>(place + PLACE_PENDING_HASH), id, rows, PENDING_ROW_BYTES);
  if (row < 0) return false;
  const held = rows + u32(row) * PENDING_ROW_BYTES;
  const posts = (codeAndFlags & POST) !== 0;
  if (!waits(held, index) || !names(from, place, codeAndFlags, held)) return false;
  if (posts ? !mayPost(held, party) : !mayVoid(held, party)) return false;
  const heldLow = load<u64>(held + ROW_AMOUNT);
  const heldHigh = load<u64>(held + ROW_AMOUNT + 8);
  const askedHigh = bswap<u64>(load<u64>(from + FIELD_AMOUNT));
  const askedLow = bswap<u64>(load<u64>(from + FIELD_AMOUNT + 8));
  const all = posts ? (askedLow & askedHigh) === u64.MAX_VALUE : (askedLow | askedHigh) === 0;
  const low = all ? heldLow : askedLow;
  const high = all ? heldHigh : askedHigh;
  const same = low === heldLow && high === heldHigh;
  const less = high < heldHigh || (high === heldHigh && low < heldLow);
  if (!same && !(posts && less)) return false;
  const debit = load<u32>(held + ROW_DEBIT_ACCOUNT);
  const credit = load<u32>(held + ROW_CREDIT_ACCOUNT);
  const asset = load<u32>(balanceOf(debit) + ASSET);
  const totals = touch(asset, load<u32>(AT_FACTS) + asset * FACTS_BYTES);
  lessen(sumsOf(debit) + SUM_DEBITS, totals + TOTAL_DEBITS_PENDING, heldLow, heldHigh);
  lessen(sumsOf(credit) + SUM_CREDITS, totals + TOTAL_CREDITS_PENDING, heldLow, heldHigh);
  if (posts) post(balanceOf(debit), balanceOf(credit), totals, low, high);
  store<u32>(held + STATE, posts ? STATE_POSTED : STATE_VOIDED);
  if (load<u32>(held + TIMEOUT) !== 0) noteTimed(u32(row));
  capture(index, debit, credit, low, high);
  const flags = (load<u32>(held + ROW_CODE_AND_FLAGS) & 0xffff_0000) | (codeAndFlags & 0xffff);
  const entered = enter(from, place, flags, index, transfer, debit, credit);
  store<u64>(entered + ROW_AMOUNT, low);
  store<u64>(entered + ROW_AMOUNT + 8, high);
  store<u32>(entered + ROW_PENDING, u32(row) + 1);
  fillIn(entered, held);
  insert(TRANSFER_INDEX, load<u32>(place + PLACE_HASH), transfer);
  return true;
}

/** Whether the pending transfer was neither resolved nor is due. */
function waits(held: u32, index: u32): bool {
  if (load<u32>(held + STATE) !== 0) return false;
  return load<u32>(held + TIMEOUT) === 0 || load<u64>(held + EXPIRY) > load<u64>(BLOCK_TIME) + index;
}

/** Whether accounts, asset and code are left open or are those of the pending transfer. */
function names(from: u32, place: u32, codeAndFlags: u32, held: u32): bool {
  const payer = balanceOf(load<u32>(held + ROW_DEBIT_ACCOUNT));
  const payee = balanceOf(load<u32>(held + ROW_CREDIT_ACCOUNT));
  if (!isZero(place + PLACE_DEBIT) && !isSame(place + PLACE_DEBIT, payer)) return false;
  if (!isZero(place + PLACE_CREDIT) && !isSame(place + PLACE_CREDIT, payee)) return false;
  const asset = bswap<u32>(load<u32>(from + FIELD_ASSET));
  const facts = load<u32>(AT_FACTS) + load<u32>(payer + ASSET) * FACTS_BYTES;
  if (asset !== 0 && asset !== load<u32>(facts)) return false;
  const code = codeAndFlags >>> 16;
  return code === 0 || code === load<u32>(held + ROW_CODE_AND_FLAGS) >>> 16;
}

/** Whether the payer posts what needs no further rule. */
function mayPost(held: u32, party: u32): bool {
  const payer = balanceOf(load<u32>(held + ROW_DEBIT_ACCOUNT));
  const payee = balanceOf(load<u32>(held + ROW_CREDIT_ACCOUNT));
  const payerFlags = load<u32>(payer + CODE_AND_FLAGS);
  const payeeFlags = load<u32>(payee + CODE_AND_FLAGS);
  if (load<u32>(payer + PARTY) !== party || ((payerFlags ^ payeeFlags) & ISSUING) !== 0) return false;
  if ((payerFlags & (CLOSED | FROZEN)) !== 0 || (payeeFlags & CLOSED) !== 0) return false;
  return load<u32>(load<u32>(AT_FACTS) + load<u32>(payer + ASSET) * FACTS_BYTES + FACT_RESTRICTED) === 0;
}

/** Whether the payer voids what has no timeout, or the payee. */
function mayVoid(held: u32, party: u32): bool {
  const payer = balanceOf(load<u32>(held + ROW_DEBIT_ACCOUNT));
  const payee = balanceOf(load<u32>(held + ROW_CREDIT_ACCOUNT));
  if (((load<u32>(payer + CODE_AND_FLAGS) ^ load<u32>(payee + CODE_AND_FLAGS)) & ISSUING) !== 0) return false;
  if ((load<u32>(held + ROW_CODE_AND_FLAGS) & CLOSING) !== 0) return false;
  if (load<u32>(payee + PARTY) === party) return true;
  return load<u32>(payer + PARTY) === party && load<u32>(held + TIMEOUT) === 0;
}

/** User data that are left open are those of the pending transfer. */
function fillIn(entered: u32, held: u32): void {
  if (isZero(entered + ROW_USER_DATA_128)) v128.store(entered + ROW_USER_DATA_128, v128.load(held + ROW_USER_DATA_128));
  if (load<u64>(entered + ROW_USER_DATA_64) === 0)
    store<u64>(entered + ROW_USER_DATA_64, load<u64>(held + ROW_USER_DATA_64));
  if (load<u32>(entered + ROW_USER_DATA_32) === 0)
    store<u32>(entered + ROW_USER_DATA_32, load<u32>(held + ROW_USER_DATA_32));
}
