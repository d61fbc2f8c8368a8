// `npm run simulate [-- [--twins] --seeds 500 | --minutes 60 | --seed 42] [-- --explore]`: whole clusters in simulated time, one
// process per core; or the complete search of the voting rules.
// A seed fixes everything that happens; the command that replays a failing one is printed with it.
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const seedsDefault = 100;
// Replicas, terms, slots, children of one block: what takes minutes. The smaller bounds are in the tests.
const explorations = [
  [4, 4, 2, 3],
  [6, 3, 2, 3],
  [7, 3, 2, 3],
  [4, 3, 4, 2],
  [7, 4, 2, 2],
  [4, 5, 2, 2],
  [4, 4, 3, 2],
];
const exploredStatesMax = 2_000_000;
const failuresMax = 10;

const simulation = () => createRequire(import.meta.url)(join(root, 'libs/simulation/dist/index.js'));
const round = (value) => Number(value.toFixed(3));

function describe({ replicaCount, chaosMs, adversary }, rates) {
  const replicas = rates.replicas
    .map(({ syncMs, executionMs, skewMs }) => `${syncMs}/${executionMs}/${round(skewMs)}`)
    .join(' ');
  return (
    `${replicaCount} replicas, ${chaosMs} ms of chaos, adversary ${adversary ?? 'none'}, ` +
    `loss ${round(rates.lossRate)}, duplicates ${rates.duplicateRate}, slowest message ${rates.slowestMs} ms, ` +
    `sync/execution/skew ms: ${replicas}`
  );
}

/** One seed; an exception of the code under test is a finding like any other. */
function runSeed(seed, say = () => undefined) {
  const { runChaos, scenarioOf } = simulation();
  const scenario = scenarioOf(seed);
  let faults = '';
  const announce = (rates) => say((faults = describe(scenario, rates)));
  try {
    return { ...runChaos({ ...scenario, announce }), faults };
  } catch (error) {
    return { faults, seed, violations: [error.stack], recovered: false, simulatedMs: 0, events: 0, recoveryMs: 0 };
  }
}

const failed = ({ violations, recovered }) => violations.length > 0 || !recovered;

function report(outcome, twins) {
  const { seed, faults, violations, recovered, recoveryMs } = outcome;
  console.log(`\nFAILED seed ${seed}: ${faults}`);
  for (const violation of violations) console.log(`    ${violation}`);
  if (!recovered) console.log(`    not everything was applied after ${round(recoveryMs)} ms of calm`);
  console.log(`    replay: npm run simulate -- ${twins ? '--twins ' : ''}--seed ${seed}`);
}

/** Hands out seeds to one process per core until `next` gives none. */
function runAll(next, take, twins) {
  const workers = Array.from({ length: availableParallelism() }, () => {
    const child = fork(fileURLToPath(import.meta.url), ['--worker', ...(twins ? ['--twins'] : [])]);
    let seed = null;
    const give = () => {
      seed = next();
      if (seed === null) child.disconnect();
      else child.send(seed);
    };
    child.on('message', (outcome) => {
      take(outcome);
      give();
    });
    give();
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        code === 0 ? resolve() : reject(new Error(`the process that ran seed ${seed} ended with ${signal ?? code}`)),
      );
    });
  });
  return Promise.all(workers);
}

async function campaign({ first, count, minutes, twins }) {
  const startedMs = Date.now();
  const endMs = minutes === undefined ? Number.POSITIVE_INFINITY : startedMs + minutes * 60_000;
  const sum = { seeds: 0, failures: 0, events: 0, simulatedMs: 0, longestMs: 0, longestSeed: null };
  let seed = first;
  const next = () => (seed < first + count && Date.now() < endMs && sum.failures < failuresMax ? seed++ : null);
  await runAll(
    next,
    (outcome) => {
      sum.seeds += 1;
      sum.events += outcome.events;
      sum.simulatedMs += outcome.simulatedMs;
      if (outcome.recoveryMs > sum.longestMs)
        Object.assign(sum, { longestMs: outcome.recoveryMs, longestSeed: outcome.seed });
      if (!failed(outcome)) return;
      sum.failures += 1;
      report(outcome, twins);
    },
    twins,
  );
  console.log(
    `\n${sum.seeds} seeds from ${first}, ${(sum.simulatedMs / 3_600_000).toFixed(3)} simulated hours, ` +
      `${sum.events} events in ${((Date.now() - startedMs) / 1000).toFixed(0)} s; ` +
      `longest recovery ${round(sum.longestMs)} ms (seed ${sum.longestSeed}); ${sum.failures} failures`,
  );
  return sum.failures === 0;
}

