// Runs the conformance tests of the object stores against a real S3-compatible server: s3rver, installed from the registry into a temporary folder.
//
//   npm run test:s3
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SERVER = 's3rver@3.7.1';
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'quorate-s3-server-'));

function run(command, parts, options) {
  const { status } = spawnSync(command, parts, { stdio: 'inherit', ...options });
  if (status !== 0) throw new Error(`${command} ${parts[0]} ended with ${status}`);
}

try {
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, SERVER], { cwd: folder });
  run('npx', ['jest', '-w', '1', 'libs/runtime-node'], {
    cwd: root,
    env: { ...process.env, QUORATE_S3_SERVER_FOLDER: folder },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
