/** Jobs that a worker performs; each carries only the replica's id. */
export type WorkerJobKind =
  | 'prepare-replica'
  | 'acquire-state'
  | 'start-replica'
  | 'update-replica'
  | 'rotate-key'
  | 'stop-replica'
  | 'destroy-replica';

/** One job for a worker. */
export interface WorkerJob {
  readonly kind: WorkerJobKind;
  readonly replicaId: string;
}

/** A backup, check or drill for a worker; it carries only the run's id. */
export interface BackupJob {
  readonly kind: 'run-backup';
  readonly runId: string;
}

/** Jobs of the control plane's own queue. */
export type ReconcileJob =
  | { readonly kind: 'reconcile-ledger'; readonly ledgerId: string }
  | { readonly kind: 'expire-ledgers' }
  | { readonly kind: 'draw-drill' }
  | { readonly kind: 'resync' };

export const reconcileQueue = 'reconcile';

/** The queue of one worker. */
export function workerQueue(workerId: string): string {
  return `worker-${workerId}`;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a job of a worker's queue; null when it is none that we wrote. */
export function readWorkerJob(name: string, data: unknown): WorkerJob | null {
  const kinds: readonly string[] = [
    'prepare-replica',
    'acquire-state',
    'start-replica',
    'update-replica',
    'rotate-key',
    'stop-replica',
    'destroy-replica',
  ];
  const replicaId = readId(data, 'replicaId');
  if (!kinds.includes(name) || replicaId === null) return null;
  return { kind: name as WorkerJobKind, replicaId };
}

/** Reads a job of a worker's queue that is a backup's; null when it is none. */
export function readBackupJob(name: string, data: unknown): BackupJob | null {
  const runId = readId(data, 'runId');
  return name === 'run-backup' && runId !== null ? { kind: name, runId } : null;
}

/** Reads a job of the reconcile queue; null when it is none that we wrote. */
export function readReconcileJob(name: string, data: unknown): ReconcileJob | null {
  if (name === 'expire-ledgers' || name === 'resync' || name === 'draw-drill') return { kind: name };
  const ledgerId = readId(data, 'ledgerId');
  return name === 'reconcile-ledger' && ledgerId !== null ? { kind: name, ledgerId } : null;
}

function readId(data: unknown, field: string): string | null {
  if (typeof data !== 'object' || data === null || !(field in data)) return null;
  const value: unknown = (data as Record<string, unknown>)[field];
  return typeof value === 'string' && uuid.test(value) ? value : null;
}
