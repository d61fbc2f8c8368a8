// Every rule of docs/spec/consensus.md (`**C-… `) is cited by the code and by a test, and nothing cites a rule that is not there.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const specification = 'docs/spec/consensus.md';
const areas = [
  'libs/consensus/src',
  'libs/simulation/src',
  'libs/replica/src',
  'libs/storage/src',
  'libs/protocol/src',
];
// A list of rules that are broken on purpose holds none of them.
const plantedBugs = 'libs/simulation/src/planted-bugs.ts';
// The last number of `C-15 to C-20` stands for all between.
const citation = /\bC-(\d+)(?: to C-(\d+))?\b/g;

function citedIn(text) {
  return [...text.matchAll(citation)].flatMap(([, first, last]) =>
    Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
}

/** Returns one line for each rule without code or test, and for each number without a rule. */
export function ruleNumbers(root) {
  const text = readFileSync(join(root, specification), 'utf8');
  const rules = new Set([...text.matchAll(/^\*\*C-(\d+) /gm)].map(([, number]) => Number(number)));
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...areas], {
    cwd: root,
    encoding: 'utf8',
  });
  const paths = listed
    .split('\n')
    .filter((path) => path.endsWith('.ts') && path !== plantedBugs && existsSync(join(root, path)));
  const broken = [];
  const code = new Set();
  const tests = new Set();
  for (const path of [specification, ...paths]) {
    for (const number of citedIn(readFileSync(join(root, path), 'utf8'))) {
      if (!rules.has(number)) broken.push(`${path} cites C-${number}, which ${specification} does not have`);
      if (path !== specification) (path.endsWith('.spec.ts') ? tests : code).add(number);
    }
  }
  for (const number of rules) {
    if (!code.has(number)) broken.push(`C-${number} of ${specification} is cited by no code`);
    if (!tests.has(number)) broken.push(`C-${number} of ${specification} is cited by no test`);
  }
  return broken;
}
