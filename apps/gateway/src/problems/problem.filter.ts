import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import { GatewayProblem, problemBody } from './gateway-problem';

/** Gives every refusal and fault its one shape. Faults are logged with their cause and answered without it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(cause: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    const problem = this.problemOf(cause, request);
    if (reply.sent || reply.raw.headersSent) return;
    if (problem.status >= 500) {
      this.logger.warn(
        { code: problem.code, requestId: String(request.id), route: request.routeOptions?.url },
        'request refused',
      );
    }
    const { retryAfterMs } = problem.facts;
    if (retryAfterMs !== undefined) void reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1_000)));
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    const requestId = String(request.id);
    void reply.status(problem.status).type('application/problem+json').send(problemBody(problem, requestId));
  }

  private problemOf(cause: unknown, request: FastifyRequest): GatewayProblem {
    if (cause instanceof GatewayProblem) return cause;
    const known = knownFault(cause);
    if (known !== null) return known;
    this.logger.error(
      { err: cause, requestId: String(request.id), route: request.routeOptions?.url },
      'request failed',
    );
    return new GatewayProblem('INTERNAL_FAULT', 'The gateway failed to answer this request.');
  }
}

/** Refusals that Fastify and Nest raise themselves, before a handler of ours runs. */
function knownFault(cause: unknown): GatewayProblem | null {
  const status = statusOf(cause);
  if (status === 404) return new GatewayProblem('ROUTE_UNKNOWN', 'There is no such route.');
  if (status === 408) return new GatewayProblem('REQUEST_TIMEOUT', 'The request did not arrive in time.');
  if (status === 413) return new GatewayProblem('BODY_TOO_LARGE', 'The body is larger than this route accepts.');
  if (status === 415) return new GatewayProblem('CONTENT_TYPE_UNSUPPORTED', 'This content type is not accepted.');
  if (status !== null && status >= 400 && status < 500) {
    return new GatewayProblem('REQUEST_INVALID', 'The request could not be read.');
  }
  return null;
}

function statusOf(cause: unknown): number | null {
  if (cause instanceof HttpException) return cause.getStatus();
  if (cause instanceof Error && 'statusCode' in cause && typeof cause.statusCode === 'number') return cause.statusCode;
  return null;
}
