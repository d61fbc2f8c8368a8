// The ledger's rules written a second time, from docs/reference/ledger.md and nothing else: maps, bigints, copies of the
// whole state instead of undo. Slow and obvious; the engine has to agree with it.
import type { AccountDraft, Operation, ResultName, TransferDraft } from '@quorate/protocol';

const MAX = (1n << 128n) - 1n;

const NS_PER_SECOND = 1_000_000_000n;
const TIME_MAX = 2n ** 63n - 1n;
const PENDING = 2;
const POST = 4;
const VOID = 8;
const BALANCING_DEBIT = 16;
const BALANCING_CREDIT = 32;
const CLOSING_DEBIT = 64;
const CLOSING_CREDIT = 128;

interface ModelAccount {
  readonly draft: AccountDraft;
  debits: bigint;
  credits: bigint;
  debitsPending: bigint;
  creditsPending: bigint;
  closed: boolean;
}

interface ModelTransfer {
  /** As applied: with the amount that it moved or reserved, and what a post or void took from the pending one. */
  readonly draft: TransferDraft;
  readonly expiresAtNs: bigint | null;
  state: 'pending' | 'posted' | 'voided' | 'expired' | null;
  /** Id of the post or void. */
  resolvedBy: bigint | null;
}

interface ModelState {
  accounts: Map<bigint, ModelAccount>;
  /** In order of creation. */
  transfers: Map<bigint, ModelTransfer>;
  history: bigint[];
  /** Ids used up by applied and failed transfers, and the how-many-eth each was. */
  used: Map<bigint, number>;
}

export interface ModelRules {
  readonly operator: bigint;
  readonly parties: ReadonlySet<bigint>;
  /** Asset to its issuer. */
  readonly assets: ReadonlyMap<number, bigint>;
  /** How many of the newest ids a block still compares with. */
  readonly recentMax: number;
}

export class LedgerModel {
  state: ModelState = { accounts: new Map(), transfers: new Map(), history: [], used: new Map() };
  /** Ids used before this one are history in the running block. */
  private oldest = 0;
  readonly failed = new Map<bigint, ResultName>();

  constructor(private readonly rules: ModelRules) {}

  /** Start of a block: what is overdue is released, at most `max` transfers, earliest expiry first, then oldest first. */
  expire(timeNs: bigint, max: number): void {
    this.oldest = Math.max(0, this.state.used.size - this.rules.recentMax);
    const due = [...this.state.transfers.values()].filter(
      ({ state, expiresAtNs }) => state === 'pending' && expiresAtNs !== null && expiresAtNs <= timeNs,
    );
    // The sort is stable, so transfers of one expiry stay in order of creation.
    due.sort((left, right) => Number((left.expiresAtNs ?? 0n) - (right.expiresAtNs ?? 0n)));
    for (const transfer of due.slice(0, max)) this.release(transfer, 'expired');
  }

  /** Results of one envelope of accounts and transfers, signed by `party`; its first operation has ledger time `timeNs`. */
  execute(party: bigint, operations: readonly Operation[], timeNs: bigint): ResultName[] {
    const results: ResultName[] = [];
    let position = 0;
    while (position < operations.length) {
      let end = position;
      while (end < operations.length - 1 && linked(operations[end])) end += 1;
      const chain = operations.slice(position, end + 1);
      const chainResults = this.executeChain(party, chain, linked(operations[end]), timeNs + BigInt(position));
      chain.forEach((operation, index) => this.burn(party, operation, chainResults[index]));
      results.push(...chainResults);
      position = end + 1;
    }
    return results;
  }

  private executeChain(party: bigint, chain: readonly Operation[], open: boolean, timeNs: bigint): ResultName[] {
    const before = structuredClone(this.state);
    const results: ResultName[] = [];
    for (const [index, operation] of chain.entries()) {
      const lastOfOpen = open && index === chain.length - 1;
      const broken = results.some((result) => result !== 'applied');
      if (lastOfOpen) results.push('linked_event_chain_open');
      else if (broken) results.push('linked_event_failed');
      else results.push(this.apply(party, operation, timeNs + BigInt(index)));
    }
    if (results.every((result) => result === 'applied')) return results;
    this.state = before;
    return results.map((result) => (result === 'applied' ? 'linked_event_failed' : result));
  }

