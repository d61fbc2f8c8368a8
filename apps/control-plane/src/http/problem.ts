/** One field that is not as it should be; `pointer` is a JSON pointer into the body or query. */
export interface FieldProblem {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** What a problem document says besides its code. */
export interface ProblemFacts {
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  readonly retryAfterMs?: number;
}

const titles = {
  API_KEY_UNKNOWN: [404, 'No such API key'],
  BODY_MALFORMED: [400, 'The body is not valid JSON'],
  BODY_TOO_LARGE: [413, 'The body is too large'],
  CREDENTIALS_MISSING: [401, 'Not logged in'],
  CREDENTIALS_WRONG: [401, 'E-mail address or password is wrong'],
  CURRENT_PASSWORD_WRONG: [403, 'The current password is wrong'],
  EMAIL_TAKEN: [409, 'This e-mail address has an account already'],
  FLEET_SCALED_ELSEWHERE: [409, 'The fleet is not scaled from here'],
  FORBIDDEN: [403, 'Not allowed'],
  IDEMPOTENCY_IN_FLIGHT: [409, 'The same request is being carried out'],
  IDEMPOTENCY_KEY_INVALID: [400, 'The Idempotency-Key is not usable'],
  IDEMPOTENCY_KEY_MISSING: [400, 'An Idempotency-Key is required'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The Idempotency-Key was used for another request'],
  INTERNAL_FAULT: [500, 'Something failed on our side'],
  LEDGER_GENESIS_NOT_YET: [409, 'The ledger has no genesis yet'],
  LEDGER_SCALE_NOT_YET: [409, 'Ledgers cannot be scaled yet'],
  LEDGER_UNKNOWN: [404, 'No such ledger'],
  MEDIA_TYPE_UNSUPPORTED: [415, 'The body must be JSON'],
  ORIGIN_REFUSED: [403, 'The request comes from another site'],
  PASSWORD_CHANGE_REQUIRED: [403, 'The password must be changed first'],
  PLATFORM_ADMIN_REQUIRED: [403, 'Only platform administrators may do this'],
  QUOTA_API_KEYS_EXHAUSTED: [409, 'No more API keys'],
  QUOTA_LEDGERS_EXHAUSTED: [409, 'No more ledgers of this class'],
  RATE_LIMITED: [429, 'Too many attempts'],
  REQUEST_INVALID: [400, 'The request is not valid'],
  ROUTE_UNKNOWN: [404, 'No such route'],
  SERVICE_BUSY: [503, 'Busy'],
  STREAMS_EXHAUSTED: [429, 'Too many open streams'],
  TENANT_REQUIRED: [403, 'This belongs to a tenant'],
  WORKER_UNKNOWN: [404, 'No such worker'],
} as const satisfies Record<string, readonly [number, string]>;

/** Every code the control plane answers with. */
export type ProblemCode = keyof typeof titles;

/** A refusal as RFC 9457 describes it. Thrown by HTTP code only; services return outcomes. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;

  constructor(
    readonly code: ProblemCode,
    readonly facts: ProblemFacts,
  ) {
    super(facts.detail);
    [this.status, this.title] = titles[code];
  }
}

/** The problem document of a refusal. */
export function problemDocument(problem: Problem, requestId: string): Record<string, unknown> {
  const { detail, errors, retryAfterMs } = problem.facts;
  return {
    type: `https://quorate.dev/problems/${problem.code.toLowerCase()}`,
    title: problem.title,
    status: problem.status,
    detail,
    code: problem.code,
    requestId,
    ...(errors ? { errors } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
