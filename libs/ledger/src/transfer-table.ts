// Applied transfers in rows of 25 words; failed ones keep only what answers a retry, in rows of 6 words.
//
//   applied row                                   failed row
//   0  id (4)                                     0  id (4)
//   4  amount (4)                                 4  height
//   8  user data 128 (4)                          5  index << 16 | result code
//   12 user data 64 (2)
//   14 user data 32
//   15 code << 16 | flags
//   16 debit account (row)        17 credit account (row)
//   18 previous transfer of the debit account, 19 of the credit account (row + 1, 0 = none)
//   20 ledger time ns (2)
//   22 height                     23 index in the block
//   24 row + 1 in the table of pending transfers: of a pending one its own, of a post or void that which it resolves
import { OPERATION_BYTES, RESULT_CODES, TRANSFER_FLAGS } from '@quorate/protocol';
import { BALANCE, BALANCE_WORDS, type AccountTable, type OperationContext } from './account-table';
import { IdIndex } from './id-index';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, settledWords, type SectionCapture } from './section';
import { copy, equals, isMax, isZero, load } from './u128';

export const TRANSFER_WORDS = 25;
export const TRANSFER = {
  id: 0,
  amount: 4,
  userData128: 8,
  userData64: 12,
  userData32: 14,
  codeAndFlags: 15,
  debitAccount: 16,
  creditAccount: 17,
  previousOfDebit: 18,
  previousOfCredit: 19,
  timestamp: 20,
  height: 22,
  index: 23,
  pending: 24,
} as const;

/** Offsets in the encoded operation, its tag included (protocol, `writeTransfer`). */
const FIELD = {
  id: 1,
  debitAccount: 17,
  creditAccount: 33,
  amount: 49,
  pendingId: 65,
  userData128: 81,
  userData64: 97,
  userData32: 105,
  timeoutSeconds: 109,
  asset: 113,
  code: 117,
} as const;

const TRANSFER_BYTES = OPERATION_BYTES.create_transfer;
/** How many transfers `warm` looks ahead at most. */
export const WARM_MAX = 32;
const FAILED_WORDS = 6;
const ROWS_MIN = 1_024;
/** Set in a reference of the index: the row is one of the failed transfers. */
const FAILED = 0x8000_0000;
/** The flags of a transfer that posts or voids a pending one. */
export const RESOLVING = TRANSFER_FLAGS.postPendingTransfer | TRANSFER_FLAGS.voidPendingTransfer;
/** Where the ids that an operation names are in `TransferTable.named`. */
export const NAMED = { debit: 0, credit: 4, pending: 8 } as const;

/** Where the first attempt of a transfer stands in the ledger's history, and how it ended. */
export interface TransferPosition {
  readonly height: number;
  readonly index: number;
  readonly code: number;
}

/**
 * Transfers by id, and the one at hand: `stage` decodes it into the row behind the last one, where it becomes a transfer with
 * `add` if every rule holds. Knows nothing of the rules (`Booking`).
 */
export class TransferTable {
  rows = new Uint32Array(ROWS_MIN * TRANSFER_WORDS);
  /** Ids that the staged operation names: debit account, credit account, pending transfer. */
  readonly named = new Uint32Array(12);
  timeoutSeconds = 0;
  assetId = 0;
  private failed = new Uint32Array(ROWS_MIN * FAILED_WORDS);
  private readonly byId: IdIndex;
  private count = 0;
  private failedCount = 0;
  private readonly probe = new Uint32Array(4);
  private readonly warmed = new Int32Array(WARM_MAX * 2);
  private warmedSum = 0;

  constructor(
    private readonly accounts: AccountTable,
    private readonly transfersMax: number,
    seed: number,
  ) {
    this.byId = new IdIndex(seed, (reference, words, at) =>
      reference >= FAILED
        ? equals(this.failed, (reference - FAILED) * FAILED_WORDS, words, at)
        : equals(this.rows, reference * TRANSFER_WORDS, words, at),
    );
  }

  get size(): number {
    return this.count;
  }

  get full(): boolean {
    return this.count + this.failedCount >= this.transfersMax;
  }

