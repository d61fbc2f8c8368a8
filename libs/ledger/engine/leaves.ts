// Lays out what the leaves of a block's results are hashed of (protocol, `resultLeaf`, is the plain form of it). The caller hashes the
// layers between these steps (src/result-hasher.ts).
import {
  AT_ENVELOPE,
  AT_HALVES,
  AT_JOINED,
  AT_LEAF_CODES,
  AT_LEAF_OFFSETS,
  AT_LEAF_ROWS,
  AT_LEAF_SUMS,
  AT_OPERATIONS,
  AT_OPERATION_ROOTS,
  AT_ORIGIN,
  AT_OUTCOMES,
  AT_PENDING_PAIRS,
  AT_QUADS,
  AT_SALTS,
  AT_SIDES,
  AT_UNUSUAL,
  CAPTURED_SUMS_BYTES,
  CAPTURE_BYTES,
  CHUNK,
  LEAF_TIME,
  READ_AHEAD,
  SALT_BYTES,
  USUAL_BYTES_MAX,
  USUAL_BYTES_MIN,
} from '../src/engine-layout';
import { CLOSED, RESERVED, balanceOf, reversed } from './rows';

const LEAST: u32 = USUAL_BYTES_MIN;
const MOST: u32 = USUAL_BYTES_MAX;
const PAIR: u32 = CHUNK * 2;
const QUAD: u32 = CHUNK * 4;
/** In the row of a captured result. */
const AMOUNT: u32 = 8;
const DEBIT_SIDE: u32 = 24;
const CREDIT_SIDE: u32 = 64;
const SIDE_CREDITS: u32 = 16;
const SIDE_HEIGHT: u32 = 32;
const SIDE_INDEX: u32 = 36;
/** Bits beside an account's flags in a captured row, and its flag `closed`. */
const STATES: u32 = 0xf000;
const CLOSED_FLAG: u32 = 32;
const HAS_PENDING: u32 = 1;
/** Results whose accounts are read together. */
const TOUCHED_MAX: u32 = 64;

/**
 * Lays out results [at, at + count) of the group, which are operations of the envelope at hand; the first is operation `index` of the
 * block. Returns how many of them do not fit four chunks, or fit fewer: their roots are the caller's business.
 */
export function loadAsked(at: u32, count: u32, index: u32): u32 {
  let unusual: u32 = 0;
  const origin = load<u32>(AT_ORIGIN);
  for (let slot = at; slot < at + count; slot += 1) {
    const offsets = load<u32>(AT_LEAF_OFFSETS) + slot * 8;
    const length = load<u32>(offsets + 4) - load<u32>(offsets);
    const isUnusual = length < LEAST || length > MOST;
    store<u8>(load<u32>(AT_UNUSUAL) + slot, u8(isUnusual));
    if (isUnusual) unusual += 1;
    else loadOperation(slot, load<u32>(AT_ENVELOPE) + load<u32>(offsets), length);
    const code = u32(load<u16>(load<u32>(AT_LEAF_CODES) + slot * 2));
    loadOutcome(slot, index + (slot - at), (code << 16) | length, load<u64>(LEAF_TIME) + (index + (slot - at)));
    const chunk = load<u32>(AT_OUTCOMES) + slot * PAIR + CHUNK;
    v128.store(chunk, v128.load(origin));
    v128.store(chunk + 16, v128.load(origin + 16));
  }
  return unusual;
}

/** Lays out result `index` of the block, the expiry of a pending transfer, whose bytes have that length. */
export function loadExpiry(slot: u32, index: u32, length: u32): void {
  loadOutcome(slot, index, length, load<u64>(LEAF_TIME));
  memory.fill(load<u32>(AT_OUTCOMES) + slot * PAIR + CHUNK, 0, CHUNK);
}

function loadOperation(slot: u32, from: u32, length: u32): void {
  const to = load<u32>(AT_OPERATIONS) + slot * QUAD;
  // What is read behind the operation is in the same region, and is cleared again.
  for (let byte: u32 = 0; byte < MOST; byte += 16) v128.store(to + byte, v128.load(from + byte));
  memory.fill(to + length, 0, MOST - length);
}

function loadOutcome(slot: u32, index: u32, codeAndLength: u32, time: u64): void {
  const to = load<u32>(AT_OUTCOMES) + slot * PAIR;
  store<u32>(to, bswap<u32>(index));
  store<u32>(to + 4, bswap<u32>(codeAndLength));
  v128.store(to + 8, reversed(load<u32>(AT_LEAF_ROWS) + slot * CAPTURE_BYTES + AMOUNT));
  store<u64>(to + 24, bswap<u64>(time));
}

/** Puts the roots of the operations, and the hashes of outcome and origin, in their places. */
export function joinAsked(count: u32): void {
  for (let slot: u32 = 0; slot < count; slot += 1) {
    const quad = load<u32>(AT_QUADS) + slot * QUAD;
    copyChunk(quad, load<u32>(AT_OPERATION_ROOTS) + slot * CHUNK);
    copyChunk(quad + CHUNK, load<u32>(AT_JOINED) + slot * CHUNK);
  }
}

