/** A ledger's class decides its number of replicas. */
export type LedgerClass = 'sandbox' | 'standard';

/** What one class of ledger is made of and how many of them a tenant may hold at once. */
export interface LedgerClassTerms {
  readonly name: LedgerClass;
  readonly replicas: number;
  readonly ledgersPerTenantMax: number;
}

/** 4 = 3f + 1 with f = 1: the least number of replicas that survives a Byzantine one. */
export const ledgerClasses: readonly LedgerClassTerms[] = Object.freeze([
  { name: 'sandbox', replicas: 1, ledgersPerTenantMax: 50 },
  { name: 'standard', replicas: 4, ledgersPerTenantMax: 20 },
]);

/** The terms of one class. */
export function ledgerClassTerms(name: LedgerClass): LedgerClassTerms {
  const terms = ledgerClasses.find((candidate) => candidate.name === name);
  if (!terms) throw new RangeError(`no ledger class ${name}`);
  return terms;
}
