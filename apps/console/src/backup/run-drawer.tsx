import type { BackupReport, BackupRun, RestoredState } from '@quorate/sdk';
import { Alert, Descriptions, Drawer, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { CopyableId } from '../ui/copyable-id';
import { countsText, trialBalanceText } from './state-texts';

type Comparison = Extract<BackupReport, { kind: 'compared' }>;

/** What a check or a drill compared, value by value. */
export function RunDrawer({ run, onClose }: { run: BackupRun | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const report = run?.report;
  return (
    <Drawer
      open={run !== undefined}
      onClose={onClose}
      size="min(760px, 100vw)"
      title={run === undefined ? '' : `${t(`backup.kind_${run.kind}`)} · ${run.name ?? ''}`}
      destroyOnHidden
    >
      {report?.kind === 'compared' && <ComparisonView report={report} />}
    </Drawer>
  );
}

function ComparisonView({ report }: { report: Comparison }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { equal, restored, live, recoveryPoint, recoveryMs } = report;
  const rows = comparedRows(restored, live);
  return (
    <div className="stack">
      <Alert
        type={equal ? 'success' : 'error'}
        showIcon
        title={t(equal ? 'drill.equal' : 'drill.different')}
        description={t('drill.how')}
      />
      <Descriptions
        column={1}
        size="small"
        bordered
        items={[
          {
            key: 'point',
            label: t('restore.recoveryPoint'),
            children: t('restore.recoveryPointValue', {
              heights: formats.number(recoveryPoint.heights),
              duration: formats.duration(Number(BigInt(recoveryPoint.ns) / 1_000_000n)),
            }),
          },
          {
            key: 'time',
            label: t('restore.recoveryTime'),
            children: t('restore.recoveryTimeValue', {
              duration: formats.duration(recoveryMs),
              size: formats.bytes(restored.stateBytes),
            }),
          },
        ]}
      />
      <Table<ComparedRow>
        rowKey="key"
        size="small"
        pagination={false}
        scroll={{ x: 'max-content' }}
        dataSource={rows}
        columns={[
          { title: t('drill.value'), render: (_, { key }) => t(`drill.${key}`) },
          { title: t('drill.restored'), render: (_, row) => <Value row={row} text={row.restored} /> },
          { title: t('drill.live'), render: (_, row) => <Value row={row} text={row.live} /> },
        ]}
      />
    </div>
  );

  function comparedRows(archive: RestoredState, running: RestoredState): ComparedRow[] {
    const values = (state: RestoredState): Record<ComparedKey, string> => ({
      height: formats.number(state.height),
      blockId: state.blockId,
      execRoot: state.execRoot,
      stateRoot: state.stateRoot,
      counts: countsText(t, formats, state.counts),
      trialBalance: trialBalanceText(t, formats, state.trialBalance),
    });
    const [left, right] = [values(archive), values(running)];
    return comparedKeys.map((key) => ({ key, restored: left[key], live: right[key] }));
  }
}

const comparedKeys = ['height', 'blockId', 'execRoot', 'stateRoot', 'counts', 'trialBalance'] as const;
type ComparedKey = (typeof comparedKeys)[number];

interface ComparedRow {
  readonly key: ComparedKey;
  readonly restored: string;
  readonly live: string;
}

function Value({ row, text }: { row: ComparedRow; text: string }) {
  const differs = row.restored !== row.live;
  const isHash = row.key === 'blockId' || row.key === 'execRoot' || row.key === 'stateRoot';
  return (
    <span style={{ color: differs ? '#dc2626' : undefined, whiteSpace: 'pre-line' }}>
      {isHash ? <CopyableId id={text} /> : text}
    </span>
  );
}
