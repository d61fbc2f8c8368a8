import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

interface Running {
  readonly driver: ChildProcess;
  readonly url: string;
  readonly pid: number;
  readonly port: number;
}

const waitMsMax = 60_000;

async function start(directory: string): Promise<Running> {
  const driver = fork(join(__dirname, 'postgres-driver.mjs'), [directory], { execArgv: [] });
  const [message] = (await Promise.race([once(driver, 'message'), once(driver, 'exit')])) as [Omit<Running, 'driver'>];
  return { driver, ...message };
}

async function stop({ driver }: Running): Promise<void> {
  const ended = once(driver, 'exit');
  driver.send('stop');
  await ended;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

/** A process that ended and waits to be collected (state Z) is gone. */
function exists(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.[0] !== 'Z';
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  const deadline = Date.now() + waitMsMax;
  while (exists(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const parentOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1]);

describe('the local PostgreSQL', () => {
  let directory: string;
  let running: Running | null = null;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-postgres-'));
    chmodSync(directory, 0o711);
  });

  afterEach(async () => {
    if (running?.driver.connected) await stop(running);
    running = null;
    rmSync(directory, { recursive: true, force: true });
  });

  it('keeps its data, its port and its password over a restart, and the password to itself', async () => {
    running = await start(directory);
    await query(running.url, `create table notes as select 'kept' as note`);
    const { url, pid } = running;
    await stop(running);
    await untilGone(pid);
    running = await start(directory);
    expect(running.url).toBe(url);
    expect(await query(running.url, 'select note from notes')).toEqual([{ note: 'kept' }]);
    expect(statSync(join(directory, 'server.json')).mode & 0o777).toBe(0o600);
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.toString(), 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  it('stops when the process that started it is killed', async () => {
    running = await start(directory);
    const { driver, pid, url } = running;
    await query(url, `create table notes as select 'kept' as note`);
    driver.kill('SIGKILL');
    await untilGone(pid);
    running = await start(directory);
    expect(await query(running.url, 'select note from notes')).toEqual([{ note: 'kept' }]);
  });

  it('takes over from a server that nobody watches any more', async () => {
    running = await start(directory);
    const { driver, pid, url } = running;
    await query(url, `create table notes as select 'kept' as note`);
    process.kill(parentOf(pid), 'SIGKILL');
    driver.kill('SIGKILL');
    await once(driver, 'exit');
    expect(exists(pid)).toBe(true);
    running = await start(directory);
    expect(exists(pid)).toBe(false);
    expect(await query(running.url, 'select note from notes')).toEqual([{ note: 'kept' }]);
  });

  it('moves to another port when its own is taken', async () => {
    running = await start(directory);
    const { port } = running;
    await stop(running);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    running = await start(directory);
    expect(running.port).not.toBe((other.address() as AddressInfo).port);
    expect(await query(running.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    other.close();
  });
});
