import { Reader, Writer } from '@quorate/codec';
import { invariant } from '@quorate/errors';
import {
  ISSUING_POLICIES,
  LIMITS,
  RESULT_CODES,
  decodeOperation,
  encodeOperation,
  type AssetChange,
  type AssetDraft,
} from '@quorate/protocol';
import { ASSETS_TOUCHED, AT_FACTS, AT_TOTALS, AT_TOUCHED, FACTS_BYTES } from './engine-layout';
import type { LedgerMemory } from './ledger-memory';
import type { PartyTable } from './party-table';
import type { RestoredSections } from './restored-sections';
import {
  SnapshotError,
  capturedBytes,
  copiedWords,
  encodedRows,
  type CaptureMemory,
  type SectionCapture,
} from './section';
import { addInto, copy, equals, exceeds, store, subtractFrom, sumExceeds, sumOverflows, toBigint } from './u128';

/** An asset on the ledger. Rows are replaced when they change, never written to. */
export interface Asset extends AssetDraft {
  readonly index: number;
  readonly issuerIndex: number;
  readonly timestampNs: bigint;
  readonly created: AssetDraft;
  /** Whether transfers have more to pass than the rules on accounts and amounts. */
  readonly restricted: boolean;
}

/**
 * Running sums over all accounts of an asset, modulo 2^128: where each is in the asset's row of totals. `issued` and
 * `redeemed` sum what was moved from accounts of the issuer to those of others, and back; `issuePending` what pending
 * transfers reserve for the former.
 */
export const TOTAL = {
  debits: 0,
  credits: 4,
  debitsPending: 8,
  creditsPending: 12,
  issued: 16,
  redeemed: 20,
  issuePending: 24,
} as const;
/** One of the running sums. */
export type Total = (typeof TOTAL)[keyof typeof TOTAL];
const TOTAL_WORDS = 28;
/** What the engine has to know of an asset. */
const FACT_WORDS = FACTS_BYTES / 4;
const FACT = { id: 0, restricted: 1, touched: 2 } as const;
const TOUCHED_COUNT = ASSETS_TOUCHED / 4;
const PARTY_INDEX_LIMIT = 65_536;

/** The assets of a ledger, in order of creation, with the running sums that double entry must keep equal. */
export class AssetTable {
  private readonly rows: Asset[] = [];
  private readonly byId = new Map<number, Asset>();
  private totals = new Uint32Array(0);
  private facts = new Uint32Array(0);
  /** Assets that the block touched; how many they are is in the header of the memory. */
  private touched = new Uint32Array(0);
  /** Asset index × 65,536 + party index, of every asset together. */
  private readonly allowed = new Set<number>();
  /** A sum, and a maximum, under test. */
  private readonly scratch = new Uint32Array(8);

  constructor(
    private readonly parties: PartyTable,
    private readonly assetsMax: number,
    private readonly allowListEntriesMax: number,
    private readonly memory: LedgerMemory,
  ) {
    memory.onMoved(() => {
      this.totals = memory.words(AT_TOTALS);
      this.facts = memory.words(AT_FACTS);
      this.touched = memory.words(AT_TOUCHED);
    });
  }

  get size(): number {
    return this.rows.length;
  }

  at(index: number): Asset {
    return this.rows[index];
  }

  find(id: number): Asset | undefined {
    return this.byId.get(id);
  }

  /** What parties other than the issuer hold, in minor units. */
  supply(index: number): bigint {
    return this.total(index, TOTAL.issued) - this.total(index, TOTAL.redeemed);
  }

  total(index: number, total: Total): bigint {
    return toBigint(this.totals, index * TOTAL_WORDS + total);
  }

  isAllowed(asset: Asset, party: number): boolean {
    return party === asset.issuerIndex || this.allowed.has(asset.index * PARTY_INDEX_LIMIT + party);
  }

