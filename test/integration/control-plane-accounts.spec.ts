import { RateLimits } from '../../apps/control-plane/src/http/rate-limits';
import {
  RunningControlPlane,
  createTestDatabase,
  ledgerDraft,
  password,
  type TestDatabase,
} from './control-plane-process';

describe('accounts and credentials', () => {
  let database: TestDatabase;
  let plane: RunningControlPlane;

  beforeAll(async () => {
    database = await createTestDatabase();
    plane = await RunningControlPlane.start(database.config);
  });

  afterAll(async () => {
    await plane?.stop();
    await database?.remove();
  });

  it('signs up, logs in, tells who is logged in, and logs out', async () => {
    const { cookie, email, tenantId } = await plane.institution();
    const me = await plane.call('GET', '/v1/me', { cookie });
    expect(me.body).toMatchObject({
      member: { email, role: 'owner' },
      tenant: { id: tenantId, name: 'Bank' },
      mustChangePassword: false,
    });
    expect((await plane.call('POST', '/v1/logout', { cookie })).status).toBe(204);
    expect((await plane.call('GET', '/v1/me', { cookie })).body).toMatchObject({ code: 'CREDENTIAL_MISSING' });
  });

  it('sends the session in a cookie that scripts and other sites cannot use', async () => {
    const { email } = await plane.institution();
    const answer = await plane.call('POST', '/v1/login', { body: { email, password } });
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^quorate_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    expect(JSON.stringify(answer.body)).not.toContain('quorate_session');
  });

  it('keeps no password, session token or API key in clear', async () => {
    const { cookie } = await plane.institution();
    const made = await plane.call('POST', '/v1/api-keys', { cookie, body: { name: 'ci', expiresInDays: 1 } });
    const secrets = [password, cookie.split('=')[1] ?? '', String(made.body.key)];
    for (const table of ['members', 'sessions', 'api_keys', 'idempotency_keys']) {
      const rows = await database.asOwner<{ row: string }>(`select t::text as row from ${table} t`);
      expect(rows.length).toBeGreaterThan(0);
      for (const { row } of rows) {
        for (const secret of secrets) {
          expect(row).not.toContain(secret);
          expect(row).not.toContain(Buffer.from(secret).toString('hex'));
        }
      }
    }
    const [member] = await database.asOwner<{ password_hash: string }>('select password_hash from members limit 1');
    expect(member?.password_hash).toMatch(/^\$argon2id\$/);
  });

  it('gives the same answer for a wrong password and an unknown address', async () => {
    const { email } = await plane.institution();
    const wrong = await plane.call('POST', '/v1/login', { body: { email, password: 'not the password' } });
    const unknown = await plane.call('POST', '/v1/login', {
      body: { email: 'nobody@bank.test', password: 'not the password' },
    });
    expect(wrong.status).toBe(401);
    expect({ ...wrong.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
  });

  it('slows down guessing, for one account and not for others', async () => {
    const [victim, other] = [await plane.institution(), await plane.institution()];
    const attempts: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      attempts.push(
        (await plane.call('POST', '/v1/login', { body: { email: victim.email, password: 'a guess' } })).status,
      );
    }
    expect(attempts.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(attempts.at(-1)).toBe(429);
    const limited = await plane.call('POST', '/v1/login', { body: { email: victim.email, password } });
    expect(limited.body).toMatchObject({ code: 'RATE_LIMITED' });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await plane.call('POST', '/v1/login', { body: { email: other.email, password } })).status).toBe(200);
  });

  it('forgets counted failures when their window is over', async () => {
    const limits = plane.app.get(RateLimits, { strict: false });
    await limits.countFailedLogin('192.0.2.7', 'past@bank.test');
    await limits.countFailedLogin('192.0.2.8', 'present@bank.test');
    await database.asOwner(`update rate_limits set expire = 1 where key like '%192.0.2.7%'`);
    await limits.sweep();
    const kept = await database.asOwner(`select key from rate_limits where key like '%192.0.2.%' order by length(key)`);
    expect(kept.map(({ key }) => String(key).split(':')[1])).toEqual(['192.0.2.8', '192.0.2.8/present@bank.test']);
  });

  it('refuses a taken address, in whatever case it is written', async () => {
    const { email } = await plane.institution();
    const again = await plane.call('POST', '/v1/signup', {
      body: { institution: 'Other', email: email.toUpperCase(), password },
    });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ code: 'EMAIL_TAKEN' });
  });

  it('ends the other sessions when the password changes', async () => {
    const { cookie, email } = await plane.institution();
    const other = await plane.logIn(email, password);
    const wrong = await plane.call('POST', '/v1/password', {
      cookie,
      body: { currentPassword: 'not mine', newPassword: 'a brand new password' },
    });
    expect(wrong.body).toMatchObject({ code: 'CURRENT_PASSWORD_WRONG' });
    const changed = await plane.call('POST', '/v1/password', {
      cookie,
      body: { currentPassword: password, newPassword: 'a brand new password' },
    });
    expect(changed.status).toBe(204);
    expect((await plane.call('GET', '/v1/me', { cookie })).status).toBe(200);
    expect((await plane.call('GET', '/v1/me', { cookie: other })).status).toBe(401);
    await plane.logIn(email, 'a brand new password');
  });

  it('takes an API key wherever a session works, until it is revoked or over', async () => {
    const { cookie, tenantId } = await plane.institution();
    const made = await plane.call('POST', '/v1/api-keys', { cookie, body: { name: 'ci', expiresInDays: 30 } });
    const apiKey = String(made.body.key);
    expect(apiKey).toMatch(/^qk_[0-9a-f]{12}_[\w-]{43}[0-9a-f]{8}$/);
    expect((await plane.call('GET', '/v1/me', { apiKey })).body).toMatchObject({
      tenant: { id: tenantId },
      member: null,
    });
    const listed = await plane.call('GET', '/v1/api-keys', { apiKey });
    expect(listed.body.data).toMatchObject([{ id: made.body.id, prefix: made.body.prefix, name: 'ci' }]);
    expect(JSON.stringify(listed.body)).not.toContain(apiKey);
    expect((await plane.call('DELETE', `/v1/api-keys/${String(made.body.id)}`, { cookie })).status).toBe(204);
    expect((await plane.call('GET', '/v1/me', { apiKey })).status).toBe(401);

    const short = await plane.call('POST', '/v1/api-keys', { cookie, body: { name: 'short', expiresInDays: 1 } });
    await database.asOwner(`update api_keys set expires_at = now() where id = $1`, [short.body.id]);
    expect((await plane.call('GET', '/v1/me', { apiKey: String(short.body.key) })).status).toBe(401);
  });

  it('lets no API key make one that outlives it', async () => {
    const { cookie } = await plane.institution();
    const maker = await plane.call('POST', '/v1/api-keys', { cookie, body: { name: 'maker', expiresInDays: 1 } });
    const body = { name: 'made', expiresInDays: 365 };
    const made = await plane.call('POST', '/v1/api-keys', { apiKey: String(maker.body.key), body });
    expect(made.body.expiresAt).toBe(maker.body.expiresAt);
    const byMember = await plane.call('POST', '/v1/api-keys', { cookie, body });
    expect(Date.parse(String(byMember.body.expiresAt))).toBeGreaterThan(Date.parse(String(maker.body.expiresAt)));
  });

  it.each([
    ['a changed digit', (key: string) => key.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
    ['another secret', (key: string) => `${key.slice(0, 16)}${'A'.repeat(43)}${key.slice(-8)}`],
    ['a blank behind', (key: string) => `${key} x`],
    ['nothing but the prefix', (key: string) => key.slice(0, 15)],
  ])('refuses an API key with %s, also beside a valid session', async (_name, change) => {
    const { cookie } = await plane.institution();
    const made = await plane.call('POST', '/v1/api-keys', { cookie, body: { name: 'ci', expiresInDays: 1 } });
    expect((await plane.call('GET', '/v1/me', { cookie, apiKey: change(String(made.body.key)) })).status).toBe(401);
  });

  it('refuses requests that another site makes with the session', async () => {
    const { cookie } = await plane.institution();
    const body = { name: 'ci', expiresInDays: 1 };
    const forged = await plane.call('POST', '/v1/api-keys', { cookie, body, headers: { origin: 'https://evil.test' } });
    expect(forged.body).toMatchObject({ code: 'ORIGIN_REFUSED' });
    const hidden = await plane.call('DELETE', '/v1/ledgers/none', {
      cookie,
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(hidden.body).toMatchObject({ code: 'ORIGIN_REFUSED' });
    const opaque = await plane.call('POST', '/v1/api-keys', { cookie, body, headers: { origin: 'null' } });
    expect(opaque.body).toMatchObject({ code: 'ORIGIN_REFUSED' });
    expect((await plane.call('POST', '/v1/api-keys', { cookie, body, headers: { origin: plane.url } })).status).toBe(
      201,
    );
    expect(
      (await plane.call('POST', '/v1/api-keys', { cookie, body, headers: { origin: database.config.publicUrl } }))
        .status,
    ).toBe(201);
  });

  it('lets the first administrator do nothing before the password is changed', async () => {
    const cookie = await plane.administrator();
    expect((await plane.call('GET', '/v1/fleet/workers', { cookie })).status).toBe(200);
    await database.asOwner(`update members set must_change_password = true where role = 'platform-admin'`);
    expect((await plane.call('GET', '/v1/me', { cookie })).body).toMatchObject({
      mustChangePassword: true,
      tenant: null,
    });
    expect((await plane.call('GET', '/v1/fleet/workers', { cookie })).body).toMatchObject({
      code: 'PASSWORD_CHANGE_REQUIRED',
    });
    await database.asOwner(`update members set must_change_password = false where role = 'platform-admin'`);
  });

  it('adds workers through the supervisor that forked it, and nowhere else', async () => {
    const cookie = await plane.logIn('admin@quorate.local', password);
    const sent: unknown[] = [];
    const { send, connected } = process;
    try {
      Object.assign(process, { send: undefined });
      const alone = await plane.call('POST', '/v1/fleet/workers', { cookie, body: { count: 1 } });
      expect(alone.body).toMatchObject({ status: 409, code: 'FLEET_SCALED_ELSEWHERE' });
      Object.assign(process, { send: (message: unknown) => sent.push(message), connected: true });
      expect((await plane.call('POST', '/v1/fleet/workers', { cookie, body: { count: 2 } })).status).toBe(202);
      expect((await plane.call('POST', '/v1/fleet/workers', { cookie, body: { count: 5 } })).status).toBe(400);
    } finally {
      Object.assign(process, { send, connected });
    }
    expect(sent).toEqual([{ kind: 'add-workers', count: 2 }]);
  });

  it('makes one first administrator however many instances start at once', async () => {
    const admins = await database.asOwner(`select 1 from members where role = 'platform-admin'`);
    expect(admins).toHaveLength(1);
    await expect(plane.administrator()).rejects.toThrow('already');
  });

  it.each([
    ['an unknown field', { body: { ...ledgerDraft(), colour: 'red' } }, '/colour'],
    [
      'an unknown nested field',
      { body: ledgerDraft({ operator: { name: 'B', keys: [], admin: true } }) },
      '/operator/admin',
    ],
    [
      'a time to live for a standard ledger',
      { body: ledgerDraft({ class: 'standard', ttlSeconds: 600 }) },
      '/ttlSeconds',
    ],
    [
      'a key that is no point of the curve',
      { body: ledgerDraft({ operator: { name: 'B', keys: [{ scheme: 'p256', publicKey: `05${'0'.repeat(64)}` }] } }) },
      '/operator/keys/0/publicKey',
    ],
    [
      'a threshold above the number of keys',
      { body: ledgerDraft({ operator: { ...(ledgerDraft().operator as object), threshold: 2 } }) },
      '/operator/threshold',
    ],
    ['a control character in a name', { body: ledgerDraft({ name: 'a\u0007b' }) }, '/name'],
  ])('refuses %s and points at it', async (_name, options, pointer) => {
    const { cookie } = await plane.institution();
    const answer = await plane.call('POST', '/v1/ledgers', { cookie, ...options });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'REQUEST_INVALID', requestId: answer.headers.get('request-id') });
    expect((answer.body.errors as { pointer: string }[]).map((error) => error.pointer)).toContain(pointer);
  });

  it('answers with a problem document to what cannot be read at all', async () => {
    const { cookie } = await plane.institution();
    expect((await plane.call('POST', '/v1/ledgers', { cookie, body: '{"name":' })).body).toMatchObject({
      status: 400,
      code: 'BODY_MALFORMED',
    });
    expect(
      (await plane.call('POST', '/v1/ledgers', { cookie, body: { name: 'x'.repeat(300_000) } })).body,
    ).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    expect((await plane.call('GET', '/v1/nothing/here')).body).toMatchObject({ status: 404, code: 'ROUTE_UNKNOWN' });
    expect((await plane.call('GET', '/v1/ledgers?limit=1000', { cookie })).body).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
    expect((await plane.call('GET', '/v1/ledgers?cursor=bm90', { cookie })).body).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
  });
});
