import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createControlPlaneClient } from './control-plane-client';
import { createGatewayClient } from './gateway-client';
import { NetworkError, ProblemError } from './problem-error';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Answer = (response: ServerResponse, request: Seen) => void;

/** A real HTTP server that gives the listed answers one after another (the last one for ever) and notes what it saw. */
class ScriptedServer {
  readonly seen: Seen[] = [];
  private server: Server | undefined;
  url = '';

  constructor(private readonly answers: Answer[]) {}

  async start(): Promise<this> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      this.seen.push(seen);
      const answer = this.answers[Math.min(this.seen.length, this.answers.length) - 1];
      answer(response, seen);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  json(status, { type: 'about:blank', title: code, status, code, detail: 'why', ...more }, headers);
const cut: Answer = (response) => void response.destroy();

describe('HTTP client', () => {
  let server: ScriptedServer;
  afterEach(() => server.stop());
  const serve = async (...answers: Answer[]) => (server = await new ScriptedServer(answers).start());
  const ledgerId = '11111111-2222-3333-4444-555555555555';
  const result = {
    ledgerId,
    envelopeHash: 'aa',
    height: 1,
    firstIndex: 0,
    timestampNs: '1',
    results: [{ index: 0, code: 'applied' }],
  };

  it('submits the very same bytes under one key until there is an answer', async () => {
    await serve(
      cut,
      problem(503, 'LEDGER_BUSY', { retryAfterMs: 1 }),
      problem(429, 'RATE_LIMITED', { retryAfterMs: 1 }),
      json(200, result),
    );
    const gateway = createGatewayClient({ url: server.url, apiKey: 'qk_test' });
    const bytes = new Uint8Array([1, 2, 3, 250]);
    expect(await gateway.submit(ledgerId, bytes)).toEqual(result);
    expect(server.seen).toHaveLength(4);
    for (const request of server.seen) {
      expect(new Uint8Array(request.body)).toEqual(bytes);
      expect(request.headers['content-type']).toBe('application/octet-stream');
      expect(request.headers.authorization).toBe('Bearer qk_test');
    }
    expect(new Set(server.seen.map((request) => request.headers['idempotency-key'])).size).toBe(1);
  });

  it('gives up after the named number of attempts, with the last refusal', async () => {
    await serve(problem(503, 'LEDGER_UNAVAILABLE', { retryAfterMs: 1, requestId: 'r-1' }));
    const gateway = createGatewayClient({ url: server.url, apiKey: 'qk_test', attemptsMax: 3 });
    const failure = await gateway.submit(ledgerId, new Uint8Array([1])).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProblemError);
    expect(failure).toMatchObject({ code: 'LEDGER_UNAVAILABLE', status: 503, requestId: 'r-1' });
    expect(server.seen).toHaveLength(3);
  });

  it('does not repeat a refusal that repetition cannot change', async () => {
    const errors = [{ pointer: '/email', code: 'invalid_format', detail: 'not an e-mail address' }];
    await serve(problem(400, 'REQUEST_INVALID', { errors }, { 'request-id': 'r-2' }));
    const controlPlane = createControlPlaneClient({ url: server.url });
    const failure = await controlPlane
      .signup({ institution: 'A', email: 'x', password: 'y' })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'REQUEST_INVALID', status: 400, detail: 'why', errors, requestId: 'r-2' });
    expect(server.seen).toHaveLength(1);
  });

  it('uses another Idempotency-Key for another request, and repeats while the first is in flight', async () => {
    await serve(problem(409, 'IDEMPOTENCY_IN_FLIGHT', { retryAfterMs: 1 }), json(201, { id: 'k' }));
    const controlPlane = createControlPlaneClient({ url: server.url, apiKey: 'qk_test' });
    await controlPlane.createApiKey({ name: 'ci', expiresInDays: 30 });
    await controlPlane.createApiKey({ name: 'ci', expiresInDays: 30 });
    const keys = server.seen.map((request) => request.headers['idempotency-key']);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it('reads a refusal that is no problem document', async () => {
    await serve(
      (response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'),
    );
    const controlPlane = createControlPlaneClient({ url: server.url, attemptsMax: 1 });
    await expect(controlPlane.platform()).rejects.toMatchObject({ code: 'HTTP_502', status: 502 });
  });

  it('tells apart no answer from a refusal', async () => {
    await serve(cut);
    const controlPlane = createControlPlaneClient({ url: server.url, attemptsMax: 2 });
    await expect(controlPlane.platform()).rejects.toBeInstanceOf(NetworkError);
    expect(server.seen).toHaveLength(2);
  });

  it('ends a request that is silent beyond its time limit', async () => {
    await serve(() => undefined);
    const controlPlane = createControlPlaneClient({ url: server.url, attemptsMax: 1, timeoutMs: 50 });
    await expect(controlPlane.platform()).rejects.toBeInstanceOf(NetworkError);
  });

  it('stops at once when the caller aborts', async () => {
    await serve(problem(503, 'LEDGER_BUSY', { retryAfterMs: 10_000 }));
    const abort = new AbortController();
    const gateway = createGatewayClient({ url: server.url, apiKey: 'qk_test' });
    const pending = gateway.status(ledgerId, { signal: abort.signal });
    // The client pauses ten seconds after the refusal.
    while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
    expect(server.seen).toHaveLength(1);
  });

  it('walks all pages of a list, or gives the first', async () => {
    await serve((response, { url }) => {
      const cursor = new URL(url, 'http://x').searchParams.get('cursor');
      const page =
        cursor === null
          ? { data: [{ id: 'a' }, { id: 'b' }], nextCursor: 'b' }
          : { data: [{ id: 'c' }], nextCursor: null };
      json(200, page)(response, server.seen[0]);
    });
    const gateway = createGatewayClient({ url: server.url, apiKey: 'qk_test' });
    const ids: string[] = [];
    for await (const account of gateway.accounts(ledgerId, { limit: 2 })) ids.push(account.id);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(server.seen[1].url).toBe(`/v1/ledgers/${ledgerId}/accounts?limit=2&cursor=b`);
    expect((await gateway.accounts(ledgerId)).nextCursor).toBe('b');
  });

  it('reads server-sent events and skips heartbeats', async () => {
    await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': heartbeat\n\nevent: block\nda');
      response.end('ta: {"height":7}\n\n');
    });
    const gateway = createGatewayClient({ url: server.url, apiKey: 'qk_test' });
    const events = [];
    for await (const event of gateway.stream(ledgerId)) events.push(event);
    expect(events).toEqual([{ height: 7 }]);
  });

  it('waits for a ledger, telling each provisioning step once', async () => {
    const states = ['provisioning', 'provisioning', 'ready'];
    const steps = [1, 2, 3].map((sequence) => ({ sequence, step: `step-${sequence}`, state: 'done' }));
    let asked = 0;
    await serve((response, { url }) => {
      if (!url.endsWith('/steps')) return json(200, { id: ledgerId, state: states[asked++] })(response, server.seen[0]);
      return json(200, { data: steps.slice(0, asked) })(response, server.seen[0]);
    });
    const controlPlane = createControlPlaneClient({ url: server.url, apiKey: 'qk_test' });
    const told: number[] = [];
    const ledger = await controlPlane.waitForLedger(ledgerId, {
      onProgress: (_, newSteps) => told.push(...newSteps.map((step) => step.sequence)),
    });
    expect(ledger.state).toBe('ready');
    expect(told).toEqual([1, 2, 3]);
  });

  it('says why a ledger will not become ready', async () => {
    await serve(json(200, { id: ledgerId, state: 'failed', cause: { code: 'FLEET_FULL', detail: 'no capacity' } }));
    const controlPlane = createControlPlaneClient({ url: server.url, apiKey: 'qk_test' });
    await expect(controlPlane.waitForLedger(ledgerId)).rejects.toThrow('FLEET_FULL');
  });
});
