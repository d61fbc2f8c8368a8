import { Reader, Writer } from '@quorate/codec';
import { invariant } from '@quorate/errors';
import { LIMITS, RESULT_CODES, type AssetDraft } from '@quorate/protocol';
import type { PartyTable } from './party-table';
import type { RestoredSections } from './restored-sections';
import { SnapshotError, copiedWords, encodedRows, type SectionCapture } from './section';
import { addInto, equals, subtractFrom } from './u128';

/** An asset on the ledger. */
export interface Asset extends AssetDraft {
  readonly index: number;
  readonly issuerIndex: number;
  readonly timestampNs: bigint;
}

/** Running sums over all accounts of an asset, modulo 2^128: where each is in the asset's row of totals. */
export const TOTAL = { debits: 0, credits: 4, debitsPending: 8, creditsPending: 12 } as const;
/** One of the running sums. */
export type Total = (typeof TOTAL)[keyof typeof TOTAL];
const TOTAL_WORDS = 16;

/** The assets of a ledger, in order of creation, with the running sums that double entry must keep equal. */
export class AssetTable {
  private readonly rows: Asset[] = [];
  private readonly byId = new Map<number, Asset>();
  private totals = new Uint32Array(16 * TOTAL_WORDS);
  private readonly touched = new Set<number>();
  private lastTouched = -1;

  constructor(
    private readonly parties: PartyTable,
    private readonly assetsMax: number,
  ) {}

  get size(): number {
    return this.rows.length;
  }

  at(index: number): Asset {
    return this.rows[index];
  }

  find(id: number): Asset | undefined {
    return this.byId.get(id);
  }

  /** Adds the asset unless a rule forbids it; returns the result code. */
  create(draft: AssetDraft, timestampNs: bigint): number {
    if (draft.id === 0) return RESULT_CODES.id_must_not_be_zero;
    const existing = this.byId.get(draft.id);
    if (existing !== undefined) return compare(existing, draft);
    if (draft.scale > LIMITS.assetScaleMax) return RESULT_CODES.asset_scale_out_of_range;
    const issuer = this.parties.find(draft.issuer);
    if (issuer === undefined) return RESULT_CODES.asset_issuer_not_found;
    if (this.rows.length >= this.assetsMax) return RESULT_CODES.asset_limit_reached;
    const asset: Asset = { ...draft, index: this.rows.length, issuerIndex: issuer.index, timestampNs };
    this.rows.push(asset);
    this.byId.set(asset.id, asset);
    if (this.rows.length * TOTAL_WORDS > this.totals.length) {
      const grown = new Uint32Array(this.totals.length * 2);
      grown.set(this.totals);
      this.totals = grown;
    }
    return RESULT_CODES.applied;
  }

  capture(): SectionCapture[] {
    const rows = this.rows.slice();
    return [
      encodedRows('assets', rows.length, true, (row) => encodeAsset(rows[row])),
      copiedWords('assetTotals', this.totals, rows.length * TOTAL_WORDS),
    ];
  }

  /** Takes the place of an empty table. Parties must be restored before. */
  restore(sections: RestoredSections): void {
    const reader = new Reader(sections.bytes('assets'));
    while (reader.remaining > 0) {
      const asset = readAsset(reader, this.rows.length, this.parties);
      this.rows.push(asset);
      this.byId.set(asset.id, asset);
    }
    if (sections.rows('assetTotals') !== this.rows.length || this.rows.length > this.assetsMax)
      throw new SnapshotError('the sections of assets do not fit together', { assets: this.rows.length });
    this.totals = sections.words('assetTotals');
  }

  add(asset: number, total: Total, amounts: Uint32Array, at: number): void {
    addInto(this.totals, asset * TOTAL_WORDS + total, amounts, at);
    // Most transfers follow one of the same asset: the set is asked only when the asset changes.
    if (asset === this.lastTouched) return;
    this.lastTouched = asset;
    this.touched.add(asset);
  }

  subtract(asset: number, total: Total, amounts: Uint32Array, at: number): void {
    subtractFrom(this.totals, asset * TOTAL_WORDS + total, amounts, at);
    this.touched.add(asset);
  }

  /** Double entry: after a block, debits equal credits in every asset that it touched, posted and pending. */
  assertBalanced(height: number): void {
    for (const asset of this.touched) {
      const at = asset * TOTAL_WORDS;
      const posted = equals(this.totals, at + TOTAL.debits, this.totals, at + TOTAL.credits);
      const pending = equals(this.totals, at + TOTAL.debitsPending, this.totals, at + TOTAL.creditsPending);
      invariant(posted && pending, 'debits equal credits', { asset: this.rows[asset].id, height });
    }
    this.touched.clear();
    this.lastTouched = -1;
  }
}

function encodeAsset(asset: Asset): Uint8Array {
  const writer = new Writer(40).u32(asset.id).u8(asset.scale).text(asset.code);
  return writer.u32(asset.issuerIndex).u64(asset.timestampNs).finish();
}

function readAsset(reader: Reader, index: number, parties: PartyTable): Asset {
  const id = reader.u32();
  const scale = reader.u8();
  const code = reader.text(LIMITS.assetCodeBytesMax);
  const issuerIndex = reader.u32();
  if (issuerIndex >= parties.size) throw new SnapshotError('an asset names no party of the ledger', { asset: id });
  return { id, scale, code, issuer: parties.at(issuerIndex).id, index, issuerIndex, timestampNs: reader.u64() };
}

function compare(existing: Asset, draft: AssetDraft): number {
  if (existing.scale !== draft.scale) return RESULT_CODES.exists_with_different_scale;
  if (existing.code !== draft.code) return RESULT_CODES.exists_with_different_code;
  if (existing.issuer !== draft.issuer) return RESULT_CODES.exists_with_different_issuer;
  return RESULT_CODES.exists;
}
