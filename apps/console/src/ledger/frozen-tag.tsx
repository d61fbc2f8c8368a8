import { LockOutlined } from '@ant-design/icons';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';

/** That an account or party is frozen; the reason on record where it points at. */
export function FrozenTag({ reason }: { reason: string | undefined }) {
  const { t } = useTranslation();
  return (
    <Tooltip title={reason}>
      <Tag color="error" icon={<LockOutlined />}>
        {t('freeze.frozen')}
        {reason === undefined ? '' : `: ${reason}`}
      </Tag>
    </Tooltip>
  );
}
