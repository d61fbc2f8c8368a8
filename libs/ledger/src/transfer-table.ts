// The newest transfers in a ring of rows of 23 words. Row numbers are those of the entries in `IdLog`: failed transfers have
// one too, without content.
//
//   0  id (4)                                     16 debit account (row)        17 credit account (row)
//   4  amount (4)                                 18 previous transfer of the debit account, 19 of the credit account
//   8  user data 128 (4)                             (row + 1, 0 = none)
//   12 user data 64 (2)                           20 ledger time ns (2)
//   14 user data 32                               22 row + 1 in the table of pending transfers: of a pending one its own,
//   15 code << 16 | flags                            of a post or void that which it resolves
//
// A block compares with, and its queries show, the rows from `oldest` on: as many as the limits say at the end of the block before. The ring has
// room for a block more, so that what a failed chain takes back never overwrote one of them.
import { LIMITS, RESULT_CODES, TRANSFER_FLAGS } from '@quorate/protocol';
import { BALANCE, BALANCE_WORDS, type AccountTable, type OperationContext } from './account-table';
import type { IdHash } from './id-hash';
import { IdIndex } from './id-index';
import { ID_KIND, IdLog } from './id-log';
import type { LedgerLimits } from './limits';
import type { PendingTable } from './pending-table';
import type { RestoredSections } from './restored-sections';
import { withMoreRows } from './row-storage';
import { RingCapture } from './ring-capture';
import { SnapshotError, type CaptureMemory, type SectionCapture } from './section';
import { LOOKAHEAD_MAX, NAMED, NAMED_WORDS, TransferLookahead } from './transfer-lookahead';
import { isMax, isZero } from './u128';

export const TRANSFER_WORDS = 23;
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
  pending: 22,
} as const;
/** The flags of a transfer that posts or voids a pending one. */
export const RESOLVING = TRANSFER_FLAGS.postPendingTransfer | TRANSFER_FLAGS.voidPendingTransfer;
const { pending: PENDING } = TRANSFER_FLAGS;
/** What `findStaged` answers where there is no row to compare with. */
export const STAGED = { free: -1, failed: -2, inHistory: -3 } as const;

/** Mask of a ring that does not go round yet. */
const UNBOUNDED = 0x7fff_ffff;
/** Bits of the number of tables in the index of ids: with 2^27 ids a table has 524,288. */
const INDEX_TABLE_BITS = 8;
/** Where the ids that an operation names are in `TransferTable.named`. */
export { NAMED };

/**
 * Transfers by id, and the one at hand: `stage` decodes it into the row behind the last one, where it becomes a transfer with
 * `add` if every rule holds. Knows nothing of the rules (`Booking`).
 */
export class TransferTable {
  rows = new Uint32Array(0);
  /** Where the staged transfer is in `rows`. */
  staged = 0;
  /** Ids that the staged operation names: debit account, credit account, pending transfer. */
  readonly named = new Uint32Array(NAMED_WORDS);
  timeoutSeconds = 0;
  assetId = 0;
  readonly log = new IdLog();
  private readonly byId: IdIndex;
  private readonly rowsMax: number;
  private rowMask = UNBOUNDED;
  private oldestRow = 0;
  private stagedIndex = 0;
  private timeLow = 0;
  private timeHigh = 0;
  /** What is known of the transfers that come next. */
  readonly lookahead: TransferLookahead;
  private stagedHash = 0;
  private place = -1;
  /** The newest capture, whose rows are copied before others take their slots. */
  private capturing: RingCapture | null = null;

  constructor(
    private readonly accounts: AccountTable,
    private readonly pendings: PendingTable,
    private readonly limits: LedgerLimits,
    hasher: IdHash,
  ) {
    this.byId = new IdIndex(hasher, this.log, INDEX_TABLE_BITS, limits.transfersMax);
    this.lookahead = new TransferLookahead(accounts, this.byId);
    this.rowsMax = powerOfTwoFrom(limits.recentTransfersMax + LIMITS.blockOperationsMax + 1);
  }