  private apply(party: bigint, operation: Operation, timeNs: bigint): ResultName {
    if (operation.kind === 'create_account') return this.applyAccount(party, operation.account);
    if (operation.kind === 'create_transfer') return this.applyTransfer(party, operation.transfer, timeNs);
    throw new Error('the model has accounts and transfers only');
  }

  private applyAccount(party: bigint, draft: AccountDraft): ResultName {
    if ((draft.flags & 16) !== 0) return 'imported_event_not_expected';
    if ((draft.flags & ~(1 | 2 | 4 | 8 | 32)) !== 0) return 'reserved_flag';
    if (draft.id === 0n) return 'id_must_not_be_zero';
    if (draft.id === MAX) return 'id_must_not_be_int_max';
    if (party !== this.rules.operator && !(party === draft.party && this.rules.parties.has(party)))
      return 'account_not_authorized';
    const existing = this.state.accounts.get(draft.id)?.draft;
    if (existing !== undefined) {
      if (existing.flags !== draft.flags) return 'exists_with_different_flags';
      if (existing.party !== draft.party) return 'exists_with_different_party';
      if (existing.userData128 !== draft.userData128) return 'exists_with_different_user_data_128';
      if (existing.userData64 !== draft.userData64) return 'exists_with_different_user_data_64';
      if (existing.userData32 !== draft.userData32) return 'exists_with_different_user_data_32';
      if (existing.asset !== draft.asset) return 'exists_with_different_asset';
      return existing.code !== draft.code ? 'exists_with_different_code' : 'exists';
    }
    if ((draft.flags & 6) === 6) return 'flags_are_mutually_exclusive';
    if (draft.asset === 0) return 'asset_must_not_be_zero';
    if (draft.code === 0) return 'code_must_not_be_zero';
    if (!this.rules.parties.has(draft.party)) return 'account_party_not_found';
    const issuer = this.rules.assets.get(draft.asset);
    if (issuer === undefined) return 'account_asset_not_found';
    if ((draft.flags & 2) === 0 && issuer !== draft.party) return 'account_must_be_limited';
    const sums = { debits: 0n, credits: 0n, debitsPending: 0n, creditsPending: 0n };
    this.state.accounts.set(draft.id, { draft, ...sums, closed: (draft.flags & 32) !== 0 });
    return 'applied';
  }

  private applyTransfer(party: bigint, draft: TransferDraft, timeNs: bigint): ResultName {
    if ((draft.flags & 256) !== 0) return 'imported_event_not_expected';
    if (draft.flags > 511) return 'reserved_flag';
    if (draft.id === 0n) return 'id_must_not_be_zero';
    if (draft.id === MAX) return 'id_must_not_be_int_max';
    if (this.failed.has(draft.id)) return 'id_already_failed';
    const existing = this.state.transfers.get(draft.id);
    if (existing !== undefined) {
      return this.isHistory(draft.id) ? 'exists_in_history' : this.differenceOf(existing.draft, draft);
    }
    if (resolves(draft)) return this.resolve(party, draft, timeNs);
    if (draft.debitAccount === 0n) return 'debit_account_id_must_not_be_zero';
    if (draft.debitAccount === MAX) return 'debit_account_id_must_not_be_int_max';
    if (draft.creditAccount === 0n) return 'credit_account_id_must_not_be_zero';
    if (draft.creditAccount === MAX) return 'credit_account_id_must_not_be_int_max';
    if (draft.debitAccount === draft.creditAccount) return 'accounts_must_be_different';
    if (draft.pendingId !== 0n) return 'pending_id_must_be_zero';
    const pending = has(draft, PENDING);
    if (!pending && draft.timeoutSeconds !== 0) return 'timeout_reserved_for_pending_transfer';
    if (!pending && has(draft, CLOSING_DEBIT | CLOSING_CREDIT)) return 'closing_transfer_must_be_pending';
    if (draft.asset === 0) return 'asset_must_not_be_zero';
    if (draft.code === 0) return 'code_must_not_be_zero';
    const debit = this.state.accounts.get(draft.debitAccount);
    if (debit === undefined) return 'debit_account_not_found';
    const credit = this.state.accounts.get(draft.creditAccount);
    if (credit === undefined) return 'credit_account_not_found';
    if (debit.draft.party !== party) return 'debit_account_not_owned';
    if (has(draft, CLOSING_CREDIT) && credit.draft.party !== party) return 'credit_account_not_owned';
    if (debit.draft.asset !== credit.draft.asset) return 'accounts_must_have_the_same_asset';
    if (debit.draft.asset !== draft.asset) return 'transfer_must_have_the_same_asset_as_accounts';
    if (debit.closed) return 'debit_account_already_closed';
    if (credit.closed) return 'credit_account_already_closed';
    return this.enter({ ...draft, amount: balanced(draft, debit, credit) }, debit, credit, timeNs);
  }

