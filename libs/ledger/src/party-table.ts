import { Reader, Writer } from '@quorate/codec';
import { equalBytes, publicKeyAcceptable } from '@quorate/crypto';
import { RESULT_CODES, readParty, writeParty, type PartyDraft } from '@quorate/protocol';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, encodedRows, type SectionCapture } from './section';

/** A party on the ledger. `newestAccount` is the row plus one of its newest account, 0 for none. */
export interface Party extends PartyDraft {
  readonly index: number;
  readonly timestampNs: bigint;
  newestAccount: number;
}

const ID_MAX = (1n << 128n) - 1n;

/** The parties of a ledger, in order of creation. Never removed or changed, but for the head of the list of accounts. */
export class PartyTable {
  private readonly rows: Party[] = [];
  private readonly byId = new Map<bigint, Party>();

  constructor(private readonly partiesMax: number) {}

  get size(): number {
    return this.rows.length;
  }

  at(index: number): Party {
    return this.rows[index];
  }

  find(id: bigint): Party | undefined {
    return this.byId.get(id);
  }

  /** Adds the party unless a rule forbids it; returns the result code. */
  create(draft: PartyDraft, timestampNs: bigint): number {
    const refusal = this.refusal(draft);
    if (refusal === RESULT_CODES.applied) this.add(draft, timestampNs);
    return refusal;
  }

  /** Adds a party that is known to be acceptable: the operator of the genesis. */
  add(draft: PartyDraft, timestampNs: bigint): Party {
    const party: Party = { ...draft, index: this.rows.length, timestampNs, newestAccount: 0 };
    this.rows.push(party);
    this.byId.set(party.id, party);
    return party;
  }

  /** A row never changes but for the head of its list of accounts, which is copied now. */
  capture(): SectionCapture[] {
    const rows = this.rows.slice();
    const heads = Uint32Array.from(rows, (party) => party.newestAccount);
    return [
      encodedRows('parties', rows.length, false, (row) => {
        const writer = new Writer(256);
        writeParty(writer, rows[row]);
        return writer.u64(rows[row].timestampNs).u32(heads[row]).finish();
      }),
    ];
  }

  /** Replaces the operator of the genesis, which is the first party of the snapshot too. */
  restore(sections: RestoredSections): void {
    this.rows.length = 0;
    this.byId.clear();
    const reader = new Reader(sections.bytes('parties'));
    while (reader.remaining > 0) {
      const party = this.add(readParty(reader), reader.u64());
      party.newestAccount = reader.u32();
    }
    if (this.rows.length === 0 || this.rows.length > this.partiesMax || this.byId.size !== this.rows.length)
      throw new SnapshotError('the section of parties is none', { parties: this.rows.length });
  }

  private refusal(draft: PartyDraft): number {
    if (draft.id === 0n) return RESULT_CODES.id_must_not_be_zero;
    if (draft.id === ID_MAX) return RESULT_CODES.id_must_not_be_int_max;
    const existing = this.byId.get(draft.id);
    if (existing !== undefined) return compare(existing, draft);
    if (draft.name === '') return RESULT_CODES.party_name_must_not_be_empty;
    if (draft.keys.length === 0) return RESULT_CODES.party_keys_must_not_be_empty;
    if (draft.threshold < 1 || draft.threshold > draft.keys.length) return RESULT_CODES.party_threshold_out_of_range;
    if (repeatsKey(draft)) return RESULT_CODES.party_keys_must_be_different;
    if (!draft.keys.every(publicKeyAcceptable)) return RESULT_CODES.party_key_not_acceptable;
    if (this.rows.length >= this.partiesMax) return RESULT_CODES.party_limit_reached;
    return RESULT_CODES.applied;
  }
}

function compare(existing: Party, draft: PartyDraft): number {
  if (existing.name !== draft.name) return RESULT_CODES.exists_with_different_name;
  if (existing.threshold !== draft.threshold) return RESULT_CODES.exists_with_different_threshold;
  if (!sameKeys(existing, draft)) return RESULT_CODES.exists_with_different_keys;
  return RESULT_CODES.exists;
}

function sameKeys(left: PartyDraft, right: PartyDraft): boolean {
  if (left.keys.length !== right.keys.length) return false;
  return left.keys.every(
    (key, index) => key.scheme === right.keys[index].scheme && equalBytes(key.bytes, right.keys[index].bytes),
  );
}

function repeatsKey(draft: PartyDraft): boolean {
  return draft.keys.some((key, index) =>
    draft.keys.slice(0, index).some((earlier) => equalBytes(earlier.bytes, key.bytes)),
  );
}
