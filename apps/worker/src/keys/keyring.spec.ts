import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredDataKey, TenantKey } from '@quorate/database';
import { FileKeyProvider } from './file-provider';
import type { KeyProvider } from './key-provider';
import { Keyring, type KeyStorage } from './keyring';
import { openKeyProvider } from './open-provider';
import { Pkcs11KeyProvider } from './pkcs11-provider';

const TENANT = 'tenant';
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'quorate-keys-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Wrapped keys in memory, with the rules of the tables. */
class MemoryKeys implements KeyStorage {
  readonly tenant = new Map<number, TenantKey>();
  readonly data = new Map<string, StoredDataKey[]>();
  retired = false;

  tenantOf = (): Promise<string> => Promise.resolve(TENANT);
  tenantKeys = (): Promise<TenantKey[]> =>
    Promise.resolve([...this.tenant.values()].sort((left, right) => right.generation - left.generation));
  async addTenantKey(_: string, key: TenantKey): Promise<void> {
    if (!this.tenant.has(key.generation)) this.tenant.set(key.generation, key);
  }
  async rewrapTenantKey(_: string, key: TenantKey): Promise<void> {
    this.tenant.set(key.generation, key);
  }
  dataKeys = (replicaId: string): Promise<StoredDataKey[]> => Promise.resolve(this.data.get(replicaId) ?? []);
  async addDataKey(replicaId: string, key: StoredDataKey): Promise<void> {
    const known = this.data.get(replicaId) ?? [];
    if (!this.retired && known.every(({ generation }) => generation !== key.generation))
      this.data.set(replicaId, [...known, key]);
  }
  async moveDataKey(replicaId: string, key: StoredDataKey): Promise<void> {
    const known = this.data.get(replicaId) ?? [];
    this.data.set(
      replicaId,
      known.map((entry) => (entry.generation === key.generation ? key : entry)),
    );
  }
}

const providerOf = () => FileKeyProvider.open(join(folder, 'provider-keys'));

describe('keys of replicas', () => {
  it('are made once, differ for each replica, and are stored wrapped only', async () => {
    const storage = new MemoryKeys();
    const keyring = new Keyring(storage, providerOf());
    const [first] = await keyring.dataKeys('one');
    const [again] = await new Keyring(storage, providerOf()).dataKeys('one');
    const [other] = await keyring.dataKeys('two');
    expect(again).toEqual(first);
    expect(other.key).not.toEqual(first.key);
    expect(first.key).toHaveLength(32);
    const stored = Buffer.concat([...storage.data.values()].flat().map(({ wrapped }) => wrapped));
    expect(stored.includes(Buffer.from(first.key))).toBe(false);
  });

  it('do not open for another replica, nor after a bit was flipped', async () => {
    const storage = new MemoryKeys();
    const keyring = new Keyring(storage, providerOf());
    await keyring.dataKeys('one');
    const [entry] = await storage.dataKeys('one');
    storage.data.set('two', [entry]);
    await expect(keyring.dataKeys('two')).rejects.toMatchObject({ code: 'KEY_DAMAGED' });
    for (const { wrapped } of [entry, ...storage.tenant.values()])
      for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
        wrapped[bit >> 3] ^= 1 << (bit & 7);
        await expect(new Keyring(storage, providerOf()).dataKeys('one')).rejects.toMatchObject({ code: 'KEY_DAMAGED' });
        wrapped[bit >> 3] ^= 1 << (bit & 7);
      }
    await expect(keyring.dataKeys('one')).resolves.toHaveLength(1);
  });

  it('stay the same when the tenant key and then the provider key are replaced', async () => {
    const storage = new MemoryKeys();
    const before = await new Keyring(storage, providerOf()).dataKeys('one');
    expect(await new Keyring(storage, providerOf()).rotateTenantKey(TENANT, ['one'])).toBe(2);
    expect((await storage.dataKeys('one'))[0].tenantGeneration).toBe(2);
    const path = join(folder, 'provider-keys');
    const old = readFileSync(path, 'utf8');
    writeFileSync(path, `${'ab'.repeat(32)}\n${old}`);
    expect(await new Keyring(storage, providerOf()).rewrapTenantKeys(TENANT)).toBe(2);
    writeFileSync(path, `${'ab'.repeat(32)}\n`);
    expect(await new Keyring(storage, providerOf()).dataKeys('one')).toEqual(before);
  });

  it('get a next generation, and keep the former ones for what they sealed', async () => {
    const storage = new MemoryKeys();
    const keyring = new Keyring(storage, providerOf());
    const [first] = await keyring.dataKeys('one');
    expect(await keyring.rotateDataKey('one')).toBe(2);
    const both = await keyring.dataKeys('one');
    expect(both.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(both[0]).toEqual(first);
  });

  it('are not made for a ledger that is retired', async () => {
    const storage = new MemoryKeys();
    storage.retired = true;
    await expect(new Keyring(storage, providerOf()).dataKeys('one')).rejects.toMatchObject({ code: 'KEY_SHREDDED' });
  });

  it('are gone when the provider has lost its key', async () => {
    const storage = new MemoryKeys();
    await new Keyring(storage, providerOf()).dataKeys('one');
    rmSync(join(folder, 'provider-keys'));
    await expect(new Keyring(storage, providerOf()).dataKeys('one')).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  });
});

