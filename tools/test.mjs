// `npm test [-- jest arguments]`: installs and builds what is missing, then runs the tests against real servers.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
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
const jest = spawnSync(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(jest.status ?? 1);
