// `npm test [-- jest arguments]`: installs and builds what is missing, then runs the tests against real servers.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeTooOld } from './node-version.mjs';

const tooOld = nodeTooOld();
if (tooOld !== null) {
  console.error(tooOld);
  process.exit(1);
}
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { install, installed } = await import('./install.mjs');
if (!installed() && !install()) process.exit(1);
const { buildAll } = await import('./build.mjs');
await buildAll({ say: (line) => console.log(line) });

const outcomes = mkdtempSync(join(tmpdir(), 'quorate-outcome-'));
const outcome = join(outcomes, 'outcome.json');

function run(words) {
  const jest = spawnSync(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...words], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, QUORATE_TEST_OUTCOME: outcome },
  });
  return jest.status ?? 1;
}

// Files whose tests start real processes; one that fails as a whole, or whose tests build on each other, is run a second time.
const repeatedFilesMax = 2;
const words = process.argv.slice(2);
let status = run(words);
const failed = existsSync(outcome) ? JSON.parse(readFileSync(outcome, 'utf8')).failed : [];
const startProcesses = failed.every((file) => file.startsWith(`test${sep}`));
if (status !== 0 && failed.length > 0 && failed.length <= repeatedFilesMax && startProcesses) {
  const names = failed.join(', ');
  console.error(`\nA second attempt for ${names}`);
  status = run(['--runInBand', '--runTestsByPath', ...failed]);
  console.error(`\nNeeded a second attempt, find out why: ${names} (${status === 0 ? 'passed' : 'failed'} then)`);
}
rmSync(outcomes, { recursive: true, force: true });
process.exit(status);
