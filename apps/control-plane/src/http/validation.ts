import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { FieldProblem } from './problem';
import { Problem } from './problem';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: unknown;
  readonly keys?: unknown;
}

/** More problems than this are not listed: the answer must not grow with a hostile body. */
const fieldProblemsMax = 50;

/** Checks parameters against their zod schema; answers with one pointer for each field that is wrong. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues: readonly Issue[]) => {
      const errors = issues.flatMap(toFieldProblems).slice(0, fieldProblemsMax);
      return new Problem('REQUEST_INVALID', { detail: 'some fields are not as they should be', errors });
    },
  });
}

function toFieldProblems(issue: Issue): FieldProblem[] {
  const path = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  if (issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)) {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...path, String(key)]),
      code: 'FIELD_UNKNOWN',
      detail: 'there is no such field',
    }));
  }
  return [{ pointer: pointerOf(path), code: 'FIELD_INVALID', detail: issue.message }];
}

/** A JSON pointer (RFC 6901). */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((segment) => `/${String(segment).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}
