import { useMutation } from '@tanstack/react-query';
import { App, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../ui/problem-alert';

const replicaCounts = [1, 4, 7] as const;

interface ScaleDialogProps {
  readonly name: string;
  /** Replicas that the ledger has now. */
  readonly current: number;
  readonly scale: (replicas: number) => Promise<unknown>;
  readonly onScaled: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks for another number of replicas; what the control plane answers is shown as it is. */
export function ScaleDialog({ name, current, scale, onScaled, onClose }: ScaleDialogProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [replicas, setReplicas] = useState<number>(replicaCounts.find((count) => count > current) ?? replicaCounts[0]);
  const scaling = useMutation({
    mutationFn: () => scale(replicas),
    onSuccess: async () => {
      await onScaled();
      void message.success(t('ledger.scaleAccepted'));
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('ledger.scaleTitle', { name })}
      okText={t('ledger.scale')}
      cancelText={t('action.cancel')}
      onOk={() => scaling.mutate()}
      onCancel={onClose}
      confirmLoading={scaling.isPending}
    >
      <div className="stack">
        <span className="soft">{t('ledger.scaleDetail', { count: current })}</span>
        <Select
          aria-label={t('field.replicas')}
          value={replicas}
          onChange={setReplicas}
          options={replicaCounts.map((value) => ({
            value,
            label: t('createLedger.replicas', { count: value }),
            disabled: value === current,
          }))}
        />
        {scaling.error !== null && <ProblemAlert error={scaling.error} />}
      </div>
    </Modal>
  );
}
