import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RULES_VERSION, encodeGenesis, genesisId, uuidToBytes, type Genesis } from '@quorate/protocol';
import type { TenantContext, TenantRole } from '@quorate/tenancy';
import { connectReplica } from '@quorate/transport';
import { pino } from 'pino';

import { Credentials } from './access/credentials';
import { RequestLimits } from './access/request-limits';
import { closeHttpServer, createHttpServer } from './http-server';
import { LedgerAccess } from './ledgers/ledger-access';
import { GATEWAY_LIMITS } from './limits';
import { PaymentFileReader } from './payments/payment-file-reader';
import { LedgerLinks } from './replicas/ledger-links';
import { LedgerRoutes } from './routes/ledger-routes';
import { BlockStreams } from './streams/block-streams';

const console8080 = 'http://localhost:8080';
const ledgerId = '11111111-2222-4333-8444-555555555555';
const other = '99999999-2222-4333-8444-555555555555';
const preparing = '22222222-2222-4333-8444-555555555555';

const member = (tenantId: string, role: TenantRole): TenantContext => ({
  kind: 'tenant',
  tenantId,
  actor: { kind: 'member', memberId: 'm', role },
});
const callers: Readonly<Record<string, TenantContext>> = {
  'Bearer alpha': { kind: 'tenant', tenantId: 'alpha', actor: { kind: 'api-key', apiKeyId: 'k' } },
  'Bearer beta': { kind: 'tenant', tenantId: 'beta', actor: { kind: 'api-key', apiKeyId: 'k' } },
  'quorate_session=owner': member('alpha', 'owner'),
  'quorate_session=auditor': member('alpha', 'auditor'),
};

function genesisBytes(): Uint8Array {
  const key = Uint8Array.from(Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')); // RFC 8032 §7.1
  const genesis: Genesis = {
    ledgerId: uuidToBytes(ledgerId),
    createdAtNs: 1n,
    operator: { id: 1n, name: 'Alpha', threshold: 1, keys: [{ scheme: 'ed25519', bytes: key }] },
    rulesVersion: RULES_VERSION,
    replicas: [{ consensusKey: key, certificateHash: new Uint8Array(32) }],
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: key }] },
  };
  expect(genesisId(genesis)).toHaveLength(32);
  return encodeGenesis(genesis);
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  json(): ReturnType<typeof JSON.parse>;
}

