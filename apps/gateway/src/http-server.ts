import { randomUUID } from 'node:crypto';

import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import { accessHook } from './access/access-hook';
import { consistencyHook } from './access/consistency-hook';
import type { RequestLimits } from './access/request-limits';
import { schemaPipe } from './api/schema-pipe';
import { GatewayModule, type GatewayServices } from './gateway.module';
import { GATEWAY_LIMITS } from './limits';
import { GatewayProblem, problemBody } from './problems/gateway-problem';
import { ProblemFilter } from './problems/problem.filter';

/** A slow sender may take this long for headers and body; longer is cut off with 408. */
const requestTimeoutMs = 30_000;
/** How late that may be noticed; Node looks only every half minute by itself. */
const slowSenderCheckMs = 2_000;
const parameterLengthMax = 64;

/** What the server needs besides its services. */
export interface HttpServerOptions {
  readonly services: GatewayServices;
  readonly limits: RequestLimits;
  readonly logger: Logger;
  /** Origins whose pages may call with a session cookie: the console's. */
  readonly origins: readonly string[];
}

/** Builds the HTTP server; the caller lets it listen. */
export async function createHttpServer(options: HttpServerOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: GATEWAY_LIMITS.envelopeBytesMax,
    requestTimeout: requestTimeoutMs,
    http: { connectionsCheckingInterval: slowSenderCheckMs },
    routerOptions: { maxParamLength: parameterLengthMax },
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    frameworkErrors: refuseUrl,
  });
  const fastify: FastifyInstance = adapter.getInstance();
  useParsers(fastify);
  useHeaders(fastify);
  adapter.enableCors({
    origin: [...options.origins],
    credentials: true,
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key'],
    exposedHeaders: ['request-id', 'retry-after'],
    maxAge: 600,
  });
  fastify.addHook(
    'onRequest',
    accessHook({ credentials: options.services.credentials, limits: options.limits, origins: options.origins }),
  );
  fastify.addHook('onRequest', consistencyHook);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.with(options.services), adapter, {
    bodyParser: false,
    logger: ['error', 'warn'],
  });
  app.useGlobalFilters(new ProblemFilter(options.logger));
  app.useGlobalPipes(schemaPipe());
  await app.init();
  await fastify.ready();
  return app;
}

/**
 * Takes no new requests, lets answers under way finish, then cuts every connection that is left: one that a browser
 * opened ahead and never used would hold the process up for a minute.
 */
export async function closeHttpServer(app: NestFastifyApplication, limits: RequestLimits): Promise<void> {
  const closed = app.close();
  const deadlineMs = performance.now() + GATEWAY_LIMITS.drainMs;
  while (limits.inFlightCount > 0 && performance.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 20));
  app.getHttpServer().closeAllConnections();
  await closed;
}

/** Bodies stay bytes: what a client signed is what the replicas get. Every other content type is refused with 415. */
function useParsers(fastify: FastifyInstance): void {
  const bytes = (_request: unknown, body: Buffer, done: (error: Error | null, body: Buffer) => void) =>
    done(null, body);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: GATEWAY_LIMITS.envelopeBytesMax },
    bytes,
  );
  fastify.addContentTypeParser(
    ['application/xml', 'text/xml'],
    { parseAs: 'buffer', bodyLimit: GATEWAY_LIMITS.paymentFileBytesMax },
    bytes,
  );
}

/** The gateway serves no pages: nothing it answers may be framed, sniffed, run or kept. */
const safeHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

function useHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers({ 'request-id': String(request.id), ...safeHeaders });
    done();
  });
}

/** A URL that the router cannot read reaches no route and no hook; its answer looks like every other refusal. */
function refuseUrl(_cause: Error, request: FastifyRequest, reply: FastifyReply): void {
  const requestId = String(request.id);
  const problem = new GatewayProblem('ROUTE_UNKNOWN', 'There is no such route.');
  void reply
    .status(problem.status)
    .headers({ 'request-id': requestId, ...safeHeaders })
    .type('application/problem+json')
    .send(problemBody(problem, requestId));
}

/** Only for describing the routes: nothing behind them is started. */
export function createDescribedApplication(): Promise<INestApplication> {
  const nothing = {} as GatewayServices;
  return NestFactory.create(GatewayModule.with(nothing), new FastifyAdapter(), { preview: true, logger: false });
}
