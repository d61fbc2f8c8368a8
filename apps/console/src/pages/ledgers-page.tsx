import { PlusOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Ledger } from '@quorate/sdk';
import { Button, Empty, Flex, Skeleton, Table, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { ledgersQuery } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { LedgerClassTag, LedgerStateTag } from '../ui/ledger-tags';
import { useNowMs } from '../ui/now';
import { Page } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';
import { RegionLabel } from '../ui/region-label';

/** The tenant's ledgers. */
export function LedgersPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const ledgers = useInfiniteQuery(ledgersQuery);
  const rows = ledgers.data?.pages.flatMap(({ data }) => data) ?? [];
  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => void navigate({ to: '/ledgers/new' })}>
      {t('ledgers.create')}
    </Button>
  );
  return (
    <Page title={t('nav.ledgers')} lead={t('ledgers.lead')} actions={rows.length > 0 ? create : undefined}>
      {ledgers.isPending && <Skeleton active paragraph={{ rows: 5 }} />}
      {ledgers.error !== null && <ProblemAlert error={ledgers.error} onRetry={() => void ledgers.refetch()} />}
      {ledgers.isSuccess && rows.length === 0 && (
        <div className="tile" style={{ padding: '56px 24px' }}>
          <Empty
            image={Empty.PRESENTED_IMAGE_SIMPLE}
            description={
              <Flex vertical gap={4} align="center">
                <Typography.Text strong>{t('ledgers.emptyTitle')}</Typography.Text>
                <span className="soft">{t('ledgers.emptyDetail')}</span>
              </Flex>
            }
          >
            {create}
          </Empty>
        </div>
      )}
      {rows.length > 0 && <LedgerTable rows={rows} />}
      {ledgers.hasNextPage && (
        <Button
          onClick={() => void ledgers.fetchNextPage()}
          loading={ledgers.isFetchingNextPage}
          style={{ marginTop: 12 }}
        >
          {t('action.more')}
        </Button>
      )}
    </Page>
  );
}

function LedgerTable({ rows }: { rows: readonly Ledger[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(10_000);
  return (
    <div className="table-scroll">
      <Table<Ledger>
        rowKey="id"
        dataSource={[...rows]}
        pagination={false}
        scroll={{ x: 'max-content' }}
        columns={[
          {
            title: t('field.name'),
            render: (_, ledger) => (
              <Link to="/ledgers/$ledgerId" params={{ ledgerId: ledger.id }}>
                <Typography.Text strong style={{ color: 'inherit' }}>
                  {ledger.name}
                </Typography.Text>
              </Link>
            ),
          },
          { title: t('field.state'), render: (_, { state }) => <LedgerStateTag state={state} /> },
          { title: t('field.class'), render: (_, ledger) => <LedgerClassTag ledgerClass={ledger.class} /> },
          {
            title: t('field.replicas'),
            className: 'number',
            render: (_, { replicas }) => formats.number(replicas.length),
          },
          { title: t('field.region'), render: (_, { region }) => <RegionLabel region={region} /> },
          {
            title: t('field.created'),
            render: (_, { createdAt }) => (
              <span title={formats.dateTime(createdAt)}>{formats.ago(createdAt, nowMs)}</span>
            ),
          },
          {
            title: t('field.expires'),
            render: (_, { expiresAt }) =>
              expiresAt === null ? (
                <span className="soft">{t('ledgers.never')}</span>
              ) : (
                <span title={formats.dateTime(expiresAt)}>{formats.ago(expiresAt, nowMs)}</span>
              ),
          },
        ]}
      />
    </div>
  );
}
