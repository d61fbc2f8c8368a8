export { attemptsPerReplicaMax, attemptsPerWorkerMax, replacementsPerPlaceMax, requestTimeoutMs } from './model';
export type {
  DesiredLedger,
  ObservedLedger,
  ObservedReplica,
  ObservedWorker,
  Plan,
  PlanCause,
  ReplicaStep,
  Step,
  WorkerStanding,
} from './model';
export { plan, quorumOf } from './plan';
export { chooseWorkers } from './placement';
