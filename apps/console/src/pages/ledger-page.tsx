import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import type { Ledger } from '@quorate/sdk';
import { Breadcrumb, Flex, Skeleton, Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { ledgerQuery } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { LedgerScopeProvider } from '../ledger/ledger-context';
import { LedgerActions } from '../ledger/ledger-actions';
import { ProvisioningView } from '../ledger/provisioning-view';
import { ReceiptDrawer } from '../receipt/receipt-drawer';
import { CopyableId } from '../ui/copyable-id';
import { LedgerClassTag, LedgerStateTag } from '../ui/ledger-tags';
import { useNowMs } from '../ui/now';
import { Page } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';

const route = getRouteApi('/signed-in/ledgers/$ledgerId');

const tabs = ['', 'parties', 'assets', 'accounts', 'transfers', 'payments', 'register', 'backups', 'connect'] as const;

/** One ledger: how it comes to be, then everything on it. */
export function LedgerPage() {
  const { ledgerId } = route.useParams();
  const ledger = useQuery(ledgerQuery(ledgerId));
  if (ledger.data !== undefined) {
    return (
      <LedgerScopeProvider key={ledgerId} ledger={ledger.data}>
        <LedgerFrame ledger={ledger.data} />
      </LedgerScopeProvider>
    );
  }
  return (
    <div className="page">
      {ledger.error === null ? (
        <Skeleton active paragraph={{ rows: 8 }} />
      ) : (
        <ProblemAlert error={ledger.error} onRetry={() => void ledger.refetch()} />
      )}
    </div>
  );
}

function LedgerFrame({ ledger }: { ledger: Ledger }) {
  const { t } = useTranslation();
  return (
    <Page
      title={ledger.name}
      lead={
        <Flex vertical gap={8}>
          <Breadcrumb items={[{ title: <Link to="/ledgers">{t('nav.ledgers')}</Link> }, { title: ledger.name }]} />
          <Flex gap={10} wrap align="center">
            <LedgerStateTag state={ledger.state} />
            <LedgerClassTag ledgerClass={ledger.class} />
            <CopyableId id={ledger.id} />
            <Expiry ledger={ledger} />
          </Flex>
        </Flex>
      }
      actions={<LedgerActions ledger={ledger} />}
    >
      {ledger.state === 'ready' ? <LedgerTabs /> : <ProvisioningView ledger={ledger} />}
    </Page>
  );
}

function Expiry({ ledger }: { ledger: Ledger }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(ledger.expiresAt === null ? null : 5_000);
  if (ledger.expiresAt === null || ledger.state === 'retired') return null;
  return (
    <span title={formats.dateTime(ledger.expiresAt)}>
      {t('ledger.expires', { when: formats.ago(ledger.expiresAt, nowMs) })}
    </span>
  );
}

function LedgerTabs() {
  const { t } = useTranslation();
  const { ledgerId } = route.useParams();
  const { receipt } = route.useSearch();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const active = tabs.find((tab) => tab !== '' && `${pathname}/`.includes(`/${tab}/`)) ?? '';
  const pathOf = (tab: (typeof tabs)[number]) =>
    tab === '' ? '/ledgers/$ledgerId' : (`/ledgers/$ledgerId/${tab}` as const);
  return (
    <>
      <Tabs
        activeKey={active}
        onChange={(tab) =>
          void navigate({ to: pathOf(tab as (typeof tabs)[number]), params: { ledgerId }, search: {} })
        }
        items={tabs.map((tab) => ({ key: tab, label: t(`tab.${tab || 'overview'}`) }))}
      />
      <Outlet />
      <ReceiptDrawer transferId={receipt} onClose={() => void navigate({ to: pathname, search: {} })} />
    </>
  );
}
