// The ledger's rules written a second time, from docs/reference/ledger.md and nothing else: maps, bigints, copies of the
// whole state instead of undo. Slow and obvious; the engine has to agree with it.
import type { AccountDraft, Operation, ResultName, TransferDraft } from '@quorate/protocol';

const MAX = (1n << 128n) - 1n;

interface ModelAccount {
  readonly draft: AccountDraft;
  debits: bigint;
  credits: bigint;
}

interface ModelState {
  accounts: Map<bigint, ModelAccount>;
  transfers: Map<bigint, TransferDraft>;
  history: bigint[];
}

export interface ModelRules {
  readonly operator: bigint;
  readonly parties: ReadonlySet<bigint>;
  /** Asset to its issuer. */
  readonly assets: ReadonlyMap<number, bigint>;
}

export class LedgerModel {
  state: ModelState = { accounts: new Map(), transfers: new Map(), history: [] };
  readonly failed = new Map<bigint, ResultName>();

  constructor(private readonly rules: ModelRules) {}

  /** Results of one envelope of accounts and transfers, signed by `party`. */
  execute(party: bigint, operations: readonly Operation[]): ResultName[] {
    const results: ResultName[] = [];
    let position = 0;
    while (position < operations.length) {
      let end = position;
      while (end < operations.length - 1 && linked(operations[end])) end += 1;
      const chain = operations.slice(position, end + 1);
      const chainResults = this.executeChain(party, chain, linked(operations[end]));
      chain.forEach((operation, index) => this.burn(party, operation, chainResults[index]));
      results.push(...chainResults);
      position = end + 1;
    }
    return results;
  }

  private executeChain(party: bigint, chain: readonly Operation[], open: boolean): ResultName[] {
    const before = structuredClone(this.state);
    const results: ResultName[] = [];
    for (const [index, operation] of chain.entries()) {
      const lastOfOpen = open && index === chain.length - 1;
      const broken = results.some((result) => result !== 'applied');
      if (lastOfOpen) results.push('linked_event_chain_open');
      else if (broken) results.push('linked_event_failed');
      else results.push(this.apply(party, operation));
    }
    if (results.every((result) => result === 'applied')) return results;
    this.state = before;
    return results.map((result) => (result === 'applied' ? 'linked_event_failed' : result));
  }

  private apply(party: bigint, operation: Operation): ResultName {
    if (operation.kind === 'create_account') return this.applyAccount(party, operation.account);
    if (operation.kind === 'create_transfer') return this.applyTransfer(party, operation.transfer);
    throw new Error('the model has accounts and transfers only');
  }

  private applyAccount(party: bigint, draft: AccountDraft): ResultName {
    if (draft.flags > 7) return 'reserved_flag';
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
    this.state.accounts.set(draft.id, { draft, debits: 0n, credits: 0n });
    return 'applied';
  }

  private applyTransfer(party: bigint, draft: TransferDraft): ResultName {
    if (draft.flags > 1) return 'reserved_flag';
    if (draft.id === 0n) return 'id_must_not_be_zero';
    if (draft.id === MAX) return 'id_must_not_be_int_max';
    if (this.failed.has(draft.id)) return 'id_already_failed';
    const existing = this.state.transfers.get(draft.id);
    if (existing !== undefined) return differenceOf(existing, draft);
    if (draft.debitAccount === 0n) return 'debit_account_id_must_not_be_zero';
    if (draft.debitAccount === MAX) return 'debit_account_id_must_not_be_int_max';
    if (draft.creditAccount === 0n) return 'credit_account_id_must_not_be_zero';
    if (draft.creditAccount === MAX) return 'credit_account_id_must_not_be_int_max';
    if (draft.debitAccount === draft.creditAccount) return 'accounts_must_be_different';
    if (draft.pendingId !== 0n) return 'pending_id_must_be_zero';
    if (draft.timeoutSeconds !== 0) return 'timeout_reserved_for_pending_transfer';
    if (draft.asset === 0) return 'asset_must_not_be_zero';
    if (draft.code === 0) return 'code_must_not_be_zero';
    const debit = this.state.accounts.get(draft.debitAccount);
    if (debit === undefined) return 'debit_account_not_found';
    const credit = this.state.accounts.get(draft.creditAccount);
    if (credit === undefined) return 'credit_account_not_found';
    if (debit.draft.party !== party) return 'debit_account_not_owned';
    if (debit.draft.asset !== credit.draft.asset) return 'accounts_must_have_the_same_asset';
    if (debit.draft.asset !== draft.asset) return 'transfer_must_have_the_same_asset_as_accounts';
    if (debit.debits + draft.amount > MAX) return 'overflows_debits_posted';
    if (credit.credits + draft.amount > MAX) return 'overflows_credits_posted';
    if ((debit.draft.flags & 2) !== 0 && debit.debits + draft.amount > debit.credits) return 'exceeds_credits';
    if ((credit.draft.flags & 4) !== 0 && credit.credits + draft.amount > credit.debits) return 'exceeds_debits';
    debit.debits += draft.amount;
    credit.credits += draft.amount;
    this.state.transfers.set(draft.id, draft);
    this.state.history.push(draft.id);
    return 'applied';
  }

  /** A failed first attempt uses its id up, unless its flags are unknown or the debit account belongs to somebody else. */
  private burn(party: bigint, operation: Operation, result: ResultName): void {
    if (operation.kind !== 'create_transfer' || result === 'applied' || result === 'reserved_flag') return;
    const { id, debitAccount } = operation.transfer;
    if (id === 0n || id === MAX || this.failed.has(id) || this.state.transfers.has(id)) return;
    const debit = this.state.accounts.get(debitAccount);
    if (debit !== undefined && debit.draft.party !== party) return;
    this.failed.set(id, result);
  }
}

function linked(operation: Operation): boolean {
  if (operation.kind === 'create_account') return (operation.account.flags & 1) !== 0;
  return operation.kind === 'create_transfer' && (operation.transfer.flags & 1) !== 0;
}

function differenceOf(existing: TransferDraft, draft: TransferDraft): ResultName {
  if (existing.flags !== draft.flags) return 'exists_with_different_flags';
  if (existing.pendingId !== draft.pendingId) return 'exists_with_different_pending_id';
  if (existing.timeoutSeconds !== draft.timeoutSeconds) return 'exists_with_different_timeout';
  if (existing.debitAccount !== draft.debitAccount) return 'exists_with_different_debit_account_id';
  if (existing.creditAccount !== draft.creditAccount) return 'exists_with_different_credit_account_id';
  if (existing.amount !== draft.amount) return 'exists_with_different_amount';
  if (existing.userData128 !== draft.userData128) return 'exists_with_different_user_data_128';
  if (existing.userData64 !== draft.userData64) return 'exists_with_different_user_data_64';
  if (existing.userData32 !== draft.userData32) return 'exists_with_different_user_data_32';
  if (existing.asset !== draft.asset) return 'exists_with_different_asset';
  return existing.code !== draft.code ? 'exists_with_different_code' : 'exists';
}
