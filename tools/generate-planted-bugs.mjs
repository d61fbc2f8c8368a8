// Writes docs/reference/planted-bugs.md from the list in libs/simulation that the tests run. With `--check` it compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'docs/reference/planted-bugs.md');

const { buildAll } = await import('./build.mjs');
await buildAll({ withConsole: false });
const { PLANTED_BUGS, PLANTED_CHAOS, UNNOTICED_BUGS, WHOLE_BUGS } = createRequire(import.meta.url)(
  join(root, 'libs/simulation/dist/index.js'),
);

const { replicaCount, chaosMs, calmMsMax } = PLANTED_CHAOS;
const draft = `# Planted bugs

A harness that never fails proves nothing. Each of these ${PLANTED_BUGS.length + WHOLE_BUGS.length} bugs is planted by every \`npm run simulate\`, those of cores alone by every test run too, and must be noticed in one run. In cores alone: ${replicaCount} replicas, ${chaosMs} ms of chaos, at most ${calmMsMax} ms to recover, with the seed given. The same seeds without a bug
find nothing. The rules are those of [the specification](../spec/consensus.md). This page is made from the list that the tests run.

| rule | bug | adversary | seed |
| --- | --- | --- | --- |
${PLANTED_BUGS.map(({ rule, bug, adversary, seed }) => `| ${rule} | ${bug} | ${adversary ?? 'none'} | ${seed} |`).join('\n')}

In whole replicas, with their journals and ledgers on simulated drives (4 replicas, 2000 ms of faults):

| rule | bug | faults | seed |
| --- | --- | --- | --- |
${WHOLE_BUGS.map(({ rule, bug, faults, seed }) => `| ${rule} | ${bug} | ${Object.keys(faults).join(', ') || 'none'} | ${seed} |`).join('\n')}

The complete search of the voting rules leaves out eight more, one at a time: \`libs/simulation/src/explorer.spec.ts\`.

## What chaos does not notice

| rule | bug | held by |
| --- | --- | --- |
${UNNOTICED_BUGS.map(({ rule, bug, heldBy }) => `| ${rule} | ${bug} | ${heldBy} |`).join('\n')}
`;
const after = await format(draft, { ...(await resolveConfig(page)), filepath: page });

if (!process.argv.includes('--check')) writeFileSync(page, after);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== after) {
  console.error('docs/reference/planted-bugs.md differs from the list: run `node tools/generate-planted-bugs.mjs`.');
  process.exitCode = 1;
}
