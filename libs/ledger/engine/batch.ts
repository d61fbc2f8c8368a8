// With many accounts and transfers most of the time of a transfer is waiting for memory. So transfers are looked at together before
// they are booked: their ids are decoded and hashed, then every place in the indexes that they will read is read, then every row, each
// time many reads that do not wait for one another.
import {
  ACCOUNT_INDEX,
  AT_PENDINGS,
  AT_BATCH,
  BATCH_MAX,
  EVER_RESERVED,
  PENDING_INDEX,
  PENDING_ROW_BYTES,
  PLACE_BYTES,
  READ_AHEAD,
  TRANSFER_BYTES,
  TRANSFER_INDEX,
  TRANSFER_TAG,
} from '../src/engine-layout';
import { hashOf } from './id-hash';
import { firstMatch, homeOf } from './id-index';
import { balanceOf, headOf, reversed, sumsOf } from './rows';

/** In an encoded transfer. */
export const FIELD_ID: u32 = 1;
export const FIELD_DEBIT_ACCOUNT: u32 = 17;
export const FIELD_CREDIT_ACCOUNT: u32 = 33;
export const FIELD_AMOUNT: u32 = 49;
export const FIELD_PENDING_ID: u32 = 65;
export const FIELD_USER_DATA_128: u32 = 81;
export const FIELD_USER_DATA_64: u32 = 97;
export const FIELD_USER_DATA_32: u32 = 105;
export const FIELD_TIMEOUT: u32 = 109;
export const FIELD_ASSET: u32 = 113;
export const FIELD_CODE: u32 = 117;
/** What is known of a transfer of the batch: its ids, little-endian, their hashes, and what was likely their accounts' rows. */
export const PLACE_ID: u32 = 0;
export const PLACE_DEBIT: u32 = 16;
export const PLACE_CREDIT: u32 = 32;
export const PLACE_HASH: u32 = 48;
export const PLACE_DEBIT_HASH: u32 = 52;
export const PLACE_CREDIT_HASH: u32 = 56;
export const PLACE_DEBIT_ROW: u32 = 60;
export const PLACE_CREDIT_ROW: u32 = 64;
const PLACE_HOMES: u32 = 68;
/** The id of the pending transfer that it posts or voids, the hash of that id or its own, and what is likely that one's row. */
export const PLACE_PENDING: u32 = 80;
export const PLACE_PENDING_HASH: u32 = 96;
const PLACE_PENDING_HOME: u32 = 100;
/** Flags of transfers that have to do with pending ones. */
export const PENDING: u32 = 2;
export const POST: u32 = 4;
export const VOID: u32 = 8;

/** Where the batch begins and ends in the envelope. */
let begin: u32 = 0;
let end: u32 = 0;

/** Forgets the batch: another envelope is there, or accounts are not what they were. */
export function forgetBatch(): void {
  end = 0;
}

/** What is known of the transfer that is encoded at `at`; `count` is how many operations there are from it on. */
export function placeOf(at: u32, count: u32): u32 {
  if (at < begin || at >= end) look(at, min(count, u32(BATCH_MAX)));
  return load<u32>(AT_BATCH) + ((at - begin) / u32(TRANSFER_BYTES)) * PLACE_BYTES;
}

function look(at: u32, most: u32): void {
  const first = load<u32>(AT_BATCH);
  let count: u32 = 0;
  while (count < most && load<u8>(at + count * TRANSFER_BYTES) === TRANSFER_TAG) {
    decode(at + count * TRANSFER_BYTES, first + count * PLACE_BYTES);
    count += 1;
  }
  begin = at;
  end = at + count * TRANSFER_BYTES;
  const behind = first + count * PLACE_BYTES;
  let read: u32 = 0;
  for (let place = first; place < behind; place += PLACE_BYTES) {
    const homes = place + PLACE_HOMES;
    read += load<u32>(load<u32>(homes)) + load<u32>(load<u32>(homes + 4)) + load<u32>(load<u32>(homes + 8));
  }
  for (let place = first; place < behind; place += PLACE_BYTES) {
    store<i32>(place + PLACE_DEBIT_ROW, firstMatch(ACCOUNT_INDEX, load<u32>(place + PLACE_DEBIT_HASH)));
    store<i32>(place + PLACE_CREDIT_ROW, firstMatch(ACCOUNT_INDEX, load<u32>(place + PLACE_CREDIT_HASH)));
  }
  for (let place = first; place < behind; place += PLACE_BYTES) {
    // Of an account that there is not, the row of another one is read.
    const debit = max(0, load<i32>(place + PLACE_DEBIT_ROW));
    const credit = max(0, load<i32>(place + PLACE_CREDIT_ROW));
    read += load<u32>(balanceOf(debit)) + load<u32>(headOf(debit));
    read += load<u32>(balanceOf(credit)) + load<u32>(headOf(credit));
  }
  if (load<u32>(EVER_RESERVED) !== 0) read += readPendings(first, behind);
  store<u32>(READ_AHEAD, read);
}

/** Reads ahead what transfers that reserve, post or void will read beside. */
function readPendings(first: u32, behind: u32): u32 {
  let read: u32 = 0;
  for (let place = first; place < behind; place += PLACE_BYTES) {
    read += load<u32>(sumsOf(max(0, load<i32>(place + PLACE_DEBIT_ROW))));
    read += load<u32>(sumsOf(max(0, load<i32>(place + PLACE_CREDIT_ROW))));
    const home = load<u32>(place + PLACE_PENDING_HOME);
    if (home !== 0) read += load<u32>(home);
  }
  for (let place = first; place < behind; place += PLACE_BYTES) {
    if (load<u32>(place + PLACE_PENDING_HOME) === 0) continue;
    const row = max(0, firstMatch(PENDING_INDEX, load<u32>(place + PLACE_PENDING_HASH)));
    read += load<u32>(load<u32>(AT_PENDINGS) + row * PENDING_ROW_BYTES);
  }
  return read;
}

function decode(at: u32, place: u32): void {
  v128.store(place + PLACE_ID, reversed(at + FIELD_ID));
  v128.store(place + PLACE_DEBIT, reversed(at + FIELD_DEBIT_ACCOUNT));
  v128.store(place + PLACE_CREDIT, reversed(at + FIELD_CREDIT_ACCOUNT));
  const hash = hashOf(place + PLACE_ID);
  const debitHash = hashOf(place + PLACE_DEBIT);
  const creditHash = hashOf(place + PLACE_CREDIT);
  store<u32>(place + PLACE_HASH, hash);
  store<u32>(place + PLACE_DEBIT_HASH, debitHash);
  store<u32>(place + PLACE_CREDIT_HASH, creditHash);
  store<u32>(place + PLACE_HOMES, homeOf(TRANSFER_INDEX, hash));
  store<u32>(place + PLACE_HOMES + 4, homeOf(ACCOUNT_INDEX, debitHash));
  store<u32>(place + PLACE_HOMES + 8, homeOf(ACCOUNT_INDEX, creditHash));
  const flags = bswap<u32>(load<u32>(at + FIELD_CODE));
  store<u32>(place + PLACE_PENDING_HOME, 0);
  if ((flags & (PENDING | POST | VOID)) === 0) return;
  v128.store(place + PLACE_PENDING, reversed(at + FIELD_PENDING_ID));
  const pendingHash = (flags & PENDING) !== 0 ? hash : hashOf(place + PLACE_PENDING);
  store<u32>(place + PLACE_PENDING_HASH, pendingHash);
  store<u32>(place + PLACE_PENDING_HOME, homeOf(PENDING_INDEX, pendingHash));
}
