import type { AccountView, TransferView } from '@quorate/ledger';
import { formatId } from '@quorate/protocol';
import type { BalanceEntry } from './transfer-history';

export function accountJson(view: AccountView): Record<string, unknown> {
  return {
    id: formatId(view.id),
    party: formatId(view.party),
    asset: view.asset,
    code: view.code,
    flags: view.flags,
    userData128: formatId(view.userData128),
    userData64: view.userData64.toString(),
    userData32: view.userData32,
    frozen: view.frozen,
    debitsPostedMinor: view.debitsPosted.toString(),
    creditsPostedMinor: view.creditsPosted.toString(),
    debitsPendingMinor: view.debitsPending.toString(),
    creditsPendingMinor: view.creditsPending.toString(),
    timestampNs: view.timestampNs.toString(),
  };
}

export function transferJson(view: TransferView): Record<string, unknown> {
  return {
    id: formatId(view.id),
    debitAccount: formatId(view.debitAccount),
    creditAccount: formatId(view.creditAccount),
    amountMinor: view.amount.toString(),
    asset: view.asset,
    code: view.code,
    flags: view.flags,
    pendingId: view.pendingId === 0n ? null : formatId(view.pendingId),
    pendingState: view.pendingState,
    timeoutSeconds: view.timeoutSeconds,
    userData128: formatId(view.userData128),
    userData64: view.userData64.toString(),
    userData32: view.userData32,
    timestampNs: view.timestampNs.toString(),
    height: view.height,
    index: view.index,
  };
}

export function balanceJson({ transfer, balance }: BalanceEntry): Record<string, unknown> {
  return {
    transfer: formatId(transfer.id),
    debitsPostedMinor: balance.debitsPosted.toString(),
    creditsPostedMinor: balance.creditsPosted.toString(),
    debitsPendingMinor: balance.debitsPending.toString(),
    creditsPendingMinor: balance.creditsPending.toString(),
    timestampNs: balance.timestampNs.toString(),
    height: balance.height,
    index: balance.index,
  };
}
