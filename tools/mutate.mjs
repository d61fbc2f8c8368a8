// `npm run mutate [-- --count 150 --seed number --workers 2 --file name --all]`: changes libs/consensus in small wrong ways and counts how many of the changes
// its tests notice. Ends with 1 below the score that is demanded.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutantsOf, mutated } from './mutants.mjs';
import { randomFrom } from '../test/soak/random.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'libs/consensus/src');
const scoreMin = 0.9;
/** A mutant whose tests take this many times as long as without it goes round in circles, and is noticed by that. */
const timesLongerMax = 4;
const workersMax = 8;
// Declarations and limits: nothing in them is executed, or their values are free.
const leftOut = new Set(['index.ts', 'types.ts', 'state.ts', 'limits.ts']);

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '150' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '2' },
    file: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const random = randomFrom(seed);

function candidates() {
  const names = readdirSync(source).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  return names
    .filter((name) => !leftOut.has(name) && (values.file === undefined || name === values.file))
    .flatMap((name) =>
      mutantsOf(name, readFileSync(join(source, name), 'utf8')).map((mutant) => ({ ...mutant, name })),
    );
}

function chosen(all) {
  const bag = [...all];
  const count = values.all ? bag.length : Math.min(Number(values.count), bag.length);
  return Array.from({ length: count }, () => bag.splice(random.below(bag.length), 1)[0]);
}

/** A copy of the library in which mutants are put one after another, and the tests that see it. */
class Bench {
  #folder;
  #config;
  /** How long the tests may take; the first run, without a mutant, has no limit. */
  static limitMs = null;

  constructor() {
    mkdirSync(join(root, '.quorate'), { recursive: true });
    // Below the workspace, so that its packages are found.
    this.#folder = mkdtempSync(join(root, '.quorate', 'mutants-'));
    cpSync(source, join(this.#folder, 'src'), { recursive: true });
    this.#config = join(this.#folder, 'jest.config.cjs');
    const base = JSON.stringify(join(root, 'jest.config.cjs'));
    writeFileSync(
      this.#config,
      `const base = require(${base});
module.exports = {
  ...base,
  rootDir: ${JSON.stringify(root)},
  roots: [${JSON.stringify(join(this.#folder, 'src'))}, '<rootDir>/libs/simulation/src'],
  moduleNameMapper: { '^@quorate/consensus$': ${JSON.stringify(join(this.#folder, 'src'))}, ...base.moduleNameMapper },
  testSequencer: '<rootDir>/tools/quick-first.cjs',
  globalSetup: undefined, globalTeardown: undefined, reporters: [],
  testPathIgnorePatterns: ['twins', 'planted-bugs', 'chaos', 'whole'],
  bail: 1,
};
`,
    );
  }

  /** How the tests go with a mutant, or without one: `passed`, `failed` or `hung`. */
  async run(mutant) {
    const path = mutant === null ? null : join(this.#folder, 'src', mutant.name);
    const original = path === null ? '' : readFileSync(path, 'utf8');
    if (path !== null) writeFileSync(path, mutated(original, mutant));
    try {
      return await this.#test();
    } finally {
      if (path !== null) writeFileSync(path, original);
    }
  }

  #test() {
    const words = [join(root, 'node_modules/jest/bin/jest.js'), '--runInBand', '--silent', '--config', this.#config];
    const jest = spawn(process.execPath, words, { cwd: root, stdio: 'ignore' });
    return new Promise((done) => {
      const hang = () => {
        jest.kill('SIGKILL');
        done('hung');
      };
      const limit = Bench.limitMs === null ? undefined : setTimeout(hang, Bench.limitMs);
      jest.once('exit', (code) => {
        clearTimeout(limit);
        done(code === 0 ? 'passed' : 'failed');
      });
    });
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const all = candidates();
const mutants = chosen(all);
console.log(`seed ${seed}: ${mutants.length} of ${all.length} mutants of libs/consensus`);
const benches = Array.from({ length: Math.min(Number(values.workers), workersMax) }, () => new Bench());
const survivors = [];
try {
  const begunMs = performance.now();
  if ((await benches[0].run(null)) !== 'passed') throw new Error('the tests fail without any mutant');
  Bench.limitMs = (performance.now() - begunMs) * timesLongerMax * benches.length;
  const waiting = [...mutants];
  let noticed = 0;
  await Promise.all(
    benches.map(async (bench) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        if ((await bench.run(mutant)) === 'passed') {
          survivors.push(mutant);
          console.log(
            `survived: ${mutant.name}:${mutant.line} ${mutant.kind} ${JSON.stringify(mutant.was.slice(0, 80))} -> ${mutant.text}`,
          );
        } else noticed += 1;
        const done = noticed + survivors.length;
        if (done % 10 === 0) console.log(`${done} of ${mutants.length}, ${noticed} noticed`);
      }
    }),
  );
} finally {
  for (const bench of benches) bench.remove();
}
const score = (mutants.length - survivors.length) / mutants.length;
console.log(
  `mutation score ${(score * 100).toFixed(1)} % (${survivors.length} of ${mutants.length} survived; ${scoreMin * 100} % are demanded)`,
);
process.exit(score >= scoreMin ? 0 : 1);
