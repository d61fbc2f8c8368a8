// The ledger's rules written a second time, from docs/reference/ledger.md and nothing else: maps, bigints, and every change
// kept so that it can be taken back. Slow and obvious; the engine has to agree with it.
import { hex } from '@quorate/crypto';
import type { Operation, PartyDraft, ResultName, TransferDraft } from '@quorate/protocol';
import type { LedgerLimits } from '../../src';
import {
  addParty,
  attestAccount,
  changeAsset,
  changeParty,
  createAsset,
  createParty,
  putMandate,
  putRecord,
  revokeMandate,
  setFrozen,
  setRoles,
  validAt,
  type Signing,
} from './authority-rules';
import { Books, type ModelAccount } from './books';
import { createAccount, createTransfer, differenceOf, has, MAX, PENDING, release, resolves } from './booking-rules';

/** A signature: its place among the party's keys, and the key that made it. */
export interface ModelSignature {
  readonly key: number;
  readonly publicKey: Uint8Array;
}

/** What an applied operation, or an expiry, left behind: the account that it debits first. */
export interface ModelEffect {
  /** Moved, reserved or released; of an attestation of supply, the supply. */
  readonly amount: bigint;
  readonly accounts: readonly { readonly id: bigint; readonly after: ModelAccount }[];
  /** It only shows an account. */
  readonly isLook: boolean;
}

const GENESIS_ROLES = 7;

export class LedgerModel {
  readonly books = new Books();
  readonly failed = new Map<bigint, ResultName>();
  /** Of the operations executed last, null where one was not applied; whoever reads them empties the list. */
  readonly effects: (ModelEffect | null)[] = [];

  constructor(
    operator: PartyDraft,
    private readonly limits: LedgerLimits,
  ) {
    addParty(this.books, operator, GENESIS_ROLES);
  }

  /** The first block, one second after the genesis: envelopes that apply. */
  open(envelopes: readonly (readonly [bigint, readonly Operation[]])[], timeNs: bigint): void {
    let first = timeNs;
    for (const [party, operations] of envelopes) {
      this.execute(party, operations, first);
      first += BigInt(operations.length);
    }
  }

  /** Start of a block: what is overdue is released, at most a number of transfers, earliest expiry first, then oldest first. */
  expire(timeNs: bigint): ModelEffect[] {
    this.books.oldest = Math.max(0, this.books.used.size - this.limits.recentTransfersMax);
    this.books.forgetResolved();
    const due = this.books.pending().filter(({ expiresAtNs }) => expiresAtNs !== null && expiresAtNs <= timeNs);
    // The sort is stable, so transfers of one expiry stay in order of creation.
    due.sort((left, right) => Number((left.expiresAtNs ?? 0n) - (right.expiresAtNs ?? 0n)));
    return due.slice(0, this.limits.expiriesPerBlockMax).map((transfer) => {
      release(this.books, transfer, 'expired');
      return this.between(transfer.draft);
    });
  }

  /** Why an envelope of the party with these signatures has no effect at that block time, or null. */
  refusal(party: bigint, signatures: readonly ModelSignature[], timeNs: bigint): ResultName | null {
    const signer = this.books.parties.get(party);
    if (signer === undefined) return 'envelope_party_unknown';
    if (signer.frozen) return 'envelope_party_frozen';
    if (signatures.length < signer.threshold) return 'envelope_signatures_insufficient';
    const right = ({ key, publicKey }: ModelSignature): boolean =>
      key < signer.keys.length && hex(signer.keys[key].bytes) === hex(publicKey);
    if (!signatures.every(right)) return 'envelope_signature_wrong';
    const counted = signatures.filter(({ key }) => validAt(signer.keys[key], timeNs));
    return counted.length < signer.threshold ? 'envelope_signatures_insufficient' : null;
  }

  /** Results of one envelope that is not refused; its first operation has ledger time `timeNs`. */
  execute(party: bigint, operations: readonly Operation[], timeNs: bigint): ResultName[] {
    const results: ResultName[] = [];
    let position = 0;
    while (position < operations.length) {
      let end = position;
      while (linked(operations[end]) && chainable(operations[end + 1])) end += 1;
      const chain = operations.slice(position, end + 1);
      const chainResults = this.executeChain(party, chain, linked(operations[end]), timeNs + BigInt(position));
      chain.forEach((operation, index) => this.burn(party, operation, chainResults[index]));
      results.push(...chainResults);
      position = end + 1;
    }
    return results;
  }

  private executeChain(party: bigint, chain: readonly Operation[], open: boolean, timeNs: bigint): ResultName[] {
    this.books.mark();
    const results: ResultName[] = [];
    const effects: (ModelEffect | null)[] = [];
    for (const [index, operation] of chain.entries()) {
      const lastOfOpen = open && index === chain.length - 1;
      const broken = results.some((result) => result !== 'applied');
      if (lastOfOpen) results.push('linked_event_chain_open');
      else if (broken) results.push('linked_event_failed');
      else results.push(this.apply(operation, { party, timeNs: timeNs + BigInt(index), limits: this.limits }));
      effects.push(results[index] === 'applied' ? this.effectOf(operation) : null);
    }
    const stands = results.every((result) => result === 'applied');
    this.effects.push(...effects.map((effect) => (stands ? effect : null)));
    if (stands) return results;
    this.books.goBack();
    return results.map((result) => (result === 'applied' ? 'linked_event_failed' : result));
  }

