import { useMutation } from '@tanstack/react-query';
import type { AccusedReplica, FleetReplica } from '@quorate/sdk';
import { App, Button, Descriptions, Drawer, Empty, Flex, Table, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import type { FleetLedger } from '../api/queries';
import { shippingState } from '../backup/shipping';
import { ShippingTag } from '../backup/shipping-tag';
import { useFormats } from '../i18n/formats';
import { useNowMs } from '../ui/now';
import { ProblemAlert } from '../ui/problem-alert';

interface FleetLedgerDrawerProps {
  readonly ledger: FleetLedger;
  readonly onChanged: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** How one ledger fares on the fleet: its replicas, what they did wrong, and its archive. */
export function FleetLedgerDrawer({ ledger, onChanged, onClose }: FleetLedgerDrawerProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const rotate = useMutation({
    mutationFn: (index: number) => controlPlane.rotateReplicaKey(ledger.id, index),
    onSuccess: async () => {
      await onChanged();
      void message.success(t('fleetLedgers.rotateAccepted'));
    },
  });
  return (
    <Drawer open onClose={onClose} size="min(900px, 100vw)" title={ledger.name}>
      <div className="stack">
        <ArchiveFacts ledger={ledger} />
        {rotate.error !== null && <ProblemAlert error={rotate.error} />}
        <Replicas
          members={ledger.members}
          changeable={ledger.state === 'ready' && !ledger.members.some(({ keyRotating }) => keyRotating)}
          onRotate={(index) => rotate.mutate(index)}
        />
        <EvidenceList evidence={ledger.evidence} />
      </div>
    </Drawer>
  );
}

function ArchiveFacts({ ledger: { archived, backup } }: { ledger: FleetLedger }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(5_000);
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 3 }}
      items={[
        {
          key: 'state',
          label: t('backup.archive'),
          children: (
            <Flex gap={8} wrap>
              <ShippingTag state={shippingState(archived, backup, nowMs)} />
              {backup?.error}
            </Flex>
          ),
        },
        {
          key: 'blocks',
          label: t('backup.lagBlocks'),
          children: typeof backup?.lagBlocks === 'number' ? formats.number(backup.lagBlocks) : '—',
        },
        {
          key: 'seconds',
          label: t('backup.lagSeconds'),
          children: typeof backup?.lagSeconds === 'number' ? formats.span(backup.lagSeconds) : '—',
        },
      ]}
    />
  );
}

function Replicas(props: {
  readonly members: readonly FleetReplica[];
  readonly changeable: boolean;
  readonly onRotate: (index: number) => void;
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Table<FleetReplica>
      rowKey="index"
      size="small"
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={[...props.members]}
      columns={[
        { title: t('field.replica'), render: (_, { index }) => t('replica.named', { index }) },
        { title: t('field.worker'), dataIndex: 'workerName' },
        {
          title: t('overview.height'),
          className: 'number',
          render: (_, { height }) => (height === null ? '—' : formats.number(height)),
        },
        { title: t('journal.space'), render: (_, { journalSpace }) => <SpaceTag space={journalSpace} /> },
        {
          title: t('journal.damage'),
          className: 'number',
          render: (_, { journalDamage }) =>
            journalDamage === null ? (
              '—'
            ) : (
              <Tag color={journalDamage === 0 ? undefined : 'warning'}>{formats.number(journalDamage)}</Tag>
            ),
        },
        {
          title: '',
          render: (_, { index, keyRotating }) =>
            keyRotating ? (
              <Tag color="processing">{t('fleetLedgers.rotating')}</Tag>
            ) : (
              <Button size="small" disabled={!props.changeable} onClick={() => props.onRotate(index)}>
                {t('fleetLedgers.rotate')}
              </Button>
            ),
        },
      ]}
    />
  );
}

/** How much room a replica's journal has. */
export function SpaceTag({ space }: { space: FleetReplica['journalSpace'] }) {
  const { t } = useTranslation();
  if (space === null) return <>—</>;
  return <Tag color={space === 'ample' ? 'success' : 'error'}>{t(`journal.space_${space}`)}</Tag>;
}

function EvidenceList({ evidence }: { evidence: readonly AccusedReplica[] }) {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  if (evidence.length === 0)
    return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('fleetLedgers.noEvidence')} />;
  const contradiction = (name: string | null) =>
    t(i18n.exists(`evidence.${name}`) ? `evidence.${name}` : 'evidence.none');
  return (
    <Table<AccusedReplica>
      rowKey={({ epoch, replica, height }) => `${epoch}/${replica}/${height}`}
      size="small"
      title={() => t('fleetLedgers.evidence')}
      pagination={false}
      dataSource={[...evidence]}
      columns={[
        {
          title: t('evidence.replica'),
          render: (_, { replica, epoch }) => t('evidence.replicaOf', { replica, epoch }),
        },
        { title: t('evidence.proof'), render: (_, row) => contradiction(row.contradiction) },
        { title: t('transfer.block'), className: 'number', render: (_, { height }) => formats.number(height) },
      ]}
    />
  );
}