  /** Row of the applied transfer with this id, or -1. */
  find(words: Uint32Array, at: number): number {
    const reference = this.byId.get(words, at);
    return reference >= FAILED ? -1 : reference;
  }

  /** Row of the applied transfer with the staged one's id, -1 if the id is free, -2 if an attempt under it failed. */
  findStaged(): number {
    const reference = this.byId.getOrMiss(this.rows, this.count * TRANSFER_WORDS);
    return reference >= FAILED ? -2 : reference;
  }

  /** First attempt under this id, applied or failed. */
  position(words: Uint32Array, at: number): TransferPosition | undefined {
    const reference = this.byId.get(words, at);
    if (reference < 0) return undefined;
    if (reference >= FAILED) {
      const from = (reference - FAILED) * FAILED_WORDS;
      const indexAndCode = this.failed[from + 5];
      return { height: this.failed[from + 4], index: indexAndCode >>> 16, code: indexAndCode & 0xffff };
    }
    const from = reference * TRANSFER_WORDS;
    return {
      height: this.rows[from + TRANSFER.height],
      index: this.rows[from + TRANSFER.index],
      code: RESULT_CODES.applied,
    };
  }

  /**
   * Reads what `count` transfers from `offset` on, one directly behind the other, are about to read: with many accounts most of
   * the time of a transfer is waiting for memory, and here the processor waits for many of them at once.
   */
  warm(view: DataView, offset: number, count: number): void {
    const { warmed, probe, accounts } = this;
    const balances = accounts.balances;
    let sum = 0;
    for (let index = 0; index < count; index += 1) {
      const from = offset + index * TRANSFER_BYTES;
      load(probe, 0, view, from + FIELD.id);
      sum += this.byId.peek(probe, 0);
      load(probe, 0, view, from + FIELD.debitAccount);
      warmed[index * 2] = accounts.peek(probe, 0);
      load(probe, 0, view, from + FIELD.creditAccount);
      warmed[index * 2 + 1] = accounts.peek(probe, 0);
    }
    for (let index = 0; index < count * 2; index += 1) {
      if (warmed[index] >= 0) sum += balances[warmed[index] * BALANCE_WORDS];
    }
    // Kept, so that the reads are not optimized away.
    this.warmedSum = sum;
  }

  /** Decodes the transfer at `offset` into the row behind the last one. */
  stage(view: DataView, offset: number, context: OperationContext): void {
    if ((this.count + 1) * TRANSFER_WORDS > this.rows.length) this.rows = doubled(this.rows);
    const rows = this.rows;
    const at = this.count * TRANSFER_WORDS;
    load(rows, at, view, offset + FIELD.id);
    load(rows, at + TRANSFER.amount, view, offset + FIELD.amount);
    load(rows, at + TRANSFER.userData128, view, offset + FIELD.userData128);
    rows[at + TRANSFER.userData64 + 1] = view.getUint32(offset + FIELD.userData64);
    rows[at + TRANSFER.userData64] = view.getUint32(offset + FIELD.userData64 + 4);
    rows[at + TRANSFER.userData32] = view.getUint32(offset + FIELD.userData32);
    rows[at + TRANSFER.codeAndFlags] = view.getUint32(offset + FIELD.code);
    rows[at + TRANSFER.timestamp] = context.timeLow;
    rows[at + TRANSFER.timestamp + 1] = context.timeHigh;
    rows[at + TRANSFER.height] = context.height;
    rows[at + TRANSFER.index] = context.index;
    rows[at + TRANSFER.pending] = 0;
    load(this.named, NAMED.debit, view, offset + FIELD.debitAccount);
    load(this.named, NAMED.credit, view, offset + FIELD.creditAccount);
    load(this.named, NAMED.pending, view, offset + FIELD.pendingId);
    this.timeoutSeconds = view.getUint32(offset + FIELD.timeoutSeconds);
    this.assetId = view.getUint32(offset + FIELD.asset);
  }

