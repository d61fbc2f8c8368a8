import type { BackupRun } from '@quorate/sdk';
import { Flex, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';

/** What came of a backup, a check or a drill, in a few words. */
export function RunResult({ run: { state, cause, report } }: { run: BackupRun }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (state === 'requested') return <Tag color="processing">{t('backup.running')}</Tag>;
  if (report === null)
    return (
      <Flex vertical gap={2}>
        <Tag color="error">{t('backup.failed')}</Tag>
        <span className="soft">
          {cause?.detail} ({cause?.code})
        </span>
      </Flex>
    );
  if (report.kind === 'created')
    return <Tag color="success">{t('backup.upTo', { height: formats.number(report.height) })}</Tag>;
  return <Tag color={report.equal ? 'success' : 'error'}>{t(report.equal ? 'backup.equal' : 'backup.different')}</Tag>;
}
