import { Reader, Writer } from '@quorate/codec';
import { equalBytes, publicKeyAcceptable } from '@quorate/crypto';
import {
  PARTY_ROLES,
  RESULT_CODES,
  decodeOperation,
  encodeOperation,
  type PartyChange,
  type PartyDraft,
  type PartyKeyDraft,
} from '@quorate/protocol';
import { leavesGap } from './key-validity';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, encodedRows, type SectionCapture } from './section';

/** A party on the ledger. Rows are replaced when they change, never written to, but for the head of the list of accounts. */
export interface Party {
  readonly id: bigint;
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly PartyKeyDraft[];
  /** A set of PARTY_ROLES. */
  readonly roles: number;
  readonly frozen: boolean;
  /** How often its keys were changed: signatures verified under earlier keys say nothing about these. */
  readonly version: number;
  readonly created: PartyDraft;
  readonly index: number;
  readonly timestampNs: bigint;
  /** Row plus one of its newest account, 0 for none. */
  newestAccount: number;
}

const ID_MAX = (1n << 128n) - 1n;
const KNOWN_ROLES = Object.values(PARTY_ROLES).reduce((roles, role) => roles | role, 0);
const OPERATOR_OF_GENESIS = PARTY_ROLES.operator | PARTY_ROLES.issuer | PARTY_ROLES.participant;

/** The parties of a ledger, in order of creation. None is ever removed. */
export class PartyTable {
  private readonly rows: Party[] = [];
  private readonly byId = new Map<bigint, number>();
  private activeOperators = 0;

  constructor(private readonly partiesMax: number) {}

  get size(): number {
    return this.rows.length;
  }

  at(index: number): Party {
    return this.rows[index];
  }

  find(id: bigint): Party | undefined {
    const index = this.byId.get(id);
    return index === undefined ? undefined : this.rows[index];
  }

  has(index: number, role: keyof typeof PARTY_ROLES): boolean {
    return (this.rows[index].roles & PARTY_ROLES[role]) !== 0;
  }

  /** Adds the party, as a participant, unless a rule forbids it; returns the result code. */
  create(draft: PartyDraft, timestampNs: bigint): number {
    const refusal = this.refusal(draft);
    if (refusal === RESULT_CODES.applied) this.add(draft, PARTY_ROLES.participant, timestampNs);
    return refusal;
  }

  /** Adds the operator of the genesis, whose document was checked when it was read. */
  addOperator(draft: PartyDraft, timestampNs: bigint): void {
    this.add(draft, OPERATOR_OF_GENESIS, timestampNs);
  }

  /** Puts the operator of a fork's genesis in the place of the parent's, or beside the parent's parties. One that is frozen stays so. */
  adoptOperator(draft: PartyDraft, timestampNs: bigint): void {
    const party = this.find(draft.id);
    if (party === undefined) {
      this.addOperator(draft, timestampNs);
      return;
    }
    const { name, threshold } = draft;
    const keys = draft.keys.map(alwaysValid);
    const roles = party.roles | OPERATOR_OF_GENESIS;
    this.replace({ ...party, name, threshold, keys, roles, version: party.version + 1, created: draft });
  }

  /** Gives the party other keys and another threshold unless a rule forbids it; returns the result code. */
  change(change: PartyChange, by: number, nowNs: bigint): number {
    const party = this.find(change.party);
    if (party === undefined) return RESULT_CODES.party_not_found;
    const recovers = party.frozen && this.has(by, 'operator');
    if (party.index !== by && !recovers) return RESULT_CODES.party_not_authorized;
    const refusal = keysRefusal(change);
    if (refusal !== RESULT_CODES.applied) return refusal;
    const ends = ({ validFromNs, validUntilNs }: PartyKeyDraft): boolean =>
      validUntilNs !== 0n && (validUntilNs <= nowNs || validUntilNs <= validFromNs);
    if (change.keys.some(ends)) return RESULT_CODES.party_key_validity_empty;
    if (leavesGap(change.keys, change.threshold, nowNs)) return RESULT_CODES.party_keys_leave_gap;
    const { threshold, keys } = change;
    this.replace({ ...party, threshold, keys, version: party.version + 1 });
    return RESULT_CODES.applied;
  }

  /** Gives the party these roles unless a rule forbids it; returns the result code. */
  setRoles(id: bigint, roles: number): number {
    const party = this.find(id);
    if (party === undefined) return RESULT_CODES.party_not_found;
    if ((roles & ~KNOWN_ROLES) !== 0) return RESULT_CODES.reserved_role;
    const changed = { ...party, roles };
    if (this.activeOperators - active(party) + active(changed) === 0) return RESULT_CODES.operator_must_remain;
    this.replace(changed);
    return RESULT_CODES.applied;
  }

  setFrozen(index: number, frozen: boolean): void {
    this.replace({ ...this.rows[index], frozen });
  }

  /** A row is replaced when it changes, but for the head of its list of accounts, which is copied now. */
  capture(): SectionCapture[] {
    const rows = this.rows.slice();
    const heads = Uint32Array.from(rows, (party) => party.newestAccount);
    return [encodedRows('parties', rows.length, false, (row) => encodeParty(rows[row], heads[row]))];
  }

