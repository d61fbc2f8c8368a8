export { ProblemError, NetworkError, type Problem, type ProblemField } from './problem-error';
export type { ClientOptions, CallOptions, ReadOptions } from './http-client';
export { PagedList, type Page, type PageOptions } from './paged-list';
export { randomId, idToHex, idFromHex } from './ids';
export { webCryptoSigner, generateWebCryptoKey, ed25519Signer, type Signer } from './signer';
export { buildEnvelope, signEnvelope, type EnvelopeDraft, type SignedEnvelope, type PartyKey } from './envelope';
export { ControlPlaneClient, createControlPlaneClient } from './control-plane-client';
export {
  isChanging,
  waitForLedger,
  waitForScale,
  LedgerFailedError,
  LedgerWaitError,
  type WaitForLedgerOptions,
  type LedgerSource,
} from './wait-for-ledger';
export type {
  ApiKey,
  Cause,
  CreatedApiKey,
  FleetLedger,
  FleetTenant,
  GenesisDocument,
  Ledger,
  LedgerClass,
  BackupReport,
  BackupRun,
  ForkPoint,
  RestoredState,
  LedgerDraft,
  LedgerParent,
  Restore,
  LedgerEvent,
  LedgerReplica,
  LedgerState,
  LedgerStep,
  Member,
  MemberSession,
  Platform,
  PublicKeyJson,
  Role,
  Session,
  Tenant,
  Worker,
} from './control-plane-types';
export {
  GatewayClient,
  createGatewayClient,
  type AccountTransfersOptions,
  type OrderOption,
  type PaymentFileOptions,
  type ReceiptOptions,
  type RowFilter,
  type StatementOptions,
} from './gateway-client';
export type {
  AccountView,
  AssetView,
  BalanceView,
  BlockEvent,
  BlockView,
  LedgerStatus,
  EvidenceView,
  FreezeView,
  FreezeActView,
  MandateView,
  PartyKeyJson,
  PartyView,
  RecordView,
  PaymentFileAccount,
  PaymentFileLine,
  PaymentFilePlan,
  ReplicaReach,
  SubmitResult,
  TransferView,
} from './gateway-types';
