export { actorId, systemContext } from './context';
export type { PlatformContext, SystemContext, TenantActor, TenantContext, TenantRole } from './context';
export { ledgerClasses, ledgerClassTerms, replicaCounts, replicasPerTenantMax } from './quotas';
export type { LedgerClass, LedgerClassTerms } from './quotas';
