import { CodedError } from '@quorate/errors';
import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { loggerToken } from './log';
import { isDatabaseAway } from './database-faults';
import { Problem, problemDocument } from './problem';
import type { QuorateRequest } from './request';

/** Turns whatever was thrown into a problem document; what nobody expected becomes 500 and is logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(loggerToken) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<QuorateRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = toProblem(thrown);
    if (problem.code === 'INTERNAL_FAULT' || problem.code === 'DATABASE_UNAVAILABLE')
      this.logger.error({ requestId: request.requestId, fault: describe(thrown) }, 'request failed');
    // A stream that has begun cannot change its status any more.
    if (response.headersSent) {
      response.end();
      return;
    }
    if (problem.facts.retryAfterMs !== undefined)
      response.setHeader('Retry-After', String(Math.ceil(problem.facts.retryAfterMs / 1_000)));
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="quorate"');
    response
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problemDocument(problem, request.requestId)));
  }
}

function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof CodedError && thrown.code === 'PASSWORD_HASHING_BUSY') {
    return new Problem('SERVICE_BUSY', { detail: 'too many passwords are being checked', retryAfterMs: 2_000 });
  }
  const parser = parserProblem(thrown);
  if (parser) return parser;
  if (isDatabaseAway(thrown)) {
    return new Problem('DATABASE_UNAVAILABLE', { detail: 'the database does not answer now', retryAfterMs: 1_000 });
  }
  if (thrown instanceof HttpException) {
    if (thrown.getStatus() === 404) return new Problem('ROUTE_UNKNOWN', { detail: 'there is no such route' });
    if (thrown.getStatus() < 500) return new Problem('REQUEST_INVALID', { detail: 'the request cannot be understood' });
  }
  return new Problem('INTERNAL_FAULT', { detail: 'the fault has been recorded under this request id' });
}

/** Errors of the body parser carry a `type`; their messages may quote the body, so we do not repeat them. */
function parserProblem(thrown: unknown): Problem | null {
  const source = thrown instanceof HttpException && thrown.cause !== undefined ? thrown.cause : thrown;
  if (typeof source !== 'object' || source === null) return null;
  const { type, status } = source as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large' || status === 413)
    return new Problem('BODY_TOO_LARGE', { detail: 'a body may have 256 KiB' });
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return new Problem('MEDIA_TYPE_UNSUPPORTED', { detail: 'send UTF-8 JSON' });
  if (typeof type === 'string' && type.startsWith('entity.'))
    return new Problem('BODY_MALFORMED', { detail: 'the body is not valid JSON' });
  if (type === 'request.aborted' || type === 'request.size.invalid')
    return new Problem('BODY_MALFORMED', { detail: 'the body is incomplete' });
  if (thrown instanceof URIError) return new Problem('ROUTE_UNKNOWN', { detail: 'there is no such route' });
  return null;
}

function describe(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { message: 'something that is no error was thrown' };
  // The driver's own error names table and constraint, never the values of a row.
  const code = (thrown as { code?: unknown }).code;
  return {
    name: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: thrown.stack,
  };
}
