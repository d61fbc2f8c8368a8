// The whole platform on one machine: PostgreSQL, control plane, gateway and workers, as one object to start and stop.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { takeHome } from './home-lock.mjs';
import { LocalFault, serverUser } from './postgres-host.mjs';
import { portTaken } from './free-port.mjs';
import { startPostgres } from './postgres.mjs';
import { Application } from './supervisor.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const workersDefault = 4;
const workersMax = 16;
const readyMsMax = 180_000;
const diskBytesMin = 512 * 1024 * 1024;
// Variables of the surrounding shell that the applications may see; everything else stays outside.
const passedOn = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS', 'REDIS_URL'];

const scriptOf = (name) => join(root, 'apps', name, 'dist/main.js');

function checkDisk(home) {
  const { bavail, bsize } = statfsSync(home);
  const freeBytes = bavail * bsize;
  if (freeBytes >= diskBytesMin) return;
  const free = Math.floor(freeBytes / 1024 / 1024);
  const need = diskBytesMin / 1024 / 1024;
  throw new LocalFault(
    'DISK_FULL',
    `Only ${free} MiB are free below ${home}; ${need} MiB are needed. Free some space or set QUORATE_HOME.`,
  );
}

function openHome(home) {
  mkdirSync(join(home, 'logs'), { recursive: true, mode: 0o700 });
  // As root PostgreSQL runs as another user, who has to walk through this directory (not list it) to its data.
  chmodSync(home, process.env.DATABASE_URL || serverUser() === null ? 0o700 : 0o711);
}

function rememberedWorkers(home) {
  const path = join(home, 'platform.json');
  if (!existsSync(path)) return 0;
  return JSON.parse(readFileSync(path, 'utf8')).workers;
}

function rememberWorkers(home, workers) {
  const draft = join(home, 'platform.json.draft');
  writeFileSync(draft, JSON.stringify({ workers }), { mode: 0o600 });
  renameSync(draft, join(home, 'platform.json'));
}

async function checkPort(port, bind, variable) {
  if (await portTaken(port, bind)) {
    throw new LocalFault(
      'PORT_TAKEN',
      `Port ${port} is taken by another program: set ${variable} to a free port and start again.`,
    );
  }
}

/** Only migrations act as the database's owner; the applications log in under roles of their own on the same server. */
function withoutOwner(databaseUrl) {
  const url = new URL(databaseUrl);
  url.username = '';
  url.password = '';
  return url.href;
}

function migrate(env) {
  const script = join(root, 'apps/control-plane/dist/migrate.js');
  const run = spawnSync(process.execPath, [script], { cwd: root, env, encoding: 'utf8' });
  if (run.status === 0) return;
  const lines = `${run.stdout}\n${run.stderr}`.trim().split('\n').slice(-12);
  throw new LocalFault('MIGRATION_FAILED', `The database could not be brought up to date:\n${lines.join('\n')}`);
}

