import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import {
  isChanging,
  ProblemError,
  type FleetLedger as ListedLedger,
  type GatewayClient,
  type Ledger,
  type PagedList,
  type Session,
  type Tenant,
} from '@quorate/sdk';
import { controlPlane } from './clients';

const refreshMs = 2_000;
const refreshSlowMs = 5_000;
const listLimit = 100;
/** Parties, assets and accounts are read whole, for choosing among them; beyond this the console shows the first ones. */
export const rowsMax = 500;

/** A session as the console sees it: until a forced password change is made, nothing more is known of it. */
export type ConsoleSession = Omit<Session, 'member'> & { readonly member: Session['member'] | null };

export const platformQuery = queryOptions({
  queryKey: ['platform'],
  queryFn: ({ signal }) => controlPlane.platform({ signal }),
  staleTime: Infinity,
});

/** Who is signed in, or null. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }): Promise<ConsoleSession | null> => controlPlane.me({ signal }).catch(sessionOfRefusal),
  staleTime: 60_000,
});

function sessionOfRefusal(thrown: unknown): ConsoleSession | null {
  if (!(thrown instanceof ProblemError)) throw thrown;
  if (thrown.status === 401) return null;
  if (thrown.code === 'PASSWORD_CHANGE_REQUIRED') return { member: null, tenant: null, mustChangePassword: true };
  throw thrown;
}

export const ledgersQuery = infiniteQueryOptions({
  queryKey: ['ledgers'],
  queryFn: async ({ pageParam, signal }) => controlPlane.ledgers({ limit: 50, cursor: pageParam, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
  refetchInterval: refreshSlowMs,
});

export const ledgerQuery = (id: string) =>
  queryOptions({
    queryKey: ['ledger', id],
    queryFn: ({ signal }) => controlPlane.ledger(id, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.state === 'ready' && !isChanging(data) ? refreshSlowMs : refreshMs,
  });

export const stepsQuery = (id: string) =>
  queryOptions({
    queryKey: ['steps', id],
    queryFn: ({ signal }) => controlPlane.steps(id, { signal }),
    refetchInterval: refreshSlowMs,
  });

export const backupsQuery = (id: string) =>
  queryOptions({
    queryKey: ['backups', id],
    queryFn: ({ signal }) => controlPlane.backups(id, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.data.some(({ state }) => state === 'requested') === true ? refreshMs : refreshSlowMs,
  });

export const drillsQuery = queryOptions({
  queryKey: ['fleet', 'drills'],
  queryFn: ({ signal }) => controlPlane.drills({ signal }),
  refetchInterval: refreshMs,
});

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: async ({ signal }) => (await controlPlane.apiKeys({ limit: listLimit, signal })).data,
});

export const workersQuery = queryOptions({
  queryKey: ['fleet', 'workers'],
  queryFn: async ({ signal }) => (await controlPlane.workers({ signal })).data,
  refetchInterval: refreshMs,
});

/** A tenant as the fleet page lists it. */
export type TenantRow = Tenant & { readonly createdAt: string; readonly ledgers: number };

export const tenantsQuery = queryOptions({
  queryKey: ['fleet', 'tenants'],
  queryFn: async ({ signal }) => (await controlPlane.fleetTenants({ signal })).data as readonly TenantRow[],
});

/** A ledger as the fleet page lists it: what runs, not what is on it. */
export type FleetLedger = Omit<ListedLedger, 'class' | 'state'> & Pick<Ledger, 'class' | 'state'>;

export const fleetLedgersQuery = queryOptions({
  queryKey: ['fleet', 'ledgers'],
  queryFn: async ({ signal }) => (await controlPlane.fleetLedgers({ signal })).data as readonly FleetLedger[],
  refetchInterval: refreshSlowMs,
});

/** Everything read from one ledger lies below this key, so that a new block can refresh it at once. */
export const ledgerDataKey = (ledgerId: string) => ['ledger-data', ledgerId] as const;

/** The reads of one ledger through its gateway. */
export function ledgerQueries(gateway: GatewayClient, ledgerId: string) {
  const key = ledgerDataKey(ledgerId);
  return {
    status: queryOptions({
      queryKey: ['ledger-status', ledgerId],
      queryFn: ({ signal }) => gateway.status(ledgerId, { signal }),
      refetchInterval: refreshMs,
    }),
    parties: queryOptions({
      queryKey: [...key, 'parties'],
      queryFn: ({ signal }) => collect(gateway.parties(ledgerId, { limit: listLimit, signal })),
    }),
    assets: queryOptions({
      queryKey: [...key, 'assets'],
      queryFn: ({ signal }) => collect(gateway.assets(ledgerId, { limit: listLimit, signal })),
    }),
    freezes: queryOptions({
      queryKey: [...key, 'freezes'],
      queryFn: ({ signal }) => collect(gateway.freezes(ledgerId, { limit: listLimit, signal })),
    }),
    accounts: queryOptions({
      queryKey: [...key, 'accounts'],
      queryFn: ({ signal }) => collect(gateway.accounts(ledgerId, { limit: listLimit, signal })),
    }),
    account: (id: string) =>
      queryOptions({
        queryKey: [...key, 'account', id],
        queryFn: ({ signal }) => gateway.account(ledgerId, id, { signal }),
      }),
    mandates: (account: string) =>
      queryOptions({
        queryKey: [...key, 'mandates', account],
        queryFn: ({ signal }) => collect(gateway.mandates(ledgerId, account, { limit: listLimit, signal })),
      }),
    freezeHistory: infiniteQueryOptions({
      queryKey: [...key, 'freeze-history'],
      queryFn: async ({ pageParam, signal }) =>
        gateway.freezes(ledgerId, { limit: 25, standing: false, cursor: pageParam, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
    }),
    records: (subject: string | undefined) =>
      infiniteQueryOptions({
        queryKey: [...key, 'records', subject ?? ''],
        queryFn: async ({ pageParam, signal }) =>
          gateway.records(ledgerId, { limit: 25, subject, cursor: pageParam, signal }),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: (page) => page.nextCursor ?? undefined,
      }),
    evidence: infiniteQueryOptions({
      queryKey: [...key, 'evidence'],
      queryFn: async ({ pageParam, signal }) => gateway.evidence(ledgerId, { limit: 25, cursor: pageParam, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
    }),
    transfers: infiniteQueryOptions({
      queryKey: [...key, 'transfers'],
      queryFn: async ({ pageParam, signal }) => gateway.transfers(ledgerId, { limit: 25, cursor: pageParam, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
    }),
    receipt: (transferId: string) =>
      queryOptions({
        queryKey: ['receipt', ledgerId, transferId],
        queryFn: ({ signal }) => gateway.receipt(ledgerId, transferId, { signal }),
        staleTime: Infinity,
      }),
  };
}

export type LedgerQueries = ReturnType<typeof ledgerQueries>;

async function collect<T>(list: PagedList<T>): Promise<readonly T[]> {
  const rows: T[] = [];
  for await (const row of list) {
    rows.push(row);
    if (rows.length === rowsMax) break;
  }
  return rows;
}
