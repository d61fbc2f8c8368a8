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
import {
  AT_ENVELOPE,
  AT_NEW_IDS,
  AT_RING,
  AT_RUN_PENDINGS,
  AT_RUN_TIMED,
  CHAIN_MEMBERS,
  RING_MASK,
  RUN_PENDINGS,
  RUN_TIMED,
  TRANSFER_INDEX,
} from './engine-layout';
import { IdIndex } from './id-index';
import { ID_KIND, IdLog } from './id-log';
import { ringRowsMax, type LedgerMemory } from './ledger-memory';
import type { LedgerLimits } from './limits';
import type { PendingTable } from './pending-table';
import type { RestoredSections } from './restored-sections';
import { RingCapture } from './ring-capture';
import { SnapshotError, type CaptureMemory, type SectionCapture } from './section';
import { isMax, isZero, load } from './u128';

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
/** Where the ids that an operation names are in `TransferTable.named`. */
export const NAMED = { debit: 0, credit: 4, pending: 8 } as const;
const NAMED_WORDS = 12;
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
  private stagedHash = 0;
  /** The newest capture, whose rows are copied before others take their slots. */
  private capturing: RingCapture | null = null;
  /** Ids of the run that was booked last. */
  private newIds = new Uint32Array(0);
  /** Places in it of pending transfers, and rows of those with a timeout that it added or resolved. */
  private runPendings = new Uint32Array(0);
  private runTimed = new Uint32Array(0);

  constructor(
    private readonly accounts: AccountTable,
    private readonly pendings: PendingTable,
    private readonly limits: LedgerLimits,
    private readonly memory: LedgerMemory,
  ) {
    this.byId = new IdIndex(memory, this.log, TRANSFER_INDEX);
    this.rowsMax = ringRowsMax(limits);
    memory.onMoved(() => {
      this.rows = memory.words(AT_RING);
      this.newIds = memory.words(AT_NEW_IDS);
      this.runPendings = memory.words(AT_RUN_PENDINGS);
      this.runTimed = memory.words(AT_RUN_TIMED);
      this.rowMask = memory.ring === this.rowsMax ? this.rowsMax - 1 : UNBOUNDED;
      memory.header[RING_MASK / 4] = this.rowMask;
      this.byId.addRows(this.log.size);
    });
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

  /** Has the bytes of an envelope at hand for `bookRun`. */
  loadEnvelope(bytes: Uint8Array): void {
    this.memory.bytes(AT_ENVELOPE).set(bytes);
    this.memory.engine.forgetBatch();
  }

  /**
   * Books usual transfers of the loaded envelope (../engine/booking.ts), from the one at `offset` on and of `count` operations at most,
   * until one is not usual; returns how many. The first is operation `index` of the block.
   */
  bookRun(offset: number, count: number, index: number, party: number): number {
    const { memory, size } = this;
    const most = Math.min(count, this.limits.transfersMax - size);
    const at = memory.header[AT_ENVELOPE / 4] + offset;
    const booked = memory.engine.bookRun(at, most, index, size, party);
    this.log.addRun(this.newIds, booked, index);
    const { header } = memory;
    for (const done of this.runPendings.subarray(0, header[RUN_PENDINGS / 4])) this.log.notePending(size + done);
    for (const row of this.runTimed.subarray(0, header[RUN_TIMED / 4])) this.pendings.settle(row);
    return booked;
  }

  /** How many transfers at the end of the last run belong to a linked chain that is still open. */
  get openMembers(): number {
    return this.memory.header[CHAIN_MEMBERS / 4];
  }

  /** Forgets what was looked at ahead: accounts were taken back. */
  forgetAhead(): void {
    this.memory.engine.forgetBatch();
  }

  /** Row of the account that the staged transfer debits, or -1. */
  debitOfStaged(): number {
    return this.accounts.find(this.named, NAMED.debit);
  }

  /** Row of the account that it credits, or -1. */
  creditOfStaged(): number {
    return this.accounts.find(this.named, NAMED.credit);
  }

  /** Decodes the transfer at `offset` into the row behind the last one. */
  stage(view: DataView, offset: number, context: OperationContext): void {
    const { named, rows } = this;
    const at = this.offsetOf(this.log.size);
    this.staged = at;
    this.stagedIndex = context.index;
    this.timeLow = context.timeLow;
    this.timeHigh = context.timeHigh;
    load(rows, at + TRANSFER.id, view, offset + FIELD.id);
    load(rows, at + TRANSFER.amount, view, offset + FIELD.amount);
    load(rows, at + TRANSFER.userData128, view, offset + FIELD.userData128);
    rows[at + TRANSFER.userData64 + 1] = view.getUint32(offset + FIELD.userData64);
    rows[at + TRANSFER.userData64] = view.getUint32(offset + FIELD.userData64 + 4);
    rows[at + TRANSFER.userData32] = view.getUint32(offset + FIELD.userData32);
    rows[at + TRANSFER.codeAndFlags] = view.getUint32(offset + FIELD.code);
    rows[at + TRANSFER.pending] = 0;
    load(named, NAMED.debit, view, offset + FIELD.debitAccount);
    load(named, NAMED.credit, view, offset + FIELD.creditAccount);
    load(named, NAMED.pending, view, offset + FIELD.pendingId);
    this.timeoutSeconds = view.getUint32(offset + FIELD.timeoutSeconds);
    this.assetId = view.getUint32(offset + FIELD.asset);
    this.stagedHash = this.byId.hash(rows, at);
  }

  /** Makes the staged transfer, which `findStaged` did not find, the newest one of the ledger and of its two accounts. */
  add(debit: number, credit: number): void {
    const { rows, staged: at, log } = this;
    const balances = this.accounts.balances;
    const newestOfDebit = debit * BALANCE_WORDS + BALANCE.newestTransfer;
    const newestOfCredit = credit * BALANCE_WORDS + BALANCE.newestTransfer;
    rows[at + TRANSFER.debitAccount] = debit;
    rows[at + TRANSFER.creditAccount] = credit;
    rows[at + TRANSFER.previousOfDebit] = balances[newestOfDebit];
    rows[at + TRANSFER.previousOfCredit] = balances[newestOfCredit];
    rows[at + TRANSFER.timestamp] = this.timeLow;
    rows[at + TRANSFER.timestamp + 1] = this.timeHigh;
    this.byId.addMissed(log.size);
    log.add(rows, at, this.stagedIndex, (rows[at + TRANSFER.codeAndFlags] & PENDING) !== 0);
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
    this.rows.set(sections.counted('transfers'));
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
}
