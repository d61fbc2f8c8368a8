export { AccountStore, ApiKeyStore } from './account-store';
export type { CreateApiKeyOutcome, MemberProfile, MemberSecret } from './account-store';
export { BackupStore } from './backup-store';
export type { BackupReport, BackupRun, BackupRunKind, BackupRunOutcome, BackupTask } from './backup-store';
export { ApiDatabase, SystemDatabase, openApiDatabase, openSystemDatabase } from './connection';
export type { PoolOptions, Transaction } from './connection';
export { CredentialStore } from './credential-store';
export type { ApiKeyRecord, SessionRecord } from './credential-store';
export type { ApiKeyEntity } from './entities/api-key.entity';
export type { LedgerStepEntity } from './entities/ledger-step.entity';
export type { LedgerEntity, LedgerOperator, LedgerState, ShredCertificate } from './entities/ledger.entity';
export type { MemberRole } from './entities/member.entity';
export type { ReplicaEntity, ReplicaState } from './entities/replica.entity';
export { FleetStore } from './fleet-store';
export type { FleetBackup, FleetLedger, FleetReplica, FleetTenant, FleetWorker } from './fleet-store';
export { ForkStore } from './fork-store';
export type { AcquiredRecord, ForkPoint } from './fork-record';
export type { ForkOrigin } from './fork-store';
export { GatewayStore, RouteStore } from './gateway-store';
export type { LedgerRoute } from './gateway-store';
export { IdempotencyStore } from './idempotency-store';
export type { IdempotencyState, IdempotentRequest } from './idempotency-store';
export { KeyStore } from './key-store';
export type { ShredStatement, StoredDataKey, TenantKey } from './key-store';
export { LedgerFeed } from './ledger-feed';
export type { LedgerRecord } from './ledger-record';
export { LedgerStore } from './ledger-store';
export type { CreateLedgerOutcome, LedgerDraft, LedgerPage, ShredOutcome } from './ledger-store';
export { runMigrations } from './migrate';
export type { MigrationClass } from './migrate';
export { OutboxStore } from './outbox-store';
export { ReconcileSession, ReconcileStore } from './reconcile-store';
export type {
  ReconcileConfiguration,
  ReconcileReplica,
  ReconcileView,
  ReconcileWorker,
  RequestedStep,
  SignedDocument,
} from './reconcile-store';
export type { Cause } from './step-log';
export { ScaleStore } from './scale-store';
export type { ScaleOutcome, ScaleRefusal } from './scale-store';
export { WorkerStore } from './worker-store';
export type {
  AccusedRecord,
  Heartbeat,
  Participant,
  PreparedReplica,
  ReplicaAssignment,
  ReplicaObservation,
  WorkerRegistration,
} from './worker-store';