  /** Makes the staged transfer, which `findStaged` did not find, the newest one of the ledger and of its two accounts. */
  add(debit: number, credit: number): void {
    const rows = this.rows;
    const at = this.count * TRANSFER_WORDS;
    const balances = this.accounts.balances;
    const newestOfDebit = debit * BALANCE_WORDS + BALANCE.newestTransfer;
    const newestOfCredit = credit * BALANCE_WORDS + BALANCE.newestTransfer;
    rows[at + TRANSFER.debitAccount] = debit;
    rows[at + TRANSFER.creditAccount] = credit;
    rows[at + TRANSFER.previousOfDebit] = balances[newestOfDebit];
    rows[at + TRANSFER.previousOfCredit] = balances[newestOfCredit];
    this.byId.addMissed(this.count);
    this.count += 1;
    balances[newestOfDebit] = this.count;
    balances[newestOfCredit] = this.count;
  }

  /** Takes the newest transfer out; its amounts are the caller's business. */
  removeNewest(): void {
    const rows = this.rows;
    const balances = this.accounts.balances;
    this.count -= 1;
    const at = this.count * TRANSFER_WORDS;
    const from = rows[at + TRANSFER.debitAccount] * BALANCE_WORDS;
    const to = rows[at + TRANSFER.creditAccount] * BALANCE_WORDS;
    balances[from + BALANCE.newestTransfer] = rows[at + TRANSFER.previousOfDebit];
    balances[to + BALANCE.newestTransfer] = rows[at + TRANSFER.previousOfCredit];
    this.byId.remove(rows, at);
  }

  /**
   * Uses up the id of the failed transfer that is encoded at `offset`. Left free: an id that is 0, the maximum or used
   * before, and one named by a party that has no say, so that nobody can burn the owner's id by naming its account or its
   * pending transfer.
   */
  recordFailure(view: DataView, offset: number, context: OperationContext, code: number): void {
    if (code === RESULT_CODES.reserved_flag || code === RESULT_CODES.transfer_limit_reached || this.full) return;
    this.stage(view, offset, context);
    const at = this.count * TRANSFER_WORDS;
    if (isZero(this.rows, at) || isMax(this.rows, at) || this.byId.get(this.rows, at) >= 0) return;
    if (this.isForeign(context.party)) return;
    if ((this.failedCount + 1) * FAILED_WORDS > this.failed.length) this.failed = doubled(this.failed);
    const to = this.failedCount * FAILED_WORDS;
    copy(this.failed, to, this.rows, at);
    this.failed[to + 4] = context.height;
    this.failed[to + 5] = (context.index << 16) | code;
    this.byId.add(this.failed, to, FAILED + this.failedCount);
    this.failedCount += 1;
  }

  /** Rows never change once they are counted: nothing is copied. */
  capture(): SectionCapture[] {
    return [
      settledWords('transfers', this.rows, this.count * TRANSFER_WORDS),
      settledWords('failedTransfers', this.failed, this.failedCount * FAILED_WORDS),
    ];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    const count = sections.rows('transfers');
    const failedCount = sections.rows('failedTransfers');
    if (count + failedCount > this.transfersMax)
      throw new SnapshotError('more transfers than a ledger may hold', { count, failedCount });
    this.rows = sections.words('transfers');
    this.failed = sections.words('failedTransfers');
    this.count = count;
    this.failedCount = failedCount;
    for (let row = 0; row < count; row += 1) this.byId.add(this.rows, row * TRANSFER_WORDS, row);
    for (let row = 0; row < failedCount; row += 1) this.byId.add(this.failed, row * FAILED_WORDS, FAILED + row);
  }

  /** Whether the staged transfer debits somebody else's account, or resolves what is between others. */
  private isForeign(party: number): boolean {
    const balances = this.accounts.balances;
    const ownerOf = (account: number): number => balances[account * BALANCE_WORDS + BALANCE.party];
    if ((this.rows[this.count * TRANSFER_WORDS + TRANSFER.codeAndFlags] & RESOLVING) === 0) {
      const debit = this.accounts.find(this.named, NAMED.debit);
      return debit >= 0 && ownerOf(debit) !== party;
    }
    const resolved = this.find(this.named, NAMED.pending);
    if (resolved < 0) return false;
    const from = resolved * TRANSFER_WORDS;
    return (
      ownerOf(this.rows[from + TRANSFER.debitAccount]) !== party &&
      ownerOf(this.rows[from + TRANSFER.creditAccount]) !== party
    );
  }
}

function doubled(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(words.length * 2);
  grown.set(words);
  return grown;
}
