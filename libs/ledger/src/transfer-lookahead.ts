// With many accounts and transfers most of the time of a transfer is waiting for memory. So a few transfers are looked at
// together before they are booked: first every place in the indexes that they will read, then every row, each time many
// reads that do not wait for one another.
import { OPERATION_BYTES } from '@quorate/protocol';
import { BALANCE_WORDS, HEAD_WORDS, type AccountTable } from './account-table';
import type { IdIndex } from './id-index';
import { load } from './u128';

/** How many transfers are looked at together at most. */
export const LOOKAHEAD_MAX = 32;

const ID_WORDS = 4;
const BYTES = OPERATION_BYTES.create_transfer;
const ROW_WORDS = BALANCE_WORDS;
const CHAIN_WORDS = HEAD_WORDS;
/** Offsets in the encoded operation of its id and of the two accounts. */
const AT = { id: 1, debit: 17, credit: 33 } as const;

/** The accounts and the id's hash of transfers that are about to be booked. */
export class TransferLookahead {
  readonly debits = new Int32Array(LOOKAHEAD_MAX);
  readonly credits = new Int32Array(LOOKAHEAD_MAX);
  readonly hashes = new Uint32Array(LOOKAHEAD_MAX);
  private readonly debitHashes = new Uint32Array(LOOKAHEAD_MAX);
  private readonly creditHashes = new Uint32Array(LOOKAHEAD_MAX);
  private readonly ids = new Uint32Array(LOOKAHEAD_MAX * 3 * ID_WORDS);
  private view: DataView | null = null;
  private from = 0;
  private end = 0;
  private touched = 0;

  constructor(
    private readonly accounts: AccountTable,
    private readonly byId: IdIndex,
  ) {}

  /** Which of the transfers looked at is encoded at `offset`, or -1. */
  placeOf(view: DataView, offset: number): number {
    return view === this.view && offset >= this.from && offset < this.end ? ((offset - this.from) / BYTES) | 0 : -1;
  }

  /** Looks at `count` transfers from `offset` on, one directly behind the other. */
  look(view: DataView, offset: number, count: number): void {
    this.decode(view, offset, count);
    this.touched = this.touchIndexes(count) + this.touchRows(count);
    this.findRows(count);
    this.view = view;
    this.from = offset;
    this.end = offset + count * BYTES;
  }

  /** Forgets what it saw: accounts are not what they were. */
  forget(): void {
    this.view = null;
  }

  private decode(view: DataView, offset: number, count: number): void {
    const { ids, hashes, debitHashes, creditHashes, byId } = this;
    const accountById = this.accounts.byId;
    for (let place = 0; place < count; place += 1) {
      const start = offset + place * BYTES;
      const at = place * 3 * ID_WORDS;
      load(ids, at, view, start + AT.id);
      load(ids, at + ID_WORDS, view, start + AT.debit);
      load(ids, at + 2 * ID_WORDS, view, start + AT.credit);
      hashes[place] = byId.hash(ids, at);
      debitHashes[place] = accountById.hash(ids, at + ID_WORDS);
      creditHashes[place] = accountById.hash(ids, at + 2 * ID_WORDS);
    }
  }

  // The loops that wait for memory do little else, so that the processor sees far enough ahead to start many reads. The
  // sum of what they read is kept, so that the reads are not optimized away.

  private touchIndexes(count: number): number {
    const { hashes, debitHashes, creditHashes, byId } = this;
    const accountById = this.accounts.byId;
    let touched = 0;
    for (let place = 0; place < count; place += 1) touched += byId.touch(hashes[place]);
    for (let place = 0; place < count; place += 1) {
      touched += accountById.touch(debitHashes[place]) + accountById.touchReferences(debitHashes[place]);
      touched += accountById.touch(creditHashes[place]) + accountById.touchReferences(creditHashes[place]);
    }
    // Where the new id will be written.
    for (let place = 0; place < count; place += 1) touched += byId.touchReferences(hashes[place]);
    return touched;
  }

  private touchRows(count: number): number {
    const { debitHashes, creditHashes, debits, credits } = this;
    const { balances, heads, byId } = this.accounts;
    for (let place = 0; place < count; place += 1) {
      debits[place] = byId.guess(debitHashes[place]);
      credits[place] = byId.guess(creditHashes[place]);
    }
    let touched = 0;
    for (let place = 0; place < count; place += 1) {
      const debit = debits[place];
      const credit = credits[place];
      if (debit >= 0) touched += balances[debit * ROW_WORDS] + heads[debit * CHAIN_WORDS];
      if (credit >= 0) touched += balances[credit * ROW_WORDS] + heads[credit * CHAIN_WORDS];
    }
    return touched;
  }

  private findRows(count: number): void {
    const { ids, debitHashes, creditHashes, debits, credits } = this;
    const accountById = this.accounts.byId;
    for (let place = 0; place < count; place += 1) {
      const at = place * 3 * ID_WORDS;
      debits[place] = accountById.getHashed(debitHashes[place], ids, at + ID_WORDS);
      credits[place] = accountById.getHashed(creditHashes[place], ids, at + 2 * ID_WORDS);
    }
  }
}
