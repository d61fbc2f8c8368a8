import type {
  ApiKey,
  CreatedApiKey,
  FleetLedger,
  FleetTenant,
  GenesisDocument,
  Ledger,
  BackupRun,
  BackupRunList,
  LedgerDraft,
  LedgerEvent,
  LedgerStep,
  Member,
  MemberSession,
  Platform,
  Session,
  Tenant,
  Worker,
} from './control-plane-types';
import { readEvents } from './event-stream';
import { HttpClient, type CallOptions, type ClientOptions } from './http-client';
import { PagedList, type Page, type PageOptions } from './paged-list';
import { waitForLedger, waitForScale, type WaitForLedgerOptions } from './wait-for-ledger';

/** Sign-up, sessions, API keys, ledgers and the fleet. Make one with {@link createControlPlaneClient}. */
export class ControlPlaneClient {
  constructor(private readonly http: HttpClient) {}

  platform(options?: CallOptions): Promise<Platform> {
    return this.http.json({ method: 'GET', path: '/v1/platform', ...options });
  }

  signup(
    draft: { readonly institution: string; readonly email: string; readonly password: string },
    options?: CallOptions,
  ): Promise<{ readonly tenant: Tenant; readonly member: Member }> {
    return this.http.json({ method: 'POST', path: '/v1/signup', json: draft, ...options });
  }

  /** In a browser the session cookie is kept by the browser. */
  login(
    credentials: { readonly email: string; readonly password: string },
    options?: CallOptions,
  ): Promise<MemberSession> {
    return this.http.json({ method: 'POST', path: '/v1/login', json: credentials, ...options });
  }

  /** Logs in where no browser keeps cookies: gives back the cookie to make a new client with. */
  async loginForCookie(
    credentials: { readonly email: string; readonly password: string },
    options?: CallOptions,
  ): Promise<{ readonly session: MemberSession; readonly cookie: string }> {
    const response = await this.http.send({ method: 'POST', path: '/v1/login', json: credentials, ...options });
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    return { session: (await response.json()) as MemberSession, cookie };
  }

  logout(options?: CallOptions): Promise<void> {
    return this.http.json({ method: 'POST', path: '/v1/logout', json: {}, ...options });
  }

  me(options?: CallOptions): Promise<Session> {
    return this.http.json({ method: 'GET', path: '/v1/me', ...options });
  }

  changePassword(
    change: { readonly currentPassword: string; readonly newPassword: string },
    options?: CallOptions,
  ): Promise<void> {
    return this.http.json({ method: 'POST', path: '/v1/password', json: change, ...options });
  }

  createApiKey(
    draft: { readonly name: string; readonly expiresInDays: number },
    options?: CallOptions,
  ): Promise<CreatedApiKey> {
    return this.http.json({ method: 'POST', path: '/v1/api-keys', json: draft, ...options });
  }

  apiKeys(options?: PageOptions): PagedList<ApiKey> {
    return this.list('/v1/api-keys', options);
  }

  revokeApiKey(id: string, options?: CallOptions): Promise<void> {
    return this.http.json({ method: 'DELETE', path: `/v1/api-keys/${encodeURIComponent(id)}`, ...options });
  }

  createLedger(draft: LedgerDraft, options?: CallOptions): Promise<Ledger> {
    return this.http.json({ method: 'POST', path: '/v1/ledgers', json: draft, ...options });
  }

  ledgers(options?: PageOptions): PagedList<Ledger> {
    return this.list('/v1/ledgers', options);
  }

  ledger(id: string, options?: CallOptions): Promise<Ledger> {
    return this.http.json({ method: 'GET', path: ledgerPath(id), ...options });
  }

  retireLedger(id: string, options?: CallOptions): Promise<Ledger> {
    return this.http.json({ method: 'DELETE', path: ledgerPath(id), ...options });
  }

  /** Destroys every key of a retired ledger, and with them its archive; its certificate follows within seconds. */
  shredLedger(id: string, options?: CallOptions): Promise<Ledger> {
    return this.http.json({ method: 'POST', path: `${ledgerPath(id)}/shred`, json: {}, ...options });
  }

  /** Puts everything that is final into the archive now; the run tells when it is done. */
  createBackup(id: string, options?: CallOptions): Promise<BackupRun> {
    return this.http.json({ method: 'POST', path: `${ledgerPath(id)}/backups`, ...options });
  }

  /** Backups, checks and drills with their reports, newest first. */
  backups(id: string, options?: CallOptions): Promise<BackupRunList> {
    return this.http.json({ method: 'GET', path: `${ledgerPath(id)}/backups`, ...options });
  }

  /** Restores a backup into a shadow and compares it with the running ledger. */
  verifyBackup(id: string, name: string, options?: CallOptions): Promise<BackupRun> {
    const path = `${ledgerPath(id)}/backups/${encodeURIComponent(name)}/verify`;
    return this.http.json({ method: 'POST', path, ...options });
  }

  /** Restores the newest backup into a shadow and keeps the comparison. */
  drillLedger(id: string, options?: CallOptions): Promise<BackupRun> {
    return this.http.json({ method: 'POST', path: `${ledgerPath(id)}/drills`, ...options });
  }

