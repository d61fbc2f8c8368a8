// `npm run coverage`: which branches of libs/consensus its tests take: its own specifications and those that run real cores in the simulator.
// Prints those that no test takes, and ends with 1 below the share that is demanded.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The share of branches that must be taken. */
const shareMin = 1;

const folder = mkdtempSync(join(tmpdir(), 'quorate-coverage-'));
const jest = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/jest/bin/jest.js'),
    'libs/consensus',
    'libs/simulation',
    // What is left to chance, or breaks the core on purpose, shows nothing that a rule's own test should not show.
    ...['planted-bugs', 'chaos', 'twins', 'whole', 'campaign'].map((name) => `--testPathIgnorePatterns=${name}`),
    '--coverage',
    '--coverageReporters=json',
    `--coverageDirectory=${folder}`,
    '--collectCoverageFrom=libs/consensus/src/**/*.ts',
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
if (jest.status !== 0) process.exit(jest.status ?? 1);
const files = Object.values(JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8')));
rmSync(folder, { recursive: true, force: true });

let [all, taken] = [0, 0];
for (const { path, b: counts, branchMap } of files) {
  const missed = new Set();
  for (const [key, ways] of Object.entries(counts)) {
    all += ways.length;
    taken += ways.filter((count) => count > 0).length;
    if (ways.includes(0)) missed.add(branchMap[key].loc.start.line);
  }
  if (missed.size > 0)
    console.log(
      `${basename(path)}: not every way is taken at line ${[...missed].sort((first, second) => first - second).join(', ')}`,
    );
}
const share = taken / all;
console.log(
  `branches of libs/consensus: ${taken} of ${all} (${(share * 100).toFixed(1)} %; ${shareMin * 100} % are demanded)`,
);
process.exit(share >= shareMin ? 0 : 1);
