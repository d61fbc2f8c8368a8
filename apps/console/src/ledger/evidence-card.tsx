import { DownloadOutlined, SafetyCertificateOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { verifyEvidenceReceipt } from '@quorate/light-client';
import type { EvidenceView } from '@quorate/sdk';
import { Button, Card, Flex, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { downloadText } from '../receipt/download';
import { ProblemAlert } from '../ui/problem-alert';
import { RowsTable } from '../ui/rows-table';
import { useLedgerScope } from './ledger-context';

type EvidenceRow = EvidenceView & { readonly key: string };

/** Evidence that replicas of the ledger contradicted themselves, each verified in this browser when asked for. */
export function EvidenceCard() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { queries } = useLedgerScope();
  const evidence = useInfiniteQuery(queries.evidence);
  const found = evidence.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Card size="small" title={t('evidence.title')}>
      <div className="stack">
        <span className="soft">{t('evidence.lead')}</span>
        <RowsTable<EvidenceRow>
          rows={found.map((row) => ({ ...row, key: `${row.height}.${row.index}` }))}
          rowKey="key"
          pending={evidence.isPending}
          error={evidence.error}
          onRetry={() => void evidence.refetch()}
          empty={t('evidence.empty')}
          columns={[
            {
              title: t('evidence.replica'),
              render: (_, { replica, epoch }) => t('evidence.replicaOf', { replica, epoch }),
            },
            { title: t('evidence.proof'), render: (_, { contradiction }) => t(`evidence.${contradiction}`) },
            { title: t('transfer.time'), render: (_, { timestampNs }) => formats.ledgerTime(timestampNs) },
            { title: t('transfer.block'), className: 'number', render: (_, { height }) => formats.number(height) },
            { title: '', render: (_, row) => <Verdict row={row} /> },
          ]}
        />
        {evidence.hasNextPage && (
          <Button loading={evidence.isFetchingNextPage} onClick={() => void evidence.fetchNextPage()}>
            {t('action.more')}
          </Button>
        )}
      </div>
    </Card>
  );
}

function Verdict({ row: { height, index } }: { row: EvidenceView }) {
  const { t } = useTranslation();
  const { gateway, ledger, anchor } = useLedgerScope();
  const check = useMutation({
    mutationFn: async () => {
      const receipt = await gateway.operationReceipt(ledger.id, height, index);
      return { receipt, verdict: verifyEvidenceReceipt(receipt, anchor ?? undefined) };
    },
  });
  if (check.error !== null) return <ProblemAlert error={check.error} onRetry={() => check.mutate()} />;
  if (check.data === undefined)
    return (
      <Button
        size="small"
        icon={<SafetyCertificateOutlined />}
        loading={check.isPending}
        onClick={() => check.mutate()}
      >
        {t('receipt.verify')}
      </Button>
    );
  const { receipt, verdict } = check.data;
  return (
    <Flex gap={8} align="center">
      <Tag color={verdict.ok ? 'error' : 'warning'}>
        {verdict.ok ? t('evidence.proved') : `${t('evidence.unproved')} (${verdict.fault})`}
      </Tag>
      <Button
        size="small"
        icon={<DownloadOutlined />}
        onClick={() =>
          downloadText(`evidence-${height}.json`, 'application/json', `${JSON.stringify(receipt, null, 2)}\n`)
        }
      >
        {t('receipt.download')}
      </Button>
    </Flex>
  );
}
