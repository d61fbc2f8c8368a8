import { PROBLEMS, type ProblemCode } from './problem-catalogue';

/** One field or line of a refused request. */
export interface ProblemField {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

interface ProblemFacts {
  readonly retryAfterMs?: number;
  readonly errors?: readonly ProblemField[];
}

/** A request is refused with a code of the catalogue. */
export class GatewayProblem extends Error {
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly facts: ProblemFacts = {},
  ) {
    super(`${code}: ${detail}`);
    this.name = 'GatewayProblem';
    this.status = PROBLEMS[code].status;
  }
}

/** The same words for a ledger that does not exist and for one of another tenant. */
export function ledgerUnknown(): GatewayProblem {
  return new GatewayProblem('LEDGER_UNKNOWN', 'There is no ledger with this id.');
}

/** The body of a problem response (RFC 9457). */
export function problemBody(problem: GatewayProblem, requestId: string): Readonly<Record<string, unknown>> {
  const { retryAfterMs, errors } = problem.facts;
  return {
    type: `https://quorate.dev/problems/${problem.code.toLowerCase()}`,
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    requestId,
    ...(errors === undefined ? {} : { errors }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
