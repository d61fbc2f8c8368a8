// Where rows are, and the sums of 128 bits in them: two numbers of 64 bits, the lower one first.
import {
  AT_BALANCES,
  AT_HEADS,
  AT_RING,
  AT_SUMS,
  BALANCE_BYTES,
  HEAD_BYTES,
  RING_MASK,
  SUMS_BYTES,
  TRANSFER_ROW_BYTES,
} from '../src/engine-layout';

/** In an account's row of balances. */
export const DEBITS: u32 = 16;
export const CREDITS: u32 = 32;
export const PARTY: u32 = 48;
export const ASSET: u32 = 52;
export const CODE_AND_FLAGS: u32 = 56;
export const NEWEST_TRANSFER: u32 = 60;
/** In an account's row of pending sums. */
export const SUM_DEBITS: u32 = 0;
export const SUM_CREDITS: u32 = 16;
/** Beside an account's flags (`ACCOUNT_STATE`). */
export const CLOSED: u32 = 0x8000;
export const RESERVED: u32 = 0x4000;
export const FROZEN: u32 = 0x2000;
export const ISSUING: u32 = 0x1000;
export const LIMIT_DEBITS: u32 = 2;
export const LIMIT_CREDITS: u32 = 4;

export function balanceOf(account: u32): u32 {
  return load<u32>(AT_BALANCES) + account * BALANCE_BYTES;
}

export function headOf(account: u32): u32 {
  return load<u32>(AT_HEADS) + account * HEAD_BYTES;
}

export function sumsOf(account: u32): u32 {
  return load<u32>(AT_SUMS) + account * SUMS_BYTES;
}

export function ringRowOf(transfer: u32): u32 {
  return load<u32>(AT_RING) + (transfer & load<u32>(RING_MASK)) * TRANSFER_ROW_BYTES;
}

/** The 16 bytes at `from`, last one first: big-endian numbers of 128 bits are little-endian ones then. */
export function reversed(from: u32): v128 {
  return v128.swizzle(v128.load(from), i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}

export function isZero(at: u32): bool {
  return !v128.any_true(v128.load(at));
}

/** Whether the number is 2^128 - 1. */
export function isMax(at: u32): bool {
  return (load<u64>(at) & load<u64>(at + 8)) === u64.MAX_VALUE;
}

export function isSame(left: u32, right: u32): bool {
  return i32x4.all_true(i32x4.eq(v128.load(left), v128.load(right)));
}

/** Whether the sum of both needs more than 128 bits. */
export function overflows(at: u32, low: u64, high: u64): bool {
  const sumLow = load<u64>(at) + low;
  const sumHigh = load<u64>(at + 8) + high;
  return sumHigh < high || (sumLow < low && sumHigh === u64.MAX_VALUE);
}

function add(at: u32, low: u64, high: u64): void {
  const sum = load<u64>(at) + low;
  store<u64>(at, sum);
  store<u64>(at + 8, load<u64>(at + 8) + high + u64(sum < low));
}

function subtract(at: u32, low: u64, high: u64): void {
  const before = load<u64>(at);
  store<u64>(at, before - low);
  store<u64>(at + 8, load<u64>(at + 8) - high - u64(before < low));
}

/** Adds to a sum of an account, and to its asset's total what the sum became greater by: what was written, not what was meant. */
export function enlarge(at: u32, total: u32, low: u64, high: u64): void {
  const beforeLow = load<u64>(at);
  const beforeHigh = load<u64>(at + 8);
  add(at, low, high);
  add(total, load<u64>(at), load<u64>(at + 8));
  subtract(total, beforeLow, beforeHigh);
}

/** Takes from a sum of an account, and from its asset's total what the sum became less by. */
export function lessen(at: u32, total: u32, low: u64, high: u64): void {
  const beforeLow = load<u64>(at);
  const beforeHigh = load<u64>(at + 8);
  subtract(at, low, high);
  add(total, load<u64>(at), load<u64>(at + 8));
  subtract(total, beforeLow, beforeHigh);
}

/** Whether the number at `at` plus the other one is at most the one at `limit`; neither sum may overflow. */
export function fits(at: u32, low: u64, high: u64, limit: u32): bool {
  const sumLow = load<u64>(at) + low;
  const sumHigh = load<u64>(at + 8) + high + u64(sumLow < low);
  const limitHigh = load<u64>(limit + 8);
  return sumHigh < limitHigh || (sumHigh === limitHigh && sumLow <= load<u64>(limit));
}
