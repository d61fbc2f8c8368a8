// With many accounts and transfers most of the time of a transfer is waiting for memory. So a few transfers are looked at
// together before they are booked: they are decoded into the rows that they will have, then every place in the indexes that they
// will read is read, then every row, each time many reads that do not wait for one another.
import { OPERATION_BYTES } from '@quorate/protocol';
import { BALANCE_WORDS, HEAD_WORDS, PENDING_WORDS, type AccountTable } from './account-table';
import type { IdIndex } from './id-index';
import { isMax, isZero, load } from './u128';

/** How many transfers are looked at together at most. */
export const LOOKAHEAD_MAX = 32;
/** Words of a decoded transfer's row that the operation tells: id, amount, user data, code and flags. */
const CONTENT = { id: 0, amount: 4, userData128: 8, userData64: 12, userData32: 14, codeAndFlags: 15 } as const;
/** Ids that an operation names: debit account, credit account, pending transfer. */
export const NAMED_WORDS = 12;
/** Where they are among these words. */
export const NAMED = { debit: 0, credit: 4, pending: 8 } as const;

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
const BYTES = OPERATION_BYTES.create_transfer;
const ROW_WORDS = BALANCE_WORDS;
const CHAIN_WORDS = HEAD_WORDS;
const SUM_WORDS = PENDING_WORDS;
/** One place more than are looked at: for a transfer that is decoded by itself. */
const PLACES = LOOKAHEAD_MAX + 1;

/** Where transfers are decoded to. */
export interface TransferRows {
  readonly rows: Uint32Array;
  /** Where the row is in `rows`. */
  offsetOf(row: number): number;
}

/** What is known of transfers that are about to be booked, beside their rows. */
export class TransferLookahead {
  readonly debits = new Int32Array(PLACES);
  readonly credits = new Int32Array(PLACES);
  readonly hashes = new Uint32Array(PLACES);
  readonly named = new Uint32Array(PLACES * NAMED_WORDS);
  readonly timeouts = new Uint32Array(PLACES);
  readonly assets = new Uint32Array(PLACES);
  /** 1 where neither a flag nor a field needs another rule than those for plain transfers. */
  readonly plain = new Uint8Array(PLACES);
  /** 1 where the row still holds what was decoded. */
  private readonly decoded = new Uint8Array(PLACES);
  private readonly homes = new Uint32Array(PLACES);
  private readonly debitHashes = new Uint32Array(PLACES);
  private readonly creditHashes = new Uint32Array(PLACES);
  private readonly debitHomes = new Uint32Array(PLACES);
  private readonly creditHomes = new Uint32Array(PLACES);
  private view: DataView | null = null;
  private from = 0;
  private end = 0;
  private firstRow = 0;
  private touched = 0;

  constructor(
    private readonly accounts: AccountTable,
    private readonly byId: IdIndex,
  ) {}

  /** Which of the transfers looked at is encoded at `offset`, or -1. */
  placeOf(view: DataView, offset: number): number {
    return view === this.view && offset >= this.from && offset < this.end ? ((offset - this.from) / BYTES) | 0 : -1;
  }

  /** Whether the transfer at a place was decoded into this row and is still there. */
  isAt(place: number, row: number): boolean {
    return this.firstRow + place === row && this.decoded[place] === 1;
  }

  /** Looks at `count` transfers from `offset` on, one directly behind the other, whose rows follow one another from `firstRow` on. */
  look(view: DataView, offset: number, count: number, target: TransferRows, firstRow: number): void {
    const { rows } = target;
    for (let place = 0; place < count; place += 1)
      this.decode(view, offset + place * BYTES, rows, target.offsetOf(firstRow + place), place);
    this.decoded.fill(1);
    this.touched = this.touchIndexes(count) + this.touchRows(count);
    this.findRows(count);
    this.view = view;
    this.from = offset;
    this.end = offset + count * BYTES;
    this.firstRow = firstRow;
  }

  /** Forgets what it saw: accounts are not what they were. */
  forget(): void {
    this.view = null;
  }

  /** Decodes a transfer by itself into a row, where another one that was looked at may have been. */
  decodeAlone(view: DataView, offset: number, target: TransferRows, row: number): void {
    this.decode(view, offset, target.rows, target.offsetOf(row), LOOKAHEAD_MAX);
    const place = row - this.firstRow;
    if (place >= 0 && place < LOOKAHEAD_MAX) this.decoded[place] = 0;
  }

