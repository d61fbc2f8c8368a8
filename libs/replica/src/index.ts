export type {
  AcquiredState,
  ArchiveSettings,
  ArchiveStoreSettings,
  ForkPoint,
  ReplicaCommand,
  ReplicaReport,
} from './process-messages';
export type { ReplicaStatus } from './status';
export { HistoryMender } from './history-mender';
export { PEER_FRAMES } from './peer-frames';
export { Replica } from './replica';
export type { ReplicaObserver, ReplicaOptions } from './replica-options';
