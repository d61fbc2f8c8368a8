// The rules for accounts and transfers, from docs/reference/ledger.md and nothing else.
import type { AccountDraft, ResultName, TransferDraft } from '@quorate/protocol';
import { mandateFor, useMandate } from './authority-rules';
import type { Books, ModelAccount, ModelMandate, ModelTransfer } from './books';

export const MAX = (1n << 128n) - 1n;
const NS_PER_SECOND = 1_000_000_000n;
const TIME_MAX = 2n ** 63n - 1n;
const ISSUER = 2;
const PARTICIPANT = 4;
const OPERATOR = 1;
export const PENDING = 2;
const POST = 4;
const VOID = 8;
const BALANCING_DEBIT = 16;
const BALANCING_CREDIT = 32;
const CLOSING_DEBIT = 64;
const CLOSING_CREDIT = 128;

export function has(draft: TransferDraft, flags: number): boolean {
  return (draft.flags & flags) !== 0;
}

export function resolves(draft: TransferDraft): boolean {
  return has(draft, POST | VOID);
}

export function createAccount(books: Books, party: bigint, draft: AccountDraft): ResultName {
  if ((draft.flags & 16) !== 0) return 'imported_event_not_expected';
  if ((draft.flags & ~(1 | 2 | 4 | 8 | 32)) !== 0) return 'reserved_flag';
  if (draft.id === 0n) return 'id_must_not_be_zero';
  if (draft.id === MAX) return 'id_must_not_be_int_max';
  if (!books.hasRole(party, OPERATOR) && party !== draft.party) return 'account_not_authorized';
  const existing = books.accounts.get(draft.id)?.draft;
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
  if (books.parties.get(draft.party) === undefined) return 'account_party_not_found';
  if (!books.hasRole(draft.party, PARTICIPANT | ISSUER)) return 'account_party_role_required';
  if (books.assets.get(draft.asset) === undefined) return 'account_asset_not_found';
  if ((draft.flags & 2) === 0 && books.issuerOf(draft.asset) !== draft.party) return 'account_must_be_limited';
  const sums = { debits: 0n, credits: 0n, debitsPending: 0n, creditsPending: 0n };
  books.accounts.put(draft.id, { draft, ...sums, closed: (draft.flags & 32) !== 0, frozen: false });
  return 'applied';
}

export function createTransfer(books: Books, party: bigint, draft: TransferDraft, timeNs: bigint): ResultName {
  if (resolves(draft)) return resolve(books, party, draft, timeNs);
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
  const debit = books.accounts.get(draft.debitAccount);
  if (debit === undefined) return 'debit_account_not_found';
  const credit = books.accounts.get(draft.creditAccount);
  if (credit === undefined) return 'credit_account_not_found';
  let mandate: ModelMandate | null = null;
  if (debit.draft.party !== party) {
    if (has(draft, CLOSING_DEBIT)) return 'debit_account_not_owned';
    const found = mandateFor(books, draft, party, timeNs);
    if (typeof found === 'string') return found;
    mandate = found;
  }
  if (has(draft, CLOSING_CREDIT) && credit.draft.party !== party) return 'credit_account_not_owned';
  if (debit.draft.asset !== credit.draft.asset) return 'accounts_must_have_the_same_asset';
  if (debit.draft.asset !== draft.asset) return 'transfer_must_have_the_same_asset_as_accounts';
  const standing = standingOf(books, debit, credit);
  if (standing !== 'applied') return standing;
  return enter(books, { ...draft, amount: balanced(draft, debit, credit) }, timeNs, mandate);
}

/** Whether asset and accounts are in a state to move money at all. */
function standingOf(books: Books, debit: ModelAccount, credit: ModelAccount): ResultName {
  const { policy, allowed, created } = books.assets.of(debit.draft.asset);
  if (policy.transfers === 'frozen') return 'asset_transfers_frozen';
  const mayHold = (party: bigint): boolean => party === created.issuer || allowed.has(party);
  if (policy.transfers === 'allow_list' && !mayHold(debit.draft.party)) return 'debit_party_not_allowed';
  if (policy.transfers === 'allow_list' && !mayHold(credit.draft.party)) return 'credit_party_not_allowed';
  if (debit.frozen || books.parties.of(debit.draft.party).frozen) return 'debit_account_frozen';
  if (debit.closed) return 'debit_account_already_closed';
  return credit.closed ? 'credit_account_already_closed' : 'applied';
}

