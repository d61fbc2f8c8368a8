import { useQuery } from '@tanstack/react-query';
import { Button, Flex } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { fleetLedgersQuery, type FleetLedger } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { ReplaceDialog } from '../ledger/replace-dialog';
import { ScaleDialog } from '../ledger/scale-dialog';
import { CopyableId } from '../ui/copyable-id';
import { LedgerClassTag, LedgerStateTag } from '../ui/ledger-tags';
import { useNowMs } from '../ui/now';
import { Page } from '../ui/page';
import { RegionLabel } from '../ui/region-label';
import { RowsTable } from '../ui/rows-table';

/** Every ledger on the platform and where its replicas run; what is on a ledger only its tenant sees. */
export function FleetLedgersPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(10_000);
  const ledgers = useQuery(fleetLedgersQuery);
  const [scaling, setScaling] = useState<FleetLedger | null>(null);
  const [replacing, setReplacing] = useState<FleetLedger | null>(null);
  return (
    <Page title={t('nav.ledgers')} lead={t('fleetLedgers.lead')}>
      <RowsTable<FleetLedger>
        rows={ledgers.data ?? []}
        rowKey="id"
        pending={ledgers.isPending}
        error={ledgers.error}
        onRetry={() => void ledgers.refetch()}
        empty={t('fleetLedgers.empty')}
        columns={[
          {
            title: t('field.name'),
            render: (_, { id, name }) => (
              <Flex vertical>
                <strong>{name}</strong>
                <CopyableId id={id} />
              </Flex>
            ),
          },
          {
            title: t('field.institution'),
            render: (_, { tenantName }) => tenantName,
          },
          { title: t('field.state'), render: (_, { state }) => <LedgerStateTag state={state} /> },
          { title: t('field.class'), render: (_, ledger) => <LedgerClassTag ledgerClass={ledger.class} /> },
          {
            title: t('field.replicas'),
            className: 'number',
            render: (_, { replicas, replicasWanted: wanted }) =>
              replicas === wanted || replicas === 0
                ? formats.number(replicas)
                : t('fleetLedgers.replicasTo', { replicas, wanted }),
          },
          { title: t('overview.epoch'), className: 'number', render: (_, { epoch }) => formats.number(epoch) },
          { title: t('field.region'), render: (_, { region }) => <RegionLabel region={region} /> },
          { title: t('field.created'), render: (_, { createdAt }) => formats.ago(createdAt, nowMs) },
          {
            title: '',
            render: (_, ledger) =>
              ledger.state === 'ready' && (
                <Flex gap={8}>
                  <Button onClick={() => setScaling(ledger)}>{t('ledger.scale')}</Button>
                  <Button onClick={() => setReplacing(ledger)}>{t('replica.replace')}</Button>
                </Flex>
              ),
          },
        ]}
      />
      {scaling !== null && (
        <ScaleDialog
          name={scaling.name}
          current={scaling.replicas}
          scale={(replicas) => controlPlane.scaleFleetLedger(scaling.id, replicas)}
          onScaled={() => ledgers.refetch()}
          onClose={() => setScaling(null)}
        />
      )}
      {replacing !== null && (
        <ReplaceDialog ledger={replacing} onReplaced={() => ledgers.refetch()} onClose={() => setReplacing(null)} />
      )}
    </Page>
  );
}