  /** Whether queries between blocks still show the transfer. */
  isRecent(id: bigint): boolean {
    const { used } = this.books;
    return (used.get(id) ?? -1) >= used.size - this.limits.recentTransfersMax;
  }

  private effectOf(operation: Operation): ModelEffect {
    const { books } = this;
    const only = (id: bigint) => [{ id, after: books.accounts.of(id) }];
    switch (operation.kind) {
      case 'create_account':
        return { amount: 0n, accounts: only(operation.account.id), isLook: false };
      case 'create_transfer':
        return this.between(books.transfers.of(operation.transfer.id).draft);
      case 'attest_account':
        return { amount: 0n, accounts: only(operation.account), isLook: true };
      case 'attest_supply':
        return { amount: books.supply(operation.asset), accounts: [], isLook: true };
      default:
        return { amount: 0n, accounts: [], isLook: true };
    }
  }

  private between({ debitAccount, creditAccount, amount }: TransferDraft): ModelEffect {
    const accounts = [debitAccount, creditAccount].map((id) => ({ id, after: this.books.accounts.of(id) }));
    return { amount, accounts, isLook: false };
  }

  private apply(operation: Operation, signing: Signing): ResultName {
    const { books } = this;
    switch (operation.kind) {
      case 'create_account':
        return createAccount(books, signing.party, operation.account);
      case 'create_transfer':
        return this.transfer(operation.transfer, signing);
      case 'create_party':
        return createParty(books, signing, operation.party);
      case 'change_party':
        return changeParty(books, signing, operation.change);
      case 'set_party_roles':
        return setRoles(books, signing, operation.change.party, operation.change.roles);
      case 'create_asset':
        return createAsset(books, signing, operation.asset);
      case 'change_asset':
        return changeAsset(books, signing, operation.change);
      case 'put_mandate':
        return putMandate(books, signing, operation.mandate);
      case 'revoke_mandate':
        return revokeMandate(books, signing, operation.mandate);
      case 'set_frozen':
        return setFrozen(books, signing, operation.change);
      case 'put_record':
        return putRecord(books, signing, operation.record);
      case 'attest_account':
        return attestAccount(books, signing, operation.account);
      case 'attest_supply':
        return books.assets.get(operation.asset) === undefined ? 'attested_asset_not_found' : 'applied';
    }
  }

  private transfer(draft: TransferDraft, { party, timeNs }: Signing): ResultName {
    if ((draft.flags & 256) !== 0) return 'imported_event_not_expected';
    if (draft.flags > 511) return 'reserved_flag';
    if (draft.id === 0n) return 'id_must_not_be_zero';
    if (draft.id === MAX) return 'id_must_not_be_int_max';
    if (this.failed.has(draft.id)) return 'id_already_failed';
    const existing = this.books.transfers.get(draft.id);
    if (existing !== undefined) {
      return this.books.isHistory(draft.id) ? 'exists_in_history' : differenceOf(this.books, existing.draft, draft);
    }
    return createTransfer(this.books, party, draft, timeNs);
  }

  /** A failed first attempt uses its id up, unless its flags are unknown or the party has no say in what it names. */
  private burn(party: bigint, operation: Operation, result: ResultName): void {
    if (operation.kind !== 'create_transfer' || result === 'applied') return;
    if (result === 'reserved_flag' || result === 'imported_event_not_expected') return;
    const draft = operation.transfer;
    const { id } = draft;
    if (id === 0n || id === MAX || this.failed.has(id) || this.books.transfers.get(id) !== undefined) return;
    const waiting = this.books.transfers.get(draft.pendingId);
    if (resolves(draft) && waiting !== undefined) {
      const pending = has(waiting.draft, PENDING);
      if (pending ? this.books.isForgotten(waiting) : this.books.isHistory(waiting.draft.id)) return;
    }
    const held = waiting?.draft;
    const named = resolves(draft) ? [held?.debitAccount, held?.creditAccount] : [draft.debitAccount];
    const owners = named.flatMap((account) => this.books.accounts.get(account ?? 0n)?.draft.party ?? []);
    if (owners.length > 0 && !owners.includes(party)) return;
    this.failed.set(id, result);
    this.books.used.put(id, this.books.used.size);
  }
}

function chainable(operation: Operation | undefined): boolean {
  return operation?.kind === 'create_account' || operation?.kind === 'create_transfer';
}

function linked(operation: Operation): boolean {
  if (operation.kind === 'create_account') return (operation.account.flags & 1) !== 0;
  return operation.kind === 'create_transfer' && (operation.transfer.flags & 1) !== 0;
}
