import { SafetyCertificateOutlined, SwapOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { TransferView } from '@quorate/sdk';
import { Button, Flex, Tooltip } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { useLedgerScope } from '../ledger/ledger-context';
import { useLedgerRows } from '../ledger/rows';
import { TransferDialog, type TransferPurpose } from '../ledger/transfer-dialog';
import { CopyableId } from '../ui/copyable-id';
import { RowsTable } from '../ui/rows-table';

const route = getRouteApi('/signed-in/ledgers/$ledgerId');

/** The ledger's transfers, newest first; each has a receipt. */
export function TransfersTab() {
  const { t } = useTranslation();
  const formats = useFormats();
  const navigate = useNavigate();
  const { ledgerId } = route.useParams();
  const { queries } = useLedgerScope();
  const rows = useLedgerRows();
  const transfers = useInfiniteQuery(queries.transfers);
  const [dialog, setDialog] = useState<TransferPurpose | null>(null);
  const openReceipt = (id: string) =>
    void navigate({ to: '/ledgers/$ledgerId/transfers', params: { ledgerId }, search: { receipt: id } });
  const canTransfer = rows.accounts.length > 1;
  return (
    <div className="stack">
      <Flex justify="space-between" gap={12} wrap align="center">
        <span className="soft">{t('transfer.lead')}</span>
        <Tooltip title={canTransfer ? undefined : t('transfer.needsAccounts')}>
          <Flex gap={8} wrap>
            <Button disabled={!canTransfer} onClick={() => setDialog('issue')}>
              {t('transfer.issue')}
            </Button>
            <Button
              type="primary"
              icon={<SwapOutlined />}
              disabled={!canTransfer}
              onClick={() => setDialog('transfer')}
            >
              {t('transfer.create')}
            </Button>
          </Flex>
        </Tooltip>
      </Flex>
      <RowsTable<TransferView>
        rows={transfers.data?.pages.flatMap(({ data }) => data) ?? []}
        rowKey="id"
        pending={transfers.isPending || rows.isPending}
        error={transfers.error}
        onRetry={() => void transfers.refetch()}
        empty={t(canTransfer ? 'transfer.empty' : 'transfer.needsAccounts')}
        columns={[
          {
            title: t('field.amount'),
            className: 'amount',
            render: (_, transfer) => {
              const asset = rows.asset(transfer.asset);
              const amount =
                asset === undefined ? transfer.amountMinor : formats.amount(transfer.amountMinor, asset.scale);
              return <strong>{`${amount} ${asset?.code ?? ''}`}</strong>;
            },
          },
          { title: t('transfer.time'), render: (_, { timestampNs }) => formats.ledgerTime(timestampNs) },
          { title: t('transfer.debit'), render: (_, { debitAccount }) => <CopyableId id={debitAccount} /> },
          { title: t('transfer.credit'), render: (_, { creditAccount }) => <CopyableId id={creditAccount} /> },
          {
            title: t('transfer.block'),
            className: 'number',
            render: (_, { height, index }) => `${formats.number(height)} / ${formats.number(index)}`,
          },
          {
            title: t('receipt.title'),
            fixed: 'right',
            render: (_, { id }) => (
              <Button size="small" icon={<SafetyCertificateOutlined />} onClick={() => openReceipt(id)}>
                {t('receipt.title')}
              </Button>
            ),
          },
        ]}
      />
      {transfers.hasNextPage && (
        <div>
          <Button onClick={() => void transfers.fetchNextPage()} loading={transfers.isFetchingNextPage}>
            {t('action.more')}
          </Button>
        </div>
      )}
      {dialog !== null && <TransferDialog purpose={dialog} onClose={() => setDialog(null)} />}
    </div>
  );
}
