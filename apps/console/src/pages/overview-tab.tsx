import { CrownOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { isChanging } from '@quorate/sdk';
import { Alert, Card, Collapse, Flex, Skeleton, Table, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { RestoreFacts } from '../backup/restore-facts';
import { useFormats } from '../i18n/formats';
import { useLedgerScope } from '../ledger/ledger-context';
import { NextSteps } from '../ledger/next-steps';
import { ProvisioningSteps } from '../ledger/provisioning-view';
import { CopyableId } from '../ui/copyable-id';
import { ProblemAlert } from '../ui/problem-alert';
import { Tile } from '../ui/tile';

/** A ledger at a glance: how it runs now, what to do next, what to trust. */
export function OverviewTab() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { ledger, anchor, live, queries } = useLedgerScope();
  const status = useQuery(queries.status);
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '—' : formats.number(value);
  const reachable = status.data?.replicas.filter((replica) => replica.reachable).length;
  return (
    <div className="stack">
      {anchor !== null && ledger.genesisId !== anchor && <ProblemAlert error={new AnchorChange()} />}
      {status.error !== null && <ProblemAlert error={status.error} onRetry={() => void status.refetch()} />}
      {ledger.cause !== undefined && ledger.cause !== null && (
        <Alert
          type="warning"
          showIcon
          title={t('overview.degraded')}
          description={`${ledger.cause.detail} (${ledger.cause.code})`}
        />
      )}
      {isChanging(ledger) && (
        <Alert
          type="info"
          showIcon
          title={t('overview.changing')}
          description={t('overview.changingDetail', { from: ledger.replicas.length, to: ledger.replicasWanted })}
        />
      )}
      <div className="tiles">
        <Tile label={t('overview.epoch')}>{number(ledger.epoch)}</Tile>
        <Tile label={t('overview.height')}>{number(status.data?.height)}</Tile>
        <Tile label={t('overview.proven')}>{number(status.data?.provenHeight)}</Tile>
        <Tile label={t('overview.finality')}>
          {status.data?.finalityMs === null || status.data?.finalityMs === undefined
            ? '—'
            : formats.duration(status.data.finalityMs)}
        </Tile>
        <Tile label={t('overview.reachable')}>
          {reachable === undefined ? '—' : t('overview.reachableOf', { reachable, count: ledger.replicas.length })}
        </Tile>
        <Tile label={t('overview.provisioned')}>
          {ledger.provisioningMs === null ? '—' : formats.duration(ledger.provisioningMs)}
        </Tile>
      </div>
      {ledger.parent !== null && <RestoreFacts parent={ledger.parent} />}
      <NextSteps />
      <Card
        size="small"
        title={t('field.replicas')}
        extra={
          live === 'lost' ? <Tag color="warning">{t('live.lost')}</Tag> : <Tag color="success">{t('live.on')}</Tag>
        }
        styles={{ body: { padding: 0, overflow: 'hidden' } }}
      >
        {status.isPending ? <Skeleton active style={{ padding: 16 }} /> : <ReplicaTable />}
      </Card>
      <Card size="small" title={t('overview.anchor')}>
        <Flex vertical gap={6}>
          <span className="soft">{t('overview.anchorDetail')}</span>
          <span className="identifier-wrap">
            <CopyableId id={anchor ?? ''} full />
          </span>
        </Flex>
      </Card>
      <Collapse
        items={[{ key: 'steps', label: t('overview.howProvisioned'), children: <ProvisioningSteps ledger={ledger} /> }]}
      />
    </div>
  );
}

/** The control plane names another genesis than the one this browser saw first. */
class AnchorChange extends Error {
  readonly code = 'ANCHOR_CHANGED';

  constructor() {
    super('');
    this.name = 'AnchorChange';
  }
}

interface ReplicaRow {
  readonly id: string;
  readonly index: number;
  readonly joining: boolean;
  readonly worker: string | null;
  readonly reachable: boolean;
  readonly leader: boolean;
  readonly height: number | null;
  readonly executedHeight: number | null;
  readonly term: number | null;
}

function ReplicaTable() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { ledger, queries } = useLedgerScope();
  const status = useQuery(queries.status);
  const rows = ledger.replicas.map((replica): ReplicaRow => {
    const seen = status.data?.replicas.find(({ index }) => index === replica.index);
    return {
      id: replica.id,
      index: replica.index,
      joining: false,
      worker: replica.workerName,
      reachable: seen?.reachable ?? false,
      leader: seen?.leader ?? false,
      height: seen?.height ?? replica.height,
      executedHeight: seen?.executedHeight ?? null,
      term: seen?.term ?? replica.term,
    };
  });
  const joiners = ledger.joiners.map(({ id, index, workerName, height, term }): ReplicaRow => ({
    id,
    index,
    height,
    term,
    worker: workerName,
    joining: true,
    reachable: false,
    leader: false,
    executedHeight: null,
  }));
  const number = (value: number | null) => (value === null ? '—' : formats.number(value));
  return (
    <Table<ReplicaRow>
      rowKey="id"
      size="middle"
      dataSource={[...rows.sort((left, right) => left.index - right.index), ...joiners]}
      pagination={false}
      scroll={{ x: 'max-content' }}
      columns={[
        {
          title: t('field.replica'),
          render: (_, { index, leader }) => (
            <Flex gap={8} align="center">
              {t('replica.named', { index })}
              {leader && (
                <Tag color="processing" icon={<CrownOutlined />}>
                  {t('replica.leader')}
                </Tag>
              )}
            </Flex>
          ),
        },
        { title: t('field.worker'), render: (_, { worker }) => worker ?? '—' },
        {
          title: t('replica.reach'),
          render: (_, { reachable, joining }) =>
            joining ? (
              <Tag color="processing">{t('replica.joining')}</Tag>
            ) : (
              <Tag color={reachable ? 'success' : 'error'}>
                {t(reachable ? 'replica.reachable' : 'replica.unreachable')}
              </Tag>
            ),
        },
        { title: t('overview.height'), align: 'right', className: 'number', render: (_, { height }) => number(height) },
        {
          title: t('replica.executed'),
          align: 'right',
          className: 'number',
          render: (_, { executedHeight }) => number(executedHeight),
        },
        { title: t('replica.term'), align: 'right', className: 'number', render: (_, { term }) => number(term) },
      ]}
    />
  );
}
