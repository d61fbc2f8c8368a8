import { decodeOperation, OPERATION_TAGS, RESULT_CODES, type Operation } from '@quorate/protocol';
import { AccountSalts, SALTS_MAX } from './account-salts';
import { SALT_WORDS, type OperationContext } from './account-table';
import { Administration, type AdministrationTables } from './administration';
import type { Booking } from './booking';
import type { BookingTables } from './booking-tables';
import type { ScannedEnvelope } from './results';

/** Where an operation's flags are: the last two bytes of an account or a transfer; bit 0 is `linked` in both. */
const FLAGS_FROM_END = 1;
const LINKED = 1;
const { create_transfer: TRANSFER_TAG, create_account: ACCOUNT_TAG } = OPERATION_TAGS;
const { applied: APPLIED, linked_event_chain_open: CHAIN_OPEN } = RESULT_CODES;
const U32 = 0x1_0000_0000;

/** The tables that operations act on. */
export interface Tables extends BookingTables, AdministrationTables {}

/** A linked chain under way: what to go back to when it fails. */
interface Chain {
  start: number;
  accounts: number;
  transfers: number;
  failed: boolean;
}

/** Executes the operations of one admitted envelope and writes a result code for each. */
export class EnvelopeExecution {
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private offsets: Uint32Array = new Uint32Array(0);
  private readonly context: OperationContext = {
    party: 0,
    isOperator: false,
    height: 0,
    index: 0,
    timeLow: 0,
    timeHigh: 0,
  };
  private readonly salts = new AccountSalts();
  private blockTimeLow = 0;
  private blockTimeHigh = 0;
  /** New accounts before this operation were looked at together. */
  private seenUntil = 0;
  /** Whether the envelope's bytes are where transfers are booked. */
  private loaded = false;
  private readonly administration: Administration;
  private readonly chain: Chain = { start: -1, accounts: 0, transfers: 0, failed: false };

  constructor(
    private readonly tables: Tables,
    private readonly booking: Booking,
  ) {
    this.administration = new Administration(tables);
  }

  /** `codes[first + k]` becomes the result of the envelope's operation k, whose ledger time is the block's plus its index. */
  execute(
    envelope: ScannedEnvelope,
    party: number,
    block: { height: number; timeNs: bigint },
    codes: Uint16Array,
    first: number,
  ): void {
    this.bytes = envelope.bytes;
    this.view = new DataView(envelope.bytes.buffer, envelope.bytes.byteOffset, envelope.bytes.byteLength);
    this.offsets = envelope.outline.operationOffsets;
    this.salts.begin(envelope.outline.signatures[0].bytes);
    this.context.party = party;
    this.context.isOperator = this.tables.parties.has(party, 'operator');
    this.context.height = block.height;
    this.blockTimeLow = Number(block.timeNs & 0xffff_ffffn);
    this.blockTimeHigh = Number(block.timeNs >> 32n);
    const count = envelope.outline.operationCount;
    this.seenUntil = 0;
    this.loaded = false;
    for (let operation = 0; operation < count; operation += 1) {
      if (this.chain.start < 0) {
        // Their codes are `applied`, which is 0.
        operation += this.bookUsual(operation, count, first);
        if (operation === count) break;
      }
      if (operation >= this.seenUntil) this.lookAhead(operation, count);
      this.moveTo(first + operation);
      const linked = this.isLinked(operation);
      if (linked && this.chain.start < 0) this.openChain(operation, 0);
      const code = linked && !this.canFollow(operation + 1, count) ? CHAIN_OPEN : this.attempt(operation);
      codes[first + operation] = code;
      if (this.chain.start < 0) {
        if (code !== APPLIED) this.recordFailure(operation, code);
        continue;
      }
      if (code !== APPLIED && !this.chain.failed) this.failChain(operation, codes, first);
      if (!linked || code === CHAIN_OPEN) this.closeChain(operation, codes, first);
    }
  }

  /** Lets the next new accounts be looked at together, up to the next operation of another kind. */
  private lookAhead(from: number, count: number): void {
    if (this.bytes[this.offsets[from * 2]] !== ACCOUNT_TAG) return;
    const limit = Math.min(count, from + SALTS_MAX);
    let end = from + 1;
    while (end < limit && this.bytes[this.offsets[end * 2]] === ACCOUNT_TAG) end += 1;
    this.salts.look(this.bytes, this.offsets, from, end);
    this.seenUntil = end;
  }

