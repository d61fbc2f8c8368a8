// What each result of a block left behind, in rows of 26 words: enough to hash its leaf later, whatever happens to the accounts
// in the meantime. Ids and salts are not copied: an account's row never changes them.
//
//   0  debit account (row + 1, 0 = none)          side, 10 words
//   1  credit account (row + 1, 0 = none)         0  debits posted (4)
//   2  amount (4)                                 4  credits posted (4)
//   6  debit side (10)                            8  previous result: height   9  its index
//   16 credit side (10)
//
// The word of a side's previous index holds the account's flags and states in its upper half. Rows of operations come first, in
// block order, then those of the pending transfers that expired at the start of the block.
//
// Pending sums are apart, in rows of 16 words: debits and credits pending of the debit side, and of the credit side. There is a row
// for each result as soon as one account of the block has pending sums, and none before.
import { encodeExpiry, type ResultPosition } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE, BALANCE_WORDS, HEAD_WORDS, PENDING_WORDS, type AccountTable } from './account-table';
import { AT_CAPTURED_SUMS, AT_CAPTURES, SUMS_NOTED } from './engine-layout';
import type { LedgerMemory } from './ledger-memory';
import { copy, toBigint } from './u128';

/** One result seen from an account that it touched. */
export interface AccountResult {
  /** The result that touched the account before; height 0 if it was created here. */
  readonly previous: ResultPosition;
  /** Results in the same block. */
  readonly blockResults: number;
}

export const CAPTURE_WORDS = 26;
export const CAPTURE = { debitAccount: 0, creditAccount: 1, amount: 2, debit: 6, credit: 16 } as const;
export const SIDE = { debits: 0, credits: 4, previousHeight: 8, previousIndexAndFlags: 9 } as const;
/** Pending sums of the two sides of a result. */
export const CAPTURED_PENDING_WORDS = 16;
/** Where those of the credit side begin. */
export const PENDING_OF_CREDIT = 8;
const ID_WORDS = 4;
const NOTED = SUMS_NOTED / 4;
const { debit: DEBIT, credit: CREDIT, amount: AMOUNT } = CAPTURE;
const { reserved: RESERVED } = ACCOUNT_STATE;

/** What execution notes of the results of the block at hand. */
export class ResultCapture {
  private rows = new Uint32Array(0);
  private pendings = new Uint32Array(0);
  private expired: number[] = [];
  private height = 0;
  private operationCount = 0;

  constructor(
    private readonly accounts: AccountTable,
    private readonly memory: LedgerMemory,
  ) {
    memory.onMoved(() => {
      this.rows = memory.words(AT_CAPTURES);
      this.pendings = memory.words(AT_CAPTURED_SUMS);
    });
  }

  /** Starts a block. Rows of expiries are written whole. */
  begin(height: number, operationCount: number): void {
    const { header } = this.memory;
    if (header[NOTED] !== 0) this.pendings.fill(0, 0, this.count * CAPTURED_PENDING_WORDS);
    header[NOTED] = 0;
    this.height = height;
    this.operationCount = operationCount;
    this.rows.fill(0, 0, operationCount * CAPTURE_WORDS);
    this.expired = [];
  }

  /** Result `index` of the block created the account. */
  created(index: number, account: number): void {
    const at = index * CAPTURE_WORDS;
    this.rows[at + CAPTURE.debitAccount] = account + 1;
    this.side(at + DEBIT, account, index, 0);
  }

  /** Result `index` shows the account as it is. It does not become its newest result: to look at something does not change it. */
  attested(index: number, account: number): void {
    const { heads } = this.accounts;
    const head = account * HEAD_WORDS;
    const [height, last] = [heads[head], heads[head + 1]];
    this.created(index, account);
    heads[head] = height;
    heads[head + 1] = last;
  }

  /** Result `index` states a supply, which is at `amounts[0..3]`. */
  supply(index: number, amounts: Uint32Array): void {
    copy(this.rows, index * CAPTURE_WORDS + CAPTURE.amount, amounts, 0);
  }

  /** Result `index` of the block changed two accounts; the amount is at `amounts[from..from+3]`. */
  booked(index: number, debit: number, credit: number, amounts: Uint32Array, from: number): void {
    const rows = this.rows;
    const at = index * CAPTURE_WORDS;
    rows[at + CAPTURE.debitAccount] = debit + 1;
    rows[at + CAPTURE.creditAccount] = credit + 1;
    copy(rows, at + AMOUNT, amounts, from);
    this.side(at + DEBIT, debit, index, 0);
    this.side(at + CREDIT, credit, index, PENDING_OF_CREDIT);
  }

