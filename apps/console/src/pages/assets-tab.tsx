import { PlusOutlined } from '@ant-design/icons';
import type { AssetView } from '@quorate/sdk';
import { Button, Flex } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { CreateAssetDialog } from '../ledger/create-asset-dialog';
import { balanceMinor, isIssuing } from '../ledger/operations';
import { useLedgerRows } from '../ledger/rows';
import { CopyableId } from '../ui/copyable-id';
import { RowsTable } from '../ui/rows-table';

/** What is counted on the ledger. */
export function AssetsTab() {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const [creating, setCreating] = useState(false);
  const circulating = (asset: AssetView) =>
    -rows.accounts
      .filter((account) => account.asset === asset.id && isIssuing(account))
      .reduce((sum, account) => sum + balanceMinor(account), 0n);
  return (
    <div className="stack">
      <Flex justify="space-between" gap={12} wrap align="center">
        <span className="soft">{t('asset.lead')}</span>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>
          {t('asset.create')}
        </Button>
      </Flex>
      <RowsTable<AssetView>
        rows={rows.assets}
        rowKey="id"
        pending={rows.isPending}
        error={rows.error}
        onRetry={rows.refetch}
        empty={t('asset.empty')}
        columns={[
          { title: t('asset.code'), render: (_, { code }) => <strong>{code}</strong> },
          { title: t('asset.id'), className: 'number', dataIndex: 'id' },
          { title: t('asset.scale'), className: 'number', dataIndex: 'scale' },
          {
            title: t('asset.issuer'),
            render: (_, { issuer }) => rows.party(issuer)?.name ?? <CopyableId id={issuer} />,
          },
          {
            title: t('asset.circulating'),
            align: 'right',
            className: 'amount',
            render: (_, asset) => `${formats.amount(circulating(asset), asset.scale)} ${asset.code}`,
          },
          { title: t('field.created'), render: (_, { timestampNs }) => formats.ledgerTime(timestampNs) },
        ]}
      />
      {creating && <CreateAssetDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
