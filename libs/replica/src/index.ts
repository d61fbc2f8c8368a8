export type { ArchiveSettings, ArchiveStoreSettings, ReplicaCommand, ReplicaReport } from './process-messages';
export type { ReplicaStatus } from './status';
