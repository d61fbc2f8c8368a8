import { formatId } from '@quorate/protocol';
import type { ProvenLine } from '@quorate/light-client';
import { Alert, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { CopyableId } from '../ui/copyable-id';
import { RowsTable } from '../ui/rows-table';
import type { StatementVerification } from './statement-verification';

/** Lines in the table; all of them are in the file. */
const linesShownMax = 500;

interface Row {
  readonly key: string;
  readonly line: ProvenLine;
}

/** The result of a statement's verification: the verdict, then its lines, newest first. */
export function StatementView(props: StatementVerification & { scale: number }) {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const { outcome, anchor } = props;
  if (!outcome.ok) {
    const key = `problem.${outcome.code}`;
    const reason = i18n.exists(key) ? t(key) : outcome.detail;
    return <Alert type="error" showIcon title={t('statement.invalid')} description={`${reason} (${outcome.code})`} />;
  }
  const rows = outcome.lines
    .map((line): Row => ({ key: `${line.height}.${line.index}`, line }))
    .reverse()
    .slice(0, linesShownMax);
  const facts = { count: outcome.lines.length, through: formats.number(outcome.completeThrough) };
  const range =
    outcome.completeFrom === 0
      ? t('statement.wholeRange', facts)
      : t('statement.range', { ...facts, from: formats.number(outcome.completeFrom) });
  return (
    <div className="stack" data-testid="statement">
      <Alert
        type={anchor === null ? 'warning' : 'success'}
        showIcon
        title={t(anchor === null ? 'statement.validUnanchored' : 'statement.valid')}
        description={`${range} ${t('proof.offline', { duration: formats.duration(props.durationMs) })}`}
      />
      <RowsTable<Row>
        rows={rows}
        rowKey="key"
        pending={false}
        error={null}
        onRetry={() => undefined}
        empty={t('statement.empty')}
        columns={columnsOf(props.scale, t, formats)}
      />
      {outcome.lines.length > linesShownMax && (
        <span className="soft">{t('statement.truncated', { count: linesShownMax })}</span>
      )}
    </div>
  );
}

function columnsOf(scale: number, t: (key: string) => string, formats: ReturnType<typeof useFormats>) {
  const booked = (line: ProvenLine, side: ProvenLine['side']) =>
    line.side === side && line.counterparty !== null ? formats.amount(line.amount, scale) : '';
  return [
    {
      title: t('transfer.time'),
      render: (_: unknown, { line }: Row) => formats.ledgerTime(line.timestampNs.toString()),
    },
    { title: t('receipt.operation'), render: (_: unknown, { line }: Row) => <LineKind line={line} /> },
    {
      title: t('statement.counterparty'),
      render: (_: unknown, { line }: Row) =>
        line.counterparty === null ? '' : <CopyableId id={formatId(line.counterparty)} />,
    },
    ...(['debit', 'credit'] as const).map((side) => ({
      title: t(side === 'debit' ? 'account.debits' : 'account.credits'),
      align: 'right' as const,
      className: 'amount',
      render: (_: unknown, { line }: Row) => booked(line, side),
    })),
    {
      title: t('account.balance'),
      align: 'right' as const,
      className: 'amount',
      render: (_: unknown, { line: { after } }: Row) => (
        <strong>{formats.amount(after.creditsPosted - after.debitsPosted, scale)}</strong>
      ),
    },
    {
      title: t('transfer.block'),
      className: 'number',
      render: (_: unknown, { line }: Row) => `${formats.number(line.height)} / ${line.index}`,
    },
  ];
}

/** What a line did; a reservation moves nothing yet. */
function LineKind({ line: { operation } }: { line: ProvenLine }) {
  const { t } = useTranslation();
  const flags = operation.kind === 'create_transfer' ? operation.transfer.flags : 0;
  const phase = (flags & 2) !== 0 ? 'reserved' : (flags & 4) !== 0 ? 'posted' : (flags & 8) !== 0 ? 'voided' : null;
  return (
    <>
      {t(`operation.${operation.kind}`)} {phase !== null && <Tag>{t(`phase.${phase}`)}</Tag>}
    </>
  );
}
