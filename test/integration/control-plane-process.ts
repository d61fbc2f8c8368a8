import 'reflect-metadata';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '@quorate/config';
import { runMigrations } from '@quorate/database';
import { migrateJobs } from '@quorate/jobs';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Client } from 'pg';
import { AccountsService } from '../../apps/control-plane/src/accounts/accounts.service';
import { createApplication } from '../../apps/control-plane/src/application';
import { createLogger } from '../../apps/control-plane/src/http/log';
import { ReconcileProcessor } from '../../apps/control-plane/src/reconciler/reconcile.processor';
import { closeServices, createServices, openServices, type Services } from '../../apps/control-plane/src/services';
import { migrations } from '../../migrations';

/** Roles belong to the whole server, so every test of one run must derive the same passwords. */
const testSecret = 'integration-tests-share-one-server';
export const password = 'correct horse battery staple';

/** A database of its own on the test run's PostgreSQL, with schema and queues. */
export interface TestDatabase {
  readonly config: Config;
  /** Runs statements as the owner, who is a superuser there. */
  asOwner<T = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<T[]>;
  remove(): Promise<void>;
}

export async function createTestDatabase(environment: Record<string, string> = {}): Promise<TestDatabase> {
  const serverUrl = process.env.QUORATE_TEST_DATABASE_URL;
  if (!serverUrl) throw new Error('QUORATE_TEST_DATABASE_URL is not set');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const server = new Client({ connectionString: serverUrl });
  await server.connect();
  await server.query(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const home = mkdtempSync(join(tmpdir(), 'quorate-home-'));
  const config = loadConfig({
    DATABASE_URL: url.toString(),
    QUORATE_HOME: home,
    QUORATE_DATABASE_PASSWORD: testSecret,
    QUORATE_LOG_LEVEL: 'silent',
    // A worker is lost when its test says so, and never because the machine is busy.
    QUORATE_WORKER_LEASE_SECONDS: '3600',
    ...environment,
  });
  await runMigrations(config, migrations);
  await migrateJobs(config);
  const owner = new Client({ connectionString: url.toString() });
  await owner.connect();
  return {
    config,
    asOwner: async (text, values = []) => (await owner.query(text, [...values])).rows,
    remove: async () => {
      await owner.end();
      await server.query(`drop database ${name} with (force)`);
      await server.end();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The shape is what each test asserts.
  readonly body: Record<string, never>;
}

export interface Credentials {
  readonly cookie?: string;
  readonly apiKey?: string;
}

export interface RequestOptions extends Credentials {
  readonly body?: unknown;
  readonly idempotencyKey?: string | null;
  readonly headers?: Record<string, string>;
}

/** A control plane that listens on a port of its own. */
export class RunningControlPlane {
  private constructor(
    readonly services: Services,
    readonly app: NestExpressApplication,
    readonly url: string,
  ) {}

  static async start(config: Config): Promise<RunningControlPlane> {
    const services = createServices(config, createLogger(config));
    await openServices(services);
    const app = await createApplication(services);
    await app.init();
    await app.get(ReconcileProcessor, { strict: false }).start();
    const server = await app.listen(0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    return new RunningControlPlane(services, app, `http://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await closeServices(this.services);
  }

  async call(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const headers: Record<string, string> = { ...options.headers };
    if (options.cookie) headers.cookie = options.cookie;
    if (options.apiKey) headers.authorization = `Bearer ${options.apiKey}`;
    if (method === 'POST' && options.idempotencyKey !== null)
      headers['idempotency-key'] = options.idempotencyKey ?? randomUUID();
    const hasBody = options.body !== undefined;
    if (hasBody) headers['content-type'] = 'application/json';
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers,
      ...(hasBody ? { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  /** Signs an institution up and logs its owner in. */
  async institution(): Promise<{ readonly tenantId: string; readonly email: string; readonly cookie: string }> {
    const email = `${randomUUID()}@bank.test`;
    const signedUp = await this.call('POST', '/v1/signup', { body: { institution: 'Bank', email, password } });
    if (signedUp.status !== 201) throw new Error(`sign-up failed: ${JSON.stringify(signedUp.body)}`);
    return {
      tenantId: String((signedUp.body.tenant as { id: string }).id),
      email,
      cookie: await this.logIn(email, password),
    };
  }

  /** Makes the platform's administrator and changes the first password. */
  async administrator(): Promise<string> {
    const admin = await this.app.get(AccountsService, { strict: false }).createFirstAdmin();
    if (!admin) throw new Error('there is an administrator already');
    const first = await this.logIn(admin.email, admin.password);
    await this.call('POST', '/v1/password', {
      cookie: first,
      body: { currentPassword: admin.password, newPassword: password },
    });
    return first;
  }

  async logIn(email: string, secret: string): Promise<string> {
    const answer = await this.call('POST', '/v1/login', { body: { email, password: secret } });
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
    if (!cookie) throw new Error(`log-in failed: ${JSON.stringify(answer.body)}`);
    return cookie;
  }
}

const operatorKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

/** A ledger that may be asked for. */
export function ledgerDraft(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'main',
    class: 'sandbox',
    region: 'local',
    operator: { name: 'Bank', keys: [{ scheme: 'ed25519', publicKey: operatorKey }] },
    ...changes,
  };
}