  /** Ids used up, by applied and by failed transfers. */
  get size(): number {
    return this.log.size;
  }

  get full(): boolean {
    return this.log.size >= this.limits.transfersMax;
  }

  /** The oldest row that is still there. */
  get oldest(): number {
    return this.oldestRow;
  }

  /** Where a row is in `rows`; only for rows from `oldest` on. */
  offsetOf(row: number): number {
    return (row & this.rowMask) * TRANSFER_WORDS;
  }

  /** Whether the row is there and holds an applied transfer. */
  holds(row: number): boolean {
    return row >= this.oldestRow && row < this.size && this.log.kindOf(row) !== ID_KIND.failed;
  }

  /** Whether the transfer in a held row debits or credits the account. */
  touches(row: number, account: number): boolean {
    const at = this.offsetOf(row);
    return this.rows[at + TRANSFER.debitAccount] === account || this.rows[at + TRANSFER.creditAccount] === account;
  }

  /** The transfer of the account before the one in a held row, plus one, held or not; 0 if there is none. */
  previousOf(row: number, account: number): number {
    const at = this.offsetOf(row);
    const debits = this.rows[at + TRANSFER.debitAccount] === account;
    return this.rows[at + (debits ? TRANSFER.previousOfDebit : TRANSFER.previousOfCredit)];
  }

  /** Row of the transfer with this id, applied or failed and maybe older than `oldest`; or -1. */
  find(words: Uint32Array, at: number): number {
    return this.byId.get(words, at);
  }

  /** Row of the applied transfer with the staged one's id, or one of `STAGED`. */
  findStaged(): number {
    const row = this.byId.getOrMiss(this.stagedHash, this.rows, this.staged);
    if (row < 0) return STAGED.free;
    if (this.log.kindOf(row) === ID_KIND.failed) return STAGED.failed;
    return row >= this.oldestRow ? row : STAGED.inHistory;
  }

  beginBlock(height: number): void {
    this.capturing?.copyBelow(this.size + LIMITS.blockOperationsMax + 1 - this.rowsMax);
    this.log.beginBlock(height);
  }

  /** Ends a block: moves `oldest`, and lets go of pending transfers that only rows before it need. */
  endBlock(): void {
    const oldest = this.oldestOf(this.size);
    for (let row = this.oldestRow; row < oldest; row += 1) {
      this.leave(row);
    }
    this.oldestRow = oldest;
  }

  /** Prepares for `count` transfers from `offset` on, one directly behind the other; nothing else may be executed between them. */
  lookAhead(view: DataView, offset: number, count: number): void {
    const { size } = this.log;
    this.makeRoom(size + count - 1);
    this.lookahead.look(view, offset, count, this, size);
  }

  /** Forgets preparations: accounts were taken back. */
  forgetAhead(): void {
    this.lookahead.forget();
  }

  /** Row of the account that the staged transfer debits, or -1. */
  debitOfStaged(): number {
    return this.place >= 0 ? this.lookahead.debits[this.place] : this.accounts.find(this.named, NAMED.debit);
  }

  /** Row of the account that it credits, or -1. */
  creditOfStaged(): number {
    return this.place >= 0 ? this.lookahead.credits[this.place] : this.accounts.find(this.named, NAMED.credit);
  }

  /** Has the transfer at `offset` in the row behind the last one, where it may have been decoded before. */
  stage(view: DataView, offset: number, context: OperationContext): void {
    const { lookahead, named } = this;
    const row = this.log.size;
    this.makeRoom(row);
    this.staged = this.offsetOf(row);
    this.stagedIndex = context.index;
    this.timeLow = context.timeLow;
    this.timeHigh = context.timeHigh;
    this.place = lookahead.placeOf(view, offset);
    let from = this.place;
    if (from < 0 || !lookahead.isAt(from, row)) {
      lookahead.decodeAlone(view, offset, this, row);
      from = LOOKAHEAD_MAX;
    }
    this.rows[this.staged + TRANSFER.pending] = 0;
    for (let word = 0; word < NAMED_WORDS; word += 1) named[word] = lookahead.named[from * NAMED_WORDS + word];
    this.stagedHash = lookahead.hashes[from];
    this.timeoutSeconds = lookahead.timeouts[from];
    this.assetId = lookahead.assets[from];
  }

