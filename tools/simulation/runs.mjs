// What one task of a campaign does, and the replay of a single seed.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(import.meta.url);
const library = (name) => join(root, 'libs', name, 'dist');
const simulation = () => require(join(library('simulation'), 'index.js'));

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
  return { seed, simulatedMs: 0, recoveryMs: 0, ...runTwins(twinsScenario(seed)) };
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

/** Outcomes of consecutive seeds, one after another. Twins are run in families, each with what several scenarios begin with only once. */
async function* outcomesOf(part, from, count) {
  if (part !== 'twins')
    for (let seed = from; seed < from + count; seed += 1) yield { ...(await runSeed(part, seed)), seed };
  else
    try {
      const { outcomes, deliveries } = simulation().runTwinsSeeds(from, count);
      for (const [index, outcome] of outcomes.entries())
        yield { ...outcome, recoveryMs: 0, deliveries: index === 0 ? deliveries : 0, seed: from + index };
    } catch {
      // Whatever failed is found again alone.
      for (let seed = from; seed < from + count; seed += 1) yield { ...(await runSeed(part, seed)), seed };
    }
}

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
  for await (const { seed, ...outcome } of outcomesOf(part, from, count)) {
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

function runCrashes({ seed }) {
  const { crashPoints, runCrash } = simulation();
  const points = crashPoints(seed);
  const failures = points
    .map((point) => runCrash(seed, point))
    .filter(({ violations, recovered }) => violations.length > 0 || !recovered)
    .slice(0, FAILURES_MAX)
    .map((outcome) => ({ part: 'crashes', seed, ...outcome, replay: null }));
  return { part: 'crashes', seed, points: points.length, failures };
}

/** Plants one bug and says what was noticed; the product is loaded anew after it. */
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
  } finally {
    forget();
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

/** Nothing of the product stays loaded. */
function forget() {
  for (const key of Object.keys(require.cache)) if (key.startsWith(join(root, 'libs'))) delete require.cache[key];
}

/** Loads the product anew with functions of one module replaced. */
function plant(path, replace) {
  forget();
  const actual = require(path);
  const changed = { ...actual, ...replace(actual) };
  for (const key of Object.keys(require.cache))
    if (key.startsWith(join(root, 'libs')) && key !== path) delete require.cache[key];
  require.cache[path].exports = changed;
}

/** Carries out one task of a campaign. */
export function run(task) {
  if (task.part === 'explorer') return runExplorer(task);
  if (task.part === 'crashes') return runCrashes(task);
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
