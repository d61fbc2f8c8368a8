import { PlusOutlined } from '@ant-design/icons';
import type { AccountView } from '@quorate/sdk';
import { Link } from '@tanstack/react-router';
import { Button, Flex, Tag, Tooltip } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rowsMax } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { useLedgerScope } from '../ledger/ledger-context';
import { balanceMinor, isIssuing } from '../ledger/operations';
import { FrozenTag } from '../ledger/frozen-tag';
import { OpenAccountsDialog } from '../ledger/open-accounts-dialog';
import { useLedgerRows } from '../ledger/rows';
import { CopyableId, shortId } from '../ui/copyable-id';
import { RowsTable } from '../ui/rows-table';

/** The ledger's accounts; balances move as blocks become final. */
export function AccountsTab() {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const { ledger } = useLedgerScope();
  const [opening, setOpening] = useState(false);
  const amount = (account: AccountView, amountMinor: bigint) => {
    const asset = rows.asset(account.asset);
    return asset === undefined ? String(amountMinor) : formats.amount(amountMinor, asset.scale);
  };
  const hasAsset = rows.assets.length > 0;
  return (
    <div className="stack">
      <Flex justify="space-between" gap={12} wrap align="center">
        <span className="soft">{t('account.lead')}</span>
        <Tooltip title={hasAsset ? undefined : t('account.needsAsset')}>
          <Button type="primary" icon={<PlusOutlined />} disabled={!hasAsset} onClick={() => setOpening(true)}>
            {t('account.open')}
          </Button>
        </Tooltip>
      </Flex>
      <RowsTable<AccountView>
        rows={rows.accounts}
        rowKey="id"
        pending={rows.isPending}
        error={rows.error}
        onRetry={rows.refetch}
        empty={t(hasAsset ? 'account.empty' : 'account.needsAsset')}
        columns={[
          {
            title: t('field.account'),
            render: (_, account) => (
              <Flex gap={8} align="center">
                <Link
                  to="/ledgers/$ledgerId/accounts/$accountId"
                  params={{ ledgerId: ledger.id, accountId: account.id }}
                >
                  {shortId(account.id)}
                </Link>
                <CopyableId id={account.id} bare />
                {isIssuing(account) && <Tag color="gold">{t('account.issuing')}</Tag>}
                {account.frozen && <FrozenTag reason={rows.freezeReason('account', account.id)} />}
              </Flex>
            ),
          },
          { title: t('account.owner'), render: (_, { party }) => rows.party(party)?.name ?? <CopyableId id={party} /> },
          { title: t('field.asset'), render: (_, { asset }) => rows.asset(asset)?.code ?? asset },
          {
            title: t('account.balance'),
            align: 'right',
            className: 'amount',
            render: (_, account) => <strong>{amount(account, balanceMinor(account))}</strong>,
          },
          {
            title: t('account.debits'),
            align: 'right',
            className: 'amount',
            render: (_, account) => amount(account, BigInt(account.debitsPostedMinor)),
          },
          {
            title: t('account.credits'),
            align: 'right',
            className: 'amount',
            render: (_, account) => amount(account, BigInt(account.creditsPostedMinor)),
          },
        ]}
      />
      {rows.accounts.length === rowsMax && <span className="soft">{t('account.truncated', { count: rowsMax })}</span>}
      {opening && <OpenAccountsDialog onClose={() => setOpening(false)} />}
    </div>
  );
}
