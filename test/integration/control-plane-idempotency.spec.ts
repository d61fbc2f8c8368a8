import { randomUUID } from 'node:crypto';
import {
  RunningControlPlane,
  createTestDatabase,
  ledgerDraft,
  password,
  type TestDatabase,
} from './control-plane-process';

describe('idempotency keys', () => {
  let database: TestDatabase;
  let plane: RunningControlPlane;
  let cookie: string;
  let email: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    plane = await RunningControlPlane.start(database.config);
    ({ cookie, email } = await plane.institution());
  });

  afterAll(async () => {
    await plane?.stop();
    await database?.remove();
  });

  it('are required on every POST, and must be readable', async () => {
    const missing = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey: null });
    expect(missing.body).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_MISSING' });
    for (const key of ['', 'a b', 'x'.repeat(256), 'ü']) {
      const answer = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey: key });
      expect(answer.body).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_INVALID' });
    }
  });

  it('are not reached by a body that is nested deeper than can be written down', async () => {
    let body: unknown = [];
    for (let depth = 0; depth < 2_000; depth += 1) body = [body];
    const shallow = await plane.call('POST', '/v1/signup', { body });
    expect(shallow.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    const text = '['.repeat(100_000) + ']'.repeat(100_000);
    const response = await fetch(`${plane.url}/v1/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: text,
    });
    expect(await response.json()).toMatchObject({ status: 400, code: 'BODY_MALFORMED' });
  });

  it('give the first answer again, and make nothing twice', async () => {
    const idempotencyKey = randomUUID();
    const first = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey });
    const again = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey });
    expect(first.status).toBe(202);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.status).toBe(202);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
  });

  it('give a new API key again, though it is kept nowhere in clear', async () => {
    const options = { cookie, body: { name: 'ci', expiresInDays: 1 }, idempotencyKey: randomUUID() };
    const first = await plane.call('POST', '/v1/api-keys', options);
    expect((await plane.call('POST', '/v1/api-keys', options)).body).toEqual(first.body);
  });

  it('cannot be used for another body or another route', async () => {
    const idempotencyKey = randomUUID();
    await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey });
    const body = await plane.call('POST', '/v1/ledgers', {
      cookie,
      body: ledgerDraft({ name: 'other' }),
      idempotencyKey,
    });
    const route = await plane.call('POST', '/v1/api-keys', {
      cookie,
      body: { name: 'ci', expiresInDays: 1 },
      idempotencyKey,
    });
    for (const answer of [body, route])
      expect(answer.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it("are each caller's own", async () => {
    const other = await plane.institution();
    const idempotencyKey = randomUUID();
    const mine = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey });
    const theirs = await plane.call('POST', '/v1/ledgers', {
      cookie: other.cookie,
      body: ledgerDraft({ name: 'theirs' }),
      idempotencyKey,
    });
    expect(theirs.status).toBe(202);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it('let one of many simultaneous requests through and hold the others off', async () => {
    const before = await plane.call('GET', '/v1/ledgers?limit=100', { cookie });
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey }),
      ),
    );
    for (const answer of answers) expect([202, 409]).toContain(answer.status);
    for (const answer of answers.filter((one) => one.status === 409))
      expect(answer.body).toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT' });
    const ids = new Set(answers.filter((one) => one.status === 202).map((one) => one.body.id));
    expect(ids.size).toBe(1);
    const after = await plane.call('GET', '/v1/ledgers?limit=100', { cookie });
    expect((after.body.data as unknown[]).length).toBe((before.body.data as unknown[]).length + 1);
  });

  it('are free again after a refusal, because nothing was done', async () => {
    const idempotencyKey = randomUUID();
    const refused = await plane.call('POST', '/v1/ledgers', {
      cookie,
      body: ledgerDraft({ name: '' }),
      idempotencyKey,
    });
    expect(refused.status).toBe(400);
    expect((await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey })).status).toBe(202);
  });

  it('find the ledger that was made although its answer was never kept', async () => {
    const idempotencyKey = randomUUID();
    const first = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey });
    // As if the process had died between the commit and the keeping of the answer.
    await database.asOwner(`delete from idempotency_keys`);
    const again = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(), idempotencyKey });
    expect(again.body.id).toBe(first.body.id);
  });

  it('work for signing up and logging in, whose answers hold no session', async () => {
    const signUp = {
      body: { institution: 'Bank', email: `${randomUUID()}@bank.test`, password },
      idempotencyKey: randomUUID(),
    };
    const first = await plane.call('POST', '/v1/signup', signUp);
    const again = await plane.call('POST', '/v1/signup', signUp);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);

    const logIn = { body: { email, password }, idempotencyKey: randomUUID() };
    const session = await plane.call('POST', '/v1/login', logIn);
    const second = await plane.call('POST', '/v1/login', logIn);
    expect(second.status).toBe(200);
    // Carried out again, with a session of its own.
    expect(second.headers.getSetCookie()[0]).not.toBe(session.headers.getSetCookie()[0]);
    const wrong = await plane.call('POST', '/v1/login', { ...logIn, body: { email, password: 'another password' } });
    expect(wrong.body).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });
});