  private decode(view: DataView, offset: number, rows: Uint32Array, at: number, place: number): void {
    const { named, byId, accounts } = this;
    const names = place * NAMED_WORDS;
    load(rows, at + CONTENT.id, view, offset + FIELD.id);
    load(rows, at + CONTENT.amount, view, offset + FIELD.amount);
    load(rows, at + CONTENT.userData128, view, offset + FIELD.userData128);
    rows[at + CONTENT.userData64 + 1] = view.getUint32(offset + FIELD.userData64);
    rows[at + CONTENT.userData64] = view.getUint32(offset + FIELD.userData64 + 4);
    rows[at + CONTENT.userData32] = view.getUint32(offset + FIELD.userData32);
    const codeAndFlags = view.getUint32(offset + FIELD.code);
    rows[at + CONTENT.codeAndFlags] = codeAndFlags;
    load(named, names + NAMED.debit, view, offset + FIELD.debitAccount);
    load(named, names + NAMED.credit, view, offset + FIELD.creditAccount);
    load(named, names + NAMED.pending, view, offset + FIELD.pendingId);
    const timeout = view.getUint32(offset + FIELD.timeoutSeconds);
    this.timeouts[place] = timeout;
    this.assets[place] = view.getUint32(offset + FIELD.asset);
    const odd = (codeAndFlags & 0xffff) | timeout;
    const plain = odd === 0 && codeAndFlags !== 0 && isZero(named, names + NAMED.pending);
    this.plain[place] = plain && !isZero(rows, at) && !isMax(rows, at) ? 1 : 0;
    this.hashes[place] = byId.hash(rows, at);
    this.debitHashes[place] = accounts.byId.hash(named, names + NAMED.debit);
    this.creditHashes[place] = accounts.byId.hash(named, names + NAMED.credit);
  }

  // The loops that wait for memory do little else, so that the processor sees far enough ahead to start many reads. The
  // sum of what they read is kept, so that the reads are not optimized away.

  private touchIndexes(count: number): number {
    const { hashes, homes, debitHashes, debitHomes, creditHashes, creditHomes, byId } = this;
    const accountById = this.accounts.byId;
    for (let place = 0; place < count; place += 1) {
      homes[place] = byId.homeOf(hashes[place]);
      debitHomes[place] = accountById.homeOf(debitHashes[place]);
      creditHomes[place] = accountById.homeOf(creditHashes[place]);
    }
    let touched = 0;
    for (let place = 0; place < count; place += 1)
      touched +=
        byId.touch(homes[place]) + accountById.touch(debitHomes[place]) + accountById.touch(creditHomes[place]);
    return touched;
  }

  private touchRows(count: number): number {
    const { debitHashes, debitHomes, creditHashes, creditHomes, debits, credits } = this;
    const { balances, heads, pendings, byId } = this.accounts;
    for (let place = 0; place < count; place += 1) {
      debits[place] = byId.guess(debitHashes[place], debitHomes[place]);
      credits[place] = byId.guess(creditHashes[place], creditHomes[place]);
    }
    let touched = 0;
    for (let place = 0; place < count; place += 1) {
      const debit = debits[place];
      const credit = credits[place];
      if (debit >= 0) touched += balances[debit * ROW_WORDS] + heads[debit * CHAIN_WORDS];
      if (credit >= 0) touched += balances[credit * ROW_WORDS] + heads[credit * CHAIN_WORDS];
    }
    if (pendings.length > 0) {
      // Past the end of the array, where no account has pending sums yet, there is nothing to read.
      for (let place = 0; place < count; place += 1) {
        const debit = debits[place] * SUM_WORDS;
        const credit = credits[place] * SUM_WORDS;
        if (debit >= 0 && debit < pendings.length) touched += pendings[debit];
        if (credit >= 0 && credit < pendings.length) touched += pendings[credit];
      }
    }
    // Where the new ids will be written.
    for (let place = 0; place < count; place += 1) touched += this.byId.touchReferences(this.homes[place]);
    return touched;
  }

  private findRows(count: number): void {
    const { named, debitHashes, creditHashes, debits, credits } = this;
    const accountById = this.accounts.byId;
    for (let place = 0; place < count; place += 1) {
      const names = place * NAMED_WORDS;
      debits[place] = accountById.getHashed(debitHashes[place], named, names + NAMED.debit);
      credits[place] = accountById.getHashed(creditHashes[place], named, names + NAMED.credit);
    }
  }
}