  private enter(draft: TransferDraft, debit: ModelAccount, credit: ModelAccount, timeNs: bigint): ResultName {
    const { amount } = draft;
    const pending = has(draft, PENDING);
    if (pending && debit.debitsPending + amount > MAX) return 'overflows_debits_pending';
    if (pending && credit.creditsPending + amount > MAX) return 'overflows_credits_pending';
    if (debit.debits + amount > MAX) return 'overflows_debits_posted';
    if (credit.credits + amount > MAX) return 'overflows_credits_posted';
    const debits = debit.debits + debit.debitsPending + amount;
    const credits = credit.credits + credit.creditsPending + amount;
    if (debits > MAX) return 'overflows_debits';
    if (credits > MAX) return 'overflows_credits';
    if (this.issues(draft) && this.issued(draft.asset) + amount > MAX) return 'overflows_supply';
    const expiresAtNs = draft.timeoutSeconds === 0 ? null : timeNs + BigInt(draft.timeoutSeconds) * NS_PER_SECOND;
    if (expiresAtNs !== null && expiresAtNs > TIME_MAX) return 'overflows_timeout';
    if ((debit.draft.flags & 2) !== 0 && debits > debit.credits) return 'exceeds_credits';
    if ((credit.draft.flags & 4) !== 0 && credits > credit.debits) return 'exceeds_debits';
    if (pending) {
      debit.debitsPending += amount;
      credit.creditsPending += amount;
      if (has(draft, CLOSING_DEBIT)) debit.closed = true;
      if (has(draft, CLOSING_CREDIT)) credit.closed = true;
    } else {
      debit.debits += amount;
      credit.credits += amount;
    }
    this.record({ draft, expiresAtNs, state: pending ? 'pending' : null, resolvedBy: null });
    return 'applied';
  }

