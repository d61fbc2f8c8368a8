/** One field of a refused request: where (JSON pointer), why (code) and in words. */
export interface ProblemField {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** What a service says when it refuses a request (RFC 9457 with our extension members). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId?: string;
  readonly errors?: readonly ProblemField[];
  readonly retryAfterMs?: number;
}

/** A request was answered, and the answer is a refusal. `code` is stable; `detail` is for people. */
export class ProblemError extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly ProblemField[];
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(readonly problem: Problem) {
    super(`${problem.code} (${problem.status}): ${problem.detail}`);
    this.name = 'ProblemError';
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.retryAfterMs = problem.retryAfterMs;
  }
}

/** No answer came: connection refused, cut, or silent beyond the time limit. What the request did is unknown. */
export class NetworkError extends Error {
  readonly code = 'NETWORK_FAILED';

  constructor(url: string, cause: unknown) {
    super(`No answer from ${url}: ${describe(cause)}`, { cause });
    this.name = 'NetworkError';
  }
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return cause.message + inner;
}

/** Reads the refusal in a response, also when something between us and the service wrote it. */
export async function readProblem(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => '');
  const requestId = response.headers.get('request-id') ?? undefined;
  const retryAfterMs = retryAfterHeaderMs(response.headers.get('retry-after'));
  const known = parseProblem(text);
  if (known !== null) return { requestId, retryAfterMs, ...known, status: response.status };
  return {
    type: 'about:blank',
    title: response.statusText || 'Unexpected answer',
    status: response.status,
    code: `HTTP_${response.status}`,
    detail: 'The answer is not a problem document; a proxy may have written it.',
    requestId,
    retryAfterMs,
  };
}

function parseProblem(text: string): Problem | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { code, detail } = value as Partial<Problem>;
    return typeof code === 'string' && typeof detail === 'string' ? (value as Problem) : null;
  } catch {
    return null;
  }
}

function retryAfterHeaderMs(value: string | null): number | undefined {
  const seconds = value === null ? Number.NaN : Number(value);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
