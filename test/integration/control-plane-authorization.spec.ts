import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { describeApi } from '../../apps/control-plane/src/api-description';
import {
  RunningControlPlane,
  createTestDatabase,
  ledgerDraft,
  type Answer,
  type Credentials,
  type TestDatabase,
} from './control-plane-process';

type Actor = 'anonymous' | 'owner' | 'other' | 'auditor' | 'apiKey' | 'administrator';
type Rule = 'public' | 'member' | 'tenant' | 'tenant-write' | 'platform';

interface RouteCase {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly rule: Rule;
}

/** Which refusal an actor meets by the route's rule alone; null: the rule lets the actor through. */
const refusals: Record<Rule, Partial<Record<Actor, string>>> = {
  public: {},
  member: { anonymous: 'CREDENTIAL_MISSING' },
  tenant: { anonymous: 'CREDENTIAL_MISSING', administrator: 'TENANT_REQUIRED' },
  'tenant-write': { anonymous: 'CREDENTIAL_MISSING', administrator: 'TENANT_REQUIRED', auditor: 'ROLE_INSUFFICIENT' },
  platform: {
    anonymous: 'CREDENTIAL_MISSING',
    owner: 'PLATFORM_ADMIN_REQUIRED',
    other: 'PLATFORM_ADMIN_REQUIRED',
    auditor: 'PLATFORM_ADMIN_REQUIRED',
    apiKey: 'PLATFORM_ADMIN_REQUIRED',
  },
};

/** Every code by which a rule refuses. */
const ruleCodes = [
  'CREDENTIAL_MISSING',
  'TENANT_REQUIRED',
  'ROLE_INSUFFICIENT',
  'PLATFORM_ADMIN_REQUIRED',
  'PASSWORD_CHANGE_REQUIRED',
];
const actors: readonly Actor[] = ['anonymous', 'owner', 'other', 'auditor', 'apiKey', 'administrator'];
// Sessions of the actors must outlive the matrix.
const skipped = new Set(['logOut', 'changePassword']);

