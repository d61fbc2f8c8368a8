import type { LedgerBackup } from '@quorate/sdk';

/** How the archive of a ledger stands: it has none, nothing was told yet, it keeps up, or it does not. */
export type ShippingState = 'off' | 'waiting' | 'shipping' | 'behind';

/** A shipper works every few seconds; what waits longer than this waits for a reason. */
const lagSecondsMax = 60;
/** The replica that ships is heard of every second; silence for this long says nothing good. */
const silenceMsMax = 20_000;

/** The state of an archive by what the replica that ships last said of it, at a time. */
export function shippingState(archived: boolean, backup: LedgerBackup | null, nowMs: number): ShippingState {
  if (!archived) return 'off';
  if (backup === null || backup.observedAt === null) return 'waiting';
  const silent = nowMs - Date.parse(backup.observedAt) > silenceMsMax;
  return silent || backup.error !== null || (backup.lagSeconds ?? 0) > lagSecondsMax ? 'behind' : 'shipping';
}
