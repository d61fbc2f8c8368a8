import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { HttpCode, applyDecorators } from '@nestjs/common';
import type { z } from 'zod';
import { Access, type AccessRule } from './access.guard';
import { problemSchema } from './schemas';

/** What the API description says of a route, and who may call it. */
export interface RouteTerms {
  readonly operationId: string;
  readonly summary: string;
  readonly access: AccessRule;
  readonly status?: number;
  readonly answer?: z.ZodType;
  /** True for a POST, which needs an Idempotency-Key. */
  readonly idempotent?: boolean;
}

/** Declares a route: its rule, its status and its description in one place. */
export function Route(terms: RouteTerms): MethodDecorator {
  const status = terms.status ?? 200;
  return applyDecorators(
    Access(terms.access),
    HttpCode(status),
    ApiOperation({ operationId: terms.operationId, summary: terms.summary }),
    terms.answer
      ? ApiResponse({ status, description: 'Done', standardSchema: terms.answer })
      : ApiResponse({ status, description: 'Done' }),
    ApiResponse({ status: 'default', description: 'Refused (RFC 9457)', standardSchema: problemSchema }),
    ...(terms.idempotent
      ? [
          ApiHeader({
            name: 'Idempotency-Key',
            required: true,
            schema: { type: 'string', minLength: 1, maxLength: 255 },
          }),
        ]
      : []),
  );
}
