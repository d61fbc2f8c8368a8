export { attemptsPerReplicaMax, attemptsPerWorkerMax, replacementsPerPlaceMax, requestTimeoutMs } from './model';
export type {
  DesiredLedger,
  ObservedLedger,
  ObservedReplica,
  ObservedWorker,
  Plan,
  PlanCause,
  ReplicaStep,
  ReportedEpoch,
  SignedConfiguration,
  Step,
  WorkerStanding,
} from './model';
export { replacedAtOnceMax } from './change';
export { quorumOf } from './observation';
export { plan } from './plan';
export { chooseWorkers } from './placement';