/** The server with a table of callers and ledgers in place of the platform's database. No replica runs. */
describe('HTTP server', () => {
  let app: NestFastifyApplication;
  const links = new LedgerLinks({ key: '', certificate: '' }, connectReplica);
  const limits = new RequestLimits();
  const reader = new PaymentFileReader();
  /** Look-ups of credentials that a test holds up. */
  const lookUps = new Map<string, { asked(): void; readonly answered: Promise<void> }>();

  beforeAll(async () => {
    const genesis = genesisBytes();
    const store = {
      route: async (context: TenantContext, id: string) => {
        if (context.tenantId !== 'alpha') return null;
        if (id === preparing) return { ledgerId: id, state: 'provisioning' as const, genesis: null, replicas: [] };
        return id === ledgerId ? { ledgerId: id, state: 'ready' as const, genesis, replicas: [] } : null;
      },
    };
    const logger = pino({ level: 'silent' });
    const credentials = new Credentials(
      {
        authenticate: async ({ authorization, cookie }) => {
          const presented = authorization ?? cookie ?? '';
          const held = lookUps.get(presented);
          held?.asked();
          await held?.answered;
          return callers[presented] ?? null;
        },
      },
      logger,
    );
    const access = new LedgerAccess(new LedgerRoutes(store, logger), links);
    const services = {
      access,
      credentials,
      streams: new BlockStreams(),
      reader,
      readiness: { check: async () => undefined },
    };
    app = await createHttpServer({ services, limits, logger, origins: [console8080] });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    links.close();
    await reader.close();
    await closeHttpServer(app, limits);
  });

  /** A client may have its answer a moment before the server is done with the request. */
  const allGivenBack = async (): Promise<void> => {
    while (limits.inFlightCount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const alpha = { authorization: 'Bearer alpha' };
  const send = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: Buffer | string,
  ): Promise<Answer> => {
    const response = await fetch((await app.getUrl()) + path, { method, headers, body: body as BodyInit | undefined });
    const text = await response.text();
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), json: () => JSON.parse(text) };
  };
  const post = (headers: Record<string, string>, body: Buffer | string, path = `/v1/ledgers/${ledgerId}/envelopes`) =>
    send('POST', path, headers, body);
  const get = (path: string, headers: Record<string, string> = alpha) => send('GET', path, headers);

  it('answers without a credential only what needs none', async () => {
    expect((await get('/livez', {})).statusCode).toBe(200);
    expect((await get('/readyz', {})).statusCode).toBe(200);
    const answer = await get(`/v1/ledgers/${ledgerId}/status`, {});
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.json()).toMatchObject({
      type: 'https://quorate.dev/problems/credential_missing',
      code: 'CREDENTIAL_MISSING',
      status: 401,
      requestId: answer.headers['request-id'],
    });
  });

  it('does not fall back to a cookie when the API key is wrong', async () => {
    const answer = await get(`/v1/ledgers/${ledgerId}/genesis`, {
      authorization: 'Bearer wrong',
      cookie: 'quorate_session=owner',
    });
    expect(answer.statusCode).toBe(401);
  });

  it("answers for another tenant's ledger exactly as for none", async () => {
    const strip = (body: Record<string, unknown>) => ({ ...body, requestId: '' });
    const foreign = await get(`/v1/ledgers/${ledgerId}/genesis`, { authorization: 'Bearer beta' });
    const none = await get(`/v1/ledgers/${other}/genesis`, alpha);
    const malformed = await get('/v1/ledgers/nonsense/genesis', alpha);
    expect(foreign.statusCode).toBe(404);
    expect(foreign.json()).toMatchObject({ code: 'LEDGER_UNKNOWN' });
    expect(strip(none.json())).toEqual(strip(foreign.json()));
    expect(strip(malformed.json())).toEqual(strip(foreign.json()));
  });

  it('gives the genesis document of a ledger in service, and says when it is not in service yet', async () => {
    expect((await get(`/v1/ledgers/${ledgerId}/genesis`)).json().genesisId).toMatch(/^[0-9a-f]{64}$/);
    const answer = await get(`/v1/ledgers/${preparing}/genesis`);
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'LEDGER_NOT_READY' });
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('takes an envelope of the largest size and refuses one byte more before reading it', async () => {
    const type = { ...alpha, 'content-type': 'application/octet-stream' };
    expect((await post(type, Buffer.alloc(GATEWAY_LIMITS.envelopeBytesMax))).json()).toMatchObject({
      code: 'ENVELOPE_MALFORMED',
      status: 422,
    });
    expect((await post(type, Buffer.alloc(GATEWAY_LIMITS.envelopeBytesMax + 1))).json()).toMatchObject({
      code: 'BODY_TOO_LARGE',
      status: 413,
    });
  });

  it('refuses other content types, also a known one on the wrong route', async () => {
    for (const contentType of ['application/json', 'application/xml', 'text/plain', 'multipart/form-data']) {
      const answer = await post({ ...alpha, 'content-type': contentType }, '{}');
      expect(answer.json()).toMatchObject({ code: 'CONTENT_TYPE_UNSUPPORTED', status: 415 });
    }
    const path = `/v1/ledgers/${ledgerId}/payment-files`;
    expect((await post({ ...alpha, 'content-type': 'application/octet-stream' }, 'x', path)).statusCode).toBe(415);
  });

  it('names the parameter that is wrong', async () => {
    const answer = await get(`/v1/ledgers/${ledgerId}/accounts?limit=101&colour=red`);
    expect(answer.statusCode).toBe(400);
    const pointers = answer.json().errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(answer.json()).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(pointers).toContain('/limit');
    expect((await get(`/v1/ledgers/${ledgerId}/accounts/xyz`)).json()).toMatchObject({
      code: 'REQUEST_INVALID',
      errors: [{ pointer: '/accountId' }],
    });
  });

  it('knows no other routes', async () => {
    for (const path of ['/', '/v1', '/v2/ledgers', `/v1/ledgers/${ledgerId}/nothing`]) {
      expect((await get(path)).json()).toMatchObject({ code: 'ROUTE_UNKNOWN', status: 404 });
    }
  });

  it('answers a URL that it cannot read like every other refusal', async () => {
    for (const path of [`/v1/ledgers/${ledgerId}/accounts/%zz`, '/%', `/v1/ledgers/${'a'.repeat(100)}/accounts`]) {
      const answer = await get(path);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.json()).toMatchObject({ code: 'ROUTE_UNKNOWN', requestId: answer.headers['request-id'] });
    }
  });

  it('recognizes the caller of a route however its URL is written', async () => {
    const path = `/%761/ledgers/${ledgerId}/genesis`;
    expect((await get(path)).statusCode).toBe(200);
    expect((await get(path, {})).statusCode).toBe(401);
  });

  it('says that no replica answers', async () => {
    const answer = await get(`/v1/ledgers/${ledgerId}/accounts`);
    expect(answer.json()).toMatchObject({ code: 'LEDGER_UNAVAILABLE', status: 503 });
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('takes `consistency` with any read, and nothing but its two values', async () => {
    const read = (consistency: string) => get(`/v1/ledgers/${ledgerId}/accounts?consistency=${consistency}`);
    for (const consistency of ['fence', 'proven'])
      expect((await read(consistency)).json()).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    expect((await read('eventual')).json()).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('honours a session cookie for writing only from the console', async () => {
    const type = { 'content-type': 'application/octet-stream', cookie: 'quorate_session=owner' };
    const foreign = await post({ ...type, origin: 'https://evil.example' }, 'x');
    expect(foreign.json()).toMatchObject({ code: 'ORIGIN_REFUSED', status: 403 });
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    const own = await post({ ...type, origin: console8080 }, 'x');
    expect(own.json()).toMatchObject({ code: 'ENVELOPE_MALFORMED' });
    expect(own.headers['access-control-allow-origin']).toBe(console8080);
    expect(own.headers['access-control-allow-credentials']).toBe('true');
  });

  it('lets an auditor read but not submit', async () => {
    const cookie = 'quorate_session=auditor';
    expect((await get(`/v1/ledgers/${ledgerId}/genesis`, { cookie })).statusCode).toBe(200);
    const answer = await post({ cookie, origin: console8080, 'content-type': 'application/octet-stream' }, 'x');
    expect(answer.json()).toMatchObject({ code: 'ROLE_INSUFFICIENT', status: 403 });
  });

  it('answers the preflight of a browser without a credential', async () => {
    const headers = {
      origin: console8080,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,idempotency-key',
    };
    const answer = await send('OPTIONS', `/v1/ledgers/${ledgerId}/envelopes`, headers);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toContain('idempotency-key');
  });

  it('sends the headers that keep browsers strict', async () => {
    const { headers } = await get(`/v1/ledgers/${ledgerId}/genesis`);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('reports what is wrong with a payment file, and does not read one that names entities', async () => {
    const path = `/v1/ledgers/${ledgerId}/payment-files`;
    const bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document>&b;</Document>';
    for (const xml of [bomb, '<Document><unclosed>', 'no xml at all', '']) {
      const answer = await post({ ...alpha, 'content-type': 'application/xml' }, xml, path);
      expect(answer.json()).toMatchObject({ code: 'PAYMENT_FILE_INVALID', status: 422 });
      expect(answer.json().errors.length).toBeGreaterThan(0);
    }
  });

  it('gives the place of a caller back who was gone before he was known', async () => {
    let answer = (): void => undefined;
    let asked = (): void => undefined;
    const lookedUp = new Promise<void>((resolve) => (asked = resolve));
    lookUps.set('Bearer alpha', { asked, answered: new Promise((resolve) => (answer = resolve)) });
    const abort = new AbortController();
    const request = fetch(`${await app.getUrl()}/v1/ledgers/${ledgerId}/genesis`, {
      headers: alpha,
      signal: abort.signal,
    });
    void lookedUp.then(() => abort.abort());
    await expect(request).rejects.toThrow('aborted');
    answer();
    lookUps.clear();
    expect((await get(`/v1/ledgers/${ledgerId}/genesis`)).statusCode).toBe(200);
    await allGivenBack();
  });

  it('has given every place back', async () => {
    await allGivenBack();
  });
});