describe('who may do what', () => {
  let database: TestDatabase;
  let plane: RunningControlPlane;
  let routes: RouteCase[];
  let credentials: Record<Actor, Credentials>;
  let ledgerId: string;
  let apiKeyId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    plane = await RunningControlPlane.start(database.config);
    const { paths } = describeApi(plane.app);
    routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, { operationId: string; 'x-quorate-access': Rule }>).map(
        ([method, operation]) => ({
          method: method.toUpperCase(),
          path,
          operationId: operation.operationId,
          rule: operation['x-quorate-access'],
        }),
      ),
    );
    const [owner, other, audited] = [await plane.institution(), await plane.institution(), await plane.institution()];
    await database.asOwner(`update members set role = 'auditor' where email = $1`, [audited.email]);
    const key = await plane.call('POST', '/v1/api-keys', {
      cookie: owner.cookie,
      body: { name: 'matrix', expiresInDays: 1 },
    });
    apiKeyId = String(key.body.id);
    const ledger = await plane.call('POST', '/v1/ledgers', { cookie: owner.cookie, body: ledgerDraft() });
    ledgerId = String(ledger.body.id);
    credentials = {
      anonymous: {},
      owner: { cookie: owner.cookie },
      other: { cookie: other.cookie },
      auditor: { cookie: audited.cookie },
      apiKey: { apiKey: String(key.body.key) },
      administrator: { cookie: await plane.administrator() },
    };
  });

  afterAll(async () => {
    await plane?.stop();
    await database?.remove();
  });

  const ask = async (route: RouteCase, actor: Actor, id: string): Promise<Answer> => {
    const path = route.path.replace('{id}', id);
    if (route.operationId !== 'streamLedger')
      return plane.call(route.method, path, {
        ...credentials[actor],
        ...(route.method === 'POST' ? { body: {} } : {}),
      });
    const abort = new AbortController();
    const { cookie, apiKey } = credentials[actor];
    const response = await fetch(`${plane.url}${path}`, {
      signal: abort.signal,
      headers: { ...(cookie ? { cookie } : {}), ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
    });
    const body = response.status === 200 ? {} : await response.json();
    abort.abort();
    return { status: response.status, headers: response.headers, body };
  };

  it('has a rule and an operation id for every route', () => {
    expect(routes.length).toBeGreaterThanOrEqual(24);
    for (const route of routes) {
      expect(Object.keys(refusals)).toContain(route.rule);
      expect(route.operationId).toMatch(/^[a-z][A-Za-z]+$/);
    }
    expect(new Set(routes.map((route) => route.operationId)).size).toBe(routes.length);
  });

  it('applies each rule to each actor on every route', async () => {
    const wrong: string[] = [];
    let attempts = 0;
    for (const route of routes.filter((one) => !skipped.has(one.operationId))) {
      for (const actor of actors) {
        // A random id: what matters here is whether the rule lets the actor through, not what is behind it.
        const answer = await ask(route, actor, randomUUID());
        attempts += 1;
        const expected = refusals[route.rule][actor];
        const code = String(answer.body.code ?? '');
        const fits =
          expected === undefined ? !ruleCodes.includes(code) : code === expected && [401, 403].includes(answer.status);
        if (!fits) wrong.push(`${actor} ${route.method} ${route.path}: ${answer.status} ${code}`);
        if (answer.status >= 500 && code !== 'SERVICE_BUSY')
          wrong.push(`${actor} ${route.method} ${route.path}: ${answer.status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(attempts).toBe((routes.length - skipped.size) * actors.length);
  });

  it("answers alike to another tenant's objects and to those that never were", async () => {
    const objectRoutes = routes.filter((route) => route.path.includes('{id}') && route.rule.startsWith('tenant'));
    expect(objectRoutes.length).toBeGreaterThanOrEqual(7);
    for (const route of objectRoutes) {
      const owned = route.path.includes('api-keys') ? apiKeyId : ledgerId;
      for (const missing of [randomUUID(), 'not-an-id', '%00', "' or true --"]) {
        const body = route.operationId === 'scaleLedger' ? { replicas: 4 } : {};
        const options = { ...credentials.other, ...(route.method === 'POST' ? { body } : {}) };
        const theirs = await plane.call(route.method, route.path.replace('{id}', owned), options);
        const none = await plane.call(route.method, route.path.replace('{id}', encodeURIComponent(missing)), options);
        expect(theirs.status).toBe(404);
        expect({ ...theirs.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
        expect([...theirs.headers.keys()].sort()).toEqual([...none.headers.keys()].sort());
      }
    }
    // Nothing of the above reached the owner's objects.
    expect((await plane.call('GET', `/v1/ledgers/${ledgerId}`, credentials.owner)).body).toMatchObject({
      id: ledgerId,
      state: 'provisioning',
    });
    expect((await plane.call('GET', '/v1/me', credentials.apiKey)).status).toBe(200);
  });

  it("forks no other tenant's ledger, nor one that is not ready, and does not tell which there are", async () => {
    const draft = (id: string): object => ledgerDraft({ name: 'fork', from: { ledgerId: id } });
    const ask = (id: string, who: object): ReturnType<typeof plane.call> =>
      plane.call('POST', '/v1/ledgers', { ...who, body: draft(id) });
    const theirs = await ask(ledgerId, credentials.other);
    const none = await ask(randomUUID(), credentials.other);
    expect(theirs.status).toBe(404);
    expect(theirs.body.code).toBe('LEDGER_UNKNOWN');
    expect({ ...theirs.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
    const own = await ask(ledgerId, credentials.owner);
    expect([own.status, own.body.code]).toEqual([409, 'PARENT_NOT_READY']);
    const wrong = ledgerDraft({ from: { ledgerId, at: { height: -1 } } });
    expect((await plane.call('POST', '/v1/ledgers', { ...credentials.owner, body: wrong })).status).toBe(400);
  });

  it('shows each tenant its own ledgers only, and administrators no more than where they run', async () => {
    const mine = await plane.call('GET', '/v1/ledgers', credentials.owner);
    const theirs = await plane.call('GET', '/v1/ledgers', credentials.other);
    expect(mine.body.data).toMatchObject([{ id: ledgerId }]);
    expect(theirs.body.data).toEqual([]);
    const fleet = await plane.call('GET', '/v1/fleet/ledgers', credentials.administrator);
    expect(fleet.body.data).toMatchObject([{ id: ledgerId }]);
    expect(Object.keys((fleet.body.data as object[])[0] ?? {})).not.toContain('operator');
  });

  it('lets owners, admins, keys and administrators change a replica set, and nobody else', async () => {
    const body = { replicas: 4 };
    // Whoever may ask is told that the ledger is not ready.
    const refused = { status: 409, body: { code: 'LEDGER_NOT_READY' } };
    const { owner, administrator, apiKey } = credentials;
    const own = `/v1/ledgers/${ledgerId}/scale`;
    for (const role of ['owner', 'admin', 'operator', 'developer']) {
      await database.asOwner(
        'update members set role = $1 where tenant_id = (select tenant_id from ledgers where id = $2) and role <> $3',
        [role, ledgerId, 'auditor'],
      );
      const answer = await plane.call('POST', own, { ...owner, body });
      if (role === 'owner' || role === 'admin') expect(answer).toMatchObject(refused);
      else expect(answer).toMatchObject({ status: 403, body: { code: 'ROLE_INSUFFICIENT' } });
    }
    await database.asOwner(`update members set role = 'owner' where role = 'developer'`);
    expect(await plane.call('POST', own, { ...apiKey, body })).toMatchObject(refused);
    const path = `/v1/fleet/ledgers/${ledgerId}/scale`;
    expect(await plane.call('POST', path, { ...administrator, body })).toMatchObject(refused);
    const missing = `/v1/fleet/ledgers/${randomUUID()}/scale`;
    expect(await plane.call('POST', missing, { ...administrator, body })).toMatchObject({
      status: 404,
      body: { code: 'LEDGER_UNKNOWN' },
    });
    expect(await plane.call('POST', path, { ...administrator, body: { replicas: 0 } })).toMatchObject({ status: 400 });
  });

  it("asks the database the same for another tenant's ledger as for none, so that no time tells them apart", async () => {
    /** The statements about ledgers and replicas that one request leads to; what runs in the background is raw SQL. */
    const statementsFor = async (id: string, who: Credentials): Promise<string[]> => {
      const spy = jest.spyOn(Client.prototype, 'query');
      try {
        await plane.call('GET', `/v1/ledgers/${id}`, who);
        const texts = spy.mock.calls.map((call) => String(call[0]));
        return texts.filter((text) => /FROM "(ledgers|replicas)"/.test(text));
      } finally {
        spy.mockRestore();
      }
    };
    const theirs = await statementsFor(ledgerId, credentials.other);
    expect(theirs).toHaveLength(1);
    expect(theirs).toEqual(await statementsFor(randomUUID(), credentials.other));
    expect((await statementsFor(ledgerId, credentials.owner)).length).toBeGreaterThan(theirs.length);
  });
});
