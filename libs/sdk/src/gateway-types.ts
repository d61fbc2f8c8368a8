import type { PublicKeyJson } from './control-plane-types';

/** The results of a final envelope, one per operation, in order. */
export interface SubmitResult {
  readonly ledgerId: string;
  readonly envelopeHash: string;
  readonly height: number;
  /** Index in the block of the envelope's first operation; with `height` it names each operation for its receipt. */
  readonly firstIndex: number;
  readonly timestampNs: string;
  readonly results: readonly { readonly index: number; readonly code: string }[];
}

export interface ReplicaReach {
  readonly index: number;
  readonly reachable: boolean;
  readonly height: number | null;
  readonly executedHeight: number | null;
  readonly term: number | null;
  readonly leader: boolean;
}

export interface LedgerStatus {
  readonly ledgerId: string;
  readonly leader: number | null;
  readonly term: number | null;
  readonly height: number | null;
  readonly provenHeight: number | null;
  readonly finalityMs: number | null;
  readonly replicas: readonly ReplicaReach[];
}

export interface AccountView {
  readonly id: string;
  readonly party: string;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
  readonly userData128: string;
  readonly debitsPostedMinor: string;
  readonly creditsPostedMinor: string;
  readonly debitsPendingMinor: string;
  readonly creditsPendingMinor: string;
  readonly timestampNs: string;
}

export interface TransferView {
  readonly id: string;
  readonly debitAccount: string;
  readonly creditAccount: string;
  /** What it moved, or reserved if it is a pending transfer. */
  readonly amountMinor: string;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
  /** The pending transfer that it posted or voided. */
  readonly pendingId: string | null;
  /** What became of it, if it is a pending transfer. */
  readonly pendingState: 'pending' | 'posted' | 'voided' | 'expired' | null;
  readonly timeoutSeconds: number;
  readonly userData128: string;
  readonly timestampNs: string;
  readonly height: number;
  readonly index: number;
}

export interface PartyView {
  readonly id: string;
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly PublicKeyJson[];
  readonly timestampNs: string;
}

export interface AssetView {
  readonly id: number;
  readonly code: string;
  readonly scale: number;
  readonly issuer: string;
  readonly timestampNs: string;
}

export interface BlockView {
  readonly height: number;
  readonly id: string;
  readonly kind: 'data' | 'empty' | 'epoch_end';
  readonly timestampNs: string;
  readonly operationCount: number;
  readonly bodyBytes: number;
  readonly parentId: string;
  /** Highest block whose results this block's header commits to. */
  readonly execHeight: number;
}

/** A block became final. */
export interface BlockEvent {
  readonly height: number;
  readonly timeNs: string;
  readonly operationCount: number;
  readonly provenHeight: number;
  readonly term: number;
  readonly leader: number;
}

/** The gateway's reading of a payment file; clients plan again themselves before they sign. */
export interface PaymentFilePlan {
  readonly file: {
    readonly messageId: string;
    readonly initiatingParty: string;
    readonly createdAt: string;
    readonly paymentCount: number;
  };
  readonly lines: readonly PaymentFileLine[];
  readonly accounts: readonly PaymentFileAccount[];
}

/** One payment: what it would book, or why not. */
export interface PaymentFileLine {
  readonly position: number;
  readonly path: string;
  readonly line: number;
  readonly endToEndId: string;
  readonly instructionId: string | null;
  readonly creditorName: string;
  readonly amountMinor: string | null;
  readonly currency: string;
  readonly transferId: string | null;
  readonly debitAccount: string | null;
  readonly creditAccount: string | null;
  readonly rejection: { readonly code: string; readonly detail: string } | null;
}

/** An account that the file's bookings need. */
export interface PaymentFileAccount {
  readonly id: string;
  readonly asset: number;
  readonly name: string;
  readonly reference: string;
  readonly debitsMinor: string;
}
