import { InboxOutlined } from '@ant-design/icons';
import { bytesToUuid } from '@quorate/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Card, Flex, Input, Upload } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionQuery } from '../api/queries';
import { pinnedAnchor } from '../ledger/anchors';
import { ProofView } from '../receipt/proof-view';
import { ReceiptFields } from '../receipt/receipt-fields';
import { readReceipt, verify } from '../receipt/verification';
import { Brand } from '../ui/brand';
import { Page } from '../ui/page';
import { Preferences } from '../ui/preferences';

/** A receipt is a few kilobytes; whatever is larger is none. */
const receiptBytesMax = 256 * 1024;

interface DroppedFile {
  readonly name: string;
  /** Undefined when the file is no JSON. */
  readonly content: unknown;
}

/** Verifies a receipt from a file, signed in or not, with or without a network. */
export function VerifyPage() {
  const { t } = useTranslation();
  const { data: session } = useQuery({ ...sessionQuery, enabled: false });
  return (
    <div className="open-page">
      <header className="open-header">
        <Link to="/" aria-label="Quorate" style={{ color: 'inherit' }}>
          <Brand />
        </Link>
        <Flex gap={8} align="center">
          <Preferences />
          <Link to={session?.member ? '/' : '/login'}>
            <Button>{t(session?.member ? 'verify.back' : 'logIn.title')}</Button>
          </Link>
        </Flex>
      </header>
      <main>
        <Page title={t('verify.title')} lead={t('verify.lead')}>
          <div className="page-narrow">
            <Verifier />
          </div>
        </Page>
      </main>
    </div>
  );
}

function Verifier() {
  const { t } = useTranslation();
  const [file, setFile] = useState<DroppedFile | null>(null);
  const [typedAnchor, setTypedAnchor] = useState('');
  const receipt = useMemo(() => (file === null ? null : readReceipt(file.content)), [file]);
  const known = receipt === null ? null : pinnedAnchor(bytesToUuid(receipt.genesis.ledgerId));
  const typed = typedAnchor.trim().toLowerCase();
  const malformed = typed !== '' && !/^[0-9a-f]{64}$/.test(typed);
  const anchor = typed === '' || malformed ? known : typed;
  const verification = useMemo(() => (file === null ? null : verify(file.content, anchor)), [file, anchor]);
  return (
    <div className="stack">
      <Upload.Dragger
        accept=".json,application/json"
        maxCount={1}
        showUploadList={false}
        beforeUpload={(dropped) => {
          void readDropped(dropped).then(setFile);
          return false;
        }}
      >
        <p>
          <InboxOutlined style={{ fontSize: 32, color: 'var(--accent)' }} />
        </p>
        <p>
          <strong>{file === null ? t('verify.drop') : file.name}</strong>
        </p>
        <p className="soft">{t('verify.dropDetail')}</p>
      </Upload.Dragger>
      <label>
        <div style={{ marginBottom: 6 }}>{t('verify.anchor')}</div>
        <Input
          className="identifier"
          value={typedAnchor}
          placeholder={known ?? t('verify.anchorPlaceholder')}
          status={malformed ? 'error' : undefined}
          onChange={(event) => setTypedAnchor(event.target.value)}
          allowClear
        />
        <div className="soft" style={{ marginTop: 6 }}>
          {malformed
            ? t('verify.anchorMalformed')
            : known === null
              ? t('verify.anchorDetail')
              : t('verify.anchorKnown')}
        </div>
      </label>
      {file !== null && file.content === undefined && <Alert type="error" showIcon title={t('verify.notJson')} />}
      {verification !== null && file?.content !== undefined && <ProofView {...verification} receipt={receipt} />}
      {receipt !== null && (
        <Card size="small" title={t('verify.content')}>
          <ReceiptFields receipt={receipt} assetOf={() => undefined} />
        </Card>
      )}
    </div>
  );
}

async function readDropped(file: File): Promise<DroppedFile> {
  if (file.size > receiptBytesMax) return { name: file.name, content: undefined };
  try {
    return { name: file.name, content: JSON.parse(await file.text()) };
  } catch {
    return { name: file.name, content: undefined };
  }
}
