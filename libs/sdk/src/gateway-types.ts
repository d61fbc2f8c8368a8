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
  readonly epoch: number | null;
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
  readonly userData64: string;
  readonly userData32: number;
  /** Whether the account itself is frozen; its owner may be, too. */
  readonly frozen: boolean;
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
  readonly userData64: string;
  readonly userData32: number;
  readonly timestampNs: string;
  readonly height: number;
  readonly index: number;
}

/** What an account held after one of its transfers. */
export interface BalanceView {
  readonly transfer: string;
  readonly debitsPostedMinor: string;
  readonly creditsPostedMinor: string;
  readonly debitsPendingMinor: string;
  readonly creditsPendingMinor: string;
  readonly timestampNs: string;
  readonly height: number;
  readonly index: number;
}

/** A key and when its signatures count, in ledger time; null leaves an end open. */
export interface PartyKeyJson extends PublicKeyJson {
  readonly validFromNs: string | null;
  readonly validUntilNs: string | null;
}

export interface PartyView {
  readonly id: string;
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly PartyKeyJson[];
  readonly roles: readonly ('operator' | 'issuer' | 'participant' | 'auditor')[];
  readonly frozen: boolean;
  readonly timestampNs: string;
}

export interface AssetView {
  readonly id: number;
  readonly code: string;
  readonly scale: number;
  readonly issuer: string;
  readonly issuing: 'free' | 'capped' | 'fixed';
  /** Null where issuing is free. */
  readonly maximumSupplyMinor: string | null;
  readonly transfers: 'open' | 'allow_list' | 'frozen';
  /** What parties other than the issuer hold. */
  readonly supplyMinor: string;
  /** All that was ever issued. */
  readonly issuedMinor: string;
  readonly timestampNs: string;
}

/** Party `grantee` may debit `account`. Bounds that are null are absent. */
export interface MandateView {
  readonly id: string;
  readonly account: string;
  readonly grantee: string;
  readonly creditAccount: string | null;
  readonly transferAmountMaxMinor: string | null;
  readonly periodAmountMaxMinor: string | null;
  readonly periodTransfersMax: number | null;
  readonly periodSeconds: number | null;
  readonly validUntilNs: string | null;
  readonly revoked: boolean;
  /** In the present period. */
  readonly usedTransfers: number;
  readonly usedAmountMinor: string;
  readonly timestampNs: string;
  readonly height: number;
  readonly index: number;
}

/** Who froze something or lifted that, and why. */
export interface FreezeActView {
  readonly party: string;
  readonly reason: string;
  readonly timestampNs: string;
  readonly height: number;
  readonly index: number;
}

/** Proof that a replica of the ledger signed two statements that contradict each other. */
export interface EvidenceView {
  readonly epoch: number;
  /** Index in the replica set of that epoch. */
  readonly replica: number;
  readonly contradiction: 'two_prepares' | 'two_commits' | 'two_timeouts' | 'commit_forgotten';
  /** Both statements with their signatures, hexadecimal; verifyEvidence of the light client judges it. */
  readonly evidence: string;
  readonly timestampNs: string;
  readonly height: number;
  readonly index: number;
}

/** A freeze of an account or party; `lifted` is null while it stands. */
export interface FreezeView {
  readonly target: 'account' | 'party';
  readonly id: string;
  readonly frozen: FreezeActView;
  readonly lifted: FreezeActView | null;
}

/** A fact other than money. */
export interface RecordView {
  readonly id: string;
  readonly kind: number;
  readonly subject: string;
  readonly hash: string;
  readonly reference: string;
  readonly party: string;
  readonly timestampNs: string;
  readonly height: number;
  readonly index: number;
}

export interface BlockView {
  readonly height: number;
  readonly id: string;
  readonly kind: 'data' | 'empty' | 'epoch_end' | 'evidence';
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