function replay(seed, twins) {
  console.log(`seed ${seed}`);
  const outcome = twins ? runTwinsSeed(seed) : runSeed(seed, (faults) => console.log(faults));
  if (twins) console.log(outcome.faults);
  if (failed(outcome)) report(outcome, twins);
  console.log(
    `trace ${outcome.traceHash ?? 'none'}, ${outcome.events} events, ${round(outcome.simulatedMs)} simulated ms, ` +
      `final height ${outcome.finalHeight}, recovery ${round(outcome.recoveryMs)} ms`,
  );
  return !failed(outcome);
}

/** Every choice of every replica within each of the bounds; a bound that was not searched to its end is no success. */
function exploreAll() {
  const { explore } = simulation();
  let holds = true;
  for (const [replicaCount, terms, slots, children] of explorations) {
    const startedMs = Date.now();
    const outcome = explore({ replicaCount, terms, slots, children, statesMax: exploredStatesMax });
    const { states, transitions, complete, violation } = outcome;
    holds &&= complete && violation === null;
    console.log(
      `${replicaCount} replicas, ${terms} terms, ${slots} slots, ${children} children: ${states} states, ` +
        `${transitions} transitions, ${complete ? 'complete' : 'NOT COMPLETE'}, ${violation ?? 'no fork'}, ` +
        `${((Date.now() - startedMs) / 1000).toFixed(0)} s`,
    );
  }
  return holds;
}

const twinsFigures = ({ deliveries, ...outcome }) => ({ ...outcome, events: deliveries });

/** A Twins scenario: copies of one replica under one key, in partitions of their own. */
function runTwinsSeed(seed) {
  const { runTwins, twinsScenario } = simulation();
  const replicaCount = seed % 8 === 0 ? 7 : 4;
  const scenario = twinsScenario(seed, replicaCount);
  const faults = `${replicaCount} replicas, twins ${scenario.twins.join()}, ${scenario.rounds.length} rounds`;
  try {
    return { faults, seed, simulatedMs: 0, recoveryMs: 0, ...twinsFigures(runTwins(scenario)) };
  } catch (error) {
    return { faults, seed, violations: [error.stack], recovered: false, simulatedMs: 0, events: 0, recoveryMs: 0 };
  }
}

function whole(text, name, max = 2 ** 31) {
  const value = Number(text);
  if (text !== undefined && (!Number.isInteger(value) || value < 0 || value > max)) {
    console.error(`--${name} takes a whole number of at most ${max}.`);
    process.exit(2);
  }
  return text === undefined ? undefined : value;
}

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string' },
      minutes: { type: 'string' },
      twins: { type: 'boolean' },
      explore: { type: 'boolean' },
    },
  });
  const { buildAll } = await import('./build.mjs');
  await buildAll({ withConsole: false });
  if (values.explore) return exploreAll();
  if (values.seed !== undefined) return replay(whole(values.seed, 'seed'), values.twins);
  const first = whole(values.from, 'from') ?? 1;
  const minutes = whole(values.minutes, 'minutes', 10_080);
  const count = whole(values.seeds, 'seeds') ?? (minutes === undefined ? seedsDefault : Number.POSITIVE_INFINITY);
  return campaign({ first, count, minutes, twins: values.twins });
}

if (process.argv[2] === '--worker') {
  const run = process.argv[3] === '--twins' ? runTwinsSeed : runSeed;
  process.on('message', (seed) => process.send(run(seed)));
} else process.exitCode = (await main()) ? 0 : 1;
