import { DownloadOutlined, SafetyCertificateOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import type { Statement } from '@quorate/protocol';
import { Button, Flex, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLedgerScope } from '../ledger/ledger-context';
import { downloadText } from '../receipt/download';
import { ProblemAlert } from '../ui/problem-alert';
import { StatementView } from './statement-view';
import { verifyPages, type StatementVerification } from './statement-verification';

interface Fetched {
  readonly pages: readonly Statement[];
  readonly verification: StatementVerification;
}

/** The first moment of a day in the reader's time zone, and the first of the next one. */
const startOf = (day: string): Date => new Date(`${day}T00:00:00`);

/** Fetches an account's statement, for a time or whole, and verifies it here. */
export function StatementPanel({ accountId, scale }: { accountId: string; scale: number }) {
  const { t } = useTranslation();
  const { gateway, ledger, anchor } = useLedgerScope();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const statement = useMutation({
    mutationFn: async (): Promise<Fetched> => {
      const end = to === '' ? undefined : startOf(to);
      end?.setDate(end.getDate() + 1);
      const pages = await gateway.statement(ledger.id, accountId, {
        from: from === '' ? undefined : startOf(from).toISOString(),
        to: end === undefined ? undefined : new Date(end.getTime() - 1).toISOString(),
      });
      return { pages, verification: verifyPages(pages, anchor) };
    },
  });
  const fetched = statement.data;
  return (
    <div className="stack">
      <span className="soft">{t('statement.lead')}</span>
      <Flex gap={12} wrap align="end">
        <label>
          <div className="soft">{t('statement.from')}</div>
          <Input type="date" value={from} max={to || undefined} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label>
          <div className="soft">{t('statement.to')}</div>
          <Input type="date" value={to} min={from || undefined} onChange={(event) => setTo(event.target.value)} />
        </label>
        <Button
          type="primary"
          icon={<SafetyCertificateOutlined />}
          loading={statement.isPending}
          onClick={() => statement.mutate()}
        >
          {t('statement.fetch')}
        </Button>
        <Button
          icon={<DownloadOutlined />}
          disabled={fetched === undefined}
          onClick={() =>
            fetched !== undefined &&
            downloadText(
              `statement-${accountId}.json`,
              'application/json',
              `${JSON.stringify(fetched.pages, null, 2)}\n`,
            )
          }
        >
          {t('receipt.download')}
        </Button>
      </Flex>
      {statement.error !== null && <ProblemAlert error={statement.error} onRetry={() => statement.mutate()} />}
      {fetched !== undefined && <StatementView {...fetched.verification} scale={scale} />}
    </div>
  );
}