describe('a key file', () => {
  it('is made for its owner only, and alike for all workers of an installation', () => {
    const provider = openKeyProvider({ home: folder, secret: 'a root secret' }, {});
    expect(provider.current).toMatch(/^file:[0-9a-f]{16}$/);
    const other = openKeyProvider({ home: join(folder, 'other'), secret: 'a root secret' }, {});
    expect(other.current).toBe(provider.current);
    expect(statSync(join(folder, 'keys', 'provider-keys')).mode & 0o777).toBe(0o600);
  });

  it('opens nothing as something else when any of its bits is flipped', async () => {
    const storage = new MemoryKeys();
    await new Keyring(storage, providerOf()).dataKeys('one');
    const path = join(folder, 'provider-keys');
    const written = readFileSync(path);
    for (let bit = 0; bit < written.length * 8; bit += 1) {
      const flipped = Buffer.from(written);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, flipped);
      const opening = Promise.resolve().then(() => new Keyring(storage, providerOf()).dataKeys('one'));
      await expect(opening).rejects.toMatchObject({ code: expect.stringMatching(/^KEY_(PROVIDER_INVALID|UNKNOWN)$/) });
    }
  });

  it('with anything else in it is refused without showing it', () => {
    writeFileSync(join(folder, 'provider-keys'), 'a secret that is no key\n');
    expect(providerOf).toThrow(expect.objectContaining({ code: 'KEY_PROVIDER_INVALID' }));
    expect(providerOf).not.toThrow(/a secret/);
  });
});

const softhsm = '/usr/lib/softhsm/libsofthsm2.so';
const hasToken = existsSync(softhsm) && existsSync('/usr/bin/pkcs11-tool');

/** A token in files, as Debian's softhsm2 makes it. */
function makeToken(): KeyProvider {
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(configuration, `directories.tokendir = ${folder}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  process.env.SOFTHSM2_CONF = configuration;
  const pinFile = join(folder, 'pin');
  writeFileSync(pinFile, '87654321\n', { mode: 0o600 });
  const env = { PATH: process.env.PATH, SOFTHSM2_CONF: configuration };
  const run = (program: string, words: string[]) => execFileSync(program, words, { stdio: 'pipe', env });
  run('softhsm2-util', ['--init-token', '--free', '--label', 'quorate', '--so-pin', '12345678', '--pin', '87654321']);
  const pair = ['--keypairgen', '--key-type', 'RSA:3072', '--label', 'root', '--id', '01'];
  run('pkcs11-tool', ['--module', softhsm, '--token-label', 'quorate', '--login', '--pin', '87654321', ...pair]);
  return new Pkcs11KeyProvider({ module: softhsm, token: 'quorate', label: 'root', pinFile });
}

if (hasToken) {
  describe('a PKCS #11 token', () => {
    it('wraps and unwraps tenant keys', async () => {
      const storage = new MemoryKeys();
      const provider = makeToken();
      const [made] = await new Keyring(storage, provider).dataKeys('one');
      expect((await storage.tenantKeys())[0].by).toBe('pkcs11:root');
      expect((await new Keyring(storage, provider).dataKeys('one'))[0]).toEqual(made);
    });

    it('takes over from a key file, and refuses bytes it did not wrap', async () => {
      const storage = new MemoryKeys();
      const before = await new Keyring(storage, providerOf()).dataKeys('one');
      const token = makeToken();
      const [entry] = await storage.tenantKeys();
      const key = await providerOf().unwrap({ by: entry.by, bytes: entry.wrapped }, 'quorate/tenant-key/1/tenant/1');
      const moved = await token.wrap(key, '');
      await storage.rewrapTenantKey(TENANT, { generation: 1, by: moved.by, wrapped: moved.bytes });
      expect(await new Keyring(storage, token).dataKeys('one')).toEqual(before);
      moved.bytes[7] ^= 1;
      await expect(new Keyring(storage, token).dataKeys('one')).rejects.toMatchObject({ code: 'KEY_PROVIDER_FAILED' });
    });
  });
} else {
  it('needs softhsm2 and opensc to test a PKCS #11 token', () => {
    expect(hasToken).toBe(false);
  });
}
