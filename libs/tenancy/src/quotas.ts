/** A ledger's class decides its number of replicas at its creation. */
export type LedgerClass = 'sandbox' | 'standard' | 'premium';

/** What one class of ledger is made of and how many of them a tenant may hold at once. */
export interface LedgerClassTerms {
  readonly name: LedgerClass;
  readonly replicas: number;
  readonly ledgersPerTenantMax: number;
}

/** 3f + 1 replicas survive f Byzantine ones: none of 1, one of 4, two of 7. */
export const ledgerClasses: readonly LedgerClassTerms[] = Object.freeze([
  { name: 'sandbox', replicas: 1, ledgersPerTenantMax: 50 },
  { name: 'standard', replicas: 4, ledgersPerTenantMax: 20 },
  { name: 'premium', replicas: 7, ledgersPerTenantMax: 5 },
]);

/** Numbers of replicas that a ledger may be scaled to. */
export const replicaCounts: readonly number[] = Object.freeze(ledgerClasses.map(({ replicas }) => replicas));

/** All of a tenant's ledgers together have no more replicas, whatever they are scaled to. */
export const replicasPerTenantMax = 160;

/** The terms of one class. */
export function ledgerClassTerms(name: LedgerClass): LedgerClassTerms {
  const terms = ledgerClasses.find((candidate) => candidate.name === name);
  if (!terms) throw new RangeError(`no ledger class ${name}`);
  return terms;
}
