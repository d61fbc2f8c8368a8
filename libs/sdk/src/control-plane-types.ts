import type { KeyScheme } from '@quorate/crypto';

export type LedgerClass = 'sandbox' | 'standard' | 'premium';
export type LedgerState = 'provisioning' | 'ready' | 'failed' | 'retiring' | 'retired';
export type Role = 'owner' | 'admin' | 'operator' | 'developer' | 'auditor' | 'platform-admin';

/** Why a ledger, replica or step failed. */
export interface Cause {
  readonly code: string;
  readonly detail: string;
}

export interface Platform {
  readonly version: string;
  readonly gatewayUrl: string;
  readonly regions: readonly string[];
  readonly classes: readonly { readonly name: LedgerClass; readonly replicas: number }[];
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
}

export interface Member {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
}

/** Who sends the requests: a member, or an API key (no member). A platform admin has no tenant. */
export interface Session {
  readonly member: Member | null;
  readonly tenant: Tenant | null;
  readonly mustChangePassword: boolean;
}

/** A person who is logged in. */
export interface MemberSession extends Session {
  readonly member: Member;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
}

/** The only answer that carries the secret. */
export interface CreatedApiKey extends ApiKey {
  readonly key: string;
}

export interface PublicKeyJson {
  readonly scheme: KeyScheme;
  /** Hex: 32 bytes for Ed25519, 33 bytes (compressed point) for P-256. */
  readonly publicKey: string;
}

/** A height, or the last block at or before a time: ISO 8601, or ledger time in nanoseconds. */
export type ForkPoint = { readonly height: number } | { readonly time: string } | { readonly timeNs: string };

/** What every replica of a fork found when it made the parent's state, each for itself. */
export interface Restore {
  readonly timeNs: string;
  readonly blockId: string;
  readonly execRoot: string;
  readonly stateRoot: string;
  /** How far the parent was ahead. */
  readonly recoveryPoint: { readonly heights: number; readonly ns: string };
  readonly recoveryMs: number;
  readonly snapshotHeight: number;
  readonly blocksExecuted: number;
  readonly operationsExecuted: number;
  readonly stateBytes: number;
  readonly counts: {
    readonly parties: number;
    readonly assets: number;
    readonly accounts: number;
    readonly transfers: number;
  };
  readonly trialBalance: readonly {
    readonly asset: number;
    readonly accounts: number;
    readonly postedMinor: string;
    readonly pendingMinor: string;
  }[];
}

/** The ledger of which another one is a fork. */
export interface LedgerParent {
  readonly ledgerId: string;
  readonly genesisId: string | null;
  readonly height: number | null;
  readonly restore: Restore | null;
}

export interface LedgerDraft {
  readonly name: string;
  readonly class: LedgerClass;
  readonly region: string;
  readonly operator: { readonly name: string; readonly keys: readonly PublicKeyJson[]; readonly threshold?: number };
  /** Begins with the state of this ledger, of the same tenant: its newest, or that of a past point. */
  readonly from?: { readonly ledgerId: string; readonly at?: ForkPoint };
  /** Sandbox only: 60..86400. */
  readonly ttlSeconds?: number;
  /** Keep blocks and snapshots in the archive: so it is unless it is a sandbox, or this says otherwise. */
  readonly archived?: boolean;
}

export interface LedgerReplica {
  readonly id: string;
  readonly index: number;
  readonly state: 'placed' | 'prepared' | 'running' | 'failed' | 'stopped' | 'destroyed' | 'lost';
  readonly workerId: string;
  readonly workerName: string;
  readonly height: number | null;
  readonly term: number | null;
  readonly leader: boolean | null;
  readonly observedAt: string | null;
}

/** How far a ledger's archive is behind. */
export interface LedgerBackup {
  /** Newest height in the archive. */
  readonly height: number;
  readonly lagBlocks: number | null;
  /** Age of the oldest final block that is not in the archive. */
  readonly lagSeconds: number | null;
  /** Code of what keeps it from catching up. */
  readonly error: string | null;
  readonly observedAt: string | null;
}

export interface Ledger {
  readonly id: string;
  readonly name: string;
  readonly class: LedgerClass;
  readonly region: string;
  readonly state: LedgerState;
  readonly cause?: Cause | null;
  readonly genesisId: string | null;
  /** Of the configuration in force; it grows by one with every change of the replica set. */
  readonly epoch: number;
  /** The members of that configuration, in order. */
  readonly replicas: readonly LedgerReplica[];
  readonly replicasWanted: number;
  /** Replicas that are made for the next configuration. */
  readonly joiners: readonly LedgerReplica[];
  /** Null for a ledger that is not archived. */
  readonly backup: LedgerBackup | null;
  readonly createdAt: string;
  readonly readyAt: string | null;
  readonly expiresAt: string | null;
  readonly provisioningMs: number | null;
  readonly parent: LedgerParent | null;
  /** Of a retired ledger: until then its archive is kept and it can be restored. */
  readonly archiveUntil: string | null;
  /** Present once every key of a retired ledger is destroyed. */
  readonly shredCertificate: ShredCertificate | null;
}