  /** Replaces the operator of the genesis, which is the first party of the snapshot too. */
  restore(sections: RestoredSections): void {
    this.rows.length = 0;
    this.byId.clear();
    this.activeOperators = 0;
    const reader = new Reader(sections.bytes('parties'));
    while (reader.remaining > 0) this.append(readParty(reader, this.rows.length));
    if (this.rows.length === 0 || this.rows.length > this.partiesMax || this.byId.size !== this.rows.length)
      throw new SnapshotError('the section of parties is none', { parties: this.rows.length });
  }

  private add(draft: PartyDraft, roles: number, timestampNs: bigint): void {
    const { id, name, threshold } = draft;
    const keys = draft.keys.map(alwaysValid);
    const state = { roles, frozen: false, version: 0, created: draft, newestAccount: 0 };
    this.append({ id, name, threshold, keys, ...state, index: this.rows.length, timestampNs });
  }

  private append(party: Party): void {
    this.rows.push(party);
    this.byId.set(party.id, party.index);
    this.activeOperators += active(party);
  }

  private replace(party: Party): void {
    this.activeOperators += active(party) - active(this.rows[party.index]);
    this.rows[party.index] = party;
  }

  private refusal(draft: PartyDraft): number {
    if (draft.id === 0n) return RESULT_CODES.id_must_not_be_zero;
    if (draft.id === ID_MAX) return RESULT_CODES.id_must_not_be_int_max;
    const existing = this.find(draft.id);
    if (existing !== undefined) return compare(existing.created, draft);
    if (draft.name === '') return RESULT_CODES.party_name_must_not_be_empty;
    const refusal = keysRefusal(draft);
    if (refusal !== RESULT_CODES.applied) return refusal;
    if (this.rows.length >= this.partiesMax) return RESULT_CODES.party_limit_reached;
    return RESULT_CODES.applied;
  }
}

const ROW_BYTES_MAX = 1_024;

/** The operations that made and last changed the party, and what follows from others. */
function encodeParty(party: Party, newestAccount: number): Uint8Array {
  const { id, threshold, keys, created, roles, frozen, version, timestampNs } = party;
  return new Writer(512)
    .blob(encodeOperation({ kind: 'create_party', party: created }))
    .blob(encodeOperation({ kind: 'change_party', change: { party: id, threshold, keys } }))
    .u8(roles)
    .u8(frozen ? 1 : 0)
    .u32(version)
    .u64(timestampNs)
    .u32(newestAccount)
    .finish();
}

function readParty(reader: Reader, index: number): Party {
  const creation = decodeOperation(reader.blob(ROW_BYTES_MAX));
  const last = decodeOperation(reader.blob(ROW_BYTES_MAX));
  if (creation.kind !== 'create_party' || last.kind !== 'change_party' || creation.party.id !== last.change.party)
    throw new SnapshotError('a party is none', { index });
  const { id, name } = creation.party;
  const { threshold, keys } = last.change;
  const state = { roles: reader.u8(), frozen: reader.u8() === 1, version: reader.u32() };
  const timestampNs = reader.u64();
  return {
    id,
    name,
    threshold,
    keys,
    ...state,
    created: creation.party,
    index,
    timestampNs,
    newestAccount: reader.u32(),
  };
}

function alwaysValid(key: PartyDraft['keys'][number]): PartyKeyDraft {
  return { ...key, validFromNs: 0n, validUntilNs: 0n };
}

/** 1 for an operator that can act, else 0. */
function active(party: Party): number {
  return (party.roles & PARTY_ROLES.operator) !== 0 && !party.frozen ? 1 : 0;
}

type Keys = Pick<PartyDraft, 'keys' | 'threshold'>;

function keysRefusal(draft: Keys): number {
  if (draft.keys.length === 0) return RESULT_CODES.party_keys_must_not_be_empty;
  if (draft.threshold < 1 || draft.threshold > draft.keys.length) return RESULT_CODES.party_threshold_out_of_range;
  if (repeatsKey(draft)) return RESULT_CODES.party_keys_must_be_different;
  return draft.keys.every(publicKeyAcceptable) ? RESULT_CODES.applied : RESULT_CODES.party_key_not_acceptable;
}

/** A retry is compared with the creation: what was changed since does not make it another one. */
function compare(created: PartyDraft, draft: PartyDraft): number {
  if (created.name !== draft.name) return RESULT_CODES.exists_with_different_name;
  if (created.threshold !== draft.threshold) return RESULT_CODES.exists_with_different_threshold;
  if (!sameKeys(created, draft)) return RESULT_CODES.exists_with_different_keys;
  return RESULT_CODES.exists;
}

function sameKeys(left: Keys, right: Keys): boolean {
  if (left.keys.length !== right.keys.length) return false;
  return left.keys.every(
    (key, index) => key.scheme === right.keys[index].scheme && equalBytes(key.bytes, right.keys[index].bytes),
  );
}

function repeatsKey(draft: Keys): boolean {
  return draft.keys.some((key, index) =>
    draft.keys.slice(0, index).some((earlier) => equalBytes(earlier.bytes, key.bytes)),
  );
}
