import type { FastifyReply, FastifyRequest } from 'fastify';

import { GatewayProblem } from '../problems/gateway-problem';
import type { Caller, Credentials } from './credentials';
import type { RequestLimits } from './request-limits';

const callers = new WeakMap<FastifyRequest, Caller>();

/** The caller that the access hook recognized. Only for routes under /v1, where the hook runs. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new GatewayProblem('CREDENTIAL_MISSING', 'The request carries no credential.');
  return caller;
}

/**
 * Decides about a request before its body is read: who sends it, from which origin, and whether there is room.
 * A body of a stranger is never received.
 */
export function accessHook(options: {
  readonly credentials: Credentials;
  readonly limits: RequestLimits;
  readonly origins: readonly string[];
}) {
  const { credentials, limits, origins } = options;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    // The route, not the text of the URL: `/%761/…` and `http://host/v1/…` lead to the same handlers.
    if (request.is404 || request.routeOptions.url?.startsWith('/v1/') !== true || request.method === 'OPTIONS') return;
    // The client may be gone before it is admitted; its place is given back in either order.
    let closed = false;
    let release: (() => void) | null = null;
    reply.raw.once('close', () => {
      closed = true;
      release?.();
    });
    const caller = await credentials.recognize(request.headers);
    if (caller === null) {
      throw new GatewayProblem('CREDENTIAL_MISSING', 'The request carries no valid API key and no valid session.');
    }
    if (caller.by === 'cookie' && request.method !== 'GET') checkOrigin(request, origins);
    checkRole(caller, request);
    release = await limits.admit(caller.context.tenantId);
    // Streams have their own bound; they would hold a place for hours.
    if (closed || isStream(request)) release();
    callers.set(request, caller);
  };
}

/** A browser names the origin of every writing request; a cookie is honoured from the console's own only. */
function checkOrigin(request: FastifyRequest, origins: readonly string[]): void {
  const { origin } = request.headers;
  if (origin !== undefined && !origins.includes(origin)) {
    throw new GatewayProblem('ORIGIN_REFUSED', 'A session cookie is not accepted from this origin.');
  }
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    throw new GatewayProblem('ORIGIN_REFUSED', 'A session cookie is not accepted across sites.');
  }
}

function checkRole(caller: Caller, request: FastifyRequest): void {
  const { actor } = caller.context;
  if (actor.kind !== 'member' || actor.role !== 'auditor') return;
  if (request.method === 'POST' && request.routeOptions.url?.endsWith('/envelopes')) {
    throw new GatewayProblem('ROLE_INSUFFICIENT', 'An auditor does not submit envelopes.');
  }
}

function isStream(request: FastifyRequest): boolean {
  return request.routeOptions.url?.endsWith('/stream') === true;
}