/** The platform's word that the keys under which a ledger was stored, on disks and in the archive, are destroyed. */
export interface ShredCertificate {
  /** JSON, exactly as signed: ledger, time, and the SHA-256 of each wrapped key that is destroyed. */
  readonly statement: string;
  /** Ed25519, hex; the signature is over `quorate/shred-certificate/1`, a line feed, and the statement. */
  readonly publicKey: string;
  readonly signature: string;
}

/** A state that was made from the archive, or from the running replicas. */
export interface RestoredState {
  readonly height: number;
  readonly timeNs: string;
  readonly blockId: string;
  readonly execRoot: string;
  readonly stateRoot: string;
  readonly counts: Restore['counts'];
  readonly trialBalance: Restore['trialBalance'];
  readonly blocksExecuted: number;
  readonly stateBytes: number;
  readonly elapsedMs: number;
}

/** What came of a backup, a check of one, or a drill. */
export type BackupReport =
  | { readonly kind: 'created'; readonly height: number; readonly snapshotHeight: number }
  | {
      readonly kind: 'compared';
      readonly equal: boolean;
      readonly restored: RestoredState;
      readonly live: RestoredState;
      readonly recoveryPoint: { readonly heights: number; readonly ns: string };
      readonly recoveryMs: number;
    };

/** Backups, checks and drills, newest first, and when the platform draws the next ledger for a drill. */
export interface BackupRunList {
  readonly data: readonly BackupRun[];
  readonly schedule: DrillSchedule;
}

/** How often the platform restores an archived ledger that it draws at random. */
export interface DrillSchedule {
  readonly everySeconds: number;
  readonly nextAt: string | null;
}

/** A backup, a check of one, or a drill. */
export interface BackupRun {
  readonly id: string;
  readonly ledgerId: string;
  readonly ledgerName: string;
  readonly kind: 'create' | 'verify' | 'drill';
  readonly state: 'requested' | 'done' | 'failed';
  readonly name: string | null;
  readonly report: BackupReport | null;
  readonly cause: Cause | null;
  readonly requestedAt: string;
  readonly finishedAt: string | null;
}

export interface LedgerStep {
  readonly sequence: number;
  readonly step: string;
  readonly state: 'started' | 'done' | 'failed';
  readonly replicaIndex: number | null;
  readonly workerName: string | null;
  readonly cause: Cause | null;
  readonly at: string;
  readonly elapsedMs: number | null;
}

/** What the event stream of a ledger tells. */
export type LedgerEvent =
  { readonly event: 'step'; readonly step: LedgerStep } | { readonly event: 'ledger'; readonly ledger: Ledger };

/** The trust anchor of a ledger and the document it is the id of. */
export interface GenesisDocument {
  readonly genesis: string;
  readonly genesisId: string;
}

/** A tenant as a platform administrator sees it. */
export interface FleetTenant {
  readonly id: string;
  readonly name: string;
  readonly ledgers: number;
  readonly createdAt: string;
}

/** A ledger as a platform administrator sees it: no content. */
export interface FleetLedger {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly class: string;
  readonly region: string;
  readonly state: string;
  readonly replicas: number;
  readonly replicasWanted: number;
  readonly epoch: number;
  readonly archived: boolean;
  /** Null while no replica ships. */
  readonly backup: LedgerBackup | null;
  readonly members: readonly FleetReplica[];
  readonly evidence: readonly AccusedReplica[];
  readonly createdAt: string;
}

/** A replica as a platform administrator sees it. */
export interface FleetReplica {
  readonly index: number;
  readonly workerName: string;
  readonly state: string;
  readonly height: number | null;
  /** `short`: writes are refused for want of room on the disk; `none`: the replica takes no part. */
  readonly journalSpace: 'ample' | 'short' | 'none' | null;
  /** Places of the journal that were damaged when it was opened, and were mended. */
  readonly journalDamage: number | null;
  readonly keyRotating: boolean;
  readonly observedAt: string | null;
}

/** A replica that contradicted itself, by what is on the ledger. */
export interface AccusedReplica {
  readonly epoch: number;
  /** Index in the replica set of that epoch. */
  readonly replica: number;
  readonly contradiction: string | null;
  readonly height: number;
}

export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly state: 'active' | 'draining' | 'lost' | 'stopped';
  readonly leaseExpiresAt: string;
  readonly replicas: number;
  readonly capacity: number;
  readonly load: { readonly cpu: number; readonly memoryBytes: number } | null;
  readonly startedAt: string;
}