  /** Makes the transfer at a place of the lookahead the staged one if its row is the next one. */
  stagePlace(place: number): boolean {
    const row = this.log.size;
    if (!this.lookahead.isAt(place, row)) return false;
    this.staged = this.offsetOf(row);
    this.rows[this.staged + TRANSFER.pending] = 0;
    this.place = place;
    this.stagedHash = this.lookahead.hashes[place];
    return true;
  }

  /** Whether the id of the staged transfer was never used. */
  isStagedNew(): boolean {
    return this.byId.getOrMiss(this.stagedHash, this.rows, this.staged) < 0;
  }

  /** Makes the staged transfer, which `findStaged` did not find, the newest one of the ledger and of its two accounts. */
  add(debit: number, credit: number): void {
    this.addAt(debit, credit, this.stagedIndex, this.timeLow, this.timeHigh);
  }

  /** As `add`, with its index in the block and its ledger time. */
  addAt(debit: number, credit: number, index: number, timeLow: number, timeHigh: number): void {
    const { rows, staged: at, log } = this;
    const balances = this.accounts.balances;
    const newestOfDebit = debit * BALANCE_WORDS + BALANCE.newestTransfer;
    const newestOfCredit = credit * BALANCE_WORDS + BALANCE.newestTransfer;
    rows[at + TRANSFER.debitAccount] = debit;
    rows[at + TRANSFER.creditAccount] = credit;
    rows[at + TRANSFER.previousOfDebit] = balances[newestOfDebit];
    rows[at + TRANSFER.previousOfCredit] = balances[newestOfCredit];
    rows[at + TRANSFER.timestamp] = timeLow;
    rows[at + TRANSFER.timestamp + 1] = timeHigh;
    this.byId.addMissed(log.size);
    log.add(rows, at, index, (rows[at + TRANSFER.codeAndFlags] & PENDING) !== 0);
    balances[newestOfDebit] = log.size;
    balances[newestOfCredit] = log.size;
  }

  /** Takes the newest transfer out; its amounts are the caller's business. */
  removeNewest(): void {
    const rows = this.rows;
    const balances = this.accounts.balances;
    const at = this.offsetOf(this.size - 1);
    const from = rows[at + TRANSFER.debitAccount] * BALANCE_WORDS;
    const to = rows[at + TRANSFER.creditAccount] * BALANCE_WORDS;
    balances[from + BALANCE.newestTransfer] = rows[at + TRANSFER.previousOfDebit];
    balances[to + BALANCE.newestTransfer] = rows[at + TRANSFER.previousOfCredit];
    this.byId.remove(rows, at);
    this.log.removeNewest();
  }

  /**
   * Uses up the id of the failed transfer that is encoded at `offset`. Left free: an id that is 0, the maximum or used
   * before, and one named by a party that has no say, so that nobody can burn the owner's id by naming its account or its
   * pending transfer.
   */
  recordFailure(view: DataView, offset: number, context: OperationContext, code: number): void {
    if (code === RESULT_CODES.reserved_flag || code === RESULT_CODES.transfer_limit_reached) return;
    if (code === RESULT_CODES.pending_limit_reached || this.full) return;
    this.stage(view, offset, context);
    const { rows, staged: at } = this;
    if (isZero(rows, at) || isMax(rows, at) || this.findStaged() !== STAGED.free) return;
    if (this.isForeign(context.party)) return;
    this.byId.addMissed(this.log.size);
    this.log.addFailure(rows, at, context.index, code);
    rows.fill(0, at, at + TRANSFER_WORDS);
  }

