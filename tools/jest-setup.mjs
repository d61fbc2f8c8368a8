// One PostgreSQL, and one Redis where its server is installed, for a whole test run.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnGuarded } from './guarded.mjs';
import { freePort } from './free-port.mjs';
import { startPostgres } from './postgres.mjs';

const redisWaitMsMax = 60_000;
// Libraries that touch neither a database nor a queue: a run of only their tests starts without waiting for one.
const plain =
  /libs\/(errors|codec|crypto|protocol|ledger|consensus|light-client|provisioning|payments|simulation|storage|transport|replica|runtime|runtime-node|sdk|config|tenancy)(\/|$)/;

function needsServers(globalConfig) {
  const patterns = globalConfig.testPathPatterns?.patterns ?? [];
  return patterns.length === 0 || patterns.some((pattern) => !plain.test(pattern));
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true) || socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

async function startRedis(directory) {
  if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status !== 0) return null;
  const port = await freePort();
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  options.push('--maxmemory-policy', 'noeviction', '--daemonize', 'no');
  const server = spawnGuarded(['redis-server', ...options.map(String)], { env: process.env });
  server.stderr.resume();
  const deadline = Date.now() + redisWaitMsMax;
  while (!(await connects(port))) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error('redis-server did not start');
    await delay(20);
  }
  const stop = async () => {
    if (server.exitCode !== null) return;
    server.stdin.end();
    await once(server, 'exit');
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

export default async function setup(globalConfig) {
  if (!needsServers(globalConfig)) return;
  const directory = mkdtempSync(join(tmpdir(), 'quorate-test-'));
  chmodSync(directory, 0o711);
  const postgres = await startPostgres({ directory: join(directory, 'postgres'), durable: false });
  const redis = await startRedis(directory);
  process.env.QUORATE_TEST_DATABASE_URL = postgres.url;
  if (redis !== null) process.env.QUORATE_TEST_REDIS_URL = redis.url;
  globalThis.quorateTestServers = {
    async stop() {
      await redis?.stop();
      await postgres.erase();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
