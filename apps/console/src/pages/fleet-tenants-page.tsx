import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { tenantsQuery, type TenantRow } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { CopyableId } from '../ui/copyable-id';
import { Page } from '../ui/page';
import { RowsTable } from '../ui/rows-table';

/** The institutions on the platform. */
export function FleetTenantsPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const tenants = useQuery(tenantsQuery);
  return (
    <Page title={t('nav.tenants')} lead={t('tenants.lead')}>
      <RowsTable<TenantRow>
        rows={tenants.data ?? []}
        rowKey="id"
        pending={tenants.isPending}
        error={tenants.error}
        onRetry={() => void tenants.refetch()}
        empty={t('tenants.empty')}
        columns={[
          { title: t('field.institution'), render: (_, { name }) => <strong>{name}</strong> },
          { title: t('field.id'), render: (_, { id }) => <CopyableId id={id} /> },
          { title: t('nav.ledgers'), className: 'number', render: (_, { ledgers }) => formats.number(ledgers) },
          {
            title: t('field.created'),
            render: (_, { createdAt }) => formats.dateTime(createdAt),
          },
        ]}
      />
    </Page>
  );
}
