// Divides a campaign's time among its parts and its tasks among processes.
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addTask, newReport, finish } from './report.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const worker = join(here, 'worker.mjs');
const root = dirname(dirname(here));

/** Parts that go on as long as there is time: their share of it, and seeds per task. */
const PARTS = [
  { part: 'seeds', share: 0.42, perTask: 4 },
  { part: 'cores', share: 0.08, perTask: 2 },
  { part: 'twins', share: 0.5, perTask: 256 },
];
/** Replicas, terms, slots, children of one block. */
const EXPLORED_QUICKLY = [
  [4, 3, 2, 2],
  [4, 3, 3, 2],
  [7, 3, 2, 2],
];
const EXPLORED = [...EXPLORED_QUICKLY, [4, 4, 2, 2], [5, 3, 2, 2], [6, 3, 2, 2]];
/** Seeds of runs in which every record of every replica is crashed at. */
const CRASHES_QUICKLY = [1];
const CRASHES = [1, 2, 3, 4, 5, 6, 7, 8];
const EXPLORED_STATES_MAX = 2_000_000;
const FAILURES_MAX = 10;

/** Tasks that are done once, the longest first. */
function fixedTasks(quick) {
  const { PLANTED_BUGS, WHOLE_BUGS } = createRequire(import.meta.url)(join(root, 'libs/simulation/dist/index.js'));
  return [
    ...(quick ? EXPLORED_QUICKLY : EXPLORED).map((bounds) => ({
      part: 'explorer',
      bounds,
      statesMax: EXPLORED_STATES_MAX,
    })),
    ...(quick ? CRASHES_QUICKLY : CRASHES).map((seed) => ({ part: 'crashes', seed })),
    ...PLANTED_BUGS.map((_, index) => ({ part: 'bugs', tier: 'cores', index })),
    ...WHOLE_BUGS.map((_, index) => ({ part: 'bugs', tier: 'whole', index })),
  ];
}

/** Hands out tasks: the fixed ones, then those of the part that is furthest behind its share. */
class Tasks {
  constructor({ from, counts, minutes }) {
    this.fixed = fixedTasks(counts !== null);
    this.endMs = minutes === null ? Number.POSITIVE_INFINITY : Date.now() + minutes * 60_000;
    this.parts = PARTS.map(({ part, share, perTask }) => ({
      part,
      share,
      perTask,
      next: from,
      end: counts === null ? Number.POSITIVE_INFINITY : from + counts[part],
      usedMs: 0,
    }));
  }

  next() {
    const task = this.fixed.shift();
    if (task !== undefined) return task;
    if (Date.now() >= this.endMs) return null;
    const open = this.parts.filter(({ next, end }) => next < end);
    if (open.length === 0) return null;
    const part = open.reduce((least, each) => (each.usedMs / each.share < least.usedMs / least.share ? each : least));
    const count = Math.min(part.perTask, part.end - part.next);
    const seeds = { part: part.part, from: part.next, count };
    part.next += count;
    return seeds;
  }

  used(name, ms) {
    const part = this.parts.find((each) => each.part === name);
    if (part !== undefined) part.usedMs += ms;
  }
}

/** Has one task carried out by a process. */
function carryOut(child, task) {
  return new Promise((resolve, reject) => {
    const ended = (code, signal) =>
      reject(new Error(`the process of ${JSON.stringify(task)} ended: ${signal ?? code}`));
    child.once('exit', ended);
    child.once('message', (result) => {
      child.off('exit', ended);
      resolve(result);
    });
    child.send(task);
  });
}

async function work(tasks, report) {
  const child = fork(worker);
  for (let task = tasks.next(); task !== null && report.failures.length < FAILURES_MAX; task = tasks.next()) {
    const startedMs = Date.now();
    addTask(report, await carryOut(child, task));
    tasks.used(task.part, Date.now() - startedMs);
  }
  child.disconnect();
}

/** Runs everything; resolves to the report. */
export async function campaign(options) {
  const report = newReport();
  const tasks = new Tasks(options);
  await Promise.all(Array.from({ length: Math.max(1, options.processes) }, () => work(tasks, report)));
  return finish(report, options);
}
