import { Reader, Writer } from '@quorate/codec';
import { RESULT_CODES, decodeOperation, encodeOperation, type MandateDraft } from '@quorate/protocol';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, encodedRows, type SectionCapture } from './section';

/** How much of a mandate was used in the period that was the last one with a transfer. */
export interface MandateUse {
  readonly period: bigint;
  readonly transfers: number;
  readonly amount: bigint;
}

/** A mandate on the ledger. Rows are replaced when they change, never written to. */
export interface Mandate extends MandateDraft {
  readonly index: number;
  /** Row of the account that may be debited; of the one that must be credited, -1 for any. */
  readonly debitRow: number;
  readonly creditRow: number;
  readonly granteeIndex: number;
  readonly timestampNs: bigint;
  readonly height: number;
  readonly position: number;
  readonly revoked: boolean;
  readonly used: MandateUse;
  /** Index plus one of the account's mandate before this, 0 for none. */
  readonly previousOfAccount: number;
}

/** What a mandate needs beside its terms: resolved names, and where the operation stands. */
export type MandatePlace = Pick<
  Mandate,
  'debitRow' | 'creditRow' | 'granteeIndex' | 'timestampNs' | 'height' | 'position'
>;

const CODES = RESULT_CODES;
const NS_PER_SECOND = 1_000_000_000n;
const UNUSED: MandateUse = Object.freeze({ period: 0n, transfers: 0, amount: 0n });

/** Who may debit whose account. Mandates are never removed; of each account those that are not revoked are at hand. */
export class MandateTable {
  private readonly rows: Mandate[] = [];
  private readonly byId = new Map<bigint, number>();
  private readonly unrevoked = new Map<number, number[]>();
  private readonly newest = new Map<number, number>();
  private chosen: Mandate | null = null;
  private chosenAtNs = 0n;
  /** Rows as they were before the transfers of the chain under way used them. */
  private readonly before: Mandate[] = [];
  private recording = false;

  constructor(
    private readonly mandatesMax: number,
    private readonly mandatesPerAccountMax: number,
  ) {}

  get size(): number {
    return this.rows.length;
  }

  at(index: number): Mandate {
    return this.rows[index];
  }

  find(id: bigint): Mandate | undefined {
    const index = this.byId.get(id);
    return index === undefined ? undefined : this.rows[index];
  }

  /** Index plus one of the newest mandate on the account, 0 for none. */
  newestOf(debitRow: number): number {
    return this.newest.get(debitRow) ?? 0;
  }

  /** Adds the mandate, whose terms hold, unless there is no room or a live one is for the same; returns the result code. */
  add(draft: MandateDraft, place: MandatePlace): number {
    const others = this.unrevoked.get(place.debitRow) ?? [];
    const same = others
      .map((index) => this.rows[index])
      .some(
        (other) =>
          other.granteeIndex === place.granteeIndex &&
          other.creditRow === place.creditRow &&
          !hasEnded(other, place.timestampNs),
      );
    if (same) return CODES.mandate_duplicate;
    if (this.rows.length >= this.mandatesMax || others.length >= this.mandatesPerAccountMax) {
      return CODES.mandate_limit_reached;
    }
    this.append({ ...draft, ...place, revoked: false, used: UNUSED });
    return CODES.applied;
  }

  capture(): SectionCapture[] {
    const rows = this.rows.slice();
    return [encodedRows('mandates', rows.length, false, (row) => encodeMandate(rows[row]))];
  }

  /** Takes the place of an empty table. */
  restore(sections: RestoredSections): void {
    const reader = new Reader(sections.bytes('mandates'));
    while (reader.remaining > 0) this.append(readMandate(reader));
    if (this.rows.length > this.mandatesMax) throw new SnapshotError('there are too many mandates');
  }

  private append(row: Omit<Mandate, 'index' | 'previousOfAccount'>): void {
    const index = this.rows.length;
    const { id, debitRow, revoked } = row;
    this.rows.push({ ...row, index, previousOfAccount: this.newestOf(debitRow) });
    this.byId.set(id, index);
    this.newest.set(debitRow, index + 1);
    if (!revoked) this.unrevoked.set(debitRow, [...(this.unrevoked.get(debitRow) ?? []), index]);
  }

  revoke(mandate: Mandate): void {
    this.rows[mandate.index] = { ...mandate, revoked: true };
    const left = (this.unrevoked.get(mandate.debitRow) ?? []).filter((index) => index !== mandate.index);
    if (left.length === 0) this.unrevoked.delete(mandate.debitRow);
    else this.unrevoked.set(mandate.debitRow, left);
  }

