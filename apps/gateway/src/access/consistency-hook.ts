import type { Consistency } from '@quorate/transport';
import type { FastifyRequest } from 'fastify';

import { GatewayProblem } from '../problems/gateway-problem';

const asked = new WeakMap<FastifyRequest, Consistency>();

/** What the answer to a request is to reflect. */
export function consistencyOf(request: FastifyRequest): Consistency {
  return asked.get(request) ?? 'proven';
}

/** Every read of a ledger takes `consistency`: it is read here, once, and no route has to know of it. */
export function consistencyHook(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  const query = request.query as Record<string, unknown>;
  const { consistency, ...rest } = query;
  if (consistency === undefined) return done();
  if (request.method !== 'GET' || (consistency !== 'fence' && consistency !== 'proven'))
    return done(new GatewayProblem('REQUEST_INVALID', 'consistency: `proven` or `fence`, and only for reads.'));
  asked.set(request, consistency);
  request.query = rest;
  done();
}
