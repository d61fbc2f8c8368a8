import { randomUUID } from 'node:crypto';
import type { Identity } from '@quorate/auth';
import type { PlatformContext, TenantContext } from '@quorate/tenancy';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import { Problem } from './problem';

/** A request with what our middleware and guard found out about it. */
export interface QuorateRequest extends Request {
  requestId: string;
  identity?: Identity;
}

/** Gives each request an id and writes one log line when it was answered. */
export function requestLog(logger: Logger): (request: QuorateRequest, response: Response, next: NextFunction) => void {
  return (request, response, next) => {
    const startedAt = performance.now();
    request.requestId = randomUUID();
    response.setHeader('Request-Id', request.requestId);
    response.on('finish', () => {
      // The path without its query: nothing that a caller may consider secret.
      const path = request.originalUrl.split('?', 1)[0];
      const elapsedMs = Math.round((performance.now() - startedAt) * 10) / 10;
      const fields = {
        requestId: request.requestId,
        method: request.method,
        path,
        status: response.statusCode,
        elapsedMs,
      };
      if (path?.startsWith('/v1/')) logger.info(fields, 'request');
      else logger.debug(fields, 'request');
    });
    next();
  };
}

function identityOf(context: ExecutionContext): Identity {
  const { identity } = context.switchToHttp().getRequest<QuorateRequest>();
  if (!identity) throw new Problem('CREDENTIAL_MISSING', { detail: 'log in or send an API key' });
  return identity;
}

/** The tenant the caller acts for. */
export const Tenant = createParamDecorator((_data: unknown, context: ExecutionContext): TenantContext => {
  const identity = identityOf(context);
  if (identity.context.kind !== 'tenant')
    throw new Problem('TENANT_REQUIRED', { detail: 'platform administrators stand outside every tenant' });
  return identity.context;
});

/** The platform administrator who calls. */
export const Administrator = createParamDecorator((_data: unknown, context: ExecutionContext): PlatformContext => {
  const identity = identityOf(context);
  if (identity.context.kind !== 'platform')
    throw new Problem('PLATFORM_ADMIN_REQUIRED', { detail: 'this needs a platform administrator' });
  return identity.context;
});

/** Whoever is logged in. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Identity =>
  identityOf(context),
);

/** The value of the Idempotency-Key header, checked by the interceptor. */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext): string =>
  String(context.switchToHttp().getRequest<QuorateRequest>().headers['idempotency-key'] ?? ''),
);

/** The address the request came from. */
export const RemoteAddress = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<QuorateRequest>().ip ?? 'unknown',
);
