import { Reader, Writer } from '@quorate/codec';
import { RESULT_CODES, decodeEvidence, encodeEvidence, type Evidence } from '@quorate/protocol';
import type { RestoredSections } from './restored-sections';
import type { ResultBlock } from './results';
import { SnapshotError, encodedRows, type SectionCapture } from './section';

/** Evidence on the ledger, and where its result stands; never changed. */
export interface EvidenceRow {
  readonly evidence: Evidence;
  readonly timestampNs: bigint;
  readonly height: number;
}

/** What replicas recorded against one of them, in order. Consensus records one for each replica of an epoch at most. */
export class EvidenceTable {
  private readonly rows: EvidenceRow[] = [];

  constructor(private readonly evidenceMax: number) {}

  get size(): number {
    return this.rows.length;
  }

  at(index: number): EvidenceRow {
    return this.rows[index];
  }

  /** Replicas of the epoch that began with the block at this height, against which there is evidence. */
  replicasSince(height: number): number[] {
    return this.rows.filter((row) => row.height > height).map((row) => row.evidence.replica);
  }

  /** Adds what a quorum verified before it voted for the block; returns the result code. */
  record(evidence: Evidence, { height, timeNs }: ResultBlock): number {
    if (this.rows.length >= this.evidenceMax) return RESULT_CODES.record_limit_reached;
    this.rows.push({ evidence, timestampNs: timeNs, height });
    return RESULT_CODES.applied;
  }

  /** Captured rows never change: a capture needs no copy of them. */
  capture(): SectionCapture[] {
    return [encodedRows('evidence', this.rows.length, true, (row) => encodeRow(this.rows[row]))];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    const reader = new Reader(sections.bytes('evidence'));
    while (reader.remaining > 0) {
      const evidence = decodeEvidence(reader.blob(ROW_BYTES_MAX));
      this.rows.push({ evidence, timestampNs: reader.u64(), height: reader.u32() });
    }
    if (this.rows.length > this.evidenceMax) throw new SnapshotError('there is too much evidence');
  }
}

const ROW_BYTES_MAX = 1_024;

function encodeRow({ evidence, timestampNs, height }: EvidenceRow): Uint8Array {
  return new Writer(384).blob(encodeEvidence(evidence)).u64(timestampNs).u32(height).finish();
}
