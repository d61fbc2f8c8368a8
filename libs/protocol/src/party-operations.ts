import type { Reader, Writer } from '@quorate/codec';
import type { PublicKey } from '@quorate/crypto';
import { readKeys, writeKeys } from './key-list';
import { LIMITS } from './limits';
import { assertPrintable } from './printable';

/** What a party may do on a ledger beyond acting for itself: bits of a set. */
export const PARTY_ROLES = { operator: 1, issuer: 2, participant: 4, auditor: 8 } as const;
/** Name of a role. */
export type PartyRole = keyof typeof PARTY_ROLES;

/** A legal entity to be recorded on the ledger; `threshold` of its keys must sign what it submits. */
export interface PartyDraft {
  readonly id: bigint;
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly PublicKey[];
}

/** A key and when its signatures count: from `validFromNs` on and before `validUntilNs`, in ledger time; 0 leaves an end open. */
export interface PartyKeyDraft extends PublicKey {
  readonly validFromNs: bigint;
  readonly validUntilNs: bigint;
}

/** The keys and the threshold that a party has from now on, in place of those it had. */
export interface PartyChange {
  readonly party: bigint;
  readonly threshold: number;
  readonly keys: readonly PartyKeyDraft[];
}

/** The roles that a party has from now on: a set of PARTY_ROLES. */
export interface PartyRolesChange {
  readonly party: bigint;
  readonly roles: number;
}

export function writeParty(writer: Writer, party: PartyDraft): void {
  writer.u128(party.id).text(party.name).u8(party.threshold);
  writeKeys(writer, party.keys, LIMITS.partyKeysMax);
}

export function readParty(reader: Reader): PartyDraft {
  const id = reader.u128();
  const name = reader.text(LIMITS.partyNameBytesMax);
  assertPrintable(name, 'a name');
  const threshold = reader.u8();
  const keys = readKeys(reader, LIMITS.partyKeysMax);
  return { id, name, threshold, keys };
}

/** The keys, and then for each of them in order when it is valid. */
export function writePartyChange(writer: Writer, change: PartyChange): void {
  writer.u128(change.party).u8(change.threshold);
  writeKeys(writer, change.keys, LIMITS.partyKeysMax);
  for (const { validFromNs, validUntilNs } of change.keys) writer.u64(validFromNs).u64(validUntilNs);
}

export function readPartyChange(reader: Reader): PartyChange {
  const party = reader.u128();
  const threshold = reader.u8();
  const keys = readKeys(reader, LIMITS.partyKeysMax).map((key) => ({
    ...key,
    validFromNs: reader.u64(),
    validUntilNs: reader.u64(),
  }));
  return { party, threshold, keys };
}

export function writePartyRoles(writer: Writer, change: PartyRolesChange): void {
  writer.u128(change.party).u8(change.roles);
}

export function readPartyRoles(reader: Reader): PartyRolesChange {
  return { party: reader.u128(), roles: reader.u8() };
}
