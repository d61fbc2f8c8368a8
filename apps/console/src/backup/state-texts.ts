import type { Restore } from '@quorate/sdk';
import type { TFunction } from 'i18next';
import type { Formats } from '../i18n/formats';

/** How much there is of everything in a state. */
export function countsText(t: TFunction, formats: Formats, counts: Restore['counts']): string {
  return (['parties', 'assets', 'accounts', 'transfers'] as const)
    .map((what) => t(`restore.${what}`, { count: counts[what], number: formats.number(counts[what]) }))
    .join('\n');
}

/** Debits and credits of each asset are equal, or there would be no state: one number stands for both. */
export function trialBalanceText(t: TFunction, formats: Formats, balance: Restore['trialBalance']): string {
  if (balance.length === 0) return '—';
  return balance
    .map(({ asset, postedMinor }) => t('restore.balanced', { asset, minor: formats.number(BigInt(postedMinor)) }))
    .join('\n');
}
