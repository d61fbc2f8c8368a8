import type { BackupRun } from '@quorate/sdk';
import { Button } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { useNowMs } from '../ui/now';
import { RowsTable } from '../ui/rows-table';
import { RunDrawer } from './run-drawer';
import { RunResult } from './run-result';

interface RunTableProps {
  readonly runs: readonly BackupRun[];
  readonly pending: boolean;
  readonly error: Error | null;
  readonly onRetry: () => void;
  readonly empty: ReactNode;
  /** Whether each row names its ledger: they are of several. */
  readonly withLedger?: boolean;
  /** Has a backup restored and compared. */
  readonly onVerify?: (name: string) => void;
  readonly verifyDisabled?: boolean;
}

/** Backups, checks and drills; each comparison opens beside the page. */
export function RunTable({ runs, withLedger = false, onVerify, verifyDisabled, ...states }: RunTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(5_000);
  const [shownId, setShownId] = useState<string | null>(null);
  const tookMs = ({ requestedAt, finishedAt }: BackupRun) =>
    finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(requestedAt);
  return (
    <>
      <RowsTable<BackupRun>
        {...states}
        rows={runs}
        rowKey="id"
        columns={[
          { title: t('backup.kind'), render: (_, { kind }) => t(`backup.kind_${kind}`) },
          ...(withLedger
            ? [{ title: t('backup.ledger'), render: (_: unknown, run: BackupRun) => run.ledgerName }]
            : []),
          { title: t('backup.name'), render: (_, { name }) => name ?? '—' },
          { title: t('backup.result'), render: (_, run) => <RunResult run={run} /> },
          {
            title: t('backup.requested'),
            render: (_, { requestedAt }) => (
              <span title={formats.dateTime(requestedAt)}>
                {formats.ago(requestedAt, Math.max(nowMs, Date.parse(requestedAt)))}
              </span>
            ),
          },
          {
            title: t('backup.took'),
            className: 'number',
            render: (_, run) => {
              const elapsedMs = tookMs(run);
              return elapsedMs === null ? '—' : formats.duration(elapsedMs);
            },
          },
          {
            title: '',
            render: (_, { id, kind, name, report }) => {
              if (report?.kind === 'compared')
                return (
                  <Button size="small" onClick={() => setShownId(id)}>
                    {t('backup.compared')}
                  </Button>
                );
              if (kind !== 'create' || report === null || name === null || onVerify === undefined) return null;
              return (
                <Button size="small" disabled={verifyDisabled} onClick={() => onVerify(name)}>
                  {t('backup.verify')}
                </Button>
              );
            },
          },
        ]}
      />
      <RunDrawer run={runs.find(({ id }) => id === shownId)} onClose={() => setShownId(null)} />
    </>
  );
}
