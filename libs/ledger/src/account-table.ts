// Accounts in three typed arrays. What a plain transfer reads and writes is one row of 64 bytes (a cache line); the rest is
// apart. Rows of pending sums exist only once something was reserved; `reserved` in an account's state says that its row counts.
//
//   balance row, 16 words                         detail row, 14 words
//   0  id (4)                                     0  user data 128 (4)
//   4  debits posted (4)                          4  user data 64 (2)
//   8  credits posted (4)                         6  user data 32
//   12 party (index)                              7  ledger time ns (2)
//   13 asset (index)                              9  previous account of the party (row + 1, 0 = none)
//   14 code << 16 | state << 12 | flags           10 salt of its results (4)
//   15 newest transfer (row + 1, 0 = none)        pending row, 8 words: debits pending (4), credits pending (4)
//                                                 head row, 2 words: height and index of its newest result
import { ACCOUNT_FLAGS, PARTY_ROLES, RESULT_CODES } from '@quorate/protocol';
import type { AssetTable } from './asset-table';
import type { IdHash } from './id-hash';
import { IdIndex, type IdRows } from './id-index';
import type { Party, PartyTable } from './party-table';
import type { RestoredSections } from './restored-sections';
import {
  capturedBytes,
  copiedWords,
  settledWords,
  bytesOfWords,
  SnapshotError,
  type CaptureMemory,
  type SectionCapture,
} from './section';
import { withMoreRows } from './row-storage';
import { copy, equals, isMax, isZero, load, toBigint } from './u128';

export const BALANCE_WORDS = 16;
export const BALANCE = {
  id: 0,
  debits: 4,
  credits: 8,
  party: 12,
  asset: 13,
  codeAndFlags: 14,
  newestTransfer: 15,
} as const;
export const PENDING_WORDS = 8;
export const PENDING_CREDITS = 4;
/**
 * What is to be known of an account beside its flags: `closed` now, by a flag or by a transfer; `reserved`, that a pending
 * transfer ever touched it; `frozen` now, itself; `issuing`, that its owner is the issuer of its asset. The bits are no flags
 * on the wire.
 */
export const ACCOUNT_STATE = { closed: 0x8000, reserved: 0x4000, frozen: 0x2000, issuing: 0x1000 } as const;
const STATES = ACCOUNT_STATE.closed | ACCOUNT_STATE.reserved | ACCOUNT_STATE.frozen | ACCOUNT_STATE.issuing;
export const DETAIL_WORDS = 14;
export const DETAIL = {
  userData128: 0,
  userData64: 4,
  userData32: 6,
  timestamp: 7,
  previousOfParty: 9,
  salt: 10,
} as const;
export const HEAD_WORDS = 2;

/** Offsets in the encoded operation, its tag included (protocol, `writeAccount`). */
const FIELD = {
  id: 1,
  party: 17,
  userData128: 33,
  userData64: 49,
  userData32: 57,
  asset: 61,
  code: 65,
  flags: 67,
} as const;
/** All rows are in the first segment of their index. */
const ONE_SEGMENT = 31;
const INDEX_TABLE_BITS = 8;
const BALANCE_LIMITS = ACCOUNT_FLAGS.debitsMustNotExceedCredits | ACCOUNT_FLAGS.creditsMustNotExceedDebits;
const { closed: CLOSED } = ACCOUNT_FLAGS;
const { closed: CLOSED_NOW } = ACCOUNT_STATE;
const KNOWN_FLAGS = ACCOUNT_FLAGS.linked | BALANCE_LIMITS | ACCOUNT_FLAGS.history | ACCOUNT_FLAGS.closed;
const HOLDER_ROLES = PARTY_ROLES.participant | PARTY_ROLES.issuer;

/** Who signed, and the ledger time of the operation in nanoseconds as two words. */
export interface OperationContext {
  party: number;
  isOperator: boolean;
  height: number;
  index: number;
  timeLow: number;
  timeHigh: number;
}