  async steps(id: string, options?: CallOptions): Promise<readonly LedgerStep[]> {
    const answer = await this.http.json<{ data: readonly LedgerStep[] }>({
      method: 'GET',
      path: `${ledgerPath(id)}/steps`,
      ...options,
    });
    return answer.data;
  }

  /** Follows a ledger until the signal aborts or the connection ends. */
  async *events(id: string, options?: CallOptions): AsyncGenerator<LedgerEvent> {
    const response = await this.http.open({
      method: 'GET',
      path: `${ledgerPath(id)}/events`,
      accept: 'text/event-stream',
      ...options,
    });
    for await (const { event, data } of readEvents(response)) {
      if (event === 'step') yield { event, step: data as LedgerStep };
      if (event === 'ledger') yield { event, ledger: data as Ledger };
    }
  }

  genesis(id: string, options?: CallOptions): Promise<GenesisDocument> {
    return this.http.json({ method: 'GET', path: `${ledgerPath(id)}/genesis`, ...options });
  }

  scaleLedger(id: string, replicas: number, options?: CallOptions): Promise<Ledger> {
    return this.http.json({ method: 'POST', path: `${ledgerPath(id)}/scale`, json: { replicas }, ...options });
  }

  /** Resolves when a change of the replica set is in force; throws like `waitForLedger`. */
  waitForScale(id: string, options?: WaitForLedgerOptions): Promise<Ledger> {
    return waitForScale(this, id, options);
  }

  /** Resolves when the ledger is ready; throws LedgerFailedError or, out of time, LedgerWaitError. */
  waitForLedger(id: string, options?: WaitForLedgerOptions): Promise<Ledger> {
    return waitForLedger(this, id, options);
  }

  /** The same for a platform administrator, on any tenant's ledger. */
  scaleFleetLedger(id: string, replicas: number, options?: CallOptions): Promise<Ledger> {
    const path = `/v1/fleet/ledgers/${encodeURIComponent(id)}/scale`;
    return this.http.json({ method: 'POST', path, json: { replicas }, ...options });
  }

  /** Puts another replica in the place of one; for a platform administrator. */
  replaceReplica(id: string, index: number, options?: CallOptions): Promise<Ledger> {
    const path = `/v1/fleet/ledgers/${encodeURIComponent(id)}/replicas/${index}/replace`;
    return this.http.json({ method: 'POST', path, json: {}, ...options });
  }

  /** Gives a replica another consensus key, by an epoch with the same members; for a platform administrator. */
  rotateReplicaKey(id: string, index: number, options?: CallOptions): Promise<Ledger> {
    const path = `/v1/fleet/ledgers/${encodeURIComponent(id)}/replicas/${index}/rotate-key`;
    return this.http.json({ method: 'POST', path, json: {}, ...options });
  }

  /** Drills of all ledgers, newest first; for a platform administrator. */
  drills(options?: CallOptions): Promise<BackupRunList> {
    return this.http.json({ method: 'GET', path: '/v1/fleet/drills', ...options });
  }

  /** Draws an archived ledger at random and holds a drill with it now; for a platform administrator. */
  drawDrill(options?: CallOptions): Promise<BackupRun> {
    return this.http.json({ method: 'POST', path: '/v1/fleet/drills', json: {}, ...options });
  }

  workers(options?: PageOptions): PagedList<Worker> {
    return this.list('/v1/fleet/workers', options);
  }

  addWorkers(count: number, options?: CallOptions): Promise<unknown> {
    return this.http.json({ method: 'POST', path: '/v1/fleet/workers', json: { count }, ...options });
  }

  drainWorker(id: string, options?: CallOptions): Promise<unknown> {
    return this.http.json({
      method: 'POST',
      path: `/v1/fleet/workers/${encodeURIComponent(id)}/drain`,
      json: {},
      ...options,
    });
  }

  fleetTenants(options?: PageOptions): PagedList<FleetTenant> {
    return this.list('/v1/fleet/tenants', options);
  }

  fleetLedgers(options?: PageOptions): PagedList<FleetLedger> {
    return this.list('/v1/fleet/ledgers', options);
  }

  /** Some short lists are plain arrays or have no cursor; they read as one page. */
  private list<T>(path: string, options: PageOptions = {}): PagedList<T> {
    return new PagedList(async (cursor) => {
      const query = { limit: options.limit, cursor };
      const answer = await this.http.json<Page<T> | readonly T[]>({
        method: 'GET',
        path,
        query,
        signal: options.signal,
      });
      if (isArray(answer)) return { data: answer, nextCursor: null };
      return { ...answer, nextCursor: answer.nextCursor ?? null };
    }, options.cursor);
  }
}

/** A client of the control plane. Works in browsers and in Node. */
export function createControlPlaneClient(options: ClientOptions): ControlPlaneClient {
  return new ControlPlaneClient(new HttpClient(options));
}

function ledgerPath(id: string): string {
  return `/v1/ledgers/${encodeURIComponent(id)}`;
}

function isArray<T>(answer: Page<T> | readonly T[]): answer is readonly T[] {
  return Array.isArray(answer);
}
