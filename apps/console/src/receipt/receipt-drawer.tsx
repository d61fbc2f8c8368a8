import { DownloadOutlined, SafetyCertificateOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Drawer, Flex, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLedgerScope } from '../ledger/ledger-context';
import { useLedgerRows } from '../ledger/rows';
import { ProblemAlert } from '../ui/problem-alert';
import { downloadText } from './download';
import { ProofView } from './proof-view';
import { ReceiptFields } from './receipt-fields';
import { readReceipt, verify, type Verification } from './verification';

/** A transfer's receipt beside the page: its fields, its proof, its file. */
export function ReceiptDrawer({ transferId, onClose }: { transferId: string | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer
      open={transferId !== undefined}
      onClose={onClose}
      size="min(640px, 100vw)"
      title={t('receipt.title')}
      destroyOnHidden
    >
      {transferId !== undefined && <ReceiptPanel key={transferId} transferId={transferId} />}
    </Drawer>
  );
}

function ReceiptPanel({ transferId }: { transferId: string }) {
  const { t } = useTranslation();
  const { anchor, queries } = useLedgerScope();
  const rows = useLedgerRows();
  const query = useQuery(queries.receipt(transferId));
  const [verification, setVerification] = useState<Verification | null>(null);
  if (query.error !== null) return <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton active paragraph={{ rows: 10 }} />;
  const receipt = readReceipt(query.data);
  return (
    <div className="stack">
      <Flex gap={8} wrap>
        <Button
          type="primary"
          icon={<SafetyCertificateOutlined />}
          onClick={() => setVerification(verify(query.data, anchor))}
        >
          {t('receipt.verify')}
        </Button>
        <Button
          icon={<DownloadOutlined />}
          onClick={() =>
            downloadText(`receipt-${transferId}.json`, 'application/json', `${JSON.stringify(query.data, null, 2)}\n`)
          }
        >
          {t('receipt.download')}
        </Button>
      </Flex>
      {verification !== null && <ProofView {...verification} receipt={receipt} />}
      {receipt !== null && <ReceiptFields receipt={receipt} assetOf={rows.asset} />}
    </div>
  );
}