export class AccountTable {
  balances = new Uint32Array(0);
  details = new Uint32Array(0);
  pendings = new Uint32Array(0);
  heads = new Uint32Array(0);
  private readonly indexed: IdRows = { segments: [this.balances], shift: ONE_SEGMENT, stride: BALANCE_WORDS };
  readonly byId: IdIndex;
  private count = 0;
  /** Id and index of the party that was looked for last; the index is -1 where there was none. */
  private readonly lastParty = new Uint32Array(4);
  private readonly lookedFor = new Uint32Array(4);
  private lastOwner = -1;

  constructor(
    private readonly parties: PartyTable,
    private readonly assets: AssetTable,
    private readonly accountsMax: number,
    hasher: IdHash,
  ) {
    this.byId = new IdIndex(hasher, this.indexed, INDEX_TABLE_BITS, accountsMax);
  }

  get size(): number {
    return this.count;
  }

  /** Row of the account with this id, or -1. */
  find(words: Uint32Array, at: number): number {
    return this.byId.get(words, at);
  }

  /** Adds the account that is encoded at `offset` unless a rule forbids it; returns the result code. */
  create(view: DataView, offset: number, context: OperationContext): number {
    this.reserve();
    // The row behind the last one is staged: it becomes an account only if every rule holds.
    const row = this.count;
    const balance = row * BALANCE_WORDS;
    const detail = row * DETAIL_WORDS;
    this.stage(view, offset, context);
    const words = this.balances;
    const flags = words[balance + BALANCE.codeAndFlags] & 0xffff;
    if ((flags & ACCOUNT_FLAGS.imported) !== 0) return RESULT_CODES.imported_event_not_expected;
    if ((flags & ~KNOWN_FLAGS) !== 0) return RESULT_CODES.reserved_flag;
    if (isZero(words, balance)) return RESULT_CODES.id_must_not_be_zero;
    if (isMax(words, balance)) return RESULT_CODES.id_must_not_be_int_max;
    const owner = this.ownerAt(view, offset + FIELD.party);
    if (!context.isOperator && owner?.index !== context.party) return RESULT_CODES.account_not_authorized;
    const assetId = view.getUint32(offset + FIELD.asset);
    const existing = this.byId.getOrMiss(this.byId.hash(words, balance), words, balance);
    if (existing >= 0) return this.compare(existing, owner?.index, assetId);
    if ((flags & BALANCE_LIMITS) === BALANCE_LIMITS) return RESULT_CODES.flags_are_mutually_exclusive;
    if (assetId === 0) return RESULT_CODES.asset_must_not_be_zero;
    if (words[balance + BALANCE.codeAndFlags] >>> 16 === 0) return RESULT_CODES.code_must_not_be_zero;
    if (owner === undefined) return RESULT_CODES.account_party_not_found;
    if ((owner.roles & HOLDER_ROLES) === 0) return RESULT_CODES.account_party_role_required;
    const asset = this.assets.find(assetId);
    if (asset === undefined) return RESULT_CODES.account_asset_not_found;
    const limited = (flags & ACCOUNT_FLAGS.debitsMustNotExceedCredits) !== 0;
    if (!limited && asset.issuerIndex !== owner.index) return RESULT_CODES.account_must_be_limited;
    if (row >= this.accountsMax) return RESULT_CODES.account_limit_reached;
    if ((flags & ACCOUNT_FLAGS.closed) !== 0) words[balance + BALANCE.codeAndFlags] |= ACCOUNT_STATE.closed;
    if (asset.issuerIndex === owner.index) words[balance + BALANCE.codeAndFlags] |= ACCOUNT_STATE.issuing;
    words[balance + BALANCE.party] = owner.index;
    words[balance + BALANCE.asset] = asset.index;
    this.details[detail + DETAIL.previousOfParty] = owner.newestAccount;
    this.heads[row * HEAD_WORDS] = 0;
    this.heads[row * HEAD_WORDS + 1] = 0;
    owner.newestAccount = row + 1;
    this.byId.addMissed(row);
    this.count += 1;
    return RESULT_CODES.applied;
  }

