// What every way of booking a transfer in the engine does: its id, its entries, its asset's totals and its row.
import { ASSETS_TOUCHED, AT_TOTALS, AT_TOUCHED, BLOCK_TIME, TOTALS_BYTES, TRANSFER_INDEX } from '../src/engine-layout';
import {
  FIELD_AMOUNT,
  FIELD_USER_DATA_128,
  FIELD_USER_DATA_32,
  FIELD_USER_DATA_64,
  PLACE_HASH,
  PLACE_ID,
} from './batch';
import { firstMatch } from './id-index';
import { CREDITS, DEBITS, NEWEST_TRANSFER, balanceOf, enlarge, isMax, isZero, reversed, ringRowOf } from './rows';

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

/** Whether the id of a transfer may be one, and likely was never used. */
// The hash of an id that was used is in the index; that of a new one hardly ever.
export function isNew(place: u32): bool {
  if (isZero(place + PLACE_ID) || isMax(place + PLACE_ID)) return false;
  return firstMatch(TRANSFER_INDEX, load<u32>(place + PLACE_HASH)) < 0;
}

/** Moves an amount between the two accounts whose rows and whose asset's totals are given. */
export function post(payer: u32, payee: u32, totals: u32, low: u64, high: u64): void {
  enlarge(payer + DEBITS, totals + TOTAL_DEBITS, low, high);
  enlarge(payee + CREDITS, totals + TOTAL_CREDITS, low, high);
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
