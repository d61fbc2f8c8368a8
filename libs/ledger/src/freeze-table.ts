import { Reader, Writer } from '@quorate/codec';
import { FREEZE_TARGETS, LIMITS, RESULT_CODES, type FreezeTarget } from '@quorate/protocol';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, encodedRows, type SectionCapture } from './section';

/** Who froze something or lifted that, why and when. */
export interface FreezeAct {
  /** Index of the operator that signed. */
  readonly party: number;
  readonly reason: string;
  readonly timestampNs: bigint;
  readonly height: number;
  readonly position: number;
}

/** A freeze, for ever on record. Rows are replaced when they change, never written to. */
export interface Freeze {
  readonly target: FreezeTarget;
  readonly id: bigint;
  readonly frozen: FreezeAct;
  readonly lifted: FreezeAct | null;
}

/** Every freeze that there ever was, in order, and which of them stand. */
export class FreezeTable {
  private readonly rows: Freeze[] = [];
  private readonly standing: Readonly<Record<FreezeTarget, Map<bigint, number>>> = {
    account: new Map(),
    party: new Map(),
  };

  constructor(private readonly freezesMax: number) {}

  get size(): number {
    return this.rows.length;
  }

  at(index: number): Freeze {
    return this.rows[index];
  }

  /** The freeze that stands. */
  find(target: FreezeTarget, id: bigint): Freeze | undefined {
    const index = this.standing[target].get(id);
    return index === undefined ? undefined : this.rows[index];
  }

  /** Puts the freeze on record unless it stands already; returns the result code. */
  freeze(target: FreezeTarget, id: bigint, act: FreezeAct): number {
    if (this.standing[target].has(id)) return RESULT_CODES.already_frozen;
    if (this.rows.length >= this.freezesMax) return RESULT_CODES.freeze_limit_reached;
    this.append({ target, id, frozen: act, lifted: null });
    return RESULT_CODES.applied;
  }

  /** Lifts the freeze that stands; returns the result code. */
  lift(target: FreezeTarget, id: bigint, act: FreezeAct): number {
    const index = this.standing[target].get(id);
    if (index === undefined) return RESULT_CODES.not_frozen;
    this.rows[index] = { ...this.rows[index], lifted: act };
    this.standing[target].delete(id);
    return RESULT_CODES.applied;
  }

  capture(): SectionCapture[] {
    const rows = this.rows.slice();
    return [encodedRows('freezes', rows.length, false, (row) => encodeFreeze(rows[row]))];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    const reader = new Reader(sections.bytes('freezes'));
    while (reader.remaining > 0) this.append(readFreeze(reader));
    if (this.rows.length > this.freezesMax) throw new SnapshotError('there are too many freezes');
  }

  private append(row: Freeze): void {
    if (row.lifted === null) this.standing[row.target].set(row.id, this.rows.length);
    this.rows.push(row);
  }
}

function encodeFreeze({ target, id, frozen, lifted }: Freeze): Uint8Array {
  const writer = new Writer(256)
    .u8(FREEZE_TARGETS.indexOf(target))
    .u128(id)
    .u8(lifted === null ? 1 : 2);
  for (const act of lifted === null ? [frozen] : [frozen, lifted]) {
    writer.u32(act.party).text(act.reason).u64(act.timestampNs).u32(act.height).u32(act.position);
  }
  return writer.finish();
}

function readFreeze(reader: Reader): Freeze {
  const target = FREEZE_TARGETS.at(reader.u8());
  if (target === undefined) throw new SnapshotError('a freeze is none');
  const id = reader.u128();
  const acts = reader.u8();
  const frozen = readAct(reader);
  return { target, id, frozen, lifted: acts === 1 ? null : readAct(reader) };
}

function readAct(reader: Reader): FreezeAct {
  return {
    party: reader.u32(),
    reason: reader.text(LIMITS.reasonBytesMax),
    timestampNs: reader.u64(),
    height: reader.u32(),
    position: reader.u32(),
  };
}
