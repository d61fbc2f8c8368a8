// `npm run fuzz [-- --operations 10000000 --first 1 | --seed 42] [--length 600] [--proofs 10]`: the ledger's engine against the independent
// model of its rules (libs/ledger/test/model), story after story, each from a seed of its own. Results and sums are compared after each
// block; the light client verifies a receipt and a statement of one block in `--proofs`, and refuses altered ones. The first difference
// ends the run and is printed with the command that replays it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformSync } from '@swc/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const operationsDefault = 10_000_000;
const lengthDefault = 600;
const lengthMax = 20_000;
const proofsDefault = 10;
const progressOperations = 250_000;

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: String(operationsDefault) },
    first: { type: 'string', default: '1' },
    length: { type: 'string', default: String(lengthDefault) },
    seed: { type: 'string' },
    proofs: { type: 'string', default: String(proofsDefault) },
  },
});

function wholeNumber(name, max) {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new Error(`--${name} is a whole number from 0 to ${max}`);
}

/** The model is test code and in no build: it is compiled as it is loaded. */
async function loadStory() {
  const { buildAll } = await import('./build.mjs');
  await buildAll({ withConsole: false });
  const swc = JSON.parse(readFileSync(join(root, 'tools/swc.json'), 'utf8'));
  const require = createRequire(join(root, 'libs/ledger/test/story.ts'));
  require.extensions['.ts'] = (module, filename) => {
    const { code } = transformSync(readFileSync(filename, 'utf8'), { ...swc, filename, swcrc: false });
    module._compile(code, filename);
  };
  return require('./story.ts').tellStory;
}

/** One story; false if engine and model differ. */
function tell(tellStory, seed, length, seen) {
  try {
    const outcome = tellStory(seed, length, proofs);
    for (const result of outcome.seen) seen.add(result);
    return outcome.operations;
  } catch (error) {
    console.log(`\nFAILED seed ${seed}, length ${length}: ${error.message}`);
    console.log(error.stack);
    console.log(`    replay: npm run fuzz -- --seed ${seed} --length ${length} --proofs ${proofs}`);
    return null;
  }
}

const length = wholeNumber('length', lengthMax);
const proofs = Math.max(1, wholeNumber('proofs', lengthMax));
const tellStory = await loadStory();
const seen = new Set();
if (values.seed !== undefined) {
  const operations = tell(tellStory, wholeNumber('seed', 2 ** 32 - 1), length, seen);
  if (operations === null) process.exitCode = 1;
  else console.log(`seed ${values.seed}: ${operations} operations, ${seen.size} different results, no difference`);
} else {
  const target = wholeNumber('operations', Number.MAX_SAFE_INTEGER);
  const first = wholeNumber('first', 2 ** 31);
  console.log(`seeds from ${first}, ${length} operations each, ${target} in all`);
  const startedMs = Date.now();
  let done = 0;
  let shown = 0;
  let seed = first;
  for (; done < target; seed += 1) {
    const operations = tell(tellStory, seed, length, seen);
    if (operations === null) {
      process.exitCode = 1;
      break;
    }
    done += operations;
    if (done - shown < progressOperations) continue;
    shown = done;
    console.log(`${done} operations, up to seed ${seed}, ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  }
  console.log(
    `${done} operations in ${seed - first} stories, ${seen.size} different results, ` +
      `${((Date.now() - startedMs) / 1000).toFixed(0)} s; ${process.exitCode === 1 ? 'a difference' : 'no difference'}`,
  );
  const { RESULT_CODES } = createRequire(import.meta.url)(join(root, 'libs/protocol/dist/index.js'));
  console.log(
    `not met: ${Object.keys(RESULT_CODES)
      .filter((name) => !seen.has(name))
      .join(', ')}`,
  );
}