function enter(books: Books, draft: TransferDraft, timeNs: bigint, mandate: ModelMandate | null): ResultName {
  const { amount } = draft;
  const debit = books.accounts.of(draft.debitAccount);
  const credit = books.accounts.of(draft.creditAccount);
  const pending = has(draft, PENDING);
  if (pending && debit.debitsPending + amount > MAX) return 'overflows_debits_pending';
  if (pending && credit.creditsPending + amount > MAX) return 'overflows_credits_pending';
  if (debit.debits + amount > MAX) return 'overflows_debits_posted';
  if (credit.credits + amount > MAX) return 'overflows_credits_posted';
  const debits = debit.debits + debit.debitsPending + amount;
  const credits = credit.credits + credit.creditsPending + amount;
  if (debits > MAX) return 'overflows_debits';
  if (credits > MAX) return 'overflows_credits';
  const issues = books.issues(draft.debitAccount, draft.creditAccount);
  const { issued } = books.assets.of(draft.asset);
  if (issues && issued + books.issuePending(draft.asset) + amount > MAX) return 'overflows_supply';
  const expiresAtNs = draft.timeoutSeconds === 0 ? null : timeNs + BigInt(draft.timeoutSeconds) * NS_PER_SECOND;
  if (expiresAtNs !== null && expiresAtNs > TIME_MAX) return 'overflows_timeout';
  if (issues && !books.hasRole(books.issuerOf(draft.asset), ISSUER)) return 'asset_issuer_role_required';
  if (issues && !books.fitsMaximum(draft.asset, amount)) return 'exceeds_maximum_supply';
  if ((debit.draft.flags & 2) !== 0 && debits > debit.credits) return 'exceeds_credits';
  if ((credit.draft.flags & 4) !== 0 && credits > credit.debits) return 'exceeds_debits';
  if (mandate !== null) {
    const use = useMandate(books, mandate, amount, timeNs);
    if (use !== 'applied') return use;
  }
  if (pending) {
    const closing = {
      debit: debit.closed || has(draft, CLOSING_DEBIT),
      credit: credit.closed || has(draft, CLOSING_CREDIT),
    };
    books.accounts.put(draft.debitAccount, {
      ...debit,
      debitsPending: debit.debitsPending + amount,
      closed: closing.debit,
    });
    books.accounts.put(draft.creditAccount, {
      ...credit,
      creditsPending: credit.creditsPending + amount,
      closed: closing.credit,
    });
    books.waiting.add(draft.id);
  } else {
    post(books, draft.debitAccount, draft.creditAccount, amount);
  }
  books.record({ draft, expiresAtNs, state: pending ? 'pending' : null, resolvedBy: null });
  return 'applied';
}

function post(books: Books, debitAccount: bigint, creditAccount: bigint, amount: bigint): void {
  const debit = books.accounts.of(debitAccount);
  const credit = books.accounts.of(creditAccount);
  if (books.issues(debitAccount, creditAccount)) {
    const asset = books.assets.of(debit.draft.asset);
    books.assets.put(debit.draft.asset, { ...asset, issued: asset.issued + amount });
  }
  books.accounts.put(debitAccount, { ...debit, debits: debit.debits + amount });
  books.accounts.put(creditAccount, { ...credit, credits: credit.credits + amount });
}

function resolve(books: Books, party: bigint, draft: TransferDraft, timeNs: bigint): ResultName {
  if (draft.flags !== POST && draft.flags !== VOID && draft.flags !== POST + 1 && draft.flags !== VOID + 1) {
    return 'flags_are_mutually_exclusive';
  }
  if (draft.pendingId === 0n) return 'pending_id_must_not_be_zero';
  if (draft.pendingId === MAX) return 'pending_id_must_not_be_int_max';
  if (draft.pendingId === draft.id) return 'pending_id_must_be_different';
  if (draft.timeoutSeconds !== 0) return 'timeout_reserved_for_pending_transfer';
  const waiting = books.transfers.get(draft.pendingId);
  if (waiting === undefined) return 'pending_transfer_not_found';
  const held = waiting.draft;
  if (!has(held, PENDING)) return 'pending_transfer_not_pending';
  if (books.isForgotten(waiting)) return 'pending_transfer_in_history';
  const debit = books.accounts.of(held.debitAccount);
  const credit = books.accounts.of(held.creditAccount);
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
  const standing = voids ? 'applied' : standingOf(books, debit, credit);
  if (standing !== 'applied') return standing;
  release(books, waiting, voids ? 'voided' : 'posted');
  if (!voids) post(books, held.debitAccount, held.creditAccount, whole.amount);
  books.transfers.put(held.id, { ...books.transfers.of(held.id), resolvedBy: whole.id });
  books.record({ draft: whole, expiresAtNs: null, state: null, resolvedBy: null });
  return 'applied';
}

/** Ends the reservation; unless it was posted, what it closed is open again. */
export function release(books: Books, waiting: ModelTransfer, state: 'posted' | 'voided' | 'expired'): void {
  const { draft } = waiting;
  const debit = books.accounts.of(draft.debitAccount);
  books.accounts.put(draft.debitAccount, {
    ...debit,
    debitsPending: debit.debitsPending - draft.amount,
    closed: debit.closed && (state === 'posted' || !has(draft, CLOSING_DEBIT)),
  });
  const credit = books.accounts.of(draft.creditAccount);
  books.accounts.put(draft.creditAccount, {
    ...credit,
    creditsPending: credit.creditsPending - draft.amount,
    closed: credit.closed && (state === 'posted' || !has(draft, CLOSING_CREDIT)),
  });
  books.transfers.put(draft.id, { ...waiting, state });
}

/** How a transfer differs from the one of its id that was applied. */
export function differenceOf(books: Books, existing: TransferDraft, draft: TransferDraft): ResultName {
  if (existing.flags !== draft.flags) return 'exists_with_different_flags';
  if (existing.pendingId !== draft.pendingId) return 'exists_with_different_pending_id';
  if (existing.timeoutSeconds !== draft.timeoutSeconds) return 'exists_with_different_timeout';
  const held = books.transfers.get(draft.pendingId)?.draft;
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
