// The usual transfer on a way of its own, because speed hangs on it: no flag, no account closed, frozen or with pending sums,
// nothing that leaves the issuer's hands or returns to them, the signer's own account, an asset with an open policy. It refuses
// nothing: whatever is not applied here is left to `Booking`, whose rules decide in their order.
import { ACCOUNT_FLAGS } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE, BALANCE_WORDS } from './account-table';
import type { BookingTables } from './booking-tables';
import { TRANSFER } from './transfer-table';
import { addInto, sumExceeds, sumOverflows } from './u128';

const ROW_WORDS = BALANCE_WORDS;
const { debits: DEBITS, credits: CREDITS, party: PARTY, asset: ASSET, codeAndFlags: FLAGS } = BALANCE;
const AMOUNT = TRANSFER.amount;
const LIMIT_DEBITS = ACCOUNT_FLAGS.debitsMustNotExceedCredits;
const LIMIT_CREDITS = ACCOUNT_FLAGS.creditsMustNotExceedDebits;
/** What takes a transfer off this way on either account, and what does if only one has it. */
const STATES = ACCOUNT_STATE.closed | ACCOUNT_STATE.reserved | ACCOUNT_STATE.frozen;
const { issuing: ISSUING } = ACCOUNT_STATE;
const U32 = 0x1_0000_0000;
/** No asset has this index. */
const NONE = -1;

/** Books runs of plain transfers. */
export class PlainBooking {
  private party = 0;
  /** The asset of the run at hand, its id, and what was moved of it and is not in its totals yet. */
  private asset = NONE;
  private assetId = 0;
  private readonly moved = new Uint32Array(4);

  constructor(private readonly tables: BookingTables) {}

  /**
   * Books the transfers that were looked at, from place `from` to before `end`, until one is not plain; returns how many. The
   * first is operation `index` of a block whose time is given in two words; an operation's time is the block's plus its index.
   */
  run(from: number, end: number, index: number, party: number, timeLow: number, timeHigh: number): number {
    const { transfers } = this.tables;
    const { plain } = transfers.lookahead;
    this.party = party;
    let place = from;
    for (; place < end && plain[place] === 1 && transfers.stagePlace(place); place += 1) {
      const at = index + place - from;
      const low = timeLow + at;
      if (!this.book(place, at, low >>> 0, low >= U32 ? timeHigh + 1 : timeHigh)) break;
    }
    this.settle();
    return place - from;
  }

  private book(place: number, index: number, timeLow: number, timeHigh: number): boolean {
    const { accounts, transfers, capture } = this.tables;
    const { lookahead, rows } = transfers;
    const { balances } = accounts;
    const debit = lookahead.debits[place];
    const credit = lookahead.credits[place];
    if (debit < 0 || credit < 0 || debit === credit || transfers.full) return false;
    const from = debit * ROW_WORDS;
    const to = credit * ROW_WORDS;
    const asset = balances[from + ASSET];
    if (balances[from + PARTY] !== this.party || balances[to + ASSET] !== asset) return false;
    if (asset !== this.asset && !this.begin(asset)) return false;
    if (lookahead.assets[place] !== this.assetId || !transfers.isStagedNew()) return false;
    const amount = transfers.staged + AMOUNT;
    if (!this.mayMove(balances, from, to, rows, amount)) return false;
    addInto(balances, from + DEBITS, rows, amount);
    addInto(balances, to + CREDITS, rows, amount);
    addInto(this.moved, 0, rows, amount);
    capture.booked(index, debit, credit, rows, amount);
    transfers.addAt(debit, credit, index, timeLow, timeHigh);
    return true;
  }

  /** Whether flags and sums of the two accounts, whose rows are at `from` and `to`, let the amount pass without further rules. */
  private mayMove(balances: Uint32Array, from: number, to: number, rows: Uint32Array, amount: number): boolean {
    const debitFlags = balances[from + FLAGS];
    const creditFlags = balances[to + FLAGS];
    if (((debitFlags | creditFlags) & STATES) !== 0 || ((debitFlags ^ creditFlags) & ISSUING) !== 0) return false;
    if (sumOverflows(balances, from + DEBITS, rows, amount)) return false;
    if (sumOverflows(balances, to + CREDITS, rows, amount)) return false;
    if (
      (debitFlags & LIMIT_DEBITS) !== 0 &&
      sumExceeds(balances, from + DEBITS, rows, amount, balances, from + CREDITS)
    ) {
      return false;
    }
    return (
      (creditFlags & LIMIT_CREDITS) === 0 || !sumExceeds(balances, to + CREDITS, rows, amount, balances, to + DEBITS)
    );
  }

  /** Turns to another asset; false for one whose policy has to be asked. */
  private begin(asset: number): boolean {
    this.settle();
    const { id, restricted } = this.tables.assets.at(asset);
    if (restricted) return false;
    this.asset = asset;
    this.assetId = id;
    return true;
  }

  /** Enters what was moved in the totals of the asset. */
  private settle(): void {
    if (this.asset === NONE) return;
    this.tables.assets.post(this.asset, this.moved);
    this.moved.fill(0);
    this.asset = NONE;
  }
}
