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

/** Status, title, and what the caller can do. */
const catalogue = {
  API_KEY_UNKNOWN: [404, 'No such API key', "Check the id against the tenant's keys."],
  BACKUP_UNDER_WAY: [
    409,
    'One at a time',
    'Wait until the run before is done; `GET /v1/ledgers/{id}/backups` shows it.',
  ],
  BACKUP_UNKNOWN: [404, 'No such backup', 'List the backups of the ledger.'],
  BODY_MALFORMED: [400, 'The body is not valid JSON', 'Send valid UTF-8 JSON.'],
  BODY_TOO_LARGE: [413, 'The body is too large', 'Keep the body below 256 KiB.'],
  CREDENTIALS_WRONG: [401, 'E-mail address or password is wrong', 'Check both; it is not told which of them is wrong.'],
  CREDENTIAL_MISSING: [401, 'Not logged in', 'Log in, or send `Authorization: Bearer qk_…` with an unexpired API key.'],
  CURRENT_PASSWORD_WRONG: [403, 'The current password is wrong', 'Enter the password that is in use now.'],
  DATABASE_UNAVAILABLE: [
    503,
    'The platform database does not answer',
    'Repeat after `Retry-After`, a POST with the same Idempotency-Key.',
  ],
  DRILL_IMPOSSIBLE: [
    409,
    'There is nothing to drill',
    'A drill needs a ledger that is ready and archived, and has no other run under way.',
  ],
  EMAIL_TAKEN: [409, 'This e-mail address has an account already', 'Log in, or sign up with another address.'],
  FLEET_SCALED_ELSEWHERE: [
    409,
    'The fleet is not scaled from here',
    'Scale the workers where their containers are run.',
  ],
  FLEET_WORKERS_SHORT: [
    409,
    'Too few workers',
    'Each replica needs a worker of its own with room. Add workers, or wait until some are free.',
  ],
  IDEMPOTENCY_IN_FLIGHT: [
    409,
    'The same request is being carried out',
    'Ask again after `Retry-After` with the same key.',
  ],
  IDEMPOTENCY_KEY_INVALID: [400, 'The Idempotency-Key is not usable', 'Use 1 to 255 visible ASCII characters.'],
  IDEMPOTENCY_KEY_MISSING: [
    400,
    'An Idempotency-Key is required',
    'Send an `Idempotency-Key` with every POST, and the same one with its repetitions.',
  ],
  IDEMPOTENCY_KEY_REUSED: [422, 'The Idempotency-Key was used for another request', 'Use a new key for a new request.'],
  INTERNAL_FAULT: [
    500,
    'Something failed on our side',
    'Repeat the request with the same key; report the request id if it happens again.',
  ],
  LEDGER_GENESIS_NOT_YET: [409, 'The ledger has no genesis yet', 'Wait until every replica is prepared.'],
  LEDGER_CHANGE_UNDER_WAY: [
    409,
    'The replica set is being changed',
    'Wait until the new epoch is in force; `GET /v1/ledgers/{id}/steps` shows how far it is.',
  ],
  LEDGER_NOT_ARCHIVED: [
    409,
    'The ledger has no archive',
    'Make ledgers that need backups with `archived: true`; sandboxes have none otherwise.',
  ],
  LEDGER_NOT_READY: [409, 'The ledger is not ready', 'Wait until it is ready; a retired ledger never is again.'],
  LEDGER_NOT_RETIRED: [
    409,
    'The ledger is not retired',
    'Retire it first: its keys are destroyed only when nothing runs under them.',
  ],
  LEDGER_SHREDDED: [
    409,
    'The keys of the ledger are destroyed',
    'Nothing of it can be read or restored any more; its shred certificate says so.',
  ],
  LEDGER_UNKNOWN: [
    404,
    'No such ledger',
    'Check the id, and that the credential belongs to the tenant that owns the ledger.',
  ],
  MEDIA_TYPE_UNSUPPORTED: [415, 'The body must be JSON', 'Send uncompressed or gzip-compressed UTF-8 JSON.'],
  ORIGIN_REFUSED: [
    403,
    'The request comes from another site',
    'A session is accepted for writing only from the console itself; use an API key elsewhere.',
  ],
  PARENT_NOT_READY: [
    409,
    'The ledger to be forked is not ready',
    'Wait until it is ready; of a retired ledger nothing can be read any more.',
  ],
  PASSWORD_CHANGE_REQUIRED: [
    403,
    'The password must be changed first',
    'Change the first password at `POST /v1/password`.',
  ],
  PLATFORM_ADMIN_REQUIRED: [403, 'Only platform administrators may do this', 'Log in as a platform administrator.'],
  QUOTA_API_KEYS_EXHAUSTED: [409, 'No more API keys', 'Revoke a key that is no longer used.'],
  QUOTA_LEDGERS_EXHAUSTED: [409, 'No more ledgers of this class', 'Retire a ledger of this class.'],
  QUOTA_REPLICAS_EXHAUSTED: [409, 'No more replicas', 'Retire a ledger, or scale one down.'],
  RATE_LIMITED: [429, 'Too many attempts', 'Wait as long as `Retry-After` says.'],
  REPLICA_NOT_RUNNING: [409, 'The replica does not run', 'Wait until it runs, or replace it.'],
  REPLICA_UNKNOWN: [404, 'No such replica', 'Compare the index with the replicas of the ledger.'],
  REQUEST_INVALID: [400, 'The request is not valid', 'Correct the fields that `errors` points at.'],
  ROLE_INSUFFICIENT: [
    403,
    'The role does not allow this',
    'An auditor reads only. Ask an owner or admin of the tenant for another role.',
  ],
  ROUTE_UNKNOWN: [404, 'No such route', 'Compare method and path with the API description.'],
  SERVICE_BUSY: [503, 'Busy', 'Repeat after `Retry-After`.'],
  STREAMS_EXHAUSTED: [429, 'Too many open streams', 'Close a stream that is no longer read.'],
  TENANT_REQUIRED: [
    403,
    'This belongs to a tenant',
    'Log in as a member of the tenant: administrators stand outside every tenant.',
  ],
  WORKER_UNKNOWN: [404, 'No such worker', 'List the workers.'],
} as const satisfies Record<string, readonly [number, string, string]>;

/** Every code the control plane answers with. */
export type ProblemCode = keyof typeof catalogue;

/** A refusal as RFC 9457 describes it. Thrown by HTTP code only; services return outcomes. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;

  constructor(
    readonly code: ProblemCode,
    readonly facts: ProblemFacts,
  ) {
    super(facts.detail);
    [this.status, this.title] = catalogue[code];
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

/** The reference page of every problem, in Markdown. */
export function problemPage(): string {
  const rows = Object.entries(catalogue)
    .sort(([, first], [, second]) => first[0] - second[0])
    .map(([code, [status, title, remedy]]) => [`\`${code}\``, String(status), title, remedy]);
  const head = ['code', 'status', 'what it is', 'what to do'];
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  // Aligned as the workspace's formatter aligns tables.
  const line = (cells: readonly string[], filler: string): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, filler)).join(' | ')} |`;
  return [
    '# Problems of the control plane',
    '',
    '<!-- Written by `node apps/control-plane/dist/openapi.js` from the table in the code. Change that, not this page. -->',
    '',
    'A request that is refused is answered with `application/problem+json` (RFC 9457) and did nothing. Its `code` is stable; `detail` is for people.',
    'Every answer carries a `Request-Id` header, which a problem repeats as `requestId`.',
    '',
    line(head, ' '),
    line(
      head.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row, ' ')),
    '',
  ].join('\n');
}
