import { requestTimeoutMs, type ObservedLedger, type ObservedReplica, type ReplicaStep, type Step } from './model';

/** How many of `replicaCount` = 3f + 1 replicas may be faulty. */
export function faultyMaxOf(replicaCount: number): number {
  return Math.floor((replicaCount - 1) / 3);
}

/** How many replicas must run for the ledger to make progress: more than two thirds of 3f + 1. */
export function quorumOf(replicaCount: number): number {
  return Math.floor((replicaCount + faultyMaxOf(replicaCount)) / 2) + 1;
}

/** The replicas of the configuration in force, in order. */
export function membersOf(observed: ObservedLedger): ObservedReplica[] {
  return observed.replicas
    .filter((replica) => replica.role === 'member' && replica.state !== 'destroyed')
    .sort((first, second) => first.index - second.index);
}

/** Whether the replica's worker is not there; its process may run on all the same. */
export function isDown(observed: ObservedLedger, replica: ObservedReplica): boolean {
  const standing = observed.workers.find((worker) => worker.id === replica.workerId)?.standing ?? 'lost';
  return standing === 'lost' || standing === 'stopped';
}

/** Whether the replica takes part in its ledger's work, as far as the platform can see. */
export function isUp(observed: ObservedLedger, replica: ObservedReplica): boolean {
  return replica.state === 'running' && !isDown(observed, replica);
}

/** Whether the replica's worker has been down so long that it is not waited for any more. */
export function isGivenUp(observed: ObservedLedger, replica: ObservedReplica): boolean {
  if (!isDown(observed, replica)) return false;
  const downSinceMs = observed.workers.find((worker) => worker.id === replica.workerId)?.downSinceMs ?? 0;
  return observed.nowMs - Math.max(downSinceMs, observed.watchedSinceMs) >= observed.replaceAfterMs;
}

/** The job for a replica's worker, if it is due. */
export function request(observed: ObservedLedger, replica: ObservedReplica, step: ReplicaStep): Step[] {
  if (isDown(observed, replica) || !isDue(observed, replica, step)) return [];
  return [{ kind: step, replicaId: replica.id, workerId: replica.workerId }];
}

/** Not while the same job is in hand, nor before the pause after a failure is over. */
export function isDue(observed: ObservedLedger, replica: ObservedReplica, step: ReplicaStep): boolean {
  if (replica.requested?.step === step) return observed.nowMs - replica.requested.atMs >= requestTimeoutMs;
  return replica.retryAtMs === null || step === 'destroy-replica' || observed.nowMs >= replica.retryAtMs;
}
