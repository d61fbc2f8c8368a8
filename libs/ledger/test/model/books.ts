// The state of the model: maps of values that are never changed but replaced, so that a failed chain is undone by putting back
// what was there.
import type {
  AccountDraft,
  AssetDraft,
  AssetPolicy,
  FreezeChange,
  MandateDraft,
  PartyDraft,
  PartyKeyDraft,
  RecordDraft,
  TransferDraft,
} from '@quorate/protocol';

export interface ModelParty {
  readonly created: PartyDraft;
  readonly threshold: number;
  readonly keys: readonly PartyKeyDraft[];
  readonly roles: number;
  readonly frozen: boolean;
}

export interface ModelAsset {
  readonly created: AssetDraft;
  readonly policy: AssetPolicy;
  readonly allowed: ReadonlySet<bigint>;
  /** All that left the issuer's accounts for those of others, ever. */
  readonly issued: bigint;
}

export interface ModelAccount {
  readonly draft: AccountDraft;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
  readonly closed: boolean;
  readonly frozen: boolean;
}

export interface ModelTransfer {
  /** As applied: with the amount that it moved or reserved, and what a post or void took from the pending one. */
  readonly draft: TransferDraft;
  readonly expiresAtNs: bigint | null;
  readonly state: 'pending' | 'posted' | 'voided' | 'expired' | null;
  /** Id of the post or void. */
  readonly resolvedBy: bigint | null;
}

export interface ModelMandate {
  readonly draft: MandateDraft;
  readonly putAtNs: bigint;
  readonly revoked: boolean;
  readonly uses: readonly { readonly atNs: bigint; readonly amount: bigint }[];
}

export interface ModelFreeze {
  readonly change: FreezeChange;
  readonly liftedFor: string | null;
}

export interface ModelRecord {
  readonly draft: RecordDraft;
  readonly party: bigint;
}

/** A map whose changes can be taken back, newest first. */
class Shelf<Key, Value> {
  private readonly values = new Map<Key, Value>();

  constructor(private readonly undo: (() => void)[]) {}

  get(key: Key): Value | undefined {
    return this.values.get(key);
  }

  /** A value that must be there. */
  of(key: Key): Value {
    const value = this.values.get(key);
    if (value === undefined) throw new Error(`the model has lost ${String(key)}`);
    return value;
  }

  put(key: Key, value: Value): void {
    const before = this.values.get(key);
    this.undo.push(() => {
      if (before === undefined) this.values.delete(key);
      else this.values.set(key, before);
    });
    this.values.set(key, value);
  }

  get size(): number {
    return this.values.size;
  }

  keys(): Key[] {
    return [...this.values.keys()];
  }

  all(): Value[] {
    return [...this.values.values()];
  }

  entries(): [Key, Value][] {
    return [...this.values.entries()];
  }
}

export class Books {
  private readonly undo: (() => void)[] = [];
  readonly parties = new Shelf<bigint, ModelParty>(this.undo);
  readonly assets = new Shelf<number, ModelAsset>(this.undo);
  readonly accounts = new Shelf<bigint, ModelAccount>(this.undo);
  /** In order of creation. */
  readonly transfers = new Shelf<bigint, ModelTransfer>(this.undo);
  readonly mandates = new Shelf<bigint, ModelMandate>(this.undo);
  readonly freezes = new Shelf<number, ModelFreeze>(this.undo);
  readonly records = new Shelf<bigint, ModelRecord>(this.undo);
  /** Ids used up by applied and failed transfers, and the how-many-eth each was. */
  readonly used = new Shelf<bigint, number>(this.undo);
  /** Ids used before this one are history in the running block. */
  oldest = 0;
  /** Ids of transfers that were pending when they were made; most are not any more. */
  readonly waiting = new Set<bigint>();

  /** From here on changes can be taken back. */
  mark(): void {
    this.undo.length = 0;
  }

  goBack(): void {
    for (let step = this.undo.pop(); step !== undefined; step = this.undo.pop()) step();
  }

  ownerOf(account: bigint): bigint {
    return this.accounts.of(account).draft.party;
  }

  issuerOf(asset: number): bigint {
    return this.assets.of(asset).created.issuer;
  }

  pending(): ModelTransfer[] {
    return [...this.waiting].flatMap((id) => {
      const transfer = this.transfers.get(id);
      return transfer?.state === 'pending' ? [transfer] : [];
    });
  }

  /** Puts a transfer that was applied. */
  record(transfer: ModelTransfer): void {
    const { id } = transfer.draft;
    this.transfers.put(id, transfer);
    this.used.put(id, this.used.size);
  }

  isHistory(id: bigint): boolean {
    return (this.used.get(id) ?? Infinity) < this.oldest;
  }

  /** A pending transfer is known until what ended it is history. */
  isForgotten(waiting: ModelTransfer): boolean {
    if (waiting.state === 'expired') return this.isHistory(waiting.draft.id);
    return waiting.resolvedBy !== null && this.isHistory(waiting.resolvedBy);
  }

  /** Only between envelopes: what a chain resolved may be pending again. */
  forgetResolved(): void {
    for (const id of this.waiting) if (this.transfers.get(id)?.state !== 'pending') this.waiting.delete(id);
  }

  /** What parties other than the issuer hold. */
  supply(asset: number): bigint {
    return this.accounts
      .all()
      .filter(({ draft }) => draft.asset === asset && draft.party !== this.issuerOf(asset))
      .reduce((sum, { credits, debits }) => sum + credits - debits, 0n);
  }

  /** Whether a transfer between the two takes units out of the issuer's hands. */
  issues(debitAccount: bigint, creditAccount: bigint): boolean {
    const issuer = this.issuerOf(this.accounts.of(debitAccount).draft.asset);
    return this.ownerOf(debitAccount) === issuer && this.ownerOf(creditAccount) !== issuer;
  }

  issuePending(asset: number): bigint {
    return this.pending()
      .filter(({ draft }) => draft.asset === asset && this.issues(draft.debitAccount, draft.creditAccount))
      .reduce((sum, { draft }) => sum + draft.amount, 0n);
  }

  /** Whether what is to be issued beside all else stays within the asset's maximum. */
  fitsMaximum(asset: number, amount: bigint, policy: AssetPolicy = this.assets.of(asset).policy): boolean {
    const reserved = this.issuePending(asset);
    if (policy.issuing === 'capped') return this.supply(asset) + reserved + amount <= policy.maximumSupply;
    if (policy.issuing === 'fixed') return this.assets.of(asset).issued + reserved + amount <= policy.maximumSupply;
    return true;
  }

  hasRole(party: bigint, role: number): boolean {
    return ((this.parties.get(party)?.roles ?? 0) & role) !== 0;
  }
}
