import { Reader, Writer } from '@quorate/codec';
import { equalBytes } from '@quorate/crypto';
import { RESULT_CODES, decodeOperation, encodeOperation, type RecordDraft } from '@quorate/protocol';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, encodedRows, type SectionCapture } from './section';

/** A record on the ledger; never changed. */
export interface LedgerRecord extends RecordDraft {
  /** Index of the party that put it. */
  readonly party: number;
  readonly timestampNs: bigint;
  readonly height: number;
  readonly position: number;
  /** Index plus one of the record about the same subject before this, 0 for none. */
  readonly previousOfSubject: number;
}

/** Who puts a record, and where the operation stands. */
export type RecordPlace = Pick<LedgerRecord, 'party' | 'timestampNs' | 'height' | 'position'>;

const ID_MAX = (1n << 128n) - 1n;

/** Facts other than money, in order; those about one subject are chained to each other. */
export class RecordTable {
  private readonly rows: LedgerRecord[] = [];
  private readonly byId = new Map<bigint, number>();
  private readonly newest = new Map<bigint, number>();

  constructor(private readonly recordsMax: number) {}

  get size(): number {
    return this.rows.length;
  }

  at(index: number): LedgerRecord {
    return this.rows[index];
  }

  find(id: bigint): LedgerRecord | undefined {
    const index = this.byId.get(id);
    return index === undefined ? undefined : this.rows[index];
  }

  /** Index plus one of the newest record about the subject, 0 for none. */
  newestOf(subject: bigint): number {
    return this.newest.get(subject) ?? 0;
  }

  /** Adds the record unless a rule forbids it; returns the result code. */
  put(draft: RecordDraft, place: RecordPlace): number {
    if (draft.id === 0n) return RESULT_CODES.id_must_not_be_zero;
    if (draft.id === ID_MAX) return RESULT_CODES.id_must_not_be_int_max;
    const existing = this.find(draft.id);
    if (existing !== undefined) {
      return isSame(existing, draft, place) ? RESULT_CODES.exists : RESULT_CODES.exists_with_different_record;
    }
    if (draft.kind === 0) return RESULT_CODES.record_kind_must_not_be_zero;
    if (this.rows.length >= this.recordsMax) return RESULT_CODES.record_limit_reached;
    this.append(draft, place);
    return RESULT_CODES.applied;
  }

  /** Captured rows never change: a capture needs no copy of them. */
  capture(): SectionCapture[] {
    return [encodedRows('records', this.rows.length, true, (row) => encodeRecord(this.rows[row]))];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    const reader = new Reader(sections.bytes('records'));
    while (reader.remaining > 0) {
      const put = decodeOperation(reader.blob(ROW_BYTES_MAX));
      if (put.kind !== 'put_record') throw new SnapshotError('a record is none');
      const party = reader.u32();
      this.append(put.record, { party, timestampNs: reader.u64(), height: reader.u32(), position: reader.u32() });
    }
    if (this.rows.length > this.recordsMax) throw new SnapshotError('there are too many records');
  }

  private append(draft: RecordDraft, place: RecordPlace): void {
    this.byId.set(draft.id, this.rows.length);
    this.rows.push({ ...draft, ...place, previousOfSubject: this.newestOf(draft.subject) });
    this.newest.set(draft.subject, this.rows.length);
  }
}

const ROW_BYTES_MAX = 1_024;

function encodeRecord(record: LedgerRecord): Uint8Array {
  const writer = new Writer(512).blob(encodeOperation({ kind: 'put_record', record }));
  return writer.u32(record.party).u64(record.timestampNs).u32(record.height).u32(record.position).finish();
}

function isSame(existing: LedgerRecord, draft: RecordDraft, place: RecordPlace): boolean {
  const { kind, subject, hash, reference } = draft;
  const content = existing.kind === kind && existing.subject === subject && existing.reference === reference;
  return content && existing.party === place.party && equalBytes(existing.hash, hash);
}
