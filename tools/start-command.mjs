// What `npm start` does once Node.js is known to be new enough.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { install, installed } from './install.mjs';
import { startPlatform } from './platform.mjs';
import { LocalFault } from './postgres-host.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const usage = `Usage: npm start -- [options]
  --port <port>           console and control plane   (QUORATE_PORT, 8080)
  --gateway-port <port>   gateway                     (QUORATE_GATEWAY_PORT, 8081)
  --home <directory>      data and logs               (QUORATE_HOME, .quorate)
  --workers <count>       workers to start            (4)
  --help                  this text`;

function readOptions(words) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args: words,
    options: { port: text, 'gateway-port': text, home: text, workers: text, help: { type: 'boolean' } },
  });
  const workers = values.workers === undefined ? undefined : Number(values.workers);
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1 && workers <= 16)) {
    throw new LocalFault('WORKERS_WRONG', '--workers must be a number from 1 to 16.');
  }
  return {
    help: values.help === true,
    port: values.port,
    gatewayPort: values['gateway-port'],
    home: values.home,
    workers,
  };
}

const say = (line) => console.log(line);

function announce(platform) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  say(`\nQuorate ${version} is ready.\n`);
  say(`  Console and API   ${platform.url}`);
  say(`  Gateway           ${platform.gatewayUrl}`);
  say(`  Data and logs     ${platform.home}`);
  if (platform.databaseHome !== null) say(`  Database files    ${platform.databaseHome}`);
  say(`  Workers           ${platform.workers.length}\n`);
  if (platform.adminPassword !== null) {
    say('  Platform administrator (shown only now; a new password is asked for at the first sign-in)');
    say(`    e-mail            ${platform.adminEmail}`);
    say(`    one-time password ${platform.adminPassword}\n`);
  }
  say(`Next: open ${platform.url}, sign up your institution and create its first ledger.`);
  say('Ctrl-C stops everything; the data stays.');
}

function explain(error) {
  if (error instanceof LocalFault) return error.message;
  if (error.code?.startsWith?.('ERR_PARSE_ARGS')) return `${error.message}\n\n${usage}`;
  if (error.code === 'EACCES' || error.code === 'EROFS')
    return `${error.message}: this user may not write there; set QUORATE_HOME.`;
  if (error.code === 'ENOSPC') return 'The disk is full.';
  return error.stack ?? String(error);
}

function prepare() {
  if (!installed()) {
    say('Installing dependencies (npm ci)');
    if (!install()) throw new LocalFault('INSTALL_FAILED', 'npm ci failed; its message is above.');
  }
  // In a process of its own: the compilers' memory is given back before the platform runs for weeks.
  const built = spawnSync(process.execPath, [join(root, 'tools/build.mjs')], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) throw new LocalFault('BUILD_FAILED', 'The build failed; its message is above.');
}

async function run(words) {
  const options = readOptions(words);
  if (options.help) return say(usage);
  const abort = new AbortController();
  let platform = null;
  const stop = async (code) => {
    if (abort.signal.aborted) return;
    abort.abort();
    if (platform === null) return;
    say('\nStopping');
    await platform.stop();
    say('Stopped');
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));
  // A closed terminal or a finished `| head` must not stop the platform in disorder.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  prepare();
  if (abort.signal.aborted) process.exit(0);
  platform = await startPlatform({ ...options, say, abort: abort.signal, onFatal: () => void stop(1) });
  announce(platform);
}

/** Runs the command and turns every failure into a message and exit code 1. */
export async function runStart(words) {
  try {
    await run(words);
  } catch (error) {
    console.error(`\n${explain(error)}`);
    process.exit(1);
  }
}
