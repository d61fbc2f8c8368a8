import { hex } from '@quorate/crypto';
import { formatId } from './identifier';
import { accountHalf, type AccountAfter, type ResultRecord } from './result';

/** What became of one account, for everybody who may see it. Sums are decimal, in minor units. */
export interface ReceiptAccount {
  readonly debitsPosted: string;
  readonly creditsPosted: string;
  /** Null as long as no pending transfer ever touched the account. */
  readonly debitsPending: string | null;
  readonly creditsPending: string | null;
  readonly flags: number;
  /** Position of the previous result that touched the account; 0 and 0 at its creation. */
  readonly previousHeight: number;
  readonly previousIndex: number;
  readonly salt: string;
}

/** An opened account, the hash of one that is kept back, or null where the result concerns none. */
export type ReceiptSide = ReceiptAccount | string | null;

/** All that is needed to prove one result offline. Bytes are lowercase hexadecimal, big numbers decimal. */
export interface Receipt {
  readonly version: 2;
  readonly genesis: string;
  readonly record: {
    readonly height: number;
    readonly index: number;
    readonly timestampNs: string;
    readonly code: number;
    readonly amount: string;
    /** Null for an expiry, which nobody asked for; so is `party`. */
    readonly envelopeHash: string | null;
    readonly party: string | null;
    readonly operation: string;
    /** The accounts that the result concerns; null where there is none. */
    readonly debitAccount: string | null;
    readonly creditAccount: string | null;
  };
  readonly debit: ReceiptSide;
  readonly credit: ReceiptSide;
  /** Leaves in the block's results tree. */
  readonly resultCount: number;
  readonly resultsPath: readonly string[];
  readonly blockId: string;
  readonly historyPath: readonly string[];
  readonly header: string;
  /** The header's commit certificate, behind the ends of the epochs that lead to it (encodeFinalityProof). */
  readonly certificate: string;
}

function decimalOrNull(value: bigint | undefined): string | null {
  return value === undefined ? null : value.toString();
}

function idOrNull(id: bigint): string | null {
  return id === 0n ? null : formatId(id);
}

/** An opened account as a receipt writes it. */
export function receiptAccount(after: AccountAfter): ReceiptAccount {
  return {
    debitsPosted: after.debitsPosted.toString(),
    creditsPosted: after.creditsPosted.toString(),
    debitsPending: decimalOrNull(after.pending?.debits),
    creditsPending: decimalOrNull(after.pending?.credits),
    flags: after.flags,
    previousHeight: after.previous.height,
    previousIndex: after.previous.index,
    salt: hex(after.salt),
  };
}

/** One side of a result as a receipt writes it: opened or behind its hash. */
export function receiptSide(after: AccountAfter | null, opened: boolean): ReceiptSide {
  if (after === null) return null;
  return opened ? receiptAccount(after) : hex(accountHalf(after));
}

/** A result's record as a receipt writes it. */
export function receiptRecord(height: number, record: ResultRecord): Receipt['record'] {
  return {
    height,
    index: record.index,
    timestampNs: record.timestampNs.toString(),
    code: record.code,
    amount: record.amount.toString(),
    envelopeHash: record.origin === null ? null : hex(record.origin.envelopeHash),
    party: record.origin === null ? null : formatId(record.origin.party),
    operation: hex(record.operation),
    debitAccount: idOrNull(record.debitAccount),
    creditAccount: idOrNull(record.creditAccount),
  };
}