  /** Adds the asset unless a rule forbids it; returns the result code. */
  create(draft: AssetDraft, timestampNs: bigint): number {
    if (draft.id === 0) return RESULT_CODES.id_must_not_be_zero;
    const existing = this.byId.get(draft.id);
    if (existing !== undefined) return compare(existing.created, draft);
    if (draft.scale > LIMITS.assetScaleMax) return RESULT_CODES.asset_scale_out_of_range;
    const issuer = this.parties.find(draft.issuer);
    if (issuer === undefined) return RESULT_CODES.asset_issuer_not_found;
    if (!this.parties.has(issuer.index, 'issuer')) return RESULT_CODES.asset_issuer_role_required;
    if (misplacesMaximum(draft)) return RESULT_CODES.asset_maximum_supply_misplaced;
    if (this.rows.length >= this.assetsMax) return RESULT_CODES.asset_limit_reached;
    const index = this.rows.length;
    const restricted = draft.transfers !== 'open';
    this.put({ ...draft, index, issuerIndex: issuer.index, timestampNs, created: draft, restricted });
    return RESULT_CODES.applied;
  }

  /** Gives the asset another policy and changes its allow-list unless a rule forbids it; returns the result code. */
  change(change: AssetChange, by: number): number {
    const asset = this.byId.get(change.asset);
    if (asset === undefined) return RESULT_CODES.asset_not_found;
    if (asset.issuerIndex !== by) return RESULT_CODES.asset_not_authorized;
    if (misplacesMaximum(change)) return RESULT_CODES.asset_maximum_supply_misplaced;
    if (loosens(asset, change)) return RESULT_CODES.asset_issuing_must_not_loosen;
    const { issuing, maximumSupply, transfers } = change;
    const changed = { ...asset, issuing, maximumSupply, transfers, restricted: transfers !== 'open' };
    if (!this.withinMaximum(changed)) return RESULT_CODES.asset_maximum_below_supply;
    const entries: { key: number; allowed: boolean }[] = [];
    for (const { party, allowed } of change.allowList) {
      const named = this.parties.find(party);
      if (named === undefined) return RESULT_CODES.party_not_found;
      entries.push({ key: asset.index * PARTY_INDEX_LIMIT + named.index, allowed });
    }
    const additions = new Set(
      entries.filter(({ key, allowed }) => allowed && !this.allowed.has(key)).map(({ key }) => key),
    );
    if (this.allowed.size + additions.size > this.allowListEntriesMax) return RESULT_CODES.allow_list_full;
    for (const { key, allowed } of entries) {
      if (allowed) this.allowed.add(key);
      else this.allowed.delete(key);
    }
    this.put(changed);
    return RESULT_CODES.applied;
  }

  /** Whether these two parties may transfer a restricted asset between them; the code of the first rule against it. */
  transferRefusal(asset: Asset, debitParty: number, creditParty: number): number {
    if (asset.transfers === 'frozen') return RESULT_CODES.asset_transfers_frozen;
    if (asset.transfers === 'open') return RESULT_CODES.applied;
    if (!this.isAllowed(asset, debitParty)) return RESULT_CODES.debit_party_not_allowed;
    return this.isAllowed(asset, creditParty) ? RESULT_CODES.applied : RESULT_CODES.credit_party_not_allowed;
  }

  /** Whether issuing that amount would push all that was ever issued, or is reserved to be, over 2^128 - 1. */
  overflowsSupply(index: number, amounts: Uint32Array, at: number): boolean {
    const from = index * TOTAL_WORDS;
    copy(this.scratch, 0, this.totals, from + TOTAL.issued);
    addInto(this.scratch, 0, this.totals, from + TOTAL.issuePending);
    return sumOverflows(this.scratch, 0, amounts, at);
  }

  /** Why the issuer may not issue that amount, which must not overflow the supply, or `applied`. */
  issueRefusal(index: number, amounts: Uint32Array, at: number): number {
    const asset = this.rows[index];
    if (!this.parties.has(asset.issuerIndex, 'issuer')) return RESULT_CODES.asset_issuer_role_required;
    if (asset.issuing === 'free') return RESULT_CODES.applied;
    this.loadBounded(asset);
    store(this.scratch, 4, asset.maximumSupply);
    return sumExceeds(this.scratch, 0, amounts, at, this.scratch, 4)
      ? RESULT_CODES.exceeds_maximum_supply
      : RESULT_CODES.applied;
  }