  /** Flags as a query shows them: those of the creation, and `closed` as it is now. */
  flagsNow(row: number): number {
    return flagsNow(this.balances[row * BALANCE_WORDS + BALANCE.codeAndFlags] & 0xffff);
  }

  setClosed(row: number, closed: boolean): void {
    const at = row * BALANCE_WORDS + BALANCE.codeAndFlags;
    if (closed) this.balances[at] |= ACCOUNT_STATE.closed;
    else this.balances[at] &= ~ACCOUNT_STATE.closed;
  }

  setFrozen(row: number, frozen: boolean): void {
    const at = row * BALANCE_WORDS + BALANCE.codeAndFlags;
    if (frozen) this.balances[at] |= ACCOUNT_STATE.frozen;
    else this.balances[at] &= ~ACCOUNT_STATE.frozen;
  }

  /** Gives the account a row of pending sums. */
  setReserved(row: number): void {
    const needed = (row + 1) * PENDING_WORDS;
    while (this.pendings.length < needed) this.pendings = withMoreRows(this.pendings, PENDING_WORDS, this.accountsMax);
    this.balances[row * BALANCE_WORDS + BALANCE.codeAndFlags] |= ACCOUNT_STATE.reserved;
  }

  isReserved(row: number): boolean {
    return (this.balances[row * BALANCE_WORDS + BALANCE.codeAndFlags] & ACCOUNT_STATE.reserved) !== 0;
  }

  /** Takes the newest account away again: its linked chain failed. No transfer may refer to it any more. */
  removeNewest(): void {
    const row = this.count - 1;
    const owner = this.parties.at(this.balances[row * BALANCE_WORDS + BALANCE.party]);
    owner.newestAccount = this.details[row * DETAIL_WORDS + DETAIL.previousOfParty];
    this.byId.remove(this.balances, row * BALANCE_WORDS);
    this.count = row;
  }

  /** Balances and pending sums are copied now: 64 to 96 bytes an account. */
  capture(memory: CaptureMemory): SectionCapture[] {
    const { count, pendings } = this;
    const pendingWords = pendings.length === 0 ? 0 : count * PENDING_WORDS;
    const pending = memory.words('accountPendings', pendingWords);
    pending.set(pendings.subarray(0, pendingWords));
    pending.fill(0, Math.min(pendings.length, pendingWords));
    return [
      copiedWords('accounts', this.balances, count * BALANCE_WORDS, memory),
      settledWords('accountDetails', this.details, count * DETAIL_WORDS),
      capturedBytes('accountPendings', bytesOfWords(pending, pendingWords), false),
      copiedWords('accountHeads', this.heads, count * HEAD_WORDS, memory),
    ];
  }

  /** Takes the place of an empty table. Parties and assets must be restored before. */
  restore(sections: RestoredSections): void {
    const count = sections.rows('accounts');
    const pendingRows = sections.rows('accountPendings');
    const whole = sections.rows('accountDetails') === count && sections.rows('accountHeads') === count;
    const fits = count <= this.accountsMax && whole;
    if (!fits || (pendingRows !== 0 && pendingRows !== count))
      throw new SnapshotError('the sections of accounts do not fit together', { count, pendingRows });
    this.balances = sections.words('accounts');
    this.details = sections.words('accountDetails');
    this.heads = sections.words('accountHeads');
    if (pendingRows !== 0) this.pendings = sections.words('accountPendings');
    this.indexed.segments[0] = this.balances;
    this.count = count;
    this.byId.addRows(count);
  }

