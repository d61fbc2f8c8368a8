// Starts a real PostgreSQL of our own from the binaries that npm installed, and recovers it after a crash.
import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, portTaken } from './free-port.mjs';
import { spawnGuarded } from './guarded.mjs';
import { RotatingLog } from './logs.mjs';
import { LocalFault, asUser, dataHome, serverBinaries, serverUser } from './postgres-host.mjs';

const host = '127.0.0.1';
const superuser = 'quorate';
const database = 'quorate';
const readyWaitMsMax = 120_000;
const stopWaitMsMax = 15_000;
const startAttemptsMax = 3;
// The server's own log lines kept in memory to explain a start that failed.
const tailBytesMax = 8 * 1024;

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
}

/** A process that ended but was not collected by its parent (state Z) counts as gone; some containers collect none. */
function alive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return !existsSync('/proc/self/stat');
  }
}

async function waitUntilGone(pid, waitMs) {
  const deadline = Date.now() + waitMs;
  while (alive(pid)) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

async function stopByPid(pid) {
  // SIGINT: fast shutdown; SIGQUIT: immediate, recovered from the log at the next start.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL']) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await waitUntilGone(pid, stopWaitMsMax)) return;
  }
}

/** Clears what an earlier run left: a server without its parent is stopped, the lock of a dead one is removed. */
async function clearLeftover(data) {
  const lock = join(data, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  if (Number.isInteger(pid) && pid > 1 && alive(pid) && commandOf(pid).includes(data)) await stopByPid(pid);
  rmSync(lock, { force: true });
}

function readSettings(directory) {
  const path = join(directory, 'server.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

function writeSettings(directory, settings) {
  const draft = join(directory, 'server.json.draft');
  writeFileSync(draft, JSON.stringify(settings), { mode: 0o600 });
  renameSync(draft, join(directory, 'server.json'));
}

/** Makes the cluster beside its final place and moves it there whole, so that a crash half-way leaves nothing to repair. */
function initialize(binaries, user, settings, durable) {
  for (const name of readdirSync(settings.home)) {
    if (name.startsWith('draft-')) rmSync(join(settings.home, name), { recursive: true, force: true });
  }
  const draft = join(settings.home, `draft-${randomUUID()}`);
  mkdirSync(draft, { mode: 0o700 });
  const secret = join(draft, 'password');
  writeFileSync(secret, settings.password, { mode: 0o600 });
  if (user !== null) for (const path of [draft, secret]) chownSync(path, user.uid, user.gid);
  const options = ['--auth=scram-sha-256', `--pwfile=${secret}`, `--username=${superuser}`, '--encoding=UTF8'];
  options.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions');
  if (!durable) options.push('--no-sync');
  const data = join(draft, 'data');
  const made = spawnSync(join(binaries, 'initdb'), ['-D', data, ...options], {
    ...asUser(user),
    cwd: draft,
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    throw new LocalFault(
      'POSTGRES_INIT_FAILED',
      `PostgreSQL could not be set up: ${made.error?.message ?? made.stderr.trim()}`,
    );
  }
  renameSync(data, join(settings.home, 'data'));
  rmSync(draft, { recursive: true, force: true });
}

function serverArguments(data, port, durable) {
  const settings = {
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: 250,
    shared_buffers: '64MB',
    max_wal_size: '256MB',
    password_encryption: 'scram-sha-256',
    fsync: durable ? 'on' : 'off',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A statement's text may carry tenants' data; the log keeps the error and its position only.
    log_min_error_statement: 'panic',
  };
  return [
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

function launch(binaries, user, data, port, { durable, log }) {
  const command = [join(binaries, 'postgres'), ...serverArguments(data, port, durable)];
  const server = spawnGuarded(command, { ...asUser(user), cwd: data, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } });
  let tail = Buffer.alloc(0);
  server.stderr.on('data', (chunk) => {
    tail = Buffer.concat([tail, chunk]).subarray(-tailBytesMax);
    log?.write(chunk);
  });
  const exited = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
  exited.then(() => log?.close());
  return { server, exited, tail: () => tail.toString('utf8').trim() };
}

/** The server writes its state in the lock file; `ready` is written when it accepts connections. */
async function waitUntilReady(running, data) {
  const lock = join(data, 'postmaster.pid');
  const deadline = Date.now() + readyWaitMsMax;
  let ended = false;
  running.exited.then(() => (ended = true));
  while (!ended && Date.now() < deadline) {
    if (existsSync(lock)) {
      const lines = readFileSync(lock, 'utf8').split('\n');
      if (lines[7]?.trim() === 'ready') return Number(lines[0]);
    }
    await delay(15);
  }
  return null;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    socket.once('connect', () => resolve(true) || socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

async function withClient(url, work) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates a database on the server of `url` unless it exists and returns its own URL. */
export async function createDatabase(url, name) {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name))
    throw new LocalFault('DATABASE_NAME_WRONG', `Not a database name: ${name}`);
  const target = new URL(url);
  await withClient(url, async (client) => {
    const known = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (known.rowCount === 0) await client.query(`create database ${name}`);
  });
  target.pathname = `/${name}`;
  return target.toString();
}

function prepareSettings(directory, user) {
  mkdirSync(directory, { recursive: true, mode: user === null ? 0o700 : 0o711 });
  if (user !== null) chmodSync(directory, 0o711);
  const known = readSettings(directory);
  if (known !== null && existsSync(known.home)) return known;
  const settings = { home: dataHome(user, directory), password: randomBytes(24).toString('hex'), port: null };
  writeSettings(directory, settings);
  return settings;
}

async function choosePort(wanted, remembered) {
  if (wanted === undefined) return remembered === null || (await portTaken(remembered)) ? freePort() : remembered;
  if (await portTaken(wanted))
    throw new LocalFault('PORT_TAKEN', `Port ${wanted} for PostgreSQL is taken: choose another one.`);
  return wanted;
}

/**
 * Starts PostgreSQL with its data below `directory` and waits until it answers.
 *
 * It listens on 127.0.0.1 only. `durable: false` switches fsync off and is for tests. `logFile` receives the server's log.
 * The server ends with the process that called this, also when that process is killed.
 */
export async function startPostgres({ directory, port, durable = true, logFile }) {
  const user = serverUser();
  const settings = prepareSettings(directory, user);
  const binaries = serverBinaries(user, directory);
  const data = join(settings.home, 'data');
  if (!existsSync(join(data, 'PG_VERSION'))) initialize(binaries, user, settings, durable);
  await clearLeftover(data);
  for (let attempt = 1; ; attempt += 1) {
    const chosen = await choosePort(port, settings.port);
    const running = launch(binaries, user, data, chosen, { durable, log: logFile ? new RotatingLog(logFile) : null });
    const pid = await waitUntilReady(running, data);
    if (pid !== null && (await answers(chosen))) {
      writeSettings(directory, { ...settings, port: chosen });
      return await openServer(running, pid, settings, chosen);
    }
    running.server.stdin.end();
    if (pid !== null) await stopByPid(pid);
    // Someone else may have taken the port between our look and the server's start.
    if (
      attempt < startAttemptsMax &&
      port === undefined &&
      /could not bind|Address already in use/i.test(running.tail())
    )
      continue;
    throw new LocalFault(
      'POSTGRES_START_FAILED',
      `PostgreSQL did not start: ${running.tail().split('\n').slice(-4).join(' | ')}`,
    );
  }
}

async function openServer(running, pid, settings, port) {
  const urlOf = (name) => `postgresql://${superuser}:${settings.password}@${host}:${port}/${name}`;
  const stop = async () => {
    running.server.stdin.end();
    if (await Promise.race([running.exited.then(() => true), delay(stopWaitMsMax, false, { ref: false })])) return;
    await stopByPid(pid);
    await running.exited;
  };
  try {
    await createDatabase(urlOf('postgres'), database);
  } catch (error) {
    await stop();
    throw error;
  }
  const erase = async () => {
    await stop();
    rmSync(settings.home, { recursive: true, force: true });
  };
  return { url: urlOf(database), port, pid, home: settings.home, exited: running.exited, stop, erase };
}
