// Accounts kept by hand, result by result, for ledgers whose every receipt must hold.
import { sha256 } from '@quorate/crypto';
import {
  OPEN_ASSET_POLICY,
  encodeEvidence,
  encodeExpiry,
  encodeOperation,
  type AccountAfter,
  type Evidence,
  type Operation,
  type ResultRecord,
  type TransferDraft,
} from '@quorate/protocol';

/** One result with what it left behind. */
export interface BookedResult {
  readonly record: ResultRecord;
  readonly debit: AccountAfter | null;
  readonly credit: AccountAfter | null;
}

type Sums = Omit<AccountAfter, 'previous' | 'salt'>;

const NOTHING: Sums = { debitsPosted: 0n, creditsPosted: 0n, pending: null, flags: 0 };

/** Results of one block in order. */
export class ProvenBooks {
  private readonly accounts = new Map<bigint, { sums: Sums; newest: AccountAfter['previous'] }>();
  private results: BookedResult[] = [];
  private height = 0;
  private timeNs = 0n;

  begin(height: number, timeNs: bigint): void {
    this.height = height;
    this.timeNs = timeNs;
    this.results = [];
  }

  finish(): BookedResult[] {
    return this.results.sort((left, right) => left.record.index - right.record.index);
  }

  asset(id: number): void {
    this.add(
      encodeOperation({ kind: 'create_asset', asset: { id, scale: 2, code: 'CHF', issuer: 1n, ...OPEN_ASSET_POLICY } }),
      {},
    );
  }

  open(id: bigint): void {
    const account = { id, party: 1n, asset: 756, code: 1, flags: 0, userData128: 0n, userData64: 0n, userData32: 0 };
    this.accounts.set(id, { sums: NOTHING, newest: { height: 0, index: 0 } });
    const operation = encodeOperation({ kind: 'create_account', account });
    this.add(operation, { debitAccount: id });
  }

  /** A transfer that fails: it touches no account. */
  refuse(transfer: TransferDraft, code: number): void {
    this.add(encodeOperation({ kind: 'create_transfer', transfer }), { code });
  }

  pay(transfer: TransferDraft): void {
    const { debitAccount, creditAccount, amount } = transfer;
    this.change(debitAccount, (sums) => ({ ...sums, debitsPosted: sums.debitsPosted + amount }));
    this.change(creditAccount, (sums) => ({ ...sums, creditsPosted: sums.creditsPosted + amount }));
    this.add(encodeOperation({ kind: 'create_transfer', transfer }), { debitAccount, creditAccount, amount });
  }

  reserve(transfer: TransferDraft): void {
    const { debitAccount, creditAccount, amount } = transfer;
    this.changePending(debitAccount, amount, 0n);
    this.changePending(creditAccount, 0n, amount);
    this.add(encodeOperation({ kind: 'create_transfer', transfer }), { debitAccount, creditAccount, amount });
  }

  /** Comes first, and has the index behind all operations of its block. */
  expire({ id, debitAccount, creditAccount, amount }: TransferDraft, index: number): void {
    this.changePending(debitAccount, -amount, 0n);
    this.changePending(creditAccount, 0n, -amount);
    const timestampNs = this.timeNs;
    this.add(encodeExpiry(id), { index, debitAccount, creditAccount, amount, timestampNs, origin: null });
  }

  /** An applied operation that concerns no account. */
  note(operation: Operation, amount = 0n): void {
    this.add(encodeOperation(operation), { amount });
  }

  /** Evidence is the one result of its block, from no envelope. */
  accuse(evidence: Evidence): void {
    const operation = encodeEvidence(evidence);
    this.add(operation, { origin: { envelopeHash: sha256(operation), party: 0n } });
  }

  /** Shows an account; the next result of it names the one before the attestation. */
  attest(id: bigint): void {
    const account = this.accounts.get(id);
    const newest = account?.newest;
    this.add(encodeOperation({ kind: 'attest_account', account: id }), { debitAccount: id });
    if (account !== undefined && newest !== undefined) account.newest = newest;
  }

  private changePending(id: bigint, debits: bigint, credits: bigint): void {
    this.change(id, (sums) => ({
      ...sums,
      pending: { debits: (sums.pending?.debits ?? 0n) + debits, credits: (sums.pending?.credits ?? 0n) + credits },
    }));
  }

  private change(id: bigint, next: (sums: Sums) => Sums): void {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`account ${id} is not open`);
    account.sums = next(account.sums);
  }

  private add(operation: Uint8Array, fields: Partial<ResultRecord>): void {
    const index = fields.index ?? this.results.filter(({ record }) => record.origin !== null).length;
    const record: ResultRecord = {
      index,
      timestampNs: this.timeNs + BigInt(index),
      code: 0,
      amount: 0n,
      origin: { envelopeHash: new Uint8Array(32).fill(this.height), party: 1n },
      operation,
      debitAccount: 0n,
      creditAccount: 0n,
      ...fields,
    };
    this.results.push({
      record,
      debit: this.after(record.debitAccount, index),
      credit: this.after(record.creditAccount, index),
    });
  }

  private after(id: bigint, index: number): AccountAfter | null {
    const account = this.accounts.get(id);
    if (account === undefined) return null;
    const previous = account.newest;
    account.newest = { height: this.height, index };
    return { ...account.sums, previous, salt: new Uint8Array(16).fill(Number(id & 0xffn)) };
  }
}
