// A process that runs tests of libs/consensus on its sources, whole or with one change, without jest: it starts in a second, and a change costs no
// new process. Told by messages: `{ survey }` runs all tests and says which lines of which file each one reaches; `{ file, code, tests }` runs these tests
// with `code` in the place of `file` and says which one notices.
const { readFileSync, readdirSync } = require('node:fs');
const inspector = require('node:inspector/promises');
const Module = require('node:module');
const { join } = require('node:path');
const { format } = require('node:util');
const { expect } = require('expect');
const swc = require('@swc/core');

const root = join(__dirname, '..', '..');
const sources = join(root, 'libs/consensus/src');
const simulator = join(root, 'libs/simulation/src');
const reloaded = [join(root, 'libs/consensus'), simulator];
// These take minutes, or plant bugs of their own.
const leftOut = /^(chaos|twins|planted-bugs|campaign)\./;

const swcOptions = {
  ...JSON.parse(readFileSync(join(root, 'tools/swc.json'), 'utf8')),
  sourceMaps: false,
  swcrc: false,
};
const compiledCode = new Map();
let changed = null;

/** JavaScript of a source file. */
function compiled(path) {
  if (changed?.file === path) return changed.code;
  if (!compiledCode.has(path))
    compiledCode.set(path, swc.transformSync(readFileSync(path, 'utf8'), { ...swcOptions, filename: path }).code);
  return compiledCode.get(path);
}

require.extensions['.ts'] = (module, path) => module._compile(compiled(path), path);
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, ...words) {
  if (request === '@quorate/consensus') return join(sources, 'index.ts');
  return resolveFilename.call(this, request, ...words);
};

function specifications() {
  const inFolder = (folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.spec.ts') && !leftOut.test(name))
      .map((name) => join(folder, name));
  return [sources, join(root, 'libs/consensus/test'), simulator].flatMap(inFolder);
}

/** The tests of one file, with fresh modules under them. */
function testsOf(path) {
  const tests = [];
  const names = [];
  const add = (name, run) => tests.push({ path, name: [...names, name].join(' › '), run });
  const eachOf = (define) => (rows) => (name, run) => {
    for (const row of rows) {
      const words = Array.isArray(row) ? row : [row];
      const used = (name.match(/%[sdij]/g) ?? []).length;
      define(format(name, ...words.slice(0, used)), () => run(...words));
    }
  };
  const describe = (name, define) => {
    names.push(name);
    define();
    names.pop();
  };
  describe.each = eachOf(describe);
  const it = Object.assign(add, { each: eachOf(add) });
  Object.assign(globalThis, { describe, it, test: it, expect });
  require(path);
  return tests;
}

function forget() {
  for (const path of Object.keys(require.cache))
    if (reloaded.some((folder) => path.startsWith(folder))) delete require.cache[path];
}

/** All tests with their time and what of libs/consensus they reach: offsets of the JavaScript from which and to which something ran, innermost last. */
async function survey() {
  const session = new inspector.Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const found = [];
  for (const path of specifications()) {
    forget();
    for (const { name, run } of testsOf(path)) {
      await session.post('Profiler.takePreciseCoverage');
      const startedMs = performance.now();
      await run();
      const ms = performance.now() - startedMs;
      const { result } = await session.post('Profiler.takePreciseCoverage');
      const reached = result
        .filter(({ url }) => url.includes(sources))
        .map(({ url, functions }) => ({
          file: url.replace(/^file:\/\//, ''),
          ranges: functions.flatMap(({ ranges }) =>
            ranges.map((each) => [each.startOffset, each.endOffset, each.count]),
          ),
        }));
      found.push({ path, name, ms, reached });
    }
  }
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  const code = Object.fromEntries(
    [...compiledCode].filter(([path]) => path.startsWith(sources) && !path.endsWith('.spec.ts')),
  );
  return { tests: found, code };
}

/** The first of these tests that fails, and how; null if all pass. */
async function firstFailure(tests) {
  forget();
  for (const path of new Set(tests.map((test) => test.path))) {
    const wanted = tests.filter((test) => test.path === path);
    const names = new Set(wanted.map(({ name }) => name));
    // A title may stand for several tests, with a place for what distinguishes them.
    const titles = wanted.flatMap(({ title }) => (title === undefined ? [] : [` › ${title.split('%')[0]}`]));
    let found = 0;
    let known;
    try {
      known = testsOf(path);
    } catch (error) {
      return { name: path, message: error.message };
    }
    for (const { name, run } of known) {
      if (!names.has(name) && !titles.some((title) => name.includes(title))) continue;
      found += 1;
      try {
        await run();
      } catch (error) {
        return { name, message: String(error.message).split('\n')[0] };
      }
    }
    if (found === 0) throw new Error(`${path} has no such test: ${JSON.stringify(wanted)}`);
  }
  return null;
}

/** What is wanted as JavaScript: given as such, or as TypeScript. */
const codeOf = ({ file, code, source }) => code ?? swc.transformSync(source, { ...swcOptions, filename: file }).code;

process.on('message', async (wanted) => {
  if (wanted.survey) return process.send(await survey());
  changed = { file: wanted.file, code: codeOf(wanted) };
  process.send({ failure: await firstFailure(wanted.tests) });
});