  /** Books usual transfers from an operation on, up to `count`; returns how many. */
  private bookUsual(operation: number, count: number, first: number): number {
    const { transfers } = this.tables;
    const offset = this.offsets[operation * 2];
    if (this.bytes[offset] !== TRANSFER_TAG) return 0;
    if (!this.loaded) transfers.loadEnvelope(this.bytes);
    this.loaded = true;
    const booked = transfers.bookRun(offset, count - operation, first + operation, this.context.party);
    const { openMembers } = transfers;
    if (openMembers > 0) this.openChain(operation + booked - openMembers, openMembers);
    return booked;
  }

  private attempt(operation: number): number {
    if (this.chain.failed) return RESULT_CODES.linked_event_failed;
    const offset = this.offsets[operation * 2];
    switch (this.bytes[offset]) {
      case TRANSFER_TAG:
        return this.booking.create(this.view, offset, this.context);
      case ACCOUNT_TAG:
        return this.createAccount(operation, offset);
      default:
        return this.administration.execute(this.decode(operation), this.context);
    }
  }

  private createAccount(operation: number, offset: number): number {
    const { accounts, capture } = this.tables;
    const code = accounts.create(this.view, offset, this.context);
    if (code !== APPLIED) return code;
    const account = accounts.size - 1;
    this.salts.store(operation, accounts.salts, account * SALT_WORDS);
    capture.created(this.context.index, account);
    return code;
  }

  private decode(operation: number): Operation {
    return decodeOperation(this.bytes.subarray(this.offsets[operation * 2], this.offsets[operation * 2 + 1]));
  }

  private moveTo(index: number): void {
    this.context.index = index;
    const low = this.blockTimeLow + index;
    this.context.timeLow = low >>> 0;
    this.context.timeHigh = low >= U32 ? this.blockTimeHigh + 1 : this.blockTimeHigh;
  }

  private isChainable(operation: number): boolean {
    const tag = this.bytes[this.offsets[operation * 2]];
    return tag === TRANSFER_TAG || tag === ACCOUNT_TAG;
  }

  private isLinked(operation: number): boolean {
    return this.isChainable(operation) && (this.bytes[this.offsets[operation * 2 + 1] - FLAGS_FROM_END] & LINKED) !== 0;
  }

  private canFollow(operation: number, count: number): boolean {
    return operation < count && this.isChainable(operation);
  }

  /** A chain begins with this operation; so many of its transfers are booked already. */
  private openChain(operation: number, booked: number): void {
    this.chain.start = operation;
    this.chain.accounts = this.tables.accounts.size;
    this.chain.transfers = this.tables.transfers.size - booked;
    this.chain.failed = false;
    this.tables.mandates.openChain();
  }

  /** Undoes what the chain applied before `operation`, newest first: transfers, then the accounts that they may have used. */
  private failChain(operation: number, codes: Uint16Array, first: number): void {
    this.chain.failed = true;
    while (this.tables.transfers.size > this.chain.transfers) this.booking.undoNewest();
    if (this.tables.accounts.size > this.chain.accounts) this.tables.transfers.forgetAhead();
    while (this.tables.accounts.size > this.chain.accounts) this.tables.accounts.removeNewest();
    this.tables.capture.forget(first + this.chain.start, first + operation);
    this.tables.mandates.undoChain();
    codes.fill(RESULT_CODES.linked_event_failed, first + this.chain.start, first + operation);
  }

  private closeChain(operation: number, codes: Uint16Array, first: number): void {
    if (this.chain.failed) {
      for (let member = this.chain.start; member <= operation; member += 1) {
        this.moveTo(first + member);
        this.recordFailure(member, codes[first + member]);
      }
    }
    this.chain.start = -1;
    this.chain.failed = false;
    this.tables.mandates.closeChain();
  }

  private recordFailure(operation: number, code: number): void {
    const offset = this.offsets[operation * 2];
    // As with a reserved flag, the attempt was no transfer of this ledger's at all.
    if (code === RESULT_CODES.imported_event_not_expected) return;
    if (this.bytes[offset] === TRANSFER_TAG) this.tables.transfers.recordFailure(this.view, offset, this.context, code);
  }
}
