import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { AccountView, MandateView } from '@quorate/sdk';
import { Button, Card, Descriptions, Flex, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FreezeDialog } from '../authority/freeze-dialog';
import { MandateDialog } from '../authority/mandate-dialog';
import { RevokeMandateButton } from '../authority/revoke-mandate-button';
import { useFormats } from '../i18n/formats';
import { FrozenTag } from '../ledger/frozen-tag';
import { useLedgerScope } from '../ledger/ledger-context';
import { balanceMinor, isIssuing } from '../ledger/operations';
import { useLedgerRows, type LedgerRows } from '../ledger/rows';
import { StatementPanel } from '../statement/statement-panel';
import { CopyableId, shortId } from '../ui/copyable-id';
import { ProblemAlert } from '../ui/problem-alert';
import { RowsTable } from '../ui/rows-table';

const route = getRouteApi('/signed-in/ledgers/$ledgerId/accounts/$accountId');

/** One account: its sums now, its provable history, and who else may debit it. */
export function AccountPage() {
  const { t } = useTranslation();
  const { ledgerId, accountId } = route.useParams();
  const { queries } = useLedgerScope();
  const rows = useLedgerRows();
  const [acting, setActing] = useState<'freeze' | 'mandate' | null>(null);
  const account = useQuery(queries.account(accountId));
  if (account.error !== null) return <ProblemAlert error={account.error} onRetry={() => void account.refetch()} />;
  if (account.data === undefined || rows.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  const scale = rows.asset(account.data.asset)?.scale ?? 0;
  return (
    <div className="stack">
      <Flex justify="space-between" gap={12} wrap align="center">
        <Link to="/ledgers/$ledgerId/accounts" params={{ ledgerId }}>
          {t('account.all')}
        </Link>
        <Button danger={!account.data.frozen} onClick={() => setActing('freeze')}>
          {t(account.data.frozen ? 'authority.lift' : 'authority.freeze')}
        </Button>
      </Flex>
      <AccountFacts account={account.data} rows={rows} scale={scale} />
      <Card size="small" title={t('statement.title')}>
        <StatementPanel accountId={accountId} scale={scale} />
      </Card>
      <Card
        size="small"
        title={t('mandate.title')}
        extra={
          <Button size="small" disabled={rows.parties.length < 2} onClick={() => setActing('mandate')}>
            {t('authority.grant')}
          </Button>
        }
      >
        <Mandates account={account.data} rows={rows} scale={scale} />
      </Card>
      {acting === 'mandate' && <MandateDialog account={account.data} onClose={() => setActing(null)} />}
      {acting === 'freeze' && (
        <FreezeDialog
          target={{ target: 'account', id: accountId }}
          name={shortId(accountId)}
          frozen={account.data.frozen}
          onClose={() => setActing(null)}
        />
      )}
    </div>
  );
}

function AccountFacts({ account, rows, scale }: { account: AccountView; rows: LedgerRows; scale: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const amount = (minor: bigint | string) => <span className="amount">{formats.amount(minor, scale)}</span>;
  const pending = `${formats.amount(account.debitsPendingMinor, scale)} / ${formats.amount(account.creditsPendingMinor, scale)}`;
  return (
    <Card size="small">
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          {
            key: 'id',
            label: t('field.account'),
            children: (
              <Flex gap={8} wrap align="center">
                <CopyableId id={account.id} full />
                {isIssuing(account) && <Tag color="gold">{t('account.issuing')}</Tag>}
                {account.frozen && <FrozenTag reason={rows.freezeReason('account', account.id)} />}
              </Flex>
            ),
          },
          {
            key: 'owner',
            label: t('account.owner'),
            children: rows.party(account.party)?.name ?? <CopyableId id={account.party} />,
          },
          { key: 'asset', label: t('field.asset'), children: rows.asset(account.asset)?.code ?? account.asset },
          { key: 'balance', label: t('account.balance'), children: <strong>{amount(balanceMinor(account))}</strong> },
          { key: 'debits', label: t('account.debits'), children: amount(account.debitsPostedMinor) },
          { key: 'credits', label: t('account.credits'), children: amount(account.creditsPostedMinor) },
          { key: 'pending', label: t('account.pending'), children: <span className="amount">{pending}</span> },
          { key: 'created', label: t('field.created'), children: formats.ledgerTime(account.timestampNs) },
        ]}
      />
    </Card>
  );
}

function Mandates({ account, rows, scale }: { account: AccountView; rows: LedgerRows; scale: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { queries } = useLedgerScope();
  const mandates = useQuery(queries.mandates(account.id));
  const bound = (minor: string | null) => (minor === null ? t('mandate.unbounded') : formats.amount(minor, scale));
  return (
    <RowsTable<MandateView>
      rows={mandates.data ?? []}
      rowKey="id"
      pending={mandates.isPending}
      error={mandates.error}
      onRetry={() => void mandates.refetch()}
      empty={t('mandate.empty')}
      columns={[
        {
          title: t('mandate.grantee'),
          render: (_, { grantee }) => rows.party(grantee)?.name ?? <CopyableId id={grantee} />,
        },
        {
          title: t('mandate.inFavourOf'),
          render: (_, { creditAccount }) =>
            creditAccount === null ? t('mandate.anyAccount') : <CopyableId id={creditAccount} />,
        },
        { title: t('mandate.perTransfer'), className: 'amount', render: (_, row) => bound(row.transferAmountMaxMinor) },
        {
          title: t('mandate.perPeriod'),
          className: 'amount',
          render: (_, row) =>
            row.periodTransfersMax === null
              ? bound(row.periodAmountMaxMinor)
              : `${bound(row.periodAmountMaxMinor)} · ${t('mandate.times', { count: row.periodTransfersMax })}`,
        },
        {
          title: t('mandate.used'),
          className: 'amount',
          render: (_, row) =>
            `${formats.amount(row.usedAmountMinor, scale)} · ${t('mandate.times', { count: row.usedTransfers })}`,
        },
        {
          title: t('mandate.until'),
          render: (_, { validUntilNs }) =>
            validUntilNs === null ? t('mandate.unbounded') : formats.ledgerTime(validUntilNs),
        },
        {
          title: t('field.state'),
          render: (_, { revoked }) => (
            <Tag color={revoked ? undefined : 'success'}>{t(revoked ? 'mandate.revoked' : 'mandate.live')}</Tag>
          ),
        },
        {
          title: t('authority.actions'),
          render: (_, mandate) => <RevokeMandateButton mandate={mandate} owner={account.party} />,
        },
      ]}
    />
  );
}
