import { idToHex, randomId } from './ids';
import { NetworkError, ProblemError, readProblem } from './problem-error';

const attemptsMaxDefault = 6;
const timeoutMsDefault = 30_000;
const backoffFirstMs = 150;
const backoffMsMax = 4_000;
/** A service may ask for a longer pause than our own backoff, but never for more than this. */
const retryAfterMsMax = 15_000;

/** How to reach a service and how to say who we are. */
export interface ClientOptions {
  readonly url: string;
  /** API key for machines. Without it the browser's session cookie is used. */
  readonly apiKey?: string;
  /** Session cookie obtained outside a browser, as `name=value`. */
  readonly cookie?: string;
  readonly credentials?: RequestCredentials;
  readonly fetch?: typeof globalThis.fetch;
  readonly attemptsMax?: number;
  readonly timeoutMs?: number;
}

/** Options every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Overrides the generated Idempotency-Key, to repeat a request of an earlier process. */
  readonly idempotencyKey?: string;
  readonly timeoutMs?: number;
}

/** What a read of a ledger reflects: `fence` waits for everything that was acknowledged before it was asked. */
export interface ReadOptions extends CallOptions {
  readonly consistency?: 'proven' | 'fence';
}

export type QueryValue = string | number | undefined;

export interface HttpRequest extends CallOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly json?: unknown;
  readonly body?: { readonly contentType: string; readonly bytes: Uint8Array | string };
  readonly accept?: string;
}

/**
 * Sends requests and repeats them when a repetition is harmless: the same bytes under the same Idempotency-Key.
 * Repeats on no answer, 429, 502, 503, 504 and on 409 IDEMPOTENCY_IN_FLIGHT; bounded, with full jitter.
 */
export class HttpClient {
  private readonly url: string;
  private readonly fetch: typeof globalThis.fetch;

  constructor(private readonly options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  async json<T>(request: HttpRequest): Promise<T> {
    const response = await this.send(request);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async text(request: HttpRequest): Promise<string> {
    return (await this.send(request)).text();
  }

  /** Sends until there is an answer that repetition cannot better. Throws ProblemError or NetworkError. */
  async send(request: HttpRequest): Promise<Response> {
    const attemptsMax = Math.max(1, this.options.attemptsMax ?? attemptsMaxDefault);
    const init = this.prepare(request);
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.attempt(request, init);
      if (failure instanceof Response) return failure;
      if (attempt >= attemptsMax || !isRepeatable(failure)) throw failure;
      await pause(backoffMs(attempt, failure), request.signal);
    }
  }

  /** Opens a response without time limit and without repetition: streams live long. */
  async open(request: HttpRequest): Promise<Response> {
    const init = this.prepare(request);
    const response = await this.fetch(this.address(request), { ...init, signal: request.signal });
    if (!response.ok) throw new ProblemError(await readProblem(response));
    return response;
  }

  private async attempt(request: HttpRequest, init: RequestInit): Promise<Response | ProblemError | NetworkError> {
    const address = this.address(request);
    const limit = AbortSignal.timeout(request.timeoutMs ?? this.options.timeoutMs ?? timeoutMsDefault);
    const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]);
    try {
      const response = await this.fetch(address, { ...init, signal });
      return response.ok ? response : new ProblemError(await readProblem(response));
    } catch (cause) {
      request.signal?.throwIfAborted();
      return new NetworkError(address, cause);
    }
  }

  private address(request: HttpRequest): string {
    const query = Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined);
    if (query.length === 0) return this.url + request.path;
    return `${this.url}${request.path}?${new URLSearchParams(query.map(([name, value]) => [name, String(value)]))}`;
  }

  private prepare(request: HttpRequest): RequestInit {
    const headers: Record<string, string> = { accept: request.accept ?? 'application/json' };
    if (this.options.apiKey !== undefined) headers['authorization'] = `Bearer ${this.options.apiKey}`;
    if (this.options.cookie !== undefined) headers['cookie'] = this.options.cookie;
    if (request.method === 'POST') headers['idempotency-key'] = request.idempotencyKey ?? idToHex(randomId());
    const body = bodyOf(request);
    if (body !== undefined) headers['content-type'] = body.contentType;
    const credentials = this.options.credentials ?? (this.options.apiKey === undefined ? 'include' : 'omit');
    return { method: request.method, headers, body: body?.bytes as BodyInit | undefined, credentials };
  }
}

function bodyOf(request: HttpRequest): HttpRequest['body'] {
  if (request.body !== undefined) return request.body;
  if (request.json === undefined) return undefined;
  return { contentType: 'application/json', bytes: JSON.stringify(request.json) };
}

function isRepeatable(failure: ProblemError | NetworkError): boolean {
  if (failure instanceof NetworkError) return true;
  return [429, 502, 503, 504].includes(failure.status) || failure.code === 'IDEMPOTENCY_IN_FLIGHT';
}

function backoffMs(attempt: number, failure: ProblemError | NetworkError): number {
  const ceiling = Math.min(backoffFirstMs * 2 ** attempt, backoffMsMax);
  const asked = failure instanceof ProblemError ? Math.min(failure.retryAfterMs ?? 0, retryAfterMsMax) : 0;
  return asked + ceiling * (0.5 + Math.random() / 2);
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
