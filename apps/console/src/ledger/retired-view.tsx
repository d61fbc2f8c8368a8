import { DownloadOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Ledger } from '@quorate/sdk';
import { Alert, Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { ledgerQuery } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { downloadText } from '../receipt/download';
import { ProblemAlert } from '../ui/problem-alert';

/** What is left of a retired ledger: an archive that can be restored for a while, or the certificate that its keys are gone. */
export function RetiredView({ ledger }: { ledger: Ledger }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [shredding, setShredding] = useState(false);
  const { shredCertificate: certificate, archiveUntil } = ledger;
  if (certificate !== null)
    return (
      <Alert
        type="info"
        showIcon
        title={t('retired.shredded')}
        description={t('retired.shreddedDetail')}
        action={
          <Button
            icon={<DownloadOutlined />}
            onClick={() =>
              downloadText(
                `shredded-${ledger.id}.json`,
                'application/json',
                `${JSON.stringify(certificate, null, 2)}\n`,
              )
            }
          >
            {t('retired.certificate')}
          </Button>
        }
      />
    );
  return (
    <>
      <Alert
        type="info"
        showIcon
        title={t('provisioning.retired')}
        description={archiveUntil === null ? undefined : t('retired.kept', { until: formats.dateTime(archiveUntil) })}
        action={
          archiveUntil !== null && (
            <Button danger onClick={() => setShredding(true)}>
              {t('retired.shred')}
            </Button>
          )
        }
      />
      {shredding && <ShredDialog ledger={ledger} onClose={() => setShredding(false)} />}
    </>
  );
}

function ShredDialog({ ledger, onClose }: { ledger: Ledger; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState('');
  const shred = useMutation({
    mutationFn: () => controlPlane.shredLedger(ledger.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ledgerQuery(ledger.id).queryKey });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('retired.shredTitle', { name: ledger.name })}
      okText={t('retired.shred')}
      cancelText={t('action.cancel')}
      okButtonProps={{ danger: true, disabled: typed !== ledger.name }}
      onOk={() => shred.mutate()}
      onCancel={onClose}
      confirmLoading={shred.isPending}
    >
      <div className="stack">
        <span>{t('retired.shredDetail')}</span>
        <label>
          <span className="soft">{t('ledger.retireConfirm', { name: ledger.name })}</span>
          <Input value={typed} onChange={(event) => setTyped(event.target.value)} autoFocus />
        </label>
        {shred.error !== null && <ProblemAlert error={shred.error} />}
      </div>
    </Modal>
  );
}
