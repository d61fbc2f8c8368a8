/** What a tenant wants of a ledger. */
export interface DesiredLedger {
  readonly replicaCount: number;
  /** False once the ledger is to be retired. */
  readonly wanted: boolean;
}

/** Where a worker stands: a lost one let its lease run out, a draining one takes no new replicas. */
export type WorkerStanding = 'active' | 'draining' | 'lost' | 'stopped';

/** A worker as the platform sees it now. */
export interface ObservedWorker {
  readonly id: string;
  readonly standing: WorkerStanding;
  /** How many more replicas it may take. */
  readonly free: number;
}

/** Jobs that a worker performs for a replica. */
export type ReplicaStep = 'prepare-replica' | 'start-replica' | 'destroy-replica';

/** A replica as its worker last reported it. Times are milliseconds of one clock. */
export interface ObservedReplica {
  readonly id: string;
  readonly index: number;
  /** False when another replica took its place. */
  readonly current: boolean;
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
  readonly replicas: readonly ObservedReplica[];
  readonly workers: readonly ObservedWorker[];
  readonly nowMs: number;
}

/** Why a ledger has to wait or failed. */
export interface PlanCause {
  readonly code: 'PLACEMENT_WORKERS_SHORT' | 'WORKER_LOST' | 'REPLICA_FAILED';
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
