import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { eventually } from '../platform/eventually';
import { freePort } from '../../tools/free-port.mjs';

const root = resolve(__dirname, '../..');
const goneMsMax = 120_000;

/** One run of `npm start`'s command. */
class Start {
  output = '';
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<number | null>;

  constructor(home: string, port: number, gatewayPort: number) {
    const options = ['--home', home, '--port', String(port), '--gateway-port', String(gatewayPort), '--workers', '2'];
    const env = { ...process.env, NODE_OPTIONS: '' };
    this.child = spawn(process.execPath, [join(root, 'tools/start.mjs'), ...options], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (this.output += text));
    }
    this.ended = new Promise((done) => this.child.once('exit', (code) => done(code)));
  }

  async until(text: string): Promise<void> {
    let over = false;
    void this.ended.then(() => (over = true));
    while (!this.output.includes(text)) {
      if (over) throw new Error(`ended before "${text}":\n${this.output}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

/** The processes below one, with theirs, as the kernel knows them. */
function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }];
      } catch {
        return [];
      }
    });
  const below = (parent: number): number[] =>
    parents.filter((entry) => entry.parent === parent).flatMap((entry) => [entry.pid, ...below(entry.pid)]);
  return below(pid);
}

function running(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** The environment a process was started with; empty when it ended meanwhile. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

async function untilGone(pids: number[]): Promise<void> {
  const deadline = Date.now() + goneMsMax;
  while (pids.some(running)) {
    if (Date.now() > deadline) throw new Error(`still running: ${pids.filter(running).join(', ')}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

describe('npm start', () => {
  let home: string;
  let port: number;
  let gatewayPort: number;
  let current: Start | null = null;

  const start = (): Start => (current = new Start(home, port, gatewayPort));

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'quorate-start-'));
    chmodSync(home, 0o711);
    port = await freePort();
    gatewayPort = await freePort();
  });

  afterEach(async () => {
    if (current !== null && current.child.exitCode === null && current.child.signalCode === null) {
      const pids = descendants(current.child.pid ?? 0);
      current.child.kill('SIGKILL');
      await untilGone(pids);
    }
    current = null;
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('starts everything, shows the one-time password once, and leaves no process behind', async () => {
    const first = start();
    await first.until('Ctrl-C stops everything');
    const password = /one-time password (\S+)/.exec(first.output)?.[1] ?? '';
    expect(password.length).toBeGreaterThanOrEqual(12);
    const platform = await fetch(`http://127.0.0.1:${port}/v1/platform`);
    expect(platform.status).toBe(200);
    const leaking = filesBelow(home).filter((path) => readFileSync(path).includes(password));
    expect(leaking).toEqual([]);

    const second = new Start(home, await freePort(), await freePort());
    expect(await second.ended).toBe(1);
    expect(second.output).toContain(`Quorate already runs in ${home} (process ${first.child.pid})`);

    const pids = descendants(first.child.pid ?? 0);
    expect(pids.length).toBeGreaterThan(6);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    await untilGone(pids);
  });

  it('comes back after kill -9 without a password, and nothing outlives the killed one', async () => {
    const killed = start();
    await killed.until('Ctrl-C stops everything');
    expect(killed.output).not.toContain('one-time password');
    const pids = descendants(killed.child.pid ?? 0);
    killed.child.kill('SIGKILL');
    await untilGone(pids);

    const again = start();
    await again.until('Ctrl-C stops everything');
    const worker = await eventually(
      async () =>
        descendants(again.child.pid ?? 0).find((pid) =>
          environmentOf(pid).includes('QUORATE_WORKER_NAME=worker-1\0'),
        ) ?? 0,
      (pid) => pid > 0,
    );
    process.kill(worker, 'SIGKILL');
    await again.until('worker-1 ended (SIGKILL)');
    const all = descendants(again.child.pid ?? 0);
    again.child.kill('SIGINT');
    expect(await again.ended).toBe(0);
    await untilGone(all);
  });

  it('names the port that is taken and the variable that changes it', async () => {
    const other = createServer().listen(gatewayPort, '127.0.0.1');
    await once(other, 'listening');
    try {
      const refused = start();
      expect(await refused.ended).toBe(1);
      expect(refused.output).toContain(`Port ${gatewayPort} is taken by another program: set QUORATE_GATEWAY_PORT`);
    } finally {
      other.close();
    }
  });
});
