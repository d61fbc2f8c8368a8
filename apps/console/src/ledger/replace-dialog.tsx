import { useMutation } from '@tanstack/react-query';
import { App, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import type { FleetLedger } from '../api/queries';
import { ProblemAlert } from '../ui/problem-alert';

interface ReplaceDialogProps {
  readonly ledger: FleetLedger;
  readonly onReplaced: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks which replica of a ledger another one shall replace. */
export function ReplaceDialog({ ledger, onReplaced, onClose }: ReplaceDialogProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [index, setIndex] = useState(0);
  const replacing = useMutation({
    mutationFn: () => controlPlane.replaceReplica(ledger.id, index),
    onSuccess: async () => {
      await onReplaced();
      void message.success(t('fleetLedgers.replaceAccepted'));
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('fleetLedgers.replaceTitle', { name: ledger.name })}
      okText={t('replica.replace')}
      cancelText={t('action.cancel')}
      onOk={() => replacing.mutate()}
      onCancel={onClose}
      confirmLoading={replacing.isPending}
    >
      <div className="stack">
        <span className="soft">{t('fleetLedgers.replaceDetail')}</span>
        <Select
          aria-label={t('field.replica')}
          value={index}
          onChange={setIndex}
          options={Array.from({ length: ledger.replicas }, (_, value) => ({
            value,
            label: t('replica.named', { index: value }),
          }))}
        />
        {replacing.error !== null && <ProblemAlert error={replacing.error} />}
      </div>
    </Modal>
  );
}
