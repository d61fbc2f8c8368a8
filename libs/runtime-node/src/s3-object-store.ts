import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { OBJECT_NAMES_MAX, type ObjectRange, type ObjectStore } from '@quorate/runtime';
import { ObjectStoreError, assertObjectName, assertObjectSize } from './object-store-error';

/** One request with its answer, unless told otherwise. */
const REQUEST_MS_MAX = 20_000;
const ATTEMPTS_MAX = 4;
const RETRY_MS_MIN = 100;

/** An answer to `list`: a thousand names with what else is said of them. */
const LIST_BYTES_MAX = 4_194_304;

/** Where a bucket is and who asks. */
export interface S3ObjectStoreOptions {
  /** Of the service, `https://host[:port]`; the bucket is put into the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** In front of all names, without a slash at either end; empty for none. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly requestMsMax?: number;
}

/**
 * Objects in a bucket of an S3-compatible service. A put says `If-None-Match: *`; an object that is there already is also looked for before, for services
 * that do not know the header: with those, two that put one name at the same moment both succeed and the later one counts.
 */
export class S3ObjectStore implements ObjectStore {
  private readonly client: AwsClient;
  private readonly root: string;
  private readonly prefix: string;

  constructor(private readonly options: S3ObjectStoreOptions) {
    const { accessKeyId, secretAccessKey, region, endpoint, bucket, prefix } = options;
    this.client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 });
    this.root = `${endpoint.replace(/\/+$/, '')}/${bucket}`;
    this.prefix = prefix === '' ? '' : `${prefix}/`;
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    const url = this.urlOf(name);
    assertObjectSize(bytes);
    const known = await this.request('HEAD', url, { accepted: [200, 404] });
    if (known.status === 200) return false;
    const { status, repeated } = await this.request('PUT', url, {
      body: bytes,
      headers: { 'if-none-match': '*' },
      accepted: [200, 409, 412],
    });
    if (status === 200) return true;
    // An attempt whose answer was lost may have been the one that put it.
    return repeated && this.holds(name, bytes);
  }

  async get(name: string, range?: ObjectRange): Promise<Uint8Array | null> {
    const url = this.urlOf(name);
    if (range?.lengthBytes === 0) return (await this.get(name)) === null ? null : new Uint8Array(0);
    const headers: Record<string, string> =
      range === undefined ? {} : { range: `bytes=${range.offsetBytes}-${range.offsetBytes + range.lengthBytes - 1}` };
    const { status, body } = await this.request('GET', url, { headers, accepted: [200, 206, 404, 416] });
    if (status === 404) return null;
    if (status === 416) return new Uint8Array(0);
    // A service may answer with the whole object.
    return status === 200 && range !== undefined
      ? body.slice(range.offsetBytes, range.offsetBytes + range.lengthBytes)
      : body;
  }

  async list(prefix: string, after?: string): Promise<readonly string[]> {
    const query = new URLSearchParams({
      'list-type': '2',
      'max-keys': String(OBJECT_NAMES_MAX),
      prefix: this.prefix + prefix,
      ...(after === undefined || after === '' ? {} : { 'start-after': this.prefix + after }),
    });
    const { body } = await this.request('GET', `${this.root}?${query.toString()}`, { accepted: [200] });
    if (body.length > LIST_BYTES_MAX) throw unreachable('the list of names is too long', 200);
    // Names consist of characters that XML leaves as they are.
    const keys = [...new TextDecoder().decode(body).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
    return keys
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => key.slice(this.prefix.length))
      .filter((name) => after === undefined || name > after);
  }

  async delete(name: string): Promise<void> {
    await this.request('DELETE', this.urlOf(name), { accepted: [200, 204, 404] });
  }

  private async holds(name: string, bytes: Uint8Array): Promise<boolean> {
    const held = await this.get(name);
    return held !== null && Buffer.compare(held, bytes) === 0;
  }

  private urlOf(name: string): string {
    assertObjectName(name);
    return `${this.root}/${this.prefix}${name}`;
  }

  private async request(method: string, url: string, options: RequestParts): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { ...(await this.once(method, url, options)), repeated: attempt > 1 };
      } catch (error) {
        const again = error instanceof ObjectStoreError && error.code === 'OBJECT_STORE_UNREACHABLE';
        if (!again || attempt === ATTEMPTS_MAX) throw error;
        await wait(RETRY_MS_MIN * 4 ** (attempt - 1));
      }
    }
  }

  private async once(
    method: string,
    url: string,
    { body, headers = {}, accepted }: RequestParts,
  ): Promise<Omit<Response, 'repeated'>> {
    const hash = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const request = await this.client.sign(url, {
      method,
      headers: { ...headers, 'x-amz-content-sha256': hash },
      body: body === undefined ? undefined : new Uint8Array(body),
      signal: AbortSignal.timeout(this.options.requestMsMax ?? REQUEST_MS_MAX),
    });
    let status: number;
    let answer: Uint8Array;
    try {
      const response = await fetch(request);
      status = response.status;
      answer = new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      throw unreachable(error instanceof Error ? error.name : 'Error', 0);
    }
    if (accepted.includes(status)) return { status, body: answer };
    throw refusalOf(status, answer);
  }
}

interface RequestParts {
  readonly body?: Uint8Array;
  readonly headers?: Record<string, string>;
  /** Statuses that are answers and no failures. */
  readonly accepted: readonly number[];
}

interface Response {
  readonly status: number;
  readonly body: Uint8Array;
  readonly repeated: boolean;
}

function refusalOf(status: number, body: Uint8Array): ObjectStoreError {
  const [, reason = ''] = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(new TextDecoder().decode(body)) ?? [];
  if (status === 507 || /^(QuotaExceeded|StorageFull|XMinioStorageFull|InsufficientCapacity)$/.test(reason))
    return new ObjectStoreError('OBJECT_STORE_FULL', 'the bucket has no room', { status, reason });
  if (status === 408 || status === 409 || status === 429 || status >= 500) return unreachable(reason, status);
  return new ObjectStoreError('OBJECT_STORE_REFUSED', 'the service refuses the request: check bucket and credentials', {
    status,
    reason,
  });
}

function unreachable(reason: string, status: number): ObjectStoreError {
  return new ObjectStoreError('OBJECT_STORE_UNREACHABLE', 'the service does not answer as it should', {
    reason,
    status,
  });
}