  private resolve(party: bigint, draft: TransferDraft, timeNs: bigint): ResultName {
    if (draft.flags !== POST && draft.flags !== VOID && draft.flags !== POST + 1 && draft.flags !== VOID + 1) {
      return 'flags_are_mutually_exclusive';
    }
    if (draft.pendingId === 0n) return 'pending_id_must_not_be_zero';
    if (draft.pendingId === MAX) return 'pending_id_must_not_be_int_max';
    if (draft.pendingId === draft.id) return 'pending_id_must_be_different';
    if (draft.timeoutSeconds !== 0) return 'timeout_reserved_for_pending_transfer';
    const waiting = this.state.transfers.get(draft.pendingId);
    if (waiting === undefined) return 'pending_transfer_not_found';
    const held = waiting.draft;
    if (!has(held, PENDING)) return 'pending_transfer_not_pending';
    if (this.isForgotten(waiting)) return 'pending_transfer_in_history';
    const debit = this.accountOf(held.debitAccount);
    const credit = this.accountOf(held.creditAccount);
    const byPayer = debit.draft.party === party;
    const byPayee = credit.draft.party === party;
    if (!byPayer && !byPayee) return 'pending_transfer_not_owned';
    const whole = filledIn(draft, held);
    if (whole.debitAccount !== held.debitAccount) return 'pending_transfer_has_different_debit_account_id';
    if (whole.creditAccount !== held.creditAccount) return 'pending_transfer_has_different_credit_account_id';
    if (whole.asset !== held.asset) return 'pending_transfer_has_different_asset';
    if (whole.code !== held.code) return 'pending_transfer_has_different_code';
    if (whole.amount > held.amount) return 'exceeds_pending_transfer_amount';
    const voids = has(draft, VOID);
    if (voids && whole.amount < held.amount) return 'pending_transfer_has_different_amount';
    if (waiting.state === 'posted') return 'pending_transfer_already_posted';
    if (waiting.state === 'voided') return 'pending_transfer_already_voided';
    if (waiting.state === 'expired') return 'pending_transfer_expired';
    if (waiting.expiresAtNs !== null && waiting.expiresAtNs <= timeNs) return 'pending_transfer_expired';
    const mayVoid = (byPayer && held.timeoutSeconds === 0) || (byPayee && !has(held, CLOSING_DEBIT | CLOSING_CREDIT));
    if (voids && !mayVoid) return 'pending_transfer_not_voidable';
    if (!voids && debit.closed) return 'debit_account_already_closed';
    if (!voids && credit.closed) return 'credit_account_already_closed';
    this.release(waiting, voids ? 'voided' : 'posted');
    if (!voids) {
      debit.debits += whole.amount;
      credit.credits += whole.amount;
    }
    waiting.resolvedBy = whole.id;
    this.record({ draft: whole, expiresAtNs: null, state: null, resolvedBy: null });
    return 'applied';
  }

  /** Ends the reservation; unless it was posted, what it closed is open again. */
  private release(waiting: ModelTransfer, state: 'posted' | 'voided' | 'expired'): void {
    const debit = this.accountOf(waiting.draft.debitAccount);
    const credit = this.accountOf(waiting.draft.creditAccount);
    debit.debitsPending -= waiting.draft.amount;
    credit.creditsPending -= waiting.draft.amount;
    waiting.state = state;
    if (state !== 'posted' && has(waiting.draft, CLOSING_DEBIT)) debit.closed = false;
    if (state !== 'posted' && has(waiting.draft, CLOSING_CREDIT)) credit.closed = false;
  }

  private issues(draft: TransferDraft): boolean {
    const issuer = this.rules.assets.get(draft.asset);
    const [from, to] = [draft.debitAccount, draft.creditAccount].map((id) => this.accountOf(id).draft.party);
    return from === issuer && to !== issuer;
  }

  /** All that accounts of the issuer ever paid to others, and what is reserved to be. */
  private issued(asset: number): bigint {
    return [...this.state.transfers.values()]
      .filter(({ draft, state }) => (state === null || state === 'pending') && !has(draft, VOID))
      .filter(({ draft }) => draft.asset === asset && this.issues(draft))
      .reduce((sum, { draft }) => sum + draft.amount, 0n);
  }

  private record(transfer: ModelTransfer): void {
    this.state.transfers.set(transfer.draft.id, transfer);
    this.state.history.push(transfer.draft.id);
    this.state.used.set(transfer.draft.id, this.state.used.size);
  }

  /** Whether queries between blocks still show the transfer. */
  isRecent(id: bigint): boolean {
    const { used } = this.state;
    return (used.get(id) ?? -1) >= used.size - this.rules.recentMax;
  }

  private isHistory(id: bigint): boolean {
    return (this.state.used.get(id) ?? Infinity) < this.oldest;
  }

  /** A pending transfer is known until what ended it is history. */
  private isForgotten(waiting: ModelTransfer): boolean {
    if (waiting.state === 'expired') return this.isHistory(waiting.draft.id);
    return waiting.resolvedBy !== null && this.isHistory(waiting.resolvedBy);
  }

  private accountOf(id: bigint): ModelAccount {
    const account = this.state.accounts.get(id);
    if (account === undefined) throw new Error(`an applied transfer names account ${id}, which is not there`);
    return account;
  }

