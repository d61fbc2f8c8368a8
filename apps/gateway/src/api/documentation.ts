import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiProduces, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

import { PROBLEMS, type ProblemCode } from '../problems/problem-catalogue';

interface OperationText {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly answer?: z.ZodType;
  readonly answerType?: string;
  readonly body?: string;
  readonly problems?: readonly ProblemCode[];
}

/** Problems that any route under /v1 can answer with. */
const everywhere: readonly ProblemCode[] = [
  'REQUEST_INVALID',
  'CREDENTIAL_MISSING',
  'LEDGER_UNKNOWN',
  'LEDGER_NOT_READY',
  'TENANT_RATE_LIMITED',
  'LEDGER_UNAVAILABLE',
];

/** Describes one operation for the OpenAPI document; every success is answered with 200. */
export function Operation(text: OperationText): MethodDecorator {
  const answerType = text.answerType ?? 'application/json';
  const decorators: MethodDecorator[] = [
    HttpCode(200),
    ApiOperation({ operationId: text.operationId, summary: text.summary, description: text.description }),
    text.answer === undefined
      ? ApiOkResponse({ description: text.summary, content: { [answerType]: { schema: { type: 'string' } } } })
      : ApiOkResponse({ description: text.summary, standardSchema: text.answer }),
    ...problemResponses([...everywhere, ...(text.problems ?? [])]),
  ];
  if (text.answer !== undefined) decorators.push(ApiProduces(answerType));
  if (text.body !== undefined) {
    decorators.push(ApiConsumes(text.body), ApiBody({ required: true, schema: { type: 'string', format: 'binary' } }));
  }
  return applyDecorators(...decorators);
}

/** Reads that ask a replica can be made to wait for everything acknowledged before. */
const consistencyParameter = {
  name: 'consistency',
  required: false,
  schema: { type: 'string' as const, enum: ['proven', 'fence'], default: 'proven' },
  description:
    '`fence`: the answer reflects everything that was acknowledged to anybody before the request. `proven`: what the replica has executed, which may be a moment behind.',
};

/** Describes an operation that one replica answers, which the caller may make wait for everything acknowledged before. */
export function LedgerRead(text: OperationText): MethodDecorator {
  const problems: ProblemCode[] = [...(text.problems ?? []), 'READ_NOT_CONFIRMED'];
  return applyDecorators(Operation({ ...text, problems }), ApiQuery(consistencyParameter));
}

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** One response for each status, listing its codes. */
function problemResponses(codes: readonly ProblemCode[]): MethodDecorator[] {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code]);
  return [...byStatus].map(([status, listed]) =>
    ApiResponse({ status, description: listed.join(', '), content: problemContent }),
  );
}
