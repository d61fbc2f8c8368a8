// Adds up what the tasks of a campaign found, and prints it.
const HOUR_MS = 3_600_000;

export function newReport() {
  return { startedMs: Date.now(), parts: {}, explorer: [], crashes: 0, bugs: [], failures: [], processorMs: {} };
}

/** Adds the result of one task. */
export function addTask(report, { processorMs = 0, ...result }) {
  report.processorMs[result.part] = (report.processorMs[result.part] ?? 0) + processorMs;
  if (result.broken !== undefined)
    report.failures.push({ part: result.part, violations: [result.broken], replay: null });
  else if (result.part === 'explorer') addExplored(report, result);
  else if (result.part === 'bugs') addBug(report, result);
  else if (result.part === 'crashes') addCrashes(report, result);
  else addSeeds(report, result);
}

function addExplored(report, result) {
  const { bounds, states, transitions, complete, violation } = result;
  report.explorer.push({ ...bounds, states, transitions, complete, violation });
  const found = violation ?? (complete ? null : 'the search was not complete');
  if (found !== null) report.failures.push({ part: 'explorer', bounds, violations: [found], replay: null });
}

function addCrashes(report, { points, failures }) {
  report.crashes += points;
  report.failures.push(...failures);
}

function addBug(report, { rule, bug, seed, noticed }) {
  report.bugs.push({ rule, bug, seed, noticed });
  if (noticed === null)
    report.failures.push({ part: 'bugs', violations: [`${rule}: nothing noticed that ${bug}`], replay: null });
}

function addSeeds(report, { part, failures, faults, adversaries, recoveryMs, slowestSeed, entriesMax, ...sums }) {
  const known = (report.parts[part] ??= {
    faults: {},
    adversaries: {},
    recoveryMs: 0,
    slowestSeed: null,
    entriesMax: 0,
  });
  for (const [name, value] of Object.entries(sums)) known[name] = (known[name] ?? 0) + value;
  for (const [kind, times] of Object.entries(faults)) known.faults[kind] = (known.faults[kind] ?? 0) + times;
  for (const [name, times] of Object.entries(adversaries))
    known.adversaries[name] = (known.adversaries[name] ?? 0) + times;
  known.entriesMax = Math.max(known.entriesMax, entriesMax);
  if (recoveryMs > known.recoveryMs) Object.assign(known, { recoveryMs, slowestSeed });
  report.failures.push(...failures);
}

export function finish(report, { processes }) {
  const { startedMs, ...rest } = report;
  return { ...rest, processes, seconds: (Date.now() - startedMs) / 1000, passed: report.failures.length === 0 };
}

const number = (value) => Math.round(value).toLocaleString('en');
const hours = (ms) => (ms / HOUR_MS).toFixed(2);
const list = (counts) =>
  Object.entries(counts)
    .map(([name, times]) => `${name} ${number(times)}`)
    .join(', ');

function printSeeds({ runs, simulatedMs, blocks, messages, acknowledged, reads, termsGivenUp, ...rest }) {
  const { epochChanges, faults, adversaries, recoveryMs, slowestSeed, entriesMax } = rest;
  console.log(`whole replicas   ${number(runs)} seeds, ${hours(simulatedMs)} simulated hours`);
  console.log(
    `                 ${number(blocks)} final blocks, ${number(messages)} messages, ${number(acknowledged)} acknowledged`,
  );
  console.log(
    `                 envelopes, ${number(reads)} reads (${number(rest.fencedReads)} fenced), ${number(termsGivenUp)} terms given up, ${number(epochChanges)} changes of epoch`,
  );
  console.log(`  faults         ${list(faults)}`);
  console.log(`  liars (runs)   ${list(adversaries)}`);
  console.log(
    `  longest recovery ${number(recoveryMs)} ms (seed ${slowestSeed}); fullest core ${number(entriesMax)} entries`,
  );
}

/** What an hour of two cores is to hold. */
const AN_HOUR = { seeds: 10_000, twins: 2_000_000 };

function printCost(processorMs, parts) {
  const spent = Object.entries(processorMs).map(([part, ms]) => `${part} ${number(ms / 1000)} s`);
  console.log(`processor        ${spent.join(', ')}`);
  const hoursFor = Object.entries(AN_HOUR)
    .filter(([part]) => parts[part] !== undefined)
    .map(
      ([part, runs]) =>
        `${number(runs)} ${part} ${((processorMs[part] / parts[part].runs) * (runs / HOUR_MS)).toFixed(2)}`,
    );
  console.log(`core-hours for   ${hoursFor.join(', ')}`);
}

function printFailure({ part, seed, violations, recovered, replay }) {
  console.log(`\nFAILED ${part}${seed === undefined ? '' : ` seed ${seed}`}`);
  for (const violation of violations) console.log(`    ${violation}`);
  if (recovered === false) console.log('    not everything got done in the time allowed');
  if (replay !== null) console.log(`    replay: ${replay}`);
}

/** For people. */
export function print({ parts, explorer, crashes, bugs, failures, seconds, processes, processorMs }) {
  const { seeds, cores, twins } = parts;
  console.log(`simulation: ${number(seconds)} s on ${processes} processes\n`);
  if (seeds !== undefined) printSeeds(seeds);
  if (cores !== undefined)
    console.log(
      `cores alone      ${number(cores.runs)} seeds, ${hours(cores.simulatedMs)} simulated hours, ${number(cores.events)} events`,
    );
  if (twins !== undefined)
    console.log(`Twins            ${number(twins.runs)} scenarios, ${number(twins.deliveries)} messages delivered`);
  console.log(`crashes          at each of ${number(crashes)} records, lost or kept`);
  for (const { replicaCount, terms, slots, children, states, transitions, complete } of explorer)
    console.log(
      `explorer         n = ${replicaCount}, ${terms} terms, ${slots} slots, ${children} children: ` +
        `${number(states)} states, ${number(transitions)} transitions, ${complete ? 'complete' : 'NOT COMPLETE'}`,
    );
  console.log(`planted bugs     ${bugs.filter(({ noticed }) => noticed !== null).length} of ${bugs.length} caught`);
  for (const { rule, bug, seed, noticed } of bugs)
    console.log(`  ${rule} ${bug} (seed ${seed}): ${noticed?.split('\n')[0].slice(0, 90) ?? 'NOT NOTICED'}`);
  printCost(processorMs, parts);
  for (const failure of failures) printFailure(failure);
  console.log(`\nviolations       ${failures.length}`);
}
