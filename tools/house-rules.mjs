// Rules of the house that no linter knows: names, sizes and leftovers. Returns one line for each violation.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const forbiddenNames = /^(utils?|common|shared|helpers?|misc|manager|base)(\.|$)/;
const sourceLinesMax = 500;
const testLinesMax = 800;

const isText = (path) =>
  /\.(ts|tsx|js|mjs|cjs|json|md|yml|yaml|css|html|xml|sh|tpl)$|(^|\/)(Dockerfile|run)$/.test(path);
const isCode = (path) => /\.(ts|tsx|js|mjs|cjs)$/.test(path);
const isTest = (path) => /\.spec\.tsx?$|(^|\/)test\//.test(path);

// Built from parts, so that this file does not break its own rules.
const leftovers = [
  {
    pattern: new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`),
    what: 'a leftover note',
  },
];
const codeRules = [
  { pattern: /\bdebugger;/, what: 'a debugger statement' },
  {
    pattern: /^\s*export default /m,
    what: 'a default export',
    unless: (path) => path.startsWith('tools/') || /\.(mjs|cjs)$/.test(path),
  },
  { pattern: /^\s*export \* from/m, what: 'a wildcard export' },
];
const testRules = [
  { pattern: /\b(describe|it|test)\.only\b|\bf(describe|it)\(/, what: 'a focused test' },
  { pattern: /\b(describe|it|test)\.skip\(|\bx(describe|it)\(/, what: 'a skipped test' },
];
const pure = [
  'errors',
  'codec',
  'crypto',
  'protocol',
  'ledger',
  'consensus',
  'light-client',
  'provisioning',
  'payments',
];
const pureRules = [
  { pattern: /\bMath\.random\b/, what: 'chance in a pure library' },
  { pattern: /\basync\b|\bawait\b/, what: 'asynchronous code in a pure library' },
  { pattern: /\.localeCompare\(|\.toLocale\w+\(/, what: 'a locale in a pure library' },
];

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

function lineOf(text, pattern) {
  const at = text.search(pattern);
  return text.slice(0, at).split('\n').length;
}

function brokenBy(path, text, rules) {
  return rules
    .filter(({ pattern, unless }) => !unless?.(path) && pattern.test(text))
    .map(({ pattern, what }) => `${path}:${lineOf(text, pattern)} ${what}`);
}

function checkFile(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  const broken = [];
  if (forbiddenNames.test(basename(path)))
    broken.push(`${path} says nothing of what it holds: choose a name for its content`);
  if (isCode(path)) {
    if (!/^[a-z0-9.$_-]+$/.test(basename(path))) broken.push(`${path} is not in kebab-case`);
    const lines = text.split('\n').length;
    const max = isTest(path) ? testLinesMax : sourceLinesMax;
    if (lines > max) broken.push(`${path} has ${lines} lines; ${max} are the most`);
    broken.push(...brokenBy(path, text, codeRules));
  }
  broken.push(...brokenBy(path, text, leftovers));
  if (isTest(path)) broken.push(...brokenBy(path, text, testRules));
  const library = /^libs\/([^/]+)\/src\//.exec(path)?.[1];
  if (library && pure.includes(library) && !isTest(path))
    broken.push(...brokenBy(path, withoutComments(text), pureRules));
  return broken;
}

/** Checks every file that git knows or would add. */
export function houseRules(root) {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((path) => path !== '' && path !== 'package-lock.json' && isText(path) && existsSync(join(root, path)))
    .flatMap((path) => checkFile(root, path));
}
