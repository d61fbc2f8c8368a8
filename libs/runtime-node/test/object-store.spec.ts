import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OBJECT_BYTES_MAX, type ObjectStore } from '@quorate/runtime';
import { DirectoryObjectStore, S3ObjectStore } from '../src';

/** A folder with s3rver installed in it, as `npm run test:s3` makes one. */
const S3_SERVER_FOLDER = process.env.QUORATE_S3_SERVER_FOLDER ?? '';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every store of objects must do. */
function itIsAnObjectStore(name: string, open: () => Promise<ObjectStore>): void {
  describe(name, () => {
    let store: ObjectStore;
    beforeAll(async () => {
      store = await open();
    });

    it('keeps what was put first', async () => {
      await expect(store.get('first/a')).resolves.toBeNull();
      await expect(store.putIfAbsent('first/a', bytes('one'))).resolves.toBe(true);
      await expect(store.putIfAbsent('first/a', bytes('two'))).resolves.toBe(false);
      await expect(store.get('first/a')).resolves.toEqual(bytes('one'));
    });

    it('gives parts, also behind the end', async () => {
      await store.putIfAbsent('part', bytes('0123456789'));
      await expect(store.get('part', { offsetBytes: 2, lengthBytes: 3 })).resolves.toEqual(bytes('234'));
      await expect(store.get('part', { offsetBytes: 8, lengthBytes: 5 })).resolves.toEqual(bytes('89'));
      await expect(store.get('part', { offsetBytes: 10, lengthBytes: 5 })).resolves.toEqual(bytes(''));
      await expect(store.get('part', { offsetBytes: 3, lengthBytes: 0 })).resolves.toEqual(bytes(''));
      await expect(store.get('nothing', { offsetBytes: 0, lengthBytes: 1 })).resolves.toBeNull();
    });

    it('holds empty and large objects', async () => {
      await store.putIfAbsent('empty', new Uint8Array(0));
      await expect(store.get('empty')).resolves.toEqual(new Uint8Array(0));
      const large = new Uint8Array(5_000_000).map((_, index) => index % 251);
      await store.putIfAbsent('large', large);
      expect(Buffer.compare((await store.get('large')) ?? new Uint8Array(0), large)).toBe(0);
    });

    it('lists names in order, page by page', async () => {
      const names = ['list/a/a', 'list/a/b', 'list/b', 'list/c/1', 'list/c/2', 'listed'];
      for (const each of [...names].reverse()) await store.putIfAbsent(each, bytes(each));
      const sorted = [...names].sort((left, right) => (left < right ? -1 : 1));
      await expect(store.list('list')).resolves.toEqual(sorted);
      await expect(store.list('list/')).resolves.toEqual(sorted.filter((each) => each.startsWith('list/')));
      for (const [index, each] of sorted.entries())
        await expect(store.list('list', each)).resolves.toEqual(sorted.slice(index + 1));
      await expect(store.list('list/c/', 'list/c/1')).resolves.toEqual(['list/c/2']);
      await expect(store.list('nothing')).resolves.toEqual([]);
    });

    it('removes', async () => {
      await store.putIfAbsent('gone', bytes('x'));
      await store.delete('gone');
      await store.delete('gone');
      await expect(store.get('gone')).resolves.toBeNull();
      await expect(store.putIfAbsent('gone', bytes('y'))).resolves.toBe(true);
    });

    it('refuses what it could not hold', async () => {
      for (const wrong of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', '.a', 'a/.b', 'A', 'a b', 'a?b', 'x'.repeat(513)])
        for (const call of [store.putIfAbsent(wrong, bytes('')), store.get(wrong), store.delete(wrong)])
          await expect(call).rejects.toMatchObject({ code: 'OBJECT_STORE_INVALID' });
      await expect(store.putIfAbsent('huge', new Uint8Array(OBJECT_BYTES_MAX + 1))).rejects.toMatchObject({
        code: 'OBJECT_STORE_INVALID',
      });
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'quorate-objects-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

itIsAnObjectStore('a directory', async () => new DirectoryObjectStore(join(folder, 'directory')));

describe('a directory that several use', () => {
  it('lets one of them put a name', async () => {
    const stores = Array.from({ length: 8 }, () => new DirectoryObjectStore(join(folder, 'race')));
    const put = await Promise.all(stores.map((store, index) => store.putIfAbsent('one/name', bytes(String(index)))));
    expect(put.filter(Boolean)).toHaveLength(1);
    await expect(stores[0].get('one/name')).resolves.toEqual(bytes(String(put.indexOf(true))));
    await expect(stores[0].list('')).resolves.toEqual(['one/name']);
  });

  it('says that it does not answer', async () => {
    writeFileSync(join(folder, 'file'), '');
    const store = new DirectoryObjectStore(join(folder, 'file'));
    await expect(store.putIfAbsent('a', bytes(''))).rejects.toMatchObject({ code: 'OBJECT_STORE_UNREACHABLE' });
  });
});

interface S3Server {
  run(): Promise<{ address: string; port: number }>;
  close(): Promise<void>;
}

(S3_SERVER_FOLDER === '' ? describe.skip : describe)('a bucket (needs `npm run test:s3`)', () => {
  let server: S3Server | null = null;
  const options = { region: 'us-east-1', bucket: 'archive', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  let endpoint = '';
  beforeAll(async () => {
    const S3rver = createRequire(join(S3_SERVER_FOLDER, 'package.json'))('s3rver') as new (options: object) => S3Server;
    server = new S3rver({
      port: 0,
      address: '127.0.0.1',
      silent: true,
      directory: join(folder, 's3'),
      configureBuckets: [{ name: options.bucket }],
    });
    const { port } = await server.run();
    endpoint = `http://127.0.0.1:${port}`;
  });
  afterAll(() => server?.close());

  itIsAnObjectStore('without a prefix', async () => new S3ObjectStore({ ...options, endpoint, prefix: '' }));
  itIsAnObjectStore('with a prefix', async () => new S3ObjectStore({ ...options, endpoint, prefix: 'some/place' }));

  it('says that credentials are refused', async () => {
    const store = new S3ObjectStore({ ...options, endpoint, prefix: '', accessKeyId: 'unknown' });
    await expect(store.get('part')).rejects.toMatchObject({ code: 'OBJECT_STORE_REFUSED' });
  });
});

describe('a service in trouble', () => {
  let server: Server;
  let answers: ((url: string) => { status: number; body?: string } | null)[] = [];
  let requests = 0;
  const store = (): S3ObjectStore =>
    new S3ObjectStore({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'eu-north-1',
      bucket: 'bucket',
      prefix: '',
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      requestMsMax: 500,
    });
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests += 1;
      const answer = (answers.length > 1 ? answers.shift() : answers[0])?.(request.url ?? '') ?? null;
      request.resume();
      if (answer === null) return;
      response.writeHead(answer.status).end(answer.body ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    requests = 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is asked again, a bounded number of times', async () => {
    answers = [() => ({ status: 503 }), () => ({ status: 200, body: 'here' })];
    await expect(store().get('a')).resolves.toEqual(bytes('here'));
    expect(requests).toBe(2);
    answers = [() => ({ status: 500 })];
    requests = 0;
    await expect(store().get('a')).rejects.toMatchObject({ code: 'OBJECT_STORE_UNREACHABLE', facts: { status: 500 } });
    expect(requests).toBe(4);
  });

  it('is not waited for without end', async () => {
    answers = [() => null];
    await expect(store().get('a')).rejects.toMatchObject({ code: 'OBJECT_STORE_UNREACHABLE' });
  });

  it('tells what is refused and what is full', async () => {
    answers = [() => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' })];
    await expect(store().list('')).rejects.toMatchObject({
      code: 'OBJECT_STORE_REFUSED',
      facts: { reason: 'AccessDenied' },
    });
    answers = [() => ({ status: 404 }), () => ({ status: 507 })];
    await expect(store().putIfAbsent('a', bytes('x'))).rejects.toMatchObject({ code: 'OBJECT_STORE_FULL' });
  });

  it('does not take the object of another for its own', async () => {
    answers = [() => ({ status: 404 }), () => ({ status: 412 })];
    await expect(store().putIfAbsent('a', bytes('x'))).resolves.toBe(false);
    // The first put was carried out, but its answer was lost.
    answers = [
      () => ({ status: 404 }),
      () => ({ status: 502 }),
      () => ({ status: 412 }),
      () => ({ status: 200, body: 'x' }),
    ];
    await expect(store().putIfAbsent('a', bytes('x'))).resolves.toBe(true);
  });
});
