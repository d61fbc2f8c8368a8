// What each result of a block left behind (rows of src/result-capture.ts).
import {
  AT_CAPTURED_SUMS,
  AT_CAPTURES,
  BLOCK_HEIGHT,
  CAPTURED_SUMS_BYTES,
  CAPTURE_BYTES,
  SUMS_NOTED,
} from '../src/engine-layout';
import { CODE_AND_FLAGS, DEBITS, CREDITS, RESERVED, balanceOf, headOf, sumsOf } from './rows';

const AMOUNT: u32 = 8;
const DEBIT_SIDE: u32 = 24;
const CREDIT_SIDE: u32 = 64;
const SIDE_CREDITS: u32 = 16;
const SIDE_PREVIOUS: u32 = 32;
const SUMS_OF_CREDIT: u32 = 32;

/** Notes that result `index` changed two accounts, which are as they are now. */
export function capture(index: u32, debit: u32, credit: u32, low: u64, high: u64): void {
  const row = load<u32>(AT_CAPTURES) + index * CAPTURE_BYTES;
  store<u32>(row, debit + 1);
  store<u32>(row + 4, credit + 1);
  store<u64>(row + AMOUNT, low);
  store<u64>(row + AMOUNT + 8, high);
  const sums = load<u32>(AT_CAPTURED_SUMS) + index * CAPTURED_SUMS_BYTES;
  captureSide(row + DEBIT_SIDE, sums, debit, index);
  captureSide(row + CREDIT_SIDE, sums + SUMS_OF_CREDIT, credit, index);
}

function captureSide(side: u32, sums: u32, account: u32, index: u32): void {
  const balance = balanceOf(account);
  const states = load<u32>(balance + CODE_AND_FLAGS) & 0xffff;
  v128.store(side, v128.load(balance + DEBITS));
  v128.store(side + SIDE_CREDITS, v128.load(balance + CREDITS));
  if ((states & RESERVED) !== 0) {
    store<u32>(SUMS_NOTED, 1);
    v128.store(sums, v128.load(sumsOf(account)));
    v128.store(sums + 16, v128.load(sumsOf(account) + 16));
  }
  const head = headOf(account);
  const previous = load<u64>(head);
  store<u64>(side + SIDE_PREVIOUS, previous | (u64(states) << 48));
  store<u64>(head, u64(load<u32>(BLOCK_HEIGHT)) | (u64(index) << 32));
}