  /** Lets go of a pending transfer that has ended; how is all that is remembered. */
  releasePending(row: number): void {
    this.log.noteEnd(this.pendings.transferOf(row), this.pendings.stateOf(row));
    this.pendings.release(row);
  }

  captureEnds(memory: CaptureMemory): SectionCapture {
    return this.log.captureEnds(memory);
  }

  /** Rows that are held are copied a part at a time, before more transfers overwrite them. */
  capture(memory: CaptureMemory): SectionCapture[] {
    const { size, oldest, rowsMax } = this;
    const copy = memory.words('transfers', Math.min(size, rowsMax) * TRANSFER_WORDS);
    const ring = { section: 'transfers', rowWords: TRANSFER_WORDS, oldest, end: size, capacity: rowsMax } as const;
    this.capturing = new RingCapture({ ...ring, words: () => this.rows }, copy);
    return [...this.log.capture(), this.capturing];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    const count = sections.rows('transferIds');
    if (count > this.limits.transfersMax || sections.rows('transfers') !== Math.min(count, this.rowsMax))
      throw new SnapshotError('the sections of transfers do not fit together', { count });
    this.log.restore(sections);
    while (this.rows.length < sections.rows('transfers') * TRANSFER_WORDS) this.reserve();
    this.rows.set(sections.words('transfers').subarray(0, sections.rows('transfers') * TRANSFER_WORDS));
    this.oldestRow = this.oldestOf(count);
    this.byId.addRows(count);
  }

  private oldestOf(size: number): number {
    return Math.max(0, size - this.limits.recentTransfersMax);
  }

  /** Whether the staged transfer debits somebody else's account, or resolves what is between others. */
  private isForeign(party: number): boolean {
    const balances = this.accounts.balances;
    const ownerOf = (account: number): number => balances[account * BALANCE_WORDS + BALANCE.party];
    if ((this.rows[this.staged + TRANSFER.codeAndFlags] & RESOLVING) === 0) {
      const debit = this.debitOfStaged();
      return debit >= 0 && ownerOf(debit) !== party;
    }
    const row = this.find(this.named, NAMED.pending);
    if (row < 0 || this.log.kindOf(row) === ID_KIND.failed) return false;
    const waiting = this.pendings.find(this.named, NAMED.pending);
    const content = waiting < 0 ? this.rows : this.pendings.rows;
    if (waiting < 0 && row < this.oldestRow) return true;
    const from = waiting < 0 ? this.offsetOf(row) : this.pendings.offsetOf(waiting);
    return (
      ownerOf(content[from + TRANSFER.debitAccount]) !== party &&
      ownerOf(content[from + TRANSFER.creditAccount]) !== party
    );
  }

  /** A row, which is empty if the transfer failed, leaves the ring: what it resolved or, if it was pending and expired, its own content is no longer asked for. */
  private leave(row: number): void {
    const at = this.offsetOf(row);
    const pending = this.rows[at + TRANSFER.pending];
    if (pending === 0) return;
    const resolves = (this.rows[at + TRANSFER.codeAndFlags] & RESOLVING) !== 0;
    if (resolves || this.pendings.isExpired(pending - 1)) this.releasePending(pending - 1);
  }

  /** Makes room for rows up to this one. */
  private makeRoom(row: number): void {
    while (this.rowMask === UNBOUNDED && (row + 1) * TRANSFER_WORDS > this.rows.length) this.reserve();
  }

  /** Rows go round only once the ring has all its room. */
  private reserve(): void {
    this.rows = withMoreRows(this.rows, TRANSFER_WORDS, this.rowsMax);
    if (this.rows.length >= this.rowsMax * TRANSFER_WORDS) this.rowMask = this.rowsMax - 1;
  }
}

function powerOfTwoFrom(least: number): number {
  let power = 1;
  while (power < least) power *= 2;
  return power;
}
