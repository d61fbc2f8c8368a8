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
import { StatementView } from '../statement/statement-view';
import { genesisOf, looksLikeStatement, verifyPages } from '../statement/statement-verification';
import { Brand } from '../ui/brand';
import { Page } from '../ui/page';
import { Preferences } from '../ui/preferences';

/** A line of a statement takes one to two kilobytes: enough for some ten thousand of them. */
const fileBytesMax = 32 * 1024 * 1024;

interface DroppedFile {
  readonly name: string;
  /** Undefined when the file can be neither. */
  readonly content: unknown;
}

/** Verifies a receipt or a statement from a file, signed in or not, with or without a network. */
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
  const isStatement = file !== null && looksLikeStatement(file.content);
  const receipt = useMemo(() => (file === null || isStatement ? null : readReceipt(file.content)), [file, isStatement]);
  const named = receipt?.genesis ?? (isStatement ? genesisOf(file.content) : null);
  const known = named === null ? null : pinnedAnchor(bytesToUuid(named.ledgerId));
  const typed = typedAnchor.trim().toLowerCase();
  const malformed = typed !== '' && !/^[0-9a-f]{64}$/.test(typed);
  const anchor = typed === '' || malformed ? known : typed;
  const verification = useMemo(
    () => (file === null || isStatement ? null : verify(file.content, anchor)),
    [file, isStatement, anchor],
  );
  const statement = useMemo(
    () => (file !== null && isStatement ? verifyPages(file.content, anchor) : null),
    [file, isStatement, anchor],
  );
  return (
    <div className="stack">
      <Upload.Dragger
        accept=".json,application/json,.bin,application/octet-stream"
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
      {statement !== null && <StatementView {...statement} scale={0} />}
      {statement !== null && <span className="soft">{t('statement.minorUnits')}</span>}
      {receipt !== null && (
        <Card size="small" title={t('verify.content')}>
          <ReceiptFields receipt={receipt} assetOf={() => undefined} />
        </Card>
      )}
    </div>
  );
}

/** Text that is JSON, or bytes that may be a compact receipt. */
async function readDropped(file: File): Promise<DroppedFile> {
  const { name } = file;
  if (file.size > fileBytesMax) return { name, content: undefined };
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return { name, content: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return { name, content: readReceipt(bytes) === null ? undefined : bytes };
  }
}
