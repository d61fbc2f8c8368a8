export { migrateJobs } from './backend';
export { Jobs, openJobs } from './jobs';
export type { Consumer, ReconcileJobHandler, WorkerJobHandler } from './jobs';
export type { ReconcileJob, WorkerJob, WorkerJobKind } from './names';
