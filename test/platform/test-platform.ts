import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createControlPlaneClient, type ControlPlaneClient } from '@quorate/sdk';
import { keepLogs } from './failures';

interface WorkerProcess {
  readonly name: string;
  readonly pid: number;
}

interface DriverReply {
  readonly call: number;
  readonly ok: boolean;
  readonly detail?: string;
  readonly url: string;
  readonly gatewayUrl: string;
  readonly adminEmail: string | null;
  readonly adminPassword: string | null;
  readonly databaseUrl: string;
  readonly workers: readonly WorkerProcess[];
}

// A worker that beats late because the machine is busy is not lost: tests that want one lost say so.
const patience = { QUORATE_WORKER_LEASE_SECONDS: '120' };

/** The whole platform as real processes, with a data directory of its own. */
export class TestPlatform {
  private calls = 0;
  private readonly forgetLogs: () => void;

  private constructor(
    readonly home: string,
    private readonly driver: ChildProcess,
    private readonly started: DriverReply,
  ) {
    this.forgetLogs = keepLogs(join(home, 'logs'));
  }

  get url(): string {
    return this.started.url;
  }

  get gatewayUrl(): string {
    return this.started.gatewayUrl;
  }

  /** The workers as they were started. */
  get workers(): readonly WorkerProcess[] {
    return this.started.workers;
  }

  get databaseUrl(): string {
    return this.started.databaseUrl;
  }

  get admin(): { readonly email: string; readonly password: string } {
    return { email: this.started.adminEmail ?? '', password: this.started.adminPassword ?? '' };
  }

  /** Starts control plane, gateway, PostgreSQL and workers on free ports in a fresh directory. */
  static async start(
    options: { readonly workers: number; readonly environment?: Readonly<Record<string, string>> } = { workers: 4 },
  ): Promise<TestPlatform> {
    const home = mkdtempSync(join(tmpdir(), 'quorate-test-'));
    const driver = fork(join(__dirname, 'platform-driver.mjs'), [home, String(options.workers)], {
      execArgv: [],
      env: { ...process.env, ...patience, ...options.environment },
    });
    const ended = once(driver, 'exit').then(() => [{ ok: false, detail: 'the platform ended while starting' }]);
    const [reply] = (await Promise.race([once(driver, 'message'), ended])) as [DriverReply];
    if (!reply.ok) throw new Error(reply.detail);
    return new TestPlatform(home, driver, reply);
  }

  /** The platform's first administrator, with a password of their own. */
  async administrator(): Promise<ControlPlaneClient> {
    const visitor = createControlPlaneClient({ url: this.url });
    const { cookie } = await visitor.loginForCookie(this.admin);
    const client = createControlPlaneClient({ url: this.url, cookie });
    await client.changePassword({ currentPassword: this.admin.password, newPassword: 'a long enough password' });
    return client;
  }

  private async command(command: 'kill' | 'start', name: string): Promise<readonly WorkerProcess[]> {
    this.calls += 1;
    const call = this.calls;
    const answered = new Promise<DriverReply>((resolve) => {
      const listen = (reply: DriverReply): void => {
        if (reply.call !== call) return;
        this.driver.off('message', listen);
        resolve(reply);
      };
      this.driver.on('message', listen);
    });
    this.driver.send({ call, command, name });
    const reply = await answered;
    if (!reply.ok) throw new Error(reply.detail);
    return reply.workers;
  }

  /** `kill -9` of a worker; its replicas end with it. */
  async killWorker(name: string): Promise<void> {
    await this.command('kill', name);
  }

  async startWorker(name: string): Promise<void> {
    await this.command('start', name);
  }

  async stop(): Promise<void> {
    const ended = once(this.driver, 'exit');
    this.driver.disconnect();
    await ended;
    this.forgetLogs();
    rmSync(this.home, { recursive: true, force: true });
  }
}
