// `npm run mutate [-- --count 150 --seed number --workers 2 --file name --all]`: changes libs/consensus in small wrong ways and counts how many of the changes
// its tests notice: of each change, those tests that reach it. Ends with 1 below the score that is demanded.
// `npm run mutate -- --rules`: takes out, one after another, what docs/reference/consensus-hazards.md says holds each hazard off; the test named there must fail.
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from '../test/soak/random.mjs';
import { Bench } from './mutation/bench.mjs';
import { mutantsOf, mutated } from './mutation/mutants.mjs';
import { checkHazards } from './mutation/check-hazards.mjs';

const scoreMin = 0.9;
const workersMax = 8;
/** Tests of one change take at most about this long; the quickest come first. */
const testsMsMax = 20_000;
// Declarations and limits: nothing in them is executed, or their values are free.
const leftOut = new Set(['index.ts', 'types.ts', 'limits.ts']);

/** The count with which the innermost range around an offset ran. */
function timesReached(ranges, offset) {
  let innermost = null;
  for (const [from, to, count] of ranges) {
    if (offset < from || offset >= to) continue;
    if (innermost === null || to - from <= innermost.size) innermost = { size: to - from, count };
  }
  return innermost?.count ?? 0;
}

/** Tests that reach a change, quickest first, as many as there is time for. */
function testsFor({ file, start }, tests) {
  const reaching = tests
    .filter(({ reached }) => reached.some((each) => each.file === file && timesReached(each.ranges, start) > 0))
    .sort((left, right) => left.ms - right.ms);
  const chosen = [];
  let ms = 0;
  for (const test of reaching) {
    if (chosen.length > 0 && ms + test.ms > testsMsMax) break;
    chosen.push(test);
    ms += test.ms;
  }
  return chosen;
}

function chosenMutants({ code, tests }, { random, count, file }) {
  const all = Object.entries(code)
    .filter(([path]) => !leftOut.has(basename(path)) && (file === undefined || basename(path) === file))
    .flatMap(([path, text]) => mutantsOf(path, text).map((mutant) => ({ ...mutant, file: path })));
  // What runs once when a module is loaded is reached by no test alone.
  const testable = all.map((mutant) => ({ mutant, tests: testsFor(mutant, tests) }));
  const chosen = Array.from({ length: Math.min(count, testable.length) }, () =>
    testable.splice(random.below(testable.length), 1).at(0),
  );
  return { all: all.length, chosen };
}

async function measure({ workers, ...options }) {
  const benches = Array.from({ length: workers }, () => new Bench());
  const survivors = [];
  try {
    const survey = await benches[0].survey();
    const { all, chosen } = chosenMutants(survey, options);
    console.log(`${chosen.length} of ${all} mutants of libs/consensus, ${survey.tests.length} tests`);
    let done = 0;
    const waiting = [...chosen];
    const work = async (bench) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { mutant, tests } = next;
        const code = mutated(survey.code[mutant.file], mutant);
        const noticed = tests.length === 0 ? null : await bench.run({ file: mutant.file, code }, tests);
        done += 1;
        if (noticed === null) {
          survivors.push(mutant);
          const was = JSON.stringify(mutant.was.slice(0, 100));
          console.log(
            `survived: ${basename(mutant.file)} ${mutant.kind} ${was} -> ${mutant.text} (${tests.length} tests)`,
          );
        }
        if (done % 50 === 0) console.log(`${done} of ${chosen.length}, ${done - survivors.length} noticed`);
      }
    };
    await Promise.all(benches.map(work));
    return { count: chosen.length, survivors: survivors.length };
  } finally {
    for (const bench of benches) bench.end();
  }
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '150' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '2' },
    file: { type: 'string' },
    all: { type: 'boolean', default: false },
    rules: { type: 'boolean', default: false },
  },
});
setPriority(constants.priority.PRIORITY_LOW);
if (values.rules) process.exit((await checkHazards()) ? 0 : 1);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
console.log(`seed ${seed}`);
const { count, survivors } = await measure({
  random: randomFrom(seed),
  count: values.all ? Number.POSITIVE_INFINITY : Number(values.count),
  file: values.file,
  workers: Math.min(Number(values.workers), workersMax),
});
const score = (count - survivors) / count;
console.log(
  `mutation score ${(score * 100).toFixed(1)} % (${survivors} of ${count} survived; ${scoreMin * 100} % are demanded)`,
);
process.exit(score >= scoreMin ? 0 : 1);
