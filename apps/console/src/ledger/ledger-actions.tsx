import { DeleteOutlined, ExpandAltOutlined, ForkOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Ledger } from '@quorate/sdk';
import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { ledgerQuery, ledgersQuery } from '../api/queries';
import { ForkDialog } from './fork-dialog';
import { ScaleDialog } from './scale-dialog';
import { ProblemAlert } from '../ui/problem-alert';

/** What can be done with a ledger as a whole. */
export function LedgerActions({ ledger }: { ledger: Ledger }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<'scale' | 'fork' | 'retire' | null>(null);
  const gone = ledger.state === 'retiring' || ledger.state === 'retired';
  const forkable = ledger.state === 'ready' || ledger.archiveUntil !== null;
  return (
    <>
      {forkable && (
        <Button icon={<ForkOutlined />} onClick={() => setOpen('fork')}>
          {t(gone ? 'fork.restore' : 'fork.action')}
        </Button>
      )}
      {ledger.state === 'ready' && (
        <Button icon={<ExpandAltOutlined />} onClick={() => setOpen('scale')}>
          {t('ledger.scale')}
        </Button>
      )}
      {!gone && (
        <Button danger icon={<DeleteOutlined />} onClick={() => setOpen('retire')}>
          {t('ledger.retire')}
        </Button>
      )}
      {open === 'fork' && <ForkDialog parent={ledger} onClose={() => setOpen(null)} />}
      {open === 'scale' && (
        <ScaleDialog
          name={ledger.name}
          current={ledger.replicas.length}
          scale={(replicas) => controlPlane.scaleLedger(ledger.id, replicas)}
          onScaled={() => queryClient.invalidateQueries(ledgerQuery(ledger.id))}
          onClose={() => setOpen(null)}
        />
      )}
      {open === 'retire' && <RetireDialog ledger={ledger} onClose={() => setOpen(null)} />}
    </>
  );
}

function RetireDialog({ ledger, onClose }: { ledger: Ledger; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState('');
  const retire = useMutation({
    mutationFn: () => controlPlane.retireLedger(ledger.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ledgerQuery(ledger.id).queryKey });
      await queryClient.invalidateQueries({ queryKey: ledgersQuery.queryKey });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('ledger.retireTitle', { name: ledger.name })}
      okText={t('ledger.retire')}
      cancelText={t('action.cancel')}
      okButtonProps={{ danger: true, disabled: typed !== ledger.name }}
      onOk={() => retire.mutate()}
      onCancel={onClose}
      confirmLoading={retire.isPending}
    >
      <div className="stack">
        <span>{t('ledger.retireDetail')}</span>
        <label>
          <span className="soft">{t('ledger.retireConfirm', { name: ledger.name })}</span>
          <Input value={typed} onChange={(event) => setTyped(event.target.value)} autoFocus />
        </label>
        {retire.error !== null && <ProblemAlert error={retire.error} />}
      </div>
    </Modal>
  );
}
