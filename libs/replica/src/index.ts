export type { ReplicaCommand, ReplicaReport } from './process-messages';
export type { ReplicaStatus } from './status';
