// What one task of a campaign does, and the replay of a single seed.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(import.meta.url);
const library = (name) => join(root, 'libs', name, 'dist');
const simulation = () => require(join(library('simulation'), 'index.js'));

/** One Twins scenario in so many has seven replicas, two of them twice. */
const TWINS_LARGE_EVERY = 20;
const FAILURES_MAX = 10;

const round = (value) => Number(value.toFixed(3));

/** Runs one seed of a part; an exception of the code under test is a finding like any other. */
async function runSeed(part, seed, say = () => undefined) {
  try {
    if (part === 'twins') return runTwinsSeed(seed);
    if (part === 'cores') return runCores(seed, say);
    const { runWhole, wholeScenario } = simulation();
    const scenario = wholeScenario(seed);
    say(JSON.stringify({ ...scenario, rates: roundedRates(scenario.rates) }));
    return await runWhole(scenario);
  } catch (error) {
    return { seed, violations: [error.stack], recovered: false, simulatedMs: 0, events: 0, recoveryMs: 0 };
  }
}

const roundedRates = (rates) =>
  Object.fromEntries(Object.entries(rates).map(([kind, rate]) => [kind, Math.round(rate * 1e4) / 1e4]));

function runCores(seed, say) {
  const { runChaos, scenarioOf } = simulation();
  const scenario = scenarioOf(seed);
  return runChaos({ ...scenario, announce: (rates) => say(JSON.stringify({ ...scenario, rates })) });
}

function runTwinsSeed(seed) {
  const { runTwins, twinsScenario } = simulation();
  const scenario = twinsScenario(seed, seed % TWINS_LARGE_EVERY === 0 ? 7 : 4);
  return { seed, simulatedMs: 0, recoveryMs: 0, ...runTwins(scenario) };
}

const SUMS = [
  'simulatedMs',
  'messages',
  'blocks',
  'termsGivenUp',
  'acknowledged',
  'reads',
  'fencedReads',
  'events',
  'deliveries',
];

/** Runs consecutive seeds and adds up what they say. */
async function runSeeds({ part, from, count }) {
  const sum = {
    part,
    runs: 0,
    failures: [],
    faults: {},
    adversaries: {},
    epochChanges: 0,
    recoveryMs: 0,
    entriesMax: 0,
  };
  for (const name of SUMS) sum[name] = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await runSeed(part, seed);
    sum.runs += 1;
    for (const name of SUMS) sum[name] += outcome[name] ?? 0;
    for (const [kind, times] of Object.entries(outcome.faults ?? {}))
      sum.faults[kind] = (sum.faults[kind] ?? 0) + times;
    if (outcome.adversary) sum.adversaries[outcome.adversary] = (sum.adversaries[outcome.adversary] ?? 0) + 1;
    sum.epochChanges += (outcome.epoch ?? 1) - 1;
    sum.entriesMax = Math.max(sum.entriesMax, outcome.entriesMax ?? 0);
    if (outcome.recoveryMs > sum.recoveryMs) Object.assign(sum, { recoveryMs: outcome.recoveryMs, slowestSeed: seed });
    const { violations, recovered } = outcome;
    if ((violations.length > 0 || !recovered) && sum.failures.length < FAILURES_MAX)
      sum.failures.push({ part, seed, violations, recovered, replay: replayCommand(part, seed) });
  }
  return sum;
}

const replayCommand = (part, seed) => `npm run simulate -- ${part === 'seeds' ? '' : `--${part} `}--seed ${seed}`;

function runExplorer({ bounds: [replicaCount, terms, slots, children], statesMax }) {
  const outcome = simulation().explore({ replicaCount, terms, slots, children, statesMax });
  return { part: 'explorer', bounds: { replicaCount, terms, slots, children }, ...outcome };
}

/** Plants one bug and says what was noticed; in a process of its own. */
async function runBug({ index, tier }) {
  const { PLANTED_BUGS, WHOLE_BUGS } = simulation();
  const bug = (tier === 'whole' ? WHOLE_BUGS : PLANTED_BUGS)[index];
  if (bug.replace !== undefined) plant(join(library(bug.library ?? 'consensus'), `${bug.module}.js`), bug.replace);
  let noticed;
  try {
    const { violations, recovered } = await runPlanted(bug, tier);
    noticed = violations[0] ?? (recovered ? null : 'not recovered');
  } catch (error) {
    if (error.name !== 'InvariantViolation') throw error;
    noticed = error.message;
  }
  const { rule, seed } = bug;
  return { part: 'bugs', rule, bug: bug.bug, seed, noticed };
}

function runPlanted(bug, tier) {
  const { PLANTED_CHAOS, runChaos, runWhole, plantedScenario } = simulation();
  if (tier === 'whole') return runWhole(plantedScenario(bug));
  const { seed, sabotage, parameters, adversary, spares } = bug;
  return runChaos({ seed, ...PLANTED_CHAOS, sabotage, parameters, adversary, spares });
}

/** Loads the product anew with functions of one module replaced. */
function plant(path, replace) {
  for (const key of Object.keys(require.cache)) if (key.startsWith(join(root, 'libs'))) delete require.cache[key];
  const actual = require(path);
  const changed = { ...actual, ...replace(actual) };
  for (const key of Object.keys(require.cache))
    if (key.startsWith(join(root, 'libs')) && key !== path) delete require.cache[key];
  require.cache[path].exports = changed;
}

/** Carries out one task of a campaign. */
export function run(task) {
  if (task.part === 'explorer') return runExplorer(task);
  return task.part === 'bugs' ? runBug(task) : runSeeds(task);
}

/** Runs one seed again: its scenario and fault rates first, then what came of it. */
export async function replay(part, seed) {
  console.log(`seed ${seed}`);
  const outcome = await runSeed(part, seed, (line) => console.log(line));
  const { violations, recovered } = outcome;
  for (const violation of violations) console.log(`VIOLATION ${violation}`);
  if (!recovered) console.log('VIOLATION not everything got done in the time allowed');
  const figures = Object.entries(outcome).filter(([, value]) => typeof value === 'number');
  console.log(figures.map(([name, value]) => `${name} ${round(value)}`).join(', '));
  console.log(`trace ${outcome.traceHash ?? 'none'}`);
  return violations.length === 0 && recovered;
}
