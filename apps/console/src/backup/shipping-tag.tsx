import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ShippingState } from './shipping';

const colors: Readonly<Record<ShippingState, string>> = {
  off: 'default',
  waiting: 'processing',
  shipping: 'success',
  behind: 'error',
};

/** How the archive stands, in a word and a colour. */
export function ShippingTag({ state }: { state: ShippingState }) {
  const { t } = useTranslation();
  return <Tag color={colors[state]}>{t(`shipping.${state}`)}</Tag>;
}
