import { PlusOutlined } from '@ant-design/icons';
import type { AssetView } from '@quorate/sdk';
import { Button, Flex, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { PolicyDialog } from '../authority/policy-dialog';
import { SupplyProof } from '../authority/supply-proof';
import { CreateAssetDialog } from '../ledger/create-asset-dialog';
import { useLedgerRows } from '../ledger/rows';
import { CopyableId } from '../ui/copyable-id';
import { RowsTable } from '../ui/rows-table';

/** What is counted on the ledger. */
export function AssetsTab() {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const [creating, setCreating] = useState(false);
  const [changing, setChanging] = useState<AssetView | null>(null);
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
            render: (_, asset) => `${formats.amount(BigInt(asset.supplyMinor), asset.scale)} ${asset.code}`,
          },
          {
            title: t('asset.issuing'),
            render: (_, { issuing, maximumSupplyMinor, scale }) =>
              maximumSupplyMinor === null
                ? t(`issuing.${issuing}`)
                : `${t(`issuing.${issuing}`)}, ${t('asset.maximum', { amount: formats.amount(BigInt(maximumSupplyMinor), scale) })}`,
          },
          {
            title: t('asset.transfers'),
            render: (_, { transfers }) => (
              <Tag color={transfers === 'frozen' ? 'error' : undefined}>{t(`transfers.${transfers}`)}</Tag>
            ),
          },
          { title: t('field.created'), render: (_, { timestampNs }) => formats.ledgerTime(timestampNs) },
          {
            title: t('authority.actions'),
            render: (_, asset) => (
              <Flex vertical gap={4} align="flex-start">
                <SupplyProof asset={asset} />
                <Button size="small" onClick={() => setChanging(asset)}>
                  {t('authority.changePolicy')}
                </Button>
              </Flex>
            ),
          },
        ]}
      />
      {changing !== null && <PolicyDialog asset={changing} onClose={() => setChanging(null)} />}
      {creating && <CreateAssetDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
