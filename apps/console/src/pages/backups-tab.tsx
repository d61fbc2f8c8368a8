import { CloudUploadOutlined, ExperimentOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Card, Flex } from 'antd';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { backupsQuery, ledgerQuery } from '../api/queries';
import { DrillScheduleText } from '../backup/drill-schedule-text';
import { RunTable } from '../backup/run-table';
import { shippingState } from '../backup/shipping';
import { ShippingTag } from '../backup/shipping-tag';
import { useFormats } from '../i18n/formats';
import { useLedgerScope } from '../ledger/ledger-context';
import { useNowMs } from '../ui/now';
import { ProblemAlert } from '../ui/problem-alert';
import { Tile } from '../ui/tile';

type Wish =
  { readonly kind: 'create' } | { readonly kind: 'drill' } | { readonly kind: 'verify'; readonly name: string };

/** What keeps a ledger's books safe: how far its archive is, its backups, their checks, and drills. */
export function BackupsTab() {
  const { t } = useTranslation();
  const { ledger } = useLedgerScope();
  const queryClient = useQueryClient();
  const runs = useQuery(backupsQuery(ledger.id));
  const ask = useMutation({
    mutationFn: (wish: Wish) => {
      if (wish.kind === 'create') return controlPlane.createBackup(ledger.id);
      return wish.kind === 'drill'
        ? controlPlane.drillLedger(ledger.id)
        : controlPlane.verifyBackup(ledger.id, wish.name);
    },
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: backupsQuery(ledger.id).queryKey });
      await queryClient.invalidateQueries({ queryKey: ledgerQuery(ledger.id).queryKey });
    },
  });
  const archived = ledger.backup !== null;
  const running = runs.data?.data.some(({ state }) => state === 'requested') ?? false;
  const idle = archived && !running && !ask.isPending;
  return (
    <div className="stack">
      <ArchiveTiles />
      {archived && (
        <Flex gap={8} wrap>
          <Button
            type="primary"
            icon={<CloudUploadOutlined />}
            disabled={!idle}
            onClick={() => ask.mutate({ kind: 'create' })}
          >
            {t('backup.create')}
          </Button>
          <Button icon={<ExperimentOutlined />} disabled={!idle} onClick={() => ask.mutate({ kind: 'drill' })}>
            {t('drill.now')}
          </Button>
        </Flex>
      )}
      {ask.error !== null && <ProblemAlert error={ask.error} />}
      <Card size="small" title={t('backup.title')}>
        <div className="stack">
          <span className="soft">
            {t('backup.lead')} {runs.data !== undefined && <DrillScheduleText schedule={runs.data.schedule} />}
          </span>
          <RunTable
            runs={runs.data?.data ?? []}
            pending={runs.isPending}
            error={runs.error}
            onRetry={() => void runs.refetch()}
            empty={t(archived ? 'backup.empty' : 'backup.emptyOff')}
            onVerify={(name) => ask.mutate({ kind: 'verify', name })}
            verifyDisabled={!idle}
          />
        </div>
      </Card>
    </div>
  );
}

function ArchiveTiles() {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(5_000);
  const {
    ledger: { backup },
  } = useLedgerScope();
  const state = shippingState(backup !== null, backup, nowMs);
  if (backup === null)
    return <Alert type="info" showIcon title={t('backup.offTitle')} description={t('backup.offDetail')} />;
  const told = backup.observedAt !== null;
  return (
    <div className="stack">
      <div className="tiles">
        <Tile label={t('backup.archive')}>
          <ShippingTag state={state} />
        </Tile>
        <Tile label={t('backup.archivedHeight')}>{told ? formats.number(backup.height) : '—'}</Tile>
        <Tile label={t('backup.lagBlocks')}>{backup.lagBlocks === null ? '—' : formats.number(backup.lagBlocks)}</Tile>
        <Tile label={t('backup.lagSeconds')}>{backup.lagSeconds === null ? '—' : formats.span(backup.lagSeconds)}</Tile>
      </div>
      {state === 'behind' && (
        <Alert
          type="warning"
          showIcon
          title={t('backup.behindTitle')}
          description={
            backup.error ??
            (backup.observedAt === null ? '' : t('backup.lastHeard', { when: formats.ago(backup.observedAt, nowMs) }))
          }
        />
      )}
    </div>
  );
}
