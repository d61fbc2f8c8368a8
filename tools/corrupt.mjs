// `npm run corrupt`: harms the disk under journals in 200,000 ways, sealed files in 66,667, snapshots and objects of an archive in 10,000 each and whole
// replicas in 3,334 (`-- COUNT SEED` for another number of journals), and opens them again. Then it kills writers on real disks, and fails their calls where
// Debian's fiu-utils is installed, a round for every 5,000 cases.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, installed } from './install.mjs';

if (!installed() && !install()) process.exit(1);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [count = '200000', seed = '1'] = process.argv.slice(2);
if (![count, seed].every((word) => /^\d{1,9}$/.test(word))) {
  console.error('npm run corrupt -- COUNT SEED');
  process.exit(2);
}
const roundsMin = 4;
const rounds = String(Math.max(roundsMin, Math.floor(Number(count) / 5_000)));
console.log(`${count} cases from seed ${seed}; a case that fails is named by its number.`);

function run(words, environment) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), '-i', ...words], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  return status ?? 1;
}

const harmed = run(['libs/(storage|replica)/test/(sealed-)?(corruption|archive)', '-t', 'that lies'], {
  QUORATE_CORRUPTIONS: count,
  QUORATE_SEED: seed,
});
const failed = run(['libs/storage/test/failing-disk'], { QUORATE_DISK_ROUNDS: rounds });
process.exit(harmed || failed);
