import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Worker } from '@quorate/sdk';
import { App, Button, Flex, InputNumber, Modal, Progress, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { workersQuery } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { useNowMs } from '../ui/now';
import { Page } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';
import { RowsTable } from '../ui/rows-table';
import { Tile } from '../ui/tile';

const stateColors: Readonly<Record<Worker['state'], string>> = {
  active: 'success',
  draining: 'warning',
  lost: 'error',
  stopped: 'default',
};

/** The platform's workers: who holds a lease, how much each carries. */
export function FleetPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { modal } = App.useApp();
  const queryClient = useQueryClient();
  const workers = useQuery(workersQuery);
  const nowMs = useNowMs(1_000);
  const [adding, setAdding] = useState(false);
  const drain = useMutation({
    mutationFn: (id: string) => controlPlane.drainWorker(id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: workersQuery.queryKey }),
  });
  const confirmDrain = (worker: Worker) =>
    void modal.confirm({
      title: t('fleet.drainTitle', { name: worker.name }),
      content: t('fleet.drainDetail', { count: worker.replicas }),
      okText: t('fleet.drain'),
      cancelText: t('action.cancel'),
      onOk: () => drain.mutateAsync(worker.id).catch(() => undefined),
    });
  const rows = [...(workers.data ?? [])].sort((left, right) => compareNames(left.name, right.name));
  return (
    <Page
      title={t('nav.fleet')}
      lead={t('fleet.lead')}
      actions={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
          {t('fleet.add')}
        </Button>
      }
    >
      <div className="stack">
        <div className="tiles">
          <Tile label={t('fleet.active')}>{formats.number(rows.filter(({ state }) => state === 'active').length)}</Tile>
          <Tile label={t('field.replicas')}>
            {formats.number(rows.reduce((sum, { replicas }) => sum + replicas, 0))}
          </Tile>
          <Tile label={t('fleet.capacity')}>
            {formats.number(rows.reduce((sum, { capacity }) => sum + capacity, 0))}
          </Tile>
        </div>
        {drain.error !== null && <ProblemAlert error={drain.error} />}
        <RowsTable<Worker>
          rows={rows}
          rowKey="id"
          pending={workers.isPending}
          error={workers.error}
          onRetry={() => void workers.refetch()}
          empty={t('fleet.empty')}
          columns={[
            { title: t('field.worker'), render: (_, { name }) => <strong>{name}</strong> },
            {
              title: t('field.state'),
              render: (_, { state }) => <Tag color={stateColors[state]}>{t(`workerState.${state}`)}</Tag>,
            },
            {
              title: t('fleet.lease'),
              className: 'number',
              render: (_, { leaseExpiresAt }) => formats.ago(leaseExpiresAt, nowMs),
            },
            {
              title: t('field.replicas'),
              className: 'number',
              render: (_, { replicas, capacity }) => (
                <Flex vertical style={{ width: 130 }}>
                  {t('fleet.replicasOf', { replicas, capacity })}
                  <Progress
                    size="small"
                    showInfo={false}
                    percent={capacity === 0 ? 0 : Math.round((replicas / capacity) * 100)}
                  />
                </Flex>
              ),
            },
            {
              title: t('fleet.cpu'),
              className: 'number',
              render: (_, { load }) => (load === null ? '—' : formats.percent(load.cpu)),
            },
            {
              title: t('fleet.memory'),
              className: 'number',
              render: (_, { load }) => (load === null ? '—' : formats.megabytes(load.memoryBytes)),
            },
            { title: t('fleet.started'), render: (_, { startedAt }) => formats.ago(startedAt, nowMs) },
            {
              title: t('fleet.drain'),
              render: (_, worker) => (
                <Button size="small" disabled={worker.state !== 'active'} onClick={() => confirmDrain(worker)}>
                  {t('fleet.drain')}
                </Button>
              ),
            },
          ]}
        />
      </div>
      {adding && <AddWorkersDialog onClose={() => setAdding(false)} />}
    </Page>
  );
}

const compareNames = new Intl.Collator('en', { numeric: true }).compare;

const workersAddedMax = 4;

function AddWorkersDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const [count, setCount] = useState(1);
  const add = useMutation({
    mutationFn: () => controlPlane.addWorkers(count),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: workersQuery.queryKey });
      void message.success(t('fleet.added', { count }));
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('fleet.add')}
      okText={t('fleet.add')}
      cancelText={t('action.cancel')}
      confirmLoading={add.isPending}
      onOk={() => add.mutate()}
      onCancel={onClose}
    >
      <div className="stack">
        <label>
          <div style={{ marginBottom: 6 }}>{t('fleet.addCount')}</div>
          <InputNumber
            min={1}
            max={workersAddedMax}
            precision={0}
            value={count}
            onChange={(value) => setCount(value ?? 1)}
            style={{ width: '100%' }}
          />
        </label>
        {add.error !== null && <ProblemAlert error={add.error} />}
      </div>
    </Modal>
  );
}