  private stage(view: DataView, offset: number, context: OperationContext): void {
    const words = this.balances;
    const balance = this.count * BALANCE_WORDS;
    load(words, balance, view, offset + FIELD.id);
    for (let word = BALANCE.debits; word < BALANCE_WORDS; word += 1) words[balance + word] = 0;
    words[balance + BALANCE.codeAndFlags] = view.getUint32(offset + FIELD.code);
    const details = this.details;
    const detail = this.count * DETAIL_WORDS;
    load(details, detail, view, offset + FIELD.userData128);
    details[detail + DETAIL.userData64 + 1] = view.getUint32(offset + FIELD.userData64);
    details[detail + DETAIL.userData64] = view.getUint32(offset + FIELD.userData64 + 4);
    details[detail + DETAIL.userData32] = view.getUint32(offset + FIELD.userData32);
    details[detail + DETAIL.timestamp] = context.timeLow;
    details[detail + DETAIL.timestamp + 1] = context.timeHigh;
  }

  /** The party whose id is at `offset`; most accounts follow one of the same party, and no party ever goes. */
  private ownerAt(view: DataView, offset: number): Party | undefined {
    const { lastParty, lookedFor } = this;
    load(lookedFor, 0, view, offset);
    if (this.lastOwner >= 0 && equals(lastParty, 0, lookedFor, 0)) return this.parties.at(this.lastOwner);
    const owner = this.parties.find(toBigint(lookedFor, 0));
    copy(lastParty, 0, lookedFor, 0);
    this.lastOwner = owner?.index ?? -1;
    return owner;
  }

  /** How the staged account differs from the existing one of the same id. */
  private compare(existing: number, ownerIndex: number | undefined, assetId: number): number {
    const words = this.balances;
    const old = existing * BALANCE_WORDS;
    const staged = this.count * BALANCE_WORDS;
    const difference = words[old + BALANCE.codeAndFlags] ^ words[staged + BALANCE.codeAndFlags];
    if ((difference & 0xffff & ~STATES) !== 0) return RESULT_CODES.exists_with_different_flags;
    if (words[old + BALANCE.party] !== ownerIndex) return RESULT_CODES.exists_with_different_party;
    const details = this.details;
    const oldDetail = existing * DETAIL_WORDS;
    const stagedDetail = this.count * DETAIL_WORDS;
    if (!equals(details, oldDetail, details, stagedDetail)) return RESULT_CODES.exists_with_different_user_data_128;
    const high = details[oldDetail + DETAIL.userData64 + 1] !== details[stagedDetail + DETAIL.userData64 + 1];
    if (high || details[oldDetail + DETAIL.userData64] !== details[stagedDetail + DETAIL.userData64]) {
      return RESULT_CODES.exists_with_different_user_data_64;
    }
    if (details[oldDetail + DETAIL.userData32] !== details[stagedDetail + DETAIL.userData32]) {
      return RESULT_CODES.exists_with_different_user_data_32;
    }
    if (this.assets.at(words[old + BALANCE.asset]).id !== assetId) return RESULT_CODES.exists_with_different_asset;
    if (difference >>> 16 !== 0) return RESULT_CODES.exists_with_different_code;
    return RESULT_CODES.exists;
  }

  /** Makes room for one more row; one more than the limit is staged to be refused. */
  private reserve(): void {
    if ((this.count + 1) * BALANCE_WORDS <= this.balances.length) return;
    this.balances = withMoreRows(this.balances, BALANCE_WORDS, this.accountsMax + 1);
    this.details = withMoreRows(this.details, DETAIL_WORDS, this.accountsMax + 1);
    this.heads = withMoreRows(this.heads, HEAD_WORDS, this.accountsMax + 1);
    this.indexed.segments[0] = this.balances;
  }
}

/** Flags as a query shows them, of an account's flags and states as its row holds them. */
export function flagsNow(flagsAndStates: number): number {
  const closed = (flagsAndStates & CLOSED_NOW) === 0 ? 0 : CLOSED;
  return (flagsAndStates & ~STATES & ~CLOSED) | closed;
}
