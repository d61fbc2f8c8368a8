/** What a tenant wants of a ledger. */
export interface DesiredLedger {
  readonly replicaCount: number;
  /** False once the ledger is to be retired. */
  readonly wanted: boolean;
  /** The ledger begins with the state of another one; `pointKnown` once it is settled at which height. */
  readonly fork?: { readonly pointKnown: boolean };
}

/** Where a worker stands: a lost one let its lease run out, a draining one takes no new replicas. */
export type WorkerStanding = 'active' | 'draining' | 'lost' | 'stopped';

/** A worker as the platform sees it now. */
export interface ObservedWorker {
  readonly id: string;
  readonly standing: WorkerStanding;
  /** How many more replicas it may take. */
  readonly free: number;
  /** Since when it has been down; null while it beats. */
  readonly downSinceMs: number | null;
}

/** Jobs that a worker performs for a replica. */
export type ReplicaStep = 'prepare-replica' | 'acquire-state' | 'start-replica' | 'rotate-key' | 'destroy-replica';

/** The epoch a replica says that it is in. One replica may lie; a quorum of a configuration does not. */
export interface ReportedEpoch {
  readonly epoch: number;
  readonly configHash: string;
  /** Whether it knows a final block of this epoch, so that the members of the former one may be stopped. */
  readonly handedOver: boolean;
}

/** A configuration of the next epoch that was signed and given to the replicas; it may still come into force. */
export interface SignedConfiguration {
  readonly hash: string;
  /** Ids of its replicas in their order. */
  readonly members: readonly string[];
}

/** A replica as its worker last reported it. Times are milliseconds of one clock. */
export interface ObservedReplica {
  readonly id: string;
  readonly index: number;
  /**
   * `member`: in the configuration in force, or before the genesis in the founding set. `joiner`: made for the next
   * configuration. `leaver`: in neither any more, to be destroyed.
   */
  readonly role: 'member' | 'joiner' | 'leaver';
  /** An administrator wants another replica in its place. */
  readonly replaceWanted: boolean;
  /** An administrator wants it to have another consensus key. */
  readonly rotateWanted: boolean;
  /** Whether it has told the key that it made for the next configuration. */
  readonly nextKeyKnown: boolean;
  /** What the replica last said of the epoch it is in; null before it said anything. */
  readonly reported: ReportedEpoch | null;
  /** Whether it has told its keys. */
  readonly prepared: boolean;
  /** Whether it has made the state with which a fork begins. */
  readonly acquired?: boolean;
  readonly workerId: string;
  readonly state: 'placed' | 'prepared' | 'running' | 'failed' | 'stopped' | 'destroyed';
  /** Failures in a row. */
  readonly attempts: number;
  readonly causeCode: string | null;
  readonly causeDetail: string | null;
  /** The job that was handed to the worker and not answered yet. */
  readonly requested: { readonly step: ReplicaStep; readonly atMs: number } | null;
  /** After a failure, not before this time. */
  readonly retryAtMs: number | null;
}

/** A ledger as far as it has come. */
export interface ObservedLedger {
  readonly state: 'provisioning' | 'ready' | 'failed' | 'retiring' | 'retired';
  readonly hasGenesis: boolean;
  /** Epoch of the configuration in force. */
  readonly epoch: number;
  /** Everything signed for the epoch after it, oldest first; only the newest is still handed out. */
  readonly signed: readonly SignedConfiguration[];
  readonly replicas: readonly ObservedReplica[];
  readonly workers: readonly ObservedWorker[];
  readonly nowMs: number;
  /** Since when this platform has been watching: what a worker did before counts for nothing. */
  readonly watchedSinceMs: number;
  /** How long a worker must be down before its replicas are replaced. */
  readonly replaceAfterMs: number;
}

/** Why a ledger has to wait or failed. */
export interface PlanCause {
  readonly code: 'PLACEMENT_WORKERS_SHORT' | 'WORKER_LOST' | 'REPLICA_FAILED' | 'QUORUM_LOST';
  readonly detail: string;
}

/** One thing to do next. Every step may be repeated safely. */
export type Step =
  | {
      readonly kind: 'place-replica';
      readonly index: number;
      readonly workerId: string;
      readonly replaces: string | null;
    }
  | { readonly kind: 'place-joiner'; readonly index: number; readonly workerId: string }
  | { readonly kind: 'discard-joiner'; readonly replicaId: string }
  | { readonly kind: 'sign-configuration'; readonly members: readonly string[] }
  | { readonly kind: 'adopt-configuration'; readonly hash: string }
  | { readonly kind: ReplicaStep; readonly replicaId: string; readonly workerId: string }
  | { readonly kind: 'write-genesis' }
  | { readonly kind: 'mark-ready' }
  | { readonly kind: 'mark-failed'; readonly cause: PlanCause }
  | { readonly kind: 'mark-retired' };

/** What to do now, and what the ledger waits for, if anything hinders it. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly cause: PlanCause | null;
}

/** A job that was not answered for this long is handed out again. */
export const requestTimeoutMs = 8_000;
/** Before the genesis a replica that failed this often on one worker moves to another, if there is one. */
export const attemptsPerWorkerMax = 3;
/** Before the genesis a ledger whose replica failed this often in a row is given up. */
export const attemptsPerReplicaMax = 8;
/** Before the genesis a place that wore out this many replicas makes the ledger be given up: moving on is not endless. */
export const replacementsPerPlaceMax = 6;
