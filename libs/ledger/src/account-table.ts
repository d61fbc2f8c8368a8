// Accounts in typed arrays. What a plain transfer reads and writes is one row of 64 bytes (a line of the processor's memory) and its
// head; the rest is apart. Rows of pending sums are written to once something was reserved, and `reserved` in an account's state says
// that its row counts. User data are written to if there are any, so that accounts without take no memory for them.
//
//   balance row, 16 words                         detail row, 3 words
//   0  id (4)                                     0  ledger time ns (2)
//   4  debits posted (4)                          2  previous account of the party (row + 1, 0 = none)
//   8  credits posted (4)                         row of user data, 7 words
//   12 party (index)                              0  user data 128 (4)
//   13 asset (index)                              4  user data 64 (2)      6  user data 32
//   14 code << 16 | state << 12 | flags           pending row, 8 words: debits pending (4), credits pending (4)
//   15 newest transfer (row + 1, 0 = none)        head row, 2 words: height and index of its newest result
//                                                 salt of its results, 4 words
import { ACCOUNT_FLAGS, PARTY_ROLES, RESULT_CODES } from '@quorate/protocol';
import type { AssetTable } from './asset-table';
import { ACCOUNT_INDEX, AT_BALANCES, AT_HEADS, AT_SALTS, AT_SUMS, EVER_RESERVED } from './engine-layout';
import { IdIndex, type IdRows } from './id-index';
import type { LedgerMemory } from './ledger-memory';
import type { Party, PartyTable } from './party-table';
import type { RestoredSections } from './restored-sections';
import { copiedWords, settledWords, SnapshotError, type CaptureMemory, type SectionCapture } from './section';
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
export const DETAIL_WORDS = 3;
export const DETAIL = { timestamp: 0, previousOfParty: 2 } as const;
export const USER_DATA_WORDS = 7;
export const USER_DATA = { userData128: 0, userData64: 4, userData32: 6 } as const;
export const SALT_WORDS = 4;
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
/** Whether pending sums are any state, in the header of the memory. */
const RESERVED = EVER_RESERVED / 4;
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
  userData = new Uint32Array(0);
  pendings = new Uint32Array(0);
  heads = new Uint32Array(0);
  salts = new Uint32Array(0);
  private readonly indexed: IdRows = { segments: [this.balances], shift: ONE_SEGMENT, stride: BALANCE_WORDS };
  readonly byId: IdIndex;
  private count = 0;
  /** Id and index of the party that was looked for last; the index is -1 where there was none. */
  private readonly lastParty = new Uint32Array(4);
  private readonly lookedFor = new Uint32Array(4);
  private lastOwner = -1;
  /** User data of the account that is staged. */
  private readonly given = new Uint32Array(USER_DATA_WORDS);

  constructor(
    private readonly parties: PartyTable,
    private readonly assets: AssetTable,
    private readonly accountsMax: number,
    private readonly memory: LedgerMemory,
  ) {
    this.byId = new IdIndex(memory, this.indexed, ACCOUNT_INDEX);
    memory.onMoved(() => {
      this.balances = memory.words(AT_BALANCES);
      this.heads = memory.words(AT_HEADS);
      this.salts = memory.words(AT_SALTS);
      this.pendings = memory.words(AT_SUMS);
      this.indexed.segments[0] = this.balances;
      this.byId.addRows(this.count);
    });
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

  /** From now on the account's row of pending sums counts. */
  setReserved(row: number): void {
    this.balances[row * BALANCE_WORDS + BALANCE.codeAndFlags] |= ACCOUNT_STATE.reserved;
    this.memory.header[RESERVED] = 1;
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
    const { count } = this;
    const reserved = this.memory.header[RESERVED] === 0 ? 0 : count;
    return [
      copiedWords('accounts', this.balances, count * BALANCE_WORDS, memory),
      settledWords('accountDetails', () => this.details, count * DETAIL_WORDS),
      copiedWords('accountPendings', this.pendings, reserved * PENDING_WORDS, memory),
      copiedWords('accountHeads', this.heads, count * HEAD_WORDS, memory),
    ];
  }

  /** What of accounts never changes, apart. */
  captureSettled(): SectionCapture[] {
    const { count } = this;
    return [
      settledWords('accountSalts', () => this.salts, count * SALT_WORDS),
      settledWords('accountUserData', () => this.userData, count * USER_DATA_WORDS),
    ];
  }

  /** Takes the place of an empty table. Parties and assets must be restored before. */
  restore(sections: RestoredSections): void {
    const count = sections.rows('accounts');
    const reserved = sections.rows('accountPendings');
    const parts = ['accountDetails', 'accountHeads', 'accountSalts', 'accountUserData'] as const;
    const fits = count <= this.accountsMax && parts.every((part) => sections.rows(part) === count);
    if (!fits || (reserved !== 0 && reserved !== count))
      throw new SnapshotError('the sections of accounts do not fit together', { count, reserved });
    this.memory.header[RESERVED] = reserved === 0 ? 0 : 1;
    this.balances.set(sections.counted('accounts'));
    this.pendings.set(sections.counted('accountPendings'));
    this.heads.set(sections.counted('accountHeads'));
    this.salts.set(sections.counted('accountSalts'));
    this.details = sections.words('accountDetails');
    this.userData = sections.words('accountUserData');
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
    details[detail + DETAIL.timestamp] = context.timeLow;
    details[detail + DETAIL.timestamp + 1] = context.timeHigh;
    this.stageUserData(view, offset);
  }

  /** Memory that was never written to costs nothing, so zeros are not written over zeros. */
  private stageUserData(view: DataView, offset: number): void {
    const { userData, given } = this;
    load(given, USER_DATA.userData128, view, offset + FIELD.userData128);
    given[USER_DATA.userData64 + 1] = view.getUint32(offset + FIELD.userData64);
    given[USER_DATA.userData64] = view.getUint32(offset + FIELD.userData64 + 4);
    given[USER_DATA.userData32] = view.getUint32(offset + FIELD.userData32);
    const at = this.count * USER_DATA_WORDS;
    for (let word = 0; word < USER_DATA_WORDS; word += 1)
      if (userData[at + word] !== given[word]) userData[at + word] = given[word];
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
    const { userData, given } = this;
    const data = existing * USER_DATA_WORDS;
    if (!equals(userData, data, given, 0)) return RESULT_CODES.exists_with_different_user_data_128;
    const high = userData[data + USER_DATA.userData64 + 1] !== given[USER_DATA.userData64 + 1];
    if (high || userData[data + USER_DATA.userData64] !== given[USER_DATA.userData64]) {
      return RESULT_CODES.exists_with_different_user_data_64;
    }
    if (userData[data + USER_DATA.userData32] !== given[USER_DATA.userData32]) {
      return RESULT_CODES.exists_with_different_user_data_32;
    }
    if (this.assets.at(words[old + BALANCE.asset]).id !== assetId) return RESULT_CODES.exists_with_different_asset;
    if (difference >>> 16 !== 0) return RESULT_CODES.exists_with_different_code;
    return RESULT_CODES.exists;
  }

  /** Makes room for one more row where the ledger's memory does not have it; one more than the limit is staged to be refused. */
  private reserve(): void {
    if ((this.count + 1) * DETAIL_WORDS <= this.details.length) return;
    this.details = withMoreRows(this.details, DETAIL_WORDS, this.accountsMax + 1);
    this.userData = withMoreRows(this.userData, USER_DATA_WORDS, this.accountsMax + 1);
  }
}

/** Flags as a query shows them, of an account's flags and states as its row holds them. */
export function flagsNow(flagsAndStates: number): number {
  const closed = (flagsAndStates & CLOSED_NOW) === 0 ? 0 : CLOSED;
  return (flagsAndStates & ~STATES & ~CLOSED) | closed;
}