  capture(memory: CaptureMemory): SectionCapture[] {
    const rows = this.rows.slice();
    return [
      encodedRows('assets', rows.length, false, (row) => encodeAsset(rows[row])),
      copiedWords('assetTotals', this.totals, rows.length * TOTAL_WORDS, memory),
    ];
  }

  /** Sorted: the order in which parties came onto the lists must not show. */
  captureAllowLists(): SectionCapture[] {
    const entries = Uint32Array.from(this.allowed).sort();
    return [capturedBytes('allowLists', new Uint8Array(entries.buffer), false)];
  }

  /** Takes the place of an empty table. Parties must be restored before. */
  restore(sections: RestoredSections): void {
    const reader = new Reader(sections.bytes('assets'));
    while (reader.remaining > 0) this.put(readAsset(reader, this.rows.length, this.parties));
    const entries = sections.words('allowLists').subarray(0, sections.rows('allowLists'));
    const asset = (entry: number): number => Math.floor(entry / PARTY_INDEX_LIMIT);
    const named = (entry: number): boolean =>
      asset(entry) < this.rows.length && entry % PARTY_INDEX_LIMIT < this.parties.size;
    if (sections.rows('assetTotals') !== this.rows.length || this.rows.length > this.assetsMax || !entries.every(named))
      throw new SnapshotError('the sections of assets do not fit together', { assets: this.rows.length });
    this.totals.set(sections.counted('assetTotals'));
    for (const entry of entries) this.allowed.add(entry);
  }

  /** Adds an amount to a sum of an account's, and to the asset's total what that sum became greater by: what was written, not what was meant. */
  enlarge(asset: number, total: Total, sums: Uint32Array, sum: number, amounts: Uint32Array, at: number): void {
    copy(this.scratch, 0, sums, sum);
    addInto(sums, sum, amounts, at);
    this.follow(asset, total, sums, sum);
  }

  /** Takes an amount from a sum of an account's, and from the asset's total what that sum became less by. */
  lessen(asset: number, total: Total, sums: Uint32Array, sum: number, amounts: Uint32Array, at: number): void {
    copy(this.scratch, 0, sums, sum);
    subtractFrom(sums, sum, amounts, at);
    this.follow(asset, total, sums, sum);
  }

  add(asset: number, total: Total, amounts: Uint32Array, at: number): void {
    addInto(this.totals, asset * TOTAL_WORDS + total, amounts, at);
    this.touch(asset);
  }

  subtract(asset: number, total: Total, amounts: Uint32Array, at: number): void {
    subtractFrom(this.totals, asset * TOTAL_WORDS + total, amounts, at);
    this.touch(asset);
  }

  /**
   * Double entry: after a block, debits equal credits in every asset that it touched, posted and pending; no more was
   * redeemed than issued, and the maximum holds.
   */
  assertBalanced(height: number): void {
    const { header } = this.memory;
    for (const index of this.touched.subarray(0, header[TOUCHED_COUNT])) {
      this.facts[index * FACT_WORDS + FACT.touched] = 0;
      const at = index * TOTAL_WORDS;
      const asset = this.rows[index];
      const posted = equals(this.totals, at + TOTAL.debits, this.totals, at + TOTAL.credits);
      const pending = equals(this.totals, at + TOTAL.debitsPending, this.totals, at + TOTAL.creditsPending);
      invariant(posted && pending, 'debits equal credits', { asset: asset.id, height });
      const overdrawn = exceeds(this.totals, at + TOTAL.redeemed, this.totals, at + TOTAL.issued);
      invariant(!overdrawn && this.withinMaximum(asset), 'the supply keeps its bounds', { asset: asset.id, height });
    }
    header[TOUCHED_COUNT] = 0;
  }

  /** A total takes the change of a sum from the one in the scratch sum to the one in the books. */
  private follow(asset: number, total: Total, sums: Uint32Array, sum: number): void {
    addInto(this.totals, asset * TOTAL_WORDS + total, sums, sum);
    subtractFrom(this.totals, asset * TOTAL_WORDS + total, this.scratch, 0);
    this.touch(asset);
  }

