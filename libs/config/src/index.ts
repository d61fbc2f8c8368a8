export { loadConfig, loadGovernanceKey, workspaceRoot } from './config';
export type { ArchiveConfig, Config } from './config';
export { databasePassword, databaseUrl, deriveSecret } from './database-url';
export type { DatabaseRole } from './database-url';
export { ensureFile } from './secret-file';
