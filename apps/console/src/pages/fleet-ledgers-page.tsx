import { useQuery } from '@tanstack/react-query';
import { Button, Flex, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { fleetLedgersQuery, type FleetLedger } from '../api/queries';
import { shippingState } from '../backup/shipping';
import { ShippingTag } from '../backup/shipping-tag';
import { useFormats } from '../i18n/formats';
import { FleetLedgerDrawer } from '../ledger/fleet-ledger-drawer';
import { ReplaceDialog } from '../ledger/replace-dialog';
import { ScaleDialog } from '../ledger/scale-dialog';
import { CopyableId } from '../ui/copyable-id';
import { LedgerClassTag, LedgerStateTag } from '../ui/ledger-tags';
import { useNowMs } from '../ui/now';
import { Page } from '../ui/page';
import { RowsTable } from '../ui/rows-table';

/** Every ledger on the platform and where its replicas run; what is on a ledger only its tenant sees. */
export function FleetLedgersPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(10_000);
  const ledgers = useQuery(fleetLedgersQuery);
  const [scaling, setScaling] = useState<FleetLedger | null>(null);
  const [shownId, setShownId] = useState<string | null>(null);
  const shown = ledgers.data?.find(({ id }) => id === shownId);
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
          {
            title: t('backup.lag'),
            render: (_, { archived, backup }) => <ShippingTag state={shippingState(archived, backup, nowMs)} />,
          },
          { title: t('fleetLedgers.health'), render: (_, ledger) => <Health ledger={ledger} /> },
          { title: t('field.created'), render: (_, { createdAt }) => formats.ago(createdAt, nowMs) },
          {
            title: '',
            render: (_, ledger) =>
              ledger.state === 'ready' && (
                <Flex gap={8}>
                  <Button size="small" onClick={() => setShownId(ledger.id)}>
                    {t('fleetLedgers.details')}
                  </Button>
                  <Button size="small" onClick={() => setScaling(ledger)}>
                    {t('ledger.scale')}
                  </Button>
                  <Button size="small" onClick={() => setReplacing(ledger)}>
                    {t('replica.replace')}
                  </Button>
                </Flex>
              ),
          },
        ]}
      />
      {shown !== undefined && (
        <FleetLedgerDrawer ledger={shown} onChanged={() => ledgers.refetch()} onClose={() => setShownId(null)} />
      )}
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

/** What an administrator should look at: replicas that lied, disks that are full, journals that were damaged. */
function Health({ ledger: { evidence, members } }: { ledger: FleetLedger }) {
  const { t } = useTranslation();
  const short = members.filter(({ journalSpace }) => journalSpace === 'short' || journalSpace === 'none').length;
  const damaged = members.reduce((sum, { journalDamage }) => sum + (journalDamage ?? 0), 0);
  if (members.length === 0) return <>—</>;
  if (evidence.length === 0 && short === 0 && damaged === 0) return <Tag color="success">{t('fleetLedgers.well')}</Tag>;
  return (
    <Flex gap={4} wrap>
      {evidence.length > 0 && <Tag color="error">{t('fleetLedgers.accused', { count: evidence.length })}</Tag>}
      {short > 0 && <Tag color="error">{t('fleetLedgers.short', { count: short })}</Tag>}
      {damaged > 0 && <Tag color="warning">{t('fleetLedgers.damaged', { count: damaged })}</Tag>}
    </Flex>
  );
}
