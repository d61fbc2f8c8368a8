import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { platformQuery, sessionQuery } from './api/queries';
import { queryClient } from './query-client';
import { FaultPage } from './pages/fault-page';
import { NotFoundPage } from './pages/not-found-page';
import { addressOnGatewayHost } from './session/one-host';
import { RoutePending } from './ui/route-pending';
import type { ConsoleSession } from './api/queries';

const session = () => queryClient.ensureQueryData(sessionQuery);

/** Before anybody logs in: the session must be made under the host name that the gateway is reached by. */
async function settleHost(): Promise<void> {
  const { gatewayUrl } = await queryClient.ensureQueryData(platformQuery);
  const address = addressOnGatewayHost(new URL(location.href), gatewayUrl);
  if (address !== null) location.replace(address);
}

/** The page a person starts on: the platform's own administrators have no ledgers. */
const homeOf = (signedIn: ConsoleSession) => (signedIn.member?.role === 'platform-admin' ? '/fleet' : '/ledgers');

const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: FaultPage,
});

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: async () => {
    const signedIn = await session();
    throw redirect({ to: signedIn === null ? '/login' : homeOf(signedIn) });
  },
});

const logInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === 'string' && search.next.startsWith('/') && !search.next.startsWith('//')
      ? { next: search.next }
      : {},
  beforeLoad: settleHost,
  component: lazyRouteComponent(() => import('./pages/log-in-page'), 'LogInPage'),
});

const signUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/signup',
  beforeLoad: settleHost,
  component: lazyRouteComponent(() => import('./pages/sign-up-page'), 'SignUpPage'),
});

const passwordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/password',
  beforeLoad: async () => {
    if ((await session()) === null) throw redirect({ to: '/login' });
  },
  component: lazyRouteComponent(() => import('./pages/password-page'), 'PasswordPage'),
});

const verifyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/verify',
  // The check needs no server: whoever opened the page once may use it signed out.
  loader: () => session().catch(() => null),
  component: lazyRouteComponent(() => import('./pages/verify-page'), 'VerifyPage'),
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  beforeLoad: async ({ location }) => {
    const signedIn = await session();
    if (signedIn === null) throw redirect({ to: '/login', search: { next: location.href } });
    if (signedIn.mustChangePassword) throw redirect({ to: '/password' });
    return { signedIn };
  },
  loader: () => queryClient.ensureQueryData(platformQuery),
  component: lazyRouteComponent(() => import('./ui/shell'), 'Shell'),
});

const ledgersRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/ledgers',
  component: lazyRouteComponent(() => import('./pages/ledgers-page'), 'LedgersPage'),
});

const createLedgerRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/ledgers/new',
  component: lazyRouteComponent(() => import('./pages/create-ledger-page'), 'CreateLedgerPage'),
});

const ledgerRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/ledgers/$ledgerId',
  validateSearch: (search: Record<string, unknown>): { receipt?: string } =>
    typeof search.receipt === 'string' ? { receipt: search.receipt } : {},
  component: lazyRouteComponent(() => import('./pages/ledger-page'), 'LedgerPage'),
});

const overviewRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview-tab'), 'OverviewTab'),
});

const partiesRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/parties',
  component: lazyRouteComponent(() => import('./pages/parties-tab'), 'PartiesTab'),
});

const assetsRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/assets',
  component: lazyRouteComponent(() => import('./pages/assets-tab'), 'AssetsTab'),
});

const accountsRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/accounts',
  component: lazyRouteComponent(() => import('./pages/accounts-tab'), 'AccountsTab'),
});

const accountRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/accounts/$accountId',
  component: lazyRouteComponent(() => import('./pages/account-page'), 'AccountPage'),
});

const registerRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/register',
  component: lazyRouteComponent(() => import('./pages/register-tab'), 'RegisterTab'),
});

const transfersRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/transfers',
  component: lazyRouteComponent(() => import('./pages/transfers-tab'), 'TransfersTab'),
});

const paymentsRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/payments',
  component: lazyRouteComponent(() => import('./pages/payments-tab'), 'PaymentsTab'),
});

const backupsRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/backups',
  component: lazyRouteComponent(() => import('./pages/backups-tab'), 'BackupsTab'),
});

const connectRoute = createRoute({
  getParentRoute: () => ledgerRoute,
  path: '/connect',
  component: lazyRouteComponent(() => import('./pages/connect-tab'), 'ConnectTab'),
});

const apiKeysRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./pages/api-keys-page'), 'ApiKeysPage'),
});

const fleetRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/fleet',
  component: lazyRouteComponent(() => import('./pages/fleet-page'), 'FleetPage'),
});

const fleetTenantsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/fleet/tenants',
  component: lazyRouteComponent(() => import('./pages/fleet-tenants-page'), 'FleetTenantsPage'),
});

const fleetLedgersRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/fleet/ledgers',
  component: lazyRouteComponent(() => import('./pages/fleet-ledgers-page'), 'FleetLedgersPage'),
});

const fleetDrillsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/fleet/drills',
  component: lazyRouteComponent(() => import('./pages/fleet-drills-page'), 'FleetDrillsPage'),
});

const routeTree = rootRoute.addChildren([
  homeRoute,
  logInRoute,
  signUpRoute,
  passwordRoute,
  verifyRoute,
  signedInRoute.addChildren([
    ledgersRoute,
    createLedgerRoute,
    ledgerRoute.addChildren([
      overviewRoute,
      partiesRoute,
      assetsRoute,
      accountsRoute,
      accountRoute,
      transfersRoute,
      paymentsRoute,
      registerRoute,
      backupsRoute,
      connectRoute,
    ]),
    apiKeysRoute,
    fleetRoute,
    fleetTenantsRoute,
    fleetLedgersRoute,
    fleetDrillsRoute,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPendingComponent: RoutePending,
  defaultPendingMs: 200,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
