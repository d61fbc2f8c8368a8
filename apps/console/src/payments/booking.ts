import { formatId, type Operation, type ResultName } from '@quorate/protocol';
import type { PaymentLine, PaymentPlan, PlannedAccount } from '@quorate/payments';
import type { AccountView, SubmitResult } from '@quorate/sdk';
import { balanceMinor } from '../ledger/operations';

/** Operations in one envelope: small enough that progress is seen, large enough that a file is done in few round trips. */
export const batchOperationsMax = 500;

/** Splits operations into envelopes. */
export function batchesOf<T>(items: readonly T[], size = batchOperationsMax): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}

/** What an account lacks for the planned debits. */
export interface Shortfall {
  readonly planned: PlannedAccount;
  readonly missingMinor: bigint;
}

/** What the ledger must have before the file can be booked. */
export interface Preparation {
  readonly absent: readonly PlannedAccount[];
  readonly shortfalls: readonly Shortfall[];
}

/** Compares a plan with the accounts on the ledger. Payments within the file that refill a debtor are not counted on. */
export function prepare(plan: PaymentPlan, accounts: readonly AccountView[]): Preparation {
  const known = new Map(accounts.map((account) => [account.id, account]));
  const absent = plan.accounts.filter(({ account }) => !known.has(formatId(account.id)));
  const shortfalls = plan.accounts.flatMap((planned) => {
    const account = known.get(formatId(planned.account.id));
    const missingMinor = planned.debitsMinor - (account === undefined ? 0n : balanceMinor(account));
    return planned.debited && missingMinor > 0n ? [{ planned, missingMinor }] : [];
  });
  return { absent, shortfalls };
}

/** The lines that can be booked. */
export const bookable = (lines: readonly PaymentLine[]): PaymentLine[] =>
  lines.filter(({ transfer }) => transfer !== undefined);

/** The operations of some lines, one for each in the same order. */
export function transfersOf(lines: readonly PaymentLine[]): Operation[] {
  return lines.flatMap(({ transfer }) =>
    transfer === undefined ? [] : [{ kind: 'create_transfer' as const, transfer }],
  );
}

/** The ledger's results by the position of the payment in the file. */
export type LineResults = ReadonlyMap<number, ResultName>;

/** Adds the results of one batch: `index` counts the operations of the envelope. */
export function withResults(results: LineResults, batch: readonly PaymentLine[], answer: SubmitResult): LineResults {
  const merged = new Map(results);
  answer.results.forEach(({ code }, place) => {
    const line = batch[place];
    if (line !== undefined) merged.set(line.position, code as ResultName);
  });
  return merged;
}

/** Sums of the bookable amounts by currency, in minor units. */
export function totalsByCurrency(lines: readonly PaymentLine[]): [currency: string, amountMinor: bigint][] {
  const totals = new Map<string, bigint>();
  for (const { currency, amountMinor, transfer } of lines) {
    if (amountMinor === undefined || transfer === undefined) continue;
    totals.set(currency, (totals.get(currency) ?? 0n) + amountMinor);
  }
  return [...totals];
}

/** How many payments a file holds, counted by its elements; the parser has the last word on it. */
export function countPayments(xml: string): number {
  return xml.match(/<(?:[\w.-]+:)?CdtTrfTxInf[\s>]/g)?.length ?? 0;
}