async function answersReady(url) {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

class Platform {
  #home;
  #settings;
  #env;
  #ownerUrl = null;
  #say;
  #postgres = null;
  #release;
  #applications = new Map();
  #ready = new Set();
  #starting = true;
  #failed = null;
  #stopping = null;
  adminPassword = null;
  adminEmail = null;

  constructor(settings, release) {
    this.#home = settings.home;
    this.#settings = settings;
    this.#say = settings.say;
    this.#release = release;
  }

  get url() {
    return this.#settings.url;
  }

  get gatewayUrl() {
    return this.#settings.gatewayUrl;
  }

  get home() {
    return this.#home;
  }

  /** Where PostgreSQL's files are, when they could not be in the home; null otherwise. */
  get databaseHome() {
    const { home } = this.#postgres ?? {};
    return home === undefined || home.startsWith(this.#home) ? null : home;
  }

  get databaseUrl() {
    return this.#ownerUrl;
  }

  get workers() {
    return [...this.#applications.values()]
      .filter(({ name }) => name.startsWith('worker-'))
      .map(({ name, pid }) => ({ name, pid }));
  }

  async open() {
    const { port, gatewayPort, bind } = this.#settings;
    checkDisk(this.#home);
    await checkPort(port, bind, 'QUORATE_PORT');
    await checkPort(gatewayPort, bind, 'QUORATE_GATEWAY_PORT');
    const databaseUrl = process.env.DATABASE_URL || (await this.#startDatabase());
    this.#ownerUrl = databaseUrl;
    this.#env = this.#environment(withoutOwner(databaseUrl));
    this.#say('Bringing the database up to date');
    migrate({ ...this.#env, DATABASE_URL: databaseUrl });
    this.#say('Starting control plane, gateway and workers');
    this.#add('control-plane', scriptOf('control-plane'));
    this.#add('gateway', scriptOf('gateway'));
    const count = Math.min(Math.max(this.#settings.workers, rememberedWorkers(this.#home)), workersMax);
    for (let index = 1; index <= count; index += 1) this.#addWorker(index);
    await this.#untilReady();
    this.#starting = false;
  }

  async #startDatabase() {
    this.#say('Starting PostgreSQL');
    const directory = join(this.#home, 'postgres');
    this.#postgres = await startPostgres({ directory, logFile: join(this.#home, 'logs/postgres.log') });
    this.#postgres.exited.then(() => {
      if (this.#stopping === null) this.#fatal('PostgreSQL ended by itself; its log is logs/postgres.log.');
    });
    return this.#postgres.url;
  }

  #environment(databaseUrl) {
    const { port, gatewayPort, bind, url, gatewayUrl } = this.#settings;
    const own = Object.entries(process.env).filter(([name]) => passedOn.includes(name) || name.startsWith('QUORATE_'));
    return {
      ...Object.fromEntries(own),
      NODE_ENV: 'production',
      QUORATE_HOME: this.#home,
      QUORATE_PORT: String(port),
      QUORATE_GATEWAY_PORT: String(gatewayPort),
      QUORATE_BIND: bind,
      QUORATE_PUBLIC_URL: url,
      QUORATE_GATEWAY_URL: gatewayUrl,
      DATABASE_URL: databaseUrl,
    };
  }

  #add(name, script, env = {}) {
    const application = new Application({
      name,
      script,
      cwd: root,
      env: { ...this.#env, ...env },
      logFolder: join(this.#home, 'logs'),
      guard: join(root, 'tools/child-guard.cjs'),
      onMessage: (message) => this.#onMessage(name, message),
      onLine: (line) => this.#onLine(name, line),
      onEnd: (end) => this.#onEnd(end),
    });
    this.#applications.set(name, application);
    application.start();
    return application;
  }

  #addWorker(index) {
    const name = `worker-${index}`;
    return this.#add(name, scriptOf('worker'), { QUORATE_WORKER_NAME: name });
  }

  #onMessage(name, message) {
    if (message?.kind === 'ready') this.#ready.add(name);
    if (name === 'control-plane' && message?.kind === 'add-workers') this.addWorkers(Number(message.count));
  }

  /** The first administrator's password is shown to the person who started the platform and written nowhere. */
  #onLine(name, line) {
    if (name !== 'control-plane') return false;
    const [word, email, password] = line.trim().split(' ');
    if (word !== 'first-admin') return false;
    this.adminEmail = email;
    this.adminPassword = password;
    return true;
  }

  #onEnd({ name, cause, waitMs }) {
    this.#ready.delete(name);
    if (this.#stopping !== null) return false;
    if (this.#starting) {
      this.#failed ??= name;
      return false;
    }
    this.#say(`${name} ended (${cause}); it starts again in ${waitMs} ms`);
    return true;
  }

  #fatal(detail) {
    this.#say(detail);
    this.#settings.onFatal?.(detail);
  }

  async #untilReady() {
    const deadline = Date.now() + readyMsMax;
    const { reached, port, gatewayPort } = this.#settings;
    const probes = { 'control-plane': `http://${reached}:${port}`, gateway: `http://${reached}:${gatewayPort}` };
    for (;;) {
      if (this.#settings.abort?.aborted) throw new LocalFault('START_STOPPED', 'Stopped while starting.');
      if (this.#failed !== null) throw this.#startFault(this.#failed, 'ended while starting');
      const waiting = [...this.#applications.keys()].filter((name) => !this.#ready.has(name));
      if (waiting.length === 0) return;
      if (Date.now() > deadline) throw this.#startFault(waiting[0], `was not ready after ${readyMsMax / 1000} s`);
      for (const name of waiting) if (probes[name] && (await answersReady(probes[name]))) this.#ready.add(name);
      await delay(40);
    }
  }

  #startFault(name, what) {
    const lines = this.#applications.get(name).tail;
    return new LocalFault(
      'START_FAILED',
      `${name} ${what}; its log is ${join(this.#home, 'logs', `${name}.log`)}:\n${lines.join('\n')}`,
    );
  }

  /** Starts more workers, up to the maximum, and remembers how many there are for the next start. */
  addWorkers(count) {
    const names = [];
    for (let added = 0; added < count && this.workers.length < workersMax; added += 1) {
      names.push(this.#addWorker(this.workers.length + 1).name);
    }
    rememberWorkers(this.#home, this.workers.length);
    if (names.length > 0) this.#say(`Started ${names.join(', ')}`);
    return names;
  }

  #worker(name) {
    const application = this.#applications.get(name);
    if (!application || !name.startsWith('worker-'))
      throw new LocalFault('WORKER_UNKNOWN', `There is no worker ${name}.`);
    return application;
  }

  /** Ends a worker as a power cut would and leaves it ended until `startWorker`. */
  async killWorker(name) {
    await this.#worker(name).kill();
    this.#ready.delete(name);
  }

  /** Starts a killed worker again and waits until it has registered. */
  async startWorker(name) {
    this.#worker(name).start();
    const deadline = Date.now() + readyMsMax;
    while (!this.#ready.has(name)) {
      if (Date.now() > deadline) throw this.#startFault(name, 'was not ready in time');
      await delay(40);
    }
  }

  /** Stops everything in order: no new requests, then the workers with their replicas, then the database. */
  stop() {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll() {
    const all = [...this.#applications.values()];
    const isWorker = ({ name }) => name.startsWith('worker-');
    await Promise.all(all.filter((application) => !isWorker(application)).map((application) => application.stop()));
    await Promise.all(all.filter(isWorker).map((application) => application.stop()));
    await this.#postgres?.stop();
    this.#release();
  }
}

function portFrom(value, variable, fallback) {
  const port = Number(value ?? process.env[variable] ?? fallback);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new LocalFault('PORT_WRONG', `${variable} must be a port from 1 to 65535.`);
}

/**
 * Starts the platform in `home` and resolves when every part of it is ready.
 *
 * Values that are left out come from the environment (QUORATE_HOME, QUORATE_PORT, QUORATE_GATEWAY_PORT), then the defaults.
 * `say` receives progress lines; `quiet` drops them. `onFatal` hears of a failure the platform cannot repair by itself.
 * `abort`, an AbortSignal, stops a start that is still under way.
 */
export async function startPlatform(options = {}) {
  const home = resolve(options.home ?? process.env.QUORATE_HOME ?? join(root, '.quorate'));
  const bind = process.env.QUORATE_BIND ?? '127.0.0.1';
  const port = portFrom(options.port, 'QUORATE_PORT', 8080);
  const gatewayPort = portFrom(options.gatewayPort, 'QUORATE_GATEWAY_PORT', 8081);
  const reached = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind;
  // The console's session cookie belongs to a host name: console and gateway must be reached by the same one.
  const host = reached === '127.0.0.1' ? 'localhost' : reached;
  const settings = {
    home,
    bind,
    reached,
    port,
    gatewayPort,
    workers: options.workers ?? workersDefault,
    url:
      options.port === undefined && process.env.QUORATE_PUBLIC_URL
        ? process.env.QUORATE_PUBLIC_URL
        : `http://${host}:${port}`,
    gatewayUrl:
      options.gatewayPort === undefined && process.env.QUORATE_GATEWAY_URL
        ? process.env.QUORATE_GATEWAY_URL
        : `http://${host}:${gatewayPort}`,
    say: options.quiet ? () => undefined : (options.say ?? ((line) => process.stderr.write(`${line}\n`))),
    onFatal: options.onFatal,
    abort: options.abort,
  };
  openHome(home);
  const platform = new Platform(settings, takeHome(home));
  try {
    await platform.open();
    return platform;
  } catch (error) {
    await platform.stop();
    throw error;
  }
}