  private put(asset: Asset): void {
    this.rows[asset.index] = asset;
    this.byId.set(asset.id, asset);
    this.facts[asset.index * FACT_WORDS + FACT.id] = asset.id;
    this.facts[asset.index * FACT_WORDS + FACT.restricted] = asset.restricted ? 1 : 0;
  }

  private touch(asset: number): void {
    const fact = asset * FACT_WORDS + FACT.touched;
    if (this.facts[fact] !== 0) return;
    const { header } = this.memory;
    this.facts[fact] = 1;
    this.touched[header[TOUCHED_COUNT]] = asset;
    header[TOUCHED_COUNT] += 1;
  }

  /** What the maximum bounds, into the scratch sum: all ever issued, or what is in circulation, and what is reserved. */
  private loadBounded(asset: Asset): void {
    const at = asset.index * TOTAL_WORDS;
    copy(this.scratch, 0, this.totals, at + TOTAL.issued);
    if (asset.issuing === 'capped') subtractFrom(this.scratch, 0, this.totals, at + TOTAL.redeemed);
    addInto(this.scratch, 0, this.totals, at + TOTAL.issuePending);
  }

  private withinMaximum(asset: Asset): boolean {
    if (asset.issuing === 'free') return true;
    this.loadBounded(asset);
    store(this.scratch, 4, asset.maximumSupply);
    return !exceeds(this.scratch, 0, this.scratch, 4);
  }
}

const ROW_BYTES_MAX = 1_024;

/** The operations that made and last changed the asset. */
function encodeAsset(asset: Asset): Uint8Array {
  const { id, issuing, maximumSupply, transfers, created, timestampNs } = asset;
  const change = { asset: id, issuing, maximumSupply, transfers, allowList: [] };
  const writer = new Writer(128).blob(encodeOperation({ kind: 'create_asset', asset: created }));
  return writer
    .blob(encodeOperation({ kind: 'change_asset', change }))
    .u64(timestampNs)
    .finish();
}

export function readAsset(reader: Reader, index: number, parties: PartyTable): Asset {
  const creation = decodeOperation(reader.blob(ROW_BYTES_MAX));
  const last = decodeOperation(reader.blob(ROW_BYTES_MAX));
  const created = creation.kind === 'create_asset' ? creation.asset : undefined;
  const issuer = created === undefined ? undefined : parties.find(created.issuer);
  if (created === undefined || issuer === undefined || last.kind !== 'change_asset')
    throw new SnapshotError('an asset is none, or names no party of the ledger', { index });
  const { issuing, maximumSupply, transfers } = last.change;
  const policy = { issuing, maximumSupply, transfers, restricted: transfers !== 'open' };
  return { ...created, ...policy, index, issuerIndex: issuer.index, timestampNs: reader.u64(), created };
}

function misplacesMaximum({ issuing, maximumSupply }: Pick<AssetDraft, 'issuing' | 'maximumSupply'>): boolean {
  return (issuing === 'free') !== (maximumSupply === 0n);
}

function loosens(asset: Asset, change: AssetChange): boolean {
  const strictness = (policy: AssetDraft['issuing']): number => ISSUING_POLICIES.indexOf(policy);
  if (strictness(change.issuing) < strictness(asset.issuing)) return true;
  return asset.issuing !== 'free' && change.maximumSupply > asset.maximumSupply;
}

/** A retry is compared with the creation: a policy that was changed since does not make it another one. */
function compare(created: AssetDraft, draft: AssetDraft): number {
  if (created.scale !== draft.scale) return RESULT_CODES.exists_with_different_scale;
  if (created.code !== draft.code) return RESULT_CODES.exists_with_different_code;
  if (created.issuer !== draft.issuer) return RESULT_CODES.exists_with_different_issuer;
  const { issuing, maximumSupply, transfers } = created;
  const same = issuing === draft.issuing && maximumSupply === draft.maximumSupply && transfers === draft.transfers;
  return same ? RESULT_CODES.exists : RESULT_CODES.exists_with_different_policy;
}
