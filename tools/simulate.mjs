// `npm run simulate [-- --minutes 60 | --quick]`: whole replicas in simulated time under every fault, cores alone, Twins, the complete
// search of the voting rules, and the planted bugs, one process per core; a report at the end.
// `npm run simulate -- --seed 42` (or `--twins --seed 42`, `--cores --seed 42`) runs one again: a seed fixes everything that happens.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { campaign } from './simulation/campaign.mjs';
import { replay } from './simulation/runs.mjs';
import { print } from './simulation/report.mjs';
import { buildAll } from './build.mjs';

/** What `npm test` runs. */
const QUICK = { seeds: 300, cores: 40, twins: 20_000 };
const MINUTES_MAX = 10_080;

function whole(values, name, max = 2 ** 31) {
  if (values[name] === undefined) return undefined;
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  console.error(`--${name} takes a whole number of at most ${max}.`);
  process.exit(2);
}

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      from: { type: 'string' },
      minutes: { type: 'string' },
      processes: { type: 'string' },
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
      twins: { type: 'boolean' },
      cores: { type: 'boolean' },
    },
  });
  await buildAll({ withConsole: false });
  const part = values.twins ? 'twins' : values.cores ? 'cores' : 'seeds';
  if (values.seed !== undefined) return replay(part, whole(values, 'seed'));
  const minutes = whole(values, 'minutes', MINUTES_MAX) ?? 10;
  const report = await campaign({
    from: whole(values, 'from') ?? 1,
    counts: values.quick ? QUICK : null,
    minutes: values.quick ? null : minutes,
    processes: whole(values, 'processes', 1_024) ?? availableParallelism(),
  });
  if (values.json) console.log(JSON.stringify(report));
  else print(report);
  return report.passed;
}

process.exitCode = (await main()) ? 0 : 1;
