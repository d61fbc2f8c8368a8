import { StandardSchemaValidationPipe } from '@nestjs/common';

import { GatewayProblem, type ProblemField } from '../problems/gateway-problem';

const fieldsMax = 20;

/** Checks parameters against their schema; refuses with a pointer to each that is wrong. */
export function schemaPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues) => {
      const errors = issues.slice(0, fieldsMax).map(fieldOf);
      return new GatewayProblem('REQUEST_INVALID', 'A parameter of the request is not valid.', { errors });
    },
  });
}

type Issue = Parameters<
  NonNullable<NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>['exceptionFactory']>
>[0][number];

function fieldOf(issue: Issue): ProblemField {
  const segments = (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  const code = 'code' in issue && typeof issue.code === 'string' ? issue.code : 'invalid';
  return { pointer: segments.map((segment) => `/${segment}`).join(''), code, detail: issue.message };
}
