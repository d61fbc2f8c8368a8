// `npm run check`: everything that can be said about the sources without running the product.
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { houseRules } from './house-rules.mjs';
import { ruleNumbers } from './rule-numbers.mjs';
import { install, installed } from './install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outputBytesMax = 1024 * 1024;

// The native compiler checks ten times faster; tools that call the compiler's JavaScript interface need the other one.
const compiler = join(root, 'node_modules/typescript-native/bin/tsc');
const tool = (name) => join(root, 'node_modules/.bin', name);

function run(command, words) {
  return new Promise((resolve) => {
    const child = spawn(command, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => (output = (output + text).slice(-outputBytesMax)));
    }
    child.once('error', (error) => resolve({ passed: false, output: error.message }));
    child.once('exit', (code) => resolve({ passed: code === 0, output }));
  });
}

async function checkHouseRules() {
  const broken = [...houseRules(root), ...ruleNumbers(root)];
  return { passed: broken.length === 0, output: broken.join('\n') };
}

// Each writes pages that are made from the sources, or with `--check` compares them.
const generators = [
  'apps/control-plane/dist/openapi.js',
  'apps/gateway/dist/openapi.js',
  'apps/cli/dist/reference.js',
  'tools/generate-ledger-reference.mjs',
  'tools/engine.mjs',
  'tools/generate-planted-bugs.mjs',
  'tools/generate-consensus-hazards.mjs',
];

/** Documents that are made from the sources must say what the sources say. */
async function checkGenerated() {
  const { buildAll } = await import('./build.mjs');
  await buildAll({ withConsole: false });
  const runs = [];
  for (const generator of generators) runs.push(await run(process.execPath, [join(root, generator), '--check']));
  return { passed: runs.every(({ passed }) => passed), output: runs.map(({ output }) => output).join('') };
}

// The long ones first: with two at a time the whole takes about as long as the longest chain.
const checks = [
  { name: 'types', work: () => run(compiler, ['-p', 'tsconfig.json', '--noEmit']) },
  { name: 'types of the console', work: () => run(compiler, ['-p', 'apps/console/tsconfig.json', '--noEmit']) },
  { name: 'formatting', work: () => run(tool('prettier'), ['--check', '--log-level=warn', '--cache', '.']) },
  { name: 'layers', work: () => run(tool('depcruise'), ['--config', '.dependency-cruiser.cjs', 'libs', 'apps']) },
  { name: 'lint', work: () => run(tool('oxlint'), []) },
  { name: 'lock file', work: () => run(process.execPath, [join(root, 'tools/lock-file.mjs')]) },
  { name: 'house rules', work: checkHouseRules },
  { name: 'generated pages', work: checkGenerated },
];

async function runChecks() {
  const waiting = [...checks];
  const failed = [];
  const one = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const startedAt = Date.now();
      const { passed, output } = await check.work().catch((error) => ({ passed: false, output: error.stack }));
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      console.log(`${passed ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)`);
      if (!passed) {
        failed.push(check.name);
        console.log(`${output.trim().replace(/^/gm, '    ')}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, Math.min(4, cpus().length)) }, one));
  return failed;
}

if (!installed() && !install()) process.exit(1);
const failed = await runChecks();
console.log(failed.length === 0 ? '\nEverything holds.' : `\nFailed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
