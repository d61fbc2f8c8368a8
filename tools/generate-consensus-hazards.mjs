// Writes docs/reference/consensus-hazards.md: what each rule of the consensus protocol holds off, the test that fails without it, and every test that names a
// rule. With `--check` it compares, and sees that rules, tests and sources are as the list says.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { sourceWithout } from './mutation/check-hazards.mjs';
import { HAZARDS, NOT_NEEDED } from './mutation/hazards.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'docs/reference/consensus-hazards.md');
const read = (path) => readFileSync(join(root, path), 'utf8');

/** Numbers and names of the specification's rules. */
const rules = new Map(
  [...read('docs/spec/consensus.md').matchAll(/^\*\*(C-\d+) ([^*]+?)\.?\*\*/gm)].map(([, number, name]) => [
    number,
    name,
  ]),
);

/** Rule numbers in a text; `C-35 to C-40` stands for all between. */
const numbersIn = (text) =>
  [...text.matchAll(/\bC-(\d+)(?: to C-(\d+))?\b/g)].flatMap(([, first, last]) =>
    Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, index) => `C-${Number(first) + index}`),
  );

/** Titles of tests with the rules that they, or what they are part of, name. */
function titledTests() {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'libs'], {
    cwd: root,
    encoding: 'utf8',
  });
  const found = [];
  for (const path of listed.split('\n').filter((each) => each.endsWith('.spec.ts') && existsSync(join(root, each)))) {
    let part = '';
    for (const [, , word, , title] of read(path).matchAll(
      /^( *)(describe|it)(\.each[\s\S]*?\))?\(\s*['"`](.+?)['"`],/gm,
    )) {
      if (word === 'describe') part = title;
      else for (const rule of new Set(numbersIn(`${part} ${title}`))) found.push({ rule, path, title });
    }
  }
  return found;
}

const broken = [];
for (const { hazard, rules: named, test, without } of HAZARDS.flatMap(({ hazards }) => hazards)) {
  const [path, title] = test;
  for (const rule of numbersIn(named)) if (!rules.has(rule)) broken.push(`${rule} is no rule: ${hazard}`);
  if (!existsSync(join(root, path)) || !read(path).includes(title)) broken.push(`${path} has no test: ${title}`);
  if (without !== undefined)
    try {
      sourceWithout(without);
    } catch (error) {
      broken.push(error.message);
    }
}
const tests = titledTests();
for (const { rule, path } of tests) if (!rules.has(rule)) broken.push(`${path} names ${rule}, which is no rule`);
for (const [rule, name] of rules)
  if (!tests.some((each) => each.rule === rule)) broken.push(`no test names ${rule} (${name})`);

const file = (path) => `[${basename(path)}](../../${path})`;
const row = ({ hazard, rules: named, test: [path, title], without }) =>
  `| ${hazard} | ${named} | ${without === undefined ? '' : '✓'} | ${file(path)}: ${title} |`;
const testsOf = (rule) => tests.filter((each) => each.rule === rule);
const draft = `# What the rules of consensus hold off

Each rule of [the specification](../spec/consensus.md) is there because of something that goes wrong without it. Every row names a test that fails then. Where the
third column says so, \`npm run mutate -- --rules\` takes the rule out of the core and sees that this test fails; the other rows are about what stands outside the core.
This page is made from \`tools/mutation/hazards.mjs\` and the titles of tests; \`npm run check\` fails on an unknown rule, a rule that no test names, and a test or a
source that the list does not find.

${HAZARDS.map(({ part, hazards }) => `## ${part}\n\n| without it | rule | taken out | test |\n| --- | --- | --- | --- |\n${hazards.map(row).join('\n')}\n`).join('\n')}
## What needs no rule here

| elsewhere | here |
| --- | --- |
${NOT_NEEDED.map(([what, why]) => `| ${what} | ${why} |`).join('\n')}

## Tests by rule

| rule | | tests that name it |
| --- | --- | --- |
${[...rules].map(([rule, name]) => `| ${rule} | ${name} | ${[...new Set(testsOf(rule).map(({ path }) => path))].map((path) => `${file(path)} (${testsOf(rule).filter((each) => each.path === path).length})`).join(', ')} |`).join('\n')}
`;
const after = await format(draft, { ...(await resolveConfig(page)), filepath: page });

if (!process.argv.includes('--check')) writeFileSync(page, after);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== after)
  broken.push('docs/reference/consensus-hazards.md differs: run `node tools/generate-consensus-hazards.mjs`.');
for (const line of broken) console.error(line);
process.exitCode = broken.length === 0 ? 0 : 1;
