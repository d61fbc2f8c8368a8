import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config';
import { databaseUrl, deriveSecret } from './database-url';

describe('loadConfig', () => {
  const home = mkdtempSync(join(tmpdir(), 'quorate-config-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('has a default for everything but cannot be changed afterwards', () => {
    const config = loadConfig({ QUORATE_HOME: home });
    expect(config).toMatchObject({ port: 8080, gatewayPort: 8081, bind: '127.0.0.1', redisUrl: null });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('archives in the home directory unless told otherwise', () => {
    const archiveOf = (place: Record<string, string>) => loadConfig({ QUORATE_HOME: home, ...place }).archive;
    expect(archiveOf({})).toMatchObject({ location: join(home, 'archive'), keepBlocks: 65_536 });
    expect(archiveOf({ QUORATE_ARCHIVE: 'none' })).toBeNull();
    expect(archiveOf({ QUORATE_ARCHIVE: 's3://bucket/a/b', QUORATE_ARCHIVE_REGION: 'eu-west-3' })).toMatchObject({
      location: 's3://bucket/a/b',
      endpoint: 'https://s3.eu-west-3.amazonaws.com',
    });
  });

  it('takes an empty variable for an absent one', () => {
    expect(loadConfig({ QUORATE_HOME: home, REDIS_URL: '', QUORATE_PORT: '' })).toMatchObject({
      redisUrl: null,
      port: 8080,
    });
  });

  it.each([
    ['QUORATE_PORT', '70000'],
    ['QUORATE_PUBLIC_URL', 'ftp://example.test'],
    ['DATABASE_URL', 'mysql://localhost'],
    ['REDIS_URL', 'http://localhost'],
    ['QUORATE_WORKER_NAME', '../escape'],
    ['QUORATE_ARCHIVE', 'relative/path'],
    ['QUORATE_ARCHIVE', 's3://UPPER/case'],
    ['QUORATE_JOURNAL_KEEP_BYTES', '1'],
    ['QUORATE_DRILL_SECONDS', '0'],
    ['QUORATE_ARCHIVE_RETENTION_DAYS', '-1'],
    ['QUORATE_DATABASE_PASSWORD', 'short'],
  ])('names %s when it is not usable', (name, value) => {
    expect(() => loadConfig({ QUORATE_HOME: home, [name]: value })).toThrow(new RegExp(`CONFIG_INVALID.*${name}`));
  });

  it('makes a secret once, readable by its owner only, and finds it again', () => {
    const first = loadConfig({ QUORATE_HOME: home });
    expect(loadConfig({ QUORATE_HOME: home }).secret).toBe(first.secret);
    expect(first.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(join(home, 'installation-secret')).mode & 0o777).toBe(0o600);
  });

  it('derives a different secret for each purpose', () => {
    const config = loadConfig({
      QUORATE_HOME: home,
      DATABASE_URL: 'postgres://owner:pw@db.test:5433/quorate?sslmode=require',
    });
    const [api, system] = [new URL(databaseUrl(config, 'quorate_api')), new URL(databaseUrl(config, 'quorate_system'))];
    expect(api).toMatchObject({
      username: 'quorate_api',
      host: 'db.test:5433',
      pathname: '/quorate',
      search: '?sslmode=require',
    });
    expect(api.password).not.toBe(system.password);
    expect(deriveSecret(config, 'a').equals(deriveSecret(config, 'b'))).toBe(false);
  });
});
