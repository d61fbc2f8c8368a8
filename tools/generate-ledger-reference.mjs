// Writes the table of result codes into docs/reference/ledger.md from the one list in libs/protocol.
// With `--check` it writes nothing and fails when the page says something else.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'docs/reference/ledger.md');
const marked = /(<!-- result codes: [^\n]*-->\n)[\s\S]*(<!-- end of result codes -->)/;

const { buildAll } = await import('./build.mjs');
await buildAll({ withConsole: false });
const { RESULT_DEFINITIONS } = createRequire(import.meta.url)(join(root, 'libs/protocol/dist/index.js'));

function table() {
  const rows = Object.entries(RESULT_DEFINITIONS)
    .sort(([, left], [, right]) => left.number - right.number)
    .map(([name, { number, scopes, meaning }]) => `| ${number} | \`${name}\` | ${scopes.join(', ')} | ${meaning} |`);
  return ['| number | name | of | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

const before = readFileSync(page, 'utf8');
if (!marked.test(before))
  throw new Error('docs/reference/ledger.md has lost the marks around its table of result codes');
const draft = before.replace(marked, (_, start, end) => `${start}\n${table()}\n\n${end}`);
const after = await format(draft, { ...(await resolveConfig(page)), filepath: page });

if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error(
      'docs/reference/ledger.md differs from the result codes: run `node tools/generate-ledger-reference.mjs`.',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(page, after);
}
