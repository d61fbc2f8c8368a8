import { useQuery } from '@tanstack/react-query';
import type { LedgerParent } from '@quorate/sdk';
import { Link } from '@tanstack/react-router';
import { Card, Descriptions } from 'antd';
import { useTranslation } from 'react-i18next';
import { ledgerQuery } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { CopyableId, shortId } from '../ui/copyable-id';
import { countsText, trialBalanceText } from './state-texts';

/** Where a fork comes from, and what its replicas found when each of them made the parent's state. */
export function RestoreFacts({ parent }: { parent: LedgerParent }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { ledgerId, height, restore } = parent;
  const known = useQuery({ ...ledgerQuery(ledgerId), refetchInterval: false });
  const lines = { whiteSpace: 'pre-line' } as const;
  return (
    <Card
      size="small"
      title={
        <span>
          {t('restore.title')}{' '}
          <Link to="/ledgers/$ledgerId" params={{ ledgerId }}>
            {known.data?.name ?? shortId(ledgerId)}
          </Link>{' '}
          {height !== null && t('restore.atHeight', { height: formats.number(height) })}
        </span>
      }
    >
      {restore === null ? (
        <span className="soft">{t('restore.underWay')}</span>
      ) : (
        <Descriptions
          column={{ xs: 1, md: 2 }}
          size="small"
          items={[
            {
              key: 'point',
              label: t('restore.recoveryPoint'),
              children: t('restore.recoveryPointValue', {
                heights: formats.number(restore.recoveryPoint.heights),
                duration: formats.duration(Number(BigInt(restore.recoveryPoint.ns) / 1_000_000n)),
              }),
            },
            {
              key: 'time',
              label: t('restore.recoveryTime'),
              children: t('restore.recoveryTimeValue', {
                duration: formats.duration(restore.recoveryMs),
                size: formats.bytes(restore.stateBytes),
              }),
            },
            { key: 'asOf', label: t('restore.asOf'), children: formats.ledgerTime(restore.timeNs) },
            {
              key: 'how',
              label: t('restore.madeFrom'),
              children: t('restore.madeFromValue', {
                snapshot: formats.number(restore.snapshotHeight),
                blocks: formats.number(restore.blocksExecuted),
              }),
            },
            { key: 'root', label: t('drill.stateRoot'), children: <CopyableId id={restore.stateRoot} /> },
            { key: 'block', label: t('drill.blockId'), children: <CopyableId id={restore.blockId} /> },
            {
              key: 'counts',
              label: t('drill.counts'),
              children: <span style={lines}>{countsText(t, formats, restore.counts)}</span>,
            },
            {
              key: 'balance',
              label: t('drill.trialBalance'),
              children: <span style={lines}>{trialBalanceText(t, formats, restore.trialBalance)}</span>,
            },
          ]}
        />
      )}
    </Card>
  );
}
