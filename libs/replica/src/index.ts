export type {
  AcquiredState,
  ArchiveSettings,
  ArchiveStoreSettings,
  ForkPoint,
  ReplicaCommand,
  ReplicaReport,
} from './process-messages';
export type { AccusedReplica, ReplicaStatus } from './status';
export type { FetchPlace } from './fetch-place';
export { HistoryMender } from './history-mender';
export { PEER_FRAMES } from './peer-frames';
export { PeerReads, type PeerReadsOptions } from './peer-reads';
export { Replica } from './replica';
export type { ReplicaObserver, ReplicaOptions } from './replica-options';
export { fetchState, type FetchOptions } from './state-fetch';