/** Lays out ids of accounts and what the two sides of each result hold; returns how many sides have pending sums. */
export function loadAccounts(count: u32): u32 {
  let pending: u32 = 0;
  for (let from: u32 = 0; from < count; from += TOUCHED_MAX) {
    const end = min(count, from + TOUCHED_MAX);
    readAhead(from, end);
    for (let slot = from; slot < end; slot += 1) {
      const row = load<u32>(AT_LEAF_ROWS) + slot * CAPTURE_BYTES;
      const sums = load<u32>(AT_LEAF_SUMS) + slot * CAPTURED_SUMS_BYTES;
      const ids = load<u32>(AT_QUADS) + slot * QUAD + PAIR;
      const sides = load<u32>(AT_SIDES) + slot * QUAD;
      pending = loadSide(load<u32>(row), ids, row + DEBIT_SIDE, sides, sums, pending);
      pending = loadSide(load<u32>(row + 4), ids + 16, row + CREDIT_SIDE, sides + PAIR, sums + CHUNK, pending);
    }
  }
  return pending;
}

/** Reads what lies all over the memory, ids and salts, so that the processor waits for many of them at once. */
function readAhead(from: u32, end: u32): void {
  let read: u32 = 0;
  for (let slot = from; slot < end; slot += 1) {
    const row = load<u32>(AT_LEAF_ROWS) + slot * CAPTURE_BYTES;
    const debit = max(1, load<u32>(row)) - 1;
    const credit = max(1, load<u32>(row + 4)) - 1;
    read += load<u32>(balanceOf(debit)) + load<u32>(load<u32>(AT_SALTS) + debit * SALT_BYTES);
    read += load<u32>(balanceOf(credit)) + load<u32>(load<u32>(AT_SALTS) + credit * SALT_BYTES);
  }
  store<u32>(READ_AHEAD, read);
}

/** Posted sums and state of one side as a pair, and pending sums beside them; `account` is its row plus one, or 0. */
function loadSide(account: u32, id: u32, side: u32, to: u32, sums: u32, pending: u32): u32 {
  if (account === 0) {
    v128.store(id, i64x2.splat(0));
    return pending;
  }
  v128.store(id, reversed(balanceOf(account - 1)));
  v128.store(to, reversed(side));
  v128.store(to + 16, reversed(side + SIDE_CREDITS));
  const height = load<u32>(side + SIDE_HEIGHT);
  const states = load<u32>(side + SIDE_INDEX) >>> 16;
  const reserved = (states & RESERVED) !== 0;
  const closed = (states & CLOSED) === 0 ? 0 : CLOSED_FLAG;
  const flags = (states & ~STATES & ~CLOSED_FLAG) | closed;
  store<u32>(to + 32, bswap<u32>(height >>> 16));
  store<u32>(to + 36, bswap<u32>((height << 16) | (load<u32>(side + SIDE_INDEX) & 0xffff)));
  store<u32>(to + 40, 0);
  store<u32>(to + 44, bswap<u32>((flags << 16) | (reserved ? HAS_PENDING : 0)));
  v128.store(to + 48, reversed(load<u32>(AT_SALTS) + (account - 1) * SALT_BYTES));
  if (!reserved) return pending;
  const pair = load<u32>(AT_PENDING_PAIRS) + pending * PAIR;
  copyChunk(pair, to);
  v128.store(pair + CHUNK, reversed(sums));
  v128.store(pair + CHUNK + 16, reversed(sums + 16));
  return pending + 1;
}

/** Sides with pending sums have one layer more: the first chunk of their pair is a hash itself, as the halves hold them. */
export function placeSums(count: u32): void {
  let from = load<u32>(AT_HALVES);
  for (let slot: u32 = 0; slot < count; slot += 1) {
    const row = load<u32>(AT_LEAF_ROWS) + slot * CAPTURE_BYTES;
    const sides = load<u32>(AT_SIDES) + slot * QUAD;
    if (hasPending(load<u32>(row), row + DEBIT_SIDE)) {
      copyChunk(sides, from);
      from += CHUNK;
    }
    if (hasPending(load<u32>(row + 4), row + CREDIT_SIDE)) {
      copyChunk(sides + PAIR, from);
      from += CHUNK;
    }
  }
}

function hasPending(account: u32, side: u32): bool {
  return account !== 0 && ((load<u32>(side + SIDE_INDEX) >>> 16) & RESERVED) !== 0;
}

/** There is no half where there is no account. */
export function clearHalves(count: u32): void {
  for (let slot: u32 = 0; slot < count; slot += 1) {
    const row = load<u32>(AT_LEAF_ROWS) + slot * CAPTURE_BYTES;
    const halves = load<u32>(AT_HALVES) + slot * PAIR;
    if (load<u32>(row) === 0) memory.fill(halves, 0, CHUNK);
    if (load<u32>(row + 4) === 0) memory.fill(halves + CHUNK, 0, CHUNK);
  }
}

/** Puts the hashes of both halves in their places. */
export function joinHalves(count: u32): void {
  for (let slot: u32 = 0; slot < count; slot += 1) {
    copyChunk(load<u32>(AT_QUADS) + slot * QUAD + PAIR + CHUNK, load<u32>(AT_JOINED) + slot * CHUNK);
  }
}

function copyChunk(to: u32, from: u32): void {
  v128.store(to, v128.load(from));
  v128.store(to + 16, v128.load(from + 16));
}
