// `node tools/determinism.mjs`: executes one log of transfers in a process of each version of Node.js that is supported, with and
// without the native hasher, and compares roots and states. Takes the versions from the package registry, into a temporary folder.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const versions = ['20', '22', '24'];
const folder = mkdtempSync(join(tmpdir(), 'quorate-node-'));

/** Loaded first, it leaves the libraries without a way to the native hasher. */
const portableOnly = `data:text/javascript,${encodeURIComponent(
  "const find = process.getBuiltinModule; process.getBuiltinModule = (id) => id === 'node:module' ? undefined : find(id);",
)}`;

function run(command, words) {
  const child = spawnSync(command, words, { encoding: 'utf8', cwd: folder });
  if (child.status !== 0) throw new Error(`${command} ${words.join(' ')}: ${child.error ?? child.stderr}`);
  return child.stdout.trim();
}

/** The program of each version, under a name of its own so that they do not replace one another. */
function installed() {
  const name = `node-${platform()}-${arch()}`;
  const packages = versions.map((version) => `node${version}@npm:${name}@${version}`);
  run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', ...packages]);
  return versions.map((version) => join(folder, 'node_modules', `node${version}`, 'bin/node'));
}

await buildAll({ withConsole: false });
try {
  const fingerprints = [];
  for (const node of [process.execPath, ...installed()]) {
    for (const portable of [false, true]) {
      const script = join(root, 'bench/ledger-fingerprint.mjs');
      const fingerprint = run(node, portable ? ['--import', portableOnly, script] : [script]);
      console.log(`${run(node, ['--version'])} ${portable ? 'portable' : 'native  '} ${fingerprint}`);
      fingerprints.push(fingerprint);
    }
  }
  if (new Set(fingerprints).size !== 1) throw new Error('the roots differ');
  console.log('All the same.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
