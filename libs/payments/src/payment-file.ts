import type { Decimal } from './amount';
import type { PaymentFileError } from './problem';
import type { PaymentDialect } from './shape';

/** How an account is named: by IBAN, or by any other identifier. */
export interface AccountReference {
  readonly kind: 'iban' | 'other';
  /** An IBAN without blanks in capitals; any other identifier as it stands. */
  readonly value: string;
}

/** The amount as the file states it. `equivalent` asks for a conversion, which a ledger alone cannot make. */
export type StatedAmount =
  | { readonly kind: 'instructed'; readonly currency: string; readonly text: string; readonly value: Decimal }
  | {
      readonly kind: 'equivalent';
      readonly currency: string;
      readonly text: string;
      readonly value: Decimal;
      readonly transferCurrency: string;
    };

/** One credit transfer of a file. */
export interface Payment {
  /** Place among all payments of the file, counted from 1. */
  readonly position: number;
  readonly line: number;
  readonly path: string;
  readonly instructionId: string | null;
  readonly endToEndId: string;
  readonly amount: StatedAmount;
  readonly creditorName: string;
  readonly creditorAccount: AccountReference | null;
  /** Unstructured remittance text or the creditor's reference; empty when there is none. */
  readonly remittance: string;
}

/** One payment-information block: payments from one debtor's account. */
export interface PaymentGroup {
  readonly id: string;
  readonly line: number;
  readonly path: string;
  readonly method: 'TRF' | 'TRA' | 'CHK';
  readonly executionDate: string;
  readonly debtorName: string;
  readonly debtorAccount: AccountReference;
  readonly payments: readonly Payment[];
}

/** What identifies a message and the sums it states. */
export interface PaymentFileHeader {
  readonly dialect: PaymentDialect;
  readonly messageId: string;
  readonly createdAt: string;
  readonly statedCount: number;
  readonly statedControlSum: string | null;
  readonly initiatingParty: string;
}

/** A payment file that is sound as a whole. */
export interface PaymentFile extends PaymentFileHeader {
  readonly paymentCount: number;
  /** Set when the stated number of transactions was wrong and the sender's real number was acknowledged. */
  readonly countAcknowledged: boolean;
  readonly groups: readonly PaymentGroup[];
}

/** The result of reading a payment file. `header` is there when the file could be read that far. */
export type PaymentFileResult =
  | { readonly ok: true; readonly file: PaymentFile }
  | { readonly ok: false; readonly errors: readonly PaymentFileError[]; readonly header: PaymentFileHeader | null };