  /** A pending transfer expired; its id is at `transfers[at..at+3]`, its amount at `transfers[amount..amount+3]`. */
  expiry(debit: number, credit: number, transfers: Uint32Array, at: number, amount: number): void {
    const index = this.operationCount + this.expired.length / ID_WORDS;
    for (let word = 0; word < ID_WORDS; word += 1) this.expired.push(transfers[at + word]);
    this.booked(index, debit, credit, transfers, amount);
  }

  /** Takes back what result `index` noted of two accounts, which has to be the newest result of both. */
  undo(index: number): void {
    const at = index * CAPTURE_WORDS;
    this.restore(this.rows[at + CAPTURE.debitAccount] - 1, at + CAPTURE.debit);
    this.restore(this.rows[at + CAPTURE.creditAccount] - 1, at + CAPTURE.credit);
  }

  /** The results in [start, end) failed after all. */
  forget(start: number, end: number): void {
    this.rows.fill(0, start * CAPTURE_WORDS, end * CAPTURE_WORDS);
    this.pendings.fill(0, start * CAPTURED_PENDING_WORDS, end * CAPTURED_PENDING_WORDS);
  }

  /** Ends the block. What it noted is copied, because it may be read after the next block. */
  finish(): CapturedResults {
    const { count } = this;
    const sums = this.memory.header[NOTED] === 0 ? 0 : count;
    const rows = this.rows.slice(0, count * CAPTURE_WORDS);
    const pendings = this.pendings.slice(0, sums * CAPTURED_PENDING_WORDS);
    return { operationCount: this.operationCount, count, rows, pendings, expired: Uint32Array.from(this.expired) };
  }

  private get count(): number {
    return this.operationCount + this.expired.length / ID_WORDS;
  }

  private side(at: number, account: number, index: number, pendingAt: number): void {
    const rows = this.rows;
    const { balances, heads } = this.accounts;
    const balance = account * BALANCE_WORDS;
    const states = balances[balance + BALANCE.codeAndFlags] & 0xffff;
    copy(rows, at + SIDE.debits, balances, balance + BALANCE.debits);
    copy(rows, at + SIDE.credits, balances, balance + BALANCE.credits);
    if ((states & RESERVED) !== 0) this.pendingSums(index * CAPTURED_PENDING_WORDS + pendingAt, account);
    const head = account * HEAD_WORDS;
    rows[at + SIDE.previousHeight] = heads[head];
    rows[at + SIDE.previousIndexAndFlags] = (states << 16) | heads[head + 1];
    heads[head] = this.height;
    heads[head + 1] = index;
  }

  private pendingSums(at: number, account: number): void {
    const { pendings } = this.accounts;
    this.memory.header[NOTED] = 1;
    for (let word = 0; word < PENDING_WORDS; word += 1)
      this.pendings[at + word] = pendings[account * PENDING_WORDS + word];
  }

  private restore(account: number, side: number): void {
    const head = account * HEAD_WORDS;
    this.accounts.heads[head] = this.rows[side + SIDE.previousHeight];
    this.accounts.heads[head + 1] = this.rows[side + SIDE.previousIndexAndFlags] & 0xffff;
  }
}

/** What the results of one block left behind; rows as above, four words of id for each expired pending transfer. */
export interface CapturedResults {
  readonly operationCount: number;
  /** Operations and expiries. */
  readonly count: number;
  readonly rows: Uint32Array;
  /** Empty where no account of the block has pending sums. */
  readonly pendings: Uint32Array;
  readonly expired: Uint32Array;
}

/** Bytes of what stands in the operation's place of an expiry. */
export function expiryOf(captured: CapturedResults, index: number): Uint8Array {
  return encodeExpiry(toBigint(captured.expired, (index - captured.operationCount) * ID_WORDS));
}

/** The previous result of an account that result `index` touched; null if it did not touch it. */
export function previousOf({ rows }: CapturedResults, index: number, account: number): ResultPosition | null {
  const at = index * CAPTURE_WORDS;
  const isDebit = rows[at + CAPTURE.debitAccount] === account + 1;
  if (!isDebit && rows[at + CAPTURE.creditAccount] !== account + 1) return null;
  const side = at + (isDebit ? CAPTURE.debit : CAPTURE.credit);
  return { height: rows[side + SIDE.previousHeight], index: rows[side + SIDE.previousIndexAndFlags] & 0xffff };
}
