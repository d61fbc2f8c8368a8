export type {
  AcquiredState,
  ArchiveSettings,
  ArchiveStoreSettings,
  ForkPoint,
  ReplicaCommand,
  ReplicaReport,
} from './process-messages';
export type { ReplicaStatus } from './status';
