import { Tag } from 'antd';
import type { Ledger, LedgerClass, LedgerState } from '@quorate/sdk';
import { useTranslation } from 'react-i18next';

const stateColors: Readonly<Record<LedgerState, string>> = {
  provisioning: 'processing',
  ready: 'success',
  failed: 'error',
  retiring: 'warning',
  retired: 'default',
};

/** A ledger's state in a word and a colour. */
export function LedgerStateTag({ state }: { state: LedgerState }) {
  const { t } = useTranslation();
  return <Tag color={stateColors[state]}>{t(`ledgerState.${state}`)}</Tag>;
}

/** A ledger's class. */
export function LedgerClassTag({ ledgerClass }: { ledgerClass: LedgerClass }) {
  const { t } = useTranslation();
  return <Tag color={ledgerClass === 'sandbox' ? 'gold' : 'geekblue'}>{t(`ledgerClass.${ledgerClass}`)}</Tag>;
}

/** How many replicas run, of how many. */
export function runningReplicas(ledger: Ledger): number {
  return ledger.replicas.filter(({ state }) => state === 'running' || state === 'started' || state === 'ready').length;
}