  /** A failed first attempt uses its id up, unless its flags are unknown or the party has no say in what it names. */
  private burn(party: bigint, operation: Operation, result: ResultName): void {
    if (operation.kind !== 'create_transfer' || result === 'applied') return;
    if (result === 'reserved_flag' || result === 'imported_event_not_expected') return;
    const draft = operation.transfer;
    const { id } = draft;
    if (id === 0n || id === MAX || this.failed.has(id) || this.state.transfers.has(id)) return;
    const waiting = this.state.transfers.get(draft.pendingId);
    if (resolves(draft) && waiting !== undefined) {
      const pending = has(waiting.draft, PENDING);
      if (pending ? this.isForgotten(waiting) : this.isHistory(waiting.draft.id)) return;
    }
    const held = waiting?.draft;
    const named = resolves(draft) ? [held?.debitAccount, held?.creditAccount] : [draft.debitAccount];
    const owners = named.flatMap((account) => this.state.accounts.get(account ?? 0n)?.draft.party ?? []);
    if (owners.length > 0 && !owners.includes(party)) return;
    this.failed.set(id, result);
    this.state.used.set(id, this.state.used.size);
  }

  private differenceOf(existing: TransferDraft, draft: TransferDraft): ResultName {
    if (existing.flags !== draft.flags) return 'exists_with_different_flags';
    if (existing.pendingId !== draft.pendingId) return 'exists_with_different_pending_id';
    if (existing.timeoutSeconds !== draft.timeoutSeconds) return 'exists_with_different_timeout';
    const held = this.state.transfers.get(draft.pendingId)?.draft;
    const whole = resolves(draft) && held !== undefined ? filledIn(draft, held) : draft;
    const differs = has(draft, BALANCING_DEBIT | BALANCING_CREDIT)
      ? whole.amount < existing.amount
      : whole.amount !== existing.amount;
    if (existing.debitAccount !== whole.debitAccount) return 'exists_with_different_debit_account_id';
    if (existing.creditAccount !== whole.creditAccount) return 'exists_with_different_credit_account_id';
    if (differs) return 'exists_with_different_amount';
    if (existing.userData128 !== whole.userData128) return 'exists_with_different_user_data_128';
    if (existing.userData64 !== whole.userData64) return 'exists_with_different_user_data_64';
    if (existing.userData32 !== whole.userData32) return 'exists_with_different_user_data_32';
    if (existing.asset !== whole.asset) return 'exists_with_different_asset';
    return existing.code !== whole.code ? 'exists_with_different_code' : 'exists';
  }
}

function has(draft: TransferDraft, flags: number): boolean {
  return (draft.flags & flags) !== 0;
}

function resolves(draft: TransferDraft): boolean {
  return has(draft, POST | VOID);
}

/** A post or void with all that it leaves to the pending transfer. */
function filledIn(draft: TransferDraft, held: TransferDraft): TransferDraft {
  const open = has(draft, POST) ? MAX : 0n;
  return {
    ...draft,
    debitAccount: draft.debitAccount || held.debitAccount,
    creditAccount: draft.creditAccount || held.creditAccount,
    amount: draft.amount === open ? held.amount : draft.amount,
    userData128: draft.userData128 || held.userData128,
    userData64: draft.userData64 || held.userData64,
    userData32: draft.userData32 || held.userData32,
    asset: draft.asset || held.asset,
    code: draft.code || held.code,
  };
}

/** The amount that a balancing transfer moves: no more than leaves the account's used sum within its other sum. */
function balanced(draft: TransferDraft, debit: ModelAccount, credit: ModelAccount): bigint {
  const candidates = [draft.amount];
  if (has(draft, BALANCING_DEBIT)) candidates.push(debit.credits - debit.debits - debit.debitsPending);
  if (has(draft, BALANCING_CREDIT)) candidates.push(credit.debits - credit.credits - credit.creditsPending);
  const least = candidates.reduce((left, right) => (left < right ? left : right));
  return least < 0n ? 0n : least;
}

function linked(operation: Operation): boolean {
  if (operation.kind === 'create_account') return (operation.account.flags & 1) !== 0;
  return operation.kind === 'create_transfer' && (operation.transfer.flags & 1) !== 0;
}
