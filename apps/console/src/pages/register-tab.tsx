import { useInfiniteQuery } from '@tanstack/react-query';
import type { FreezeView, RecordView } from '@quorate/sdk';
import { Button, Card, Flex, Input, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RecordDialog } from '../authority/record-dialog';
import { useFormats } from '../i18n/formats';
import { EvidenceCard } from '../ledger/evidence-card';
import { useLedgerScope } from '../ledger/ledger-context';
import { useLedgerRows } from '../ledger/rows';
import { CopyableId } from '../ui/copyable-id';
import { RowsTable } from '../ui/rows-table';

/** What is on record besides money: every freeze with its reasons, and the records. */
export function RegisterTab() {
  const { t } = useTranslation();
  const [recording, setRecording] = useState(false);
  return (
    <div className="stack">
      <Card size="small" title={t('freeze.title')}>
        <Freezes />
      </Card>
      <Card
        size="small"
        title={t('record.title')}
        extra={
          <Button size="small" onClick={() => setRecording(true)}>
            {t('authority.putRecord')}
          </Button>
        }
      >
        <Records />
      </Card>
      <EvidenceCard />
      {recording && <RecordDialog onClose={() => setRecording(false)} />}
    </div>
  );
}

type FreezeRow = FreezeView & { readonly key: string };

function Freezes() {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const { queries } = useLedgerScope();
  const freezes = useInfiniteQuery(queries.freezeHistory);
  const partyName = (id: string) => rows.party(id)?.name ?? <CopyableId id={id} />;
  const found = freezes.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <div className="stack">
      <span className="soft">{t('freeze.lead')}</span>
      <RowsTable<FreezeRow>
        rows={found.map((freeze) => ({ ...freeze, key: `${freeze.frozen.height}.${freeze.frozen.index}` }))}
        rowKey="key"
        pending={freezes.isPending}
        error={freezes.error}
        onRetry={() => void freezes.refetch()}
        empty={t('freeze.empty')}
        columns={[
          {
            title: t('freeze.target'),
            render: (_, { target, id }) => (
              <Flex gap={8} align="center">
                <Tag>{t(target === 'account' ? 'field.account' : 'field.party')}</Tag>
                {target === 'party' ? partyName(id) : <CopyableId id={id} />}
              </Flex>
            ),
          },
          {
            title: t('field.state'),
            render: (_, { lifted }) => (
              <Tag color={lifted === null ? 'error' : undefined}>
                {t(lifted === null ? 'freeze.frozen' : 'freeze.lifted')}
              </Tag>
            ),
          },
          { title: t('freeze.reason'), render: (_, { frozen }) => frozen.reason },
          { title: t('freeze.by'), render: (_, { frozen }) => partyName(frozen.party) },
          { title: t('freeze.since'), render: (_, { frozen }) => formats.ledgerTime(frozen.timestampNs) },
          { title: t('freeze.liftedFor'), render: (_, { lifted }) => lifted?.reason ?? '' },
          {
            title: t('freeze.liftedAt'),
            render: (_, { lifted }) => (lifted === null ? '' : formats.ledgerTime(lifted.timestampNs)),
          },
        ]}
      />
      {freezes.hasNextPage && (
        <Button loading={freezes.isFetchingNextPage} onClick={() => void freezes.fetchNextPage()}>
          {t('action.more')}
        </Button>
      )}
    </div>
  );
}

function Records() {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const { queries } = useLedgerScope();
  const [typed, setTyped] = useState('');
  const wanted = typed.trim().toLowerCase();
  const malformed = wanted !== '' && !/^[0-9a-f]{1,32}$/.test(wanted);
  const subject = wanted === '' || malformed ? undefined : wanted.padStart(32, '0');
  const records = useInfiniteQuery(queries.records(subject));
  return (
    <div className="stack">
      <Flex justify="space-between" gap={12} wrap align="center">
        <span className="soft">{t('record.lead')}</span>
        <Input
          className="identifier"
          style={{ width: 320, maxWidth: '100%' }}
          value={typed}
          allowClear
          status={malformed ? 'error' : undefined}
          placeholder={t('record.filter')}
          aria-label={t('record.filter')}
          onChange={(event) => setTyped(event.target.value)}
        />
      </Flex>
      <RowsTable<RecordView>
        rows={records.data?.pages.flatMap(({ data }) => data) ?? []}
        rowKey="id"
        pending={records.isPending}
        error={records.error}
        onRetry={() => void records.refetch()}
        empty={t(subject === undefined ? 'record.empty' : 'record.emptySubject')}
        columns={[
          { title: t('record.reference'), render: (_, { reference }) => reference },
          { title: t('record.kind'), className: 'number', dataIndex: 'kind' },
          { title: t('record.subject'), render: (_, row) => <CopyableId id={row.subject} /> },
          { title: t('record.hash'), render: (_, { hash }) => <CopyableId id={hash} /> },
          { title: t('record.by'), render: (_, { party }) => rows.party(party)?.name ?? <CopyableId id={party} /> },
          { title: t('transfer.time'), render: (_, { timestampNs }) => formats.ledgerTime(timestampNs) },
          {
            title: t('transfer.block'),
            className: 'number',
            render: (_, { height, index }) => `${formats.number(height)} / ${index}`,
          },
        ]}
      />
      {records.hasNextPage && (
        <Button loading={records.isFetchingNextPage} onClick={() => void records.fetchNextPage()}>
          {t('action.more')}
        </Button>
      )}
    </div>
  );
}
