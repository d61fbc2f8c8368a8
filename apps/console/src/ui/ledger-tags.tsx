import { Tag } from 'antd';
import type { LedgerClass, LedgerState } from '@quorate/sdk';
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
  return <Tag color={ledgerClass === 'sandbox' ? 'gold' : 'cyan'}>{t(`ledgerClass.${ledgerClass}`)}</Tag>;
}