  /**
   * Chooses the mandate under which the party may debit the account at that time: one for this credit account before one for
   * any. The code of the first rule against it, or `applied`.
   */
  choose(debitRow: number, creditRow: number, party: number, nowNs: bigint): number {
    const own = (this.unrevoked.get(debitRow) ?? [])
      .map((index) => this.rows[index])
      .filter(({ granteeIndex }) => granteeIndex === party);
    if (own.length === 0) return CODES.debit_account_not_owned;
    const fitting = own.filter(({ creditRow: row }) => row === creditRow || row < 0);
    if (fitting.length === 0) return CODES.mandate_credit_account_differs;
    const live = fitting.filter((mandate) => !hasEnded(mandate, nowNs));
    if (live.length === 0) return CODES.mandate_expired;
    this.chosen = live.find(({ creditRow: row }) => row === creditRow) ?? live[0];
    this.chosenAtNs = nowNs;
    return CODES.applied;
  }

  /** Uses the chosen mandate for that amount unless a bound forbids it; returns the result code. */
  use(amount: bigint): number {
    const mandate = this.chosen;
    if (mandate === null) return CODES.debit_account_not_owned;
    const { transferAmountMax, periodTransfersMax, periodAmountMax } = mandate;
    if (transferAmountMax !== 0n && amount > transferAmountMax) return CODES.mandate_amount_exceeded;
    const period = periodOf(mandate, this.chosenAtNs);
    const used = mandate.used.period === period ? mandate.used : { ...UNUSED, period };
    const next = { period, transfers: used.transfers + 1, amount: used.amount + amount };
    if (periodTransfersMax !== 0 && next.transfers > periodTransfersMax) return CODES.mandate_transfers_exceeded;
    if (periodAmountMax !== 0n && next.amount > periodAmountMax) return CODES.mandate_period_amount_exceeded;
    if (this.recording) this.before.push(mandate);
    this.rows[mandate.index] = { ...mandate, used: next };
    this.chosen = null;
    return CODES.applied;
  }

  /** A linked chain begins: what its transfers use can be given back. */
  openChain(): void {
    this.recording = true;
  }

  /** Gives back what the transfers of the chain used. */
  undoChain(): void {
    for (let mandate = this.before.pop(); mandate !== undefined; mandate = this.before.pop()) {
      this.rows[mandate.index] = mandate;
    }
  }

  closeChain(): void {
    this.before.length = 0;
    this.recording = false;
  }
}

const NO_ROW = 0xffff_ffff;
const ROW_BYTES_MAX = 1_024;

function encodeMandate(mandate: Mandate): Uint8Array {
  const { debitRow, creditRow, granteeIndex, timestampNs, height, position, revoked, used } = mandate;
  return new Writer(256)
    .blob(encodeOperation({ kind: 'put_mandate', mandate }))
    .u32(debitRow)
    .u32(creditRow < 0 ? NO_ROW : creditRow)
    .u32(granteeIndex)
    .u64(timestampNs)
    .u32(height)
    .u32(position)
    .u8(revoked ? 1 : 0)
    .u64(used.period)
    .u32(used.transfers)
    .u128(used.amount)
    .finish();
}

function readMandate(reader: Reader): Omit<Mandate, 'index' | 'previousOfAccount'> {
  const put = decodeOperation(reader.blob(ROW_BYTES_MAX));
  if (put.kind !== 'put_mandate') throw new SnapshotError('a mandate is none');
  const debitRow = reader.u32();
  const creditRow = reader.u32();
  return {
    ...put.mandate,
    debitRow,
    creditRow: creditRow === NO_ROW ? -1 : creditRow,
    granteeIndex: reader.u32(),
    timestampNs: reader.u64(),
    height: reader.u32(),
    position: reader.u32(),
    revoked: reader.u8() === 1,
    used: { period: reader.u64(), transfers: reader.u32(), amount: reader.u128() },
  };
}

/** Whether the mandate is over at that time, revoked or not. */
export function hasEnded({ validUntilNs }: Pick<MandateDraft, 'validUntilNs'>, nowNs: bigint): boolean {
  return validUntilNs !== 0n && validUntilNs <= nowNs;
}

/** Number of the period that the time lies in, counted from the creation. */
export function periodOf({ periodSeconds, timestampNs }: Mandate, nowNs: bigint): bigint {
  return periodSeconds === 0 ? 0n : (nowNs - timestampNs) / (BigInt(periodSeconds) * NS_PER_SECOND);
}
