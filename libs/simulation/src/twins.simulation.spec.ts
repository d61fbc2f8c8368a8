import { runTwins, twinsScenario } from './twins';

const SCENARIOS = 200;
const PER_TEST = 100;
/** One scenario in so many has seven replicas, two of them twice. */
const LARGE_EVERY = 20;

/** Seeds of scenarios that do not hold; `npm run simulate` runs more. */
function failing(first: number, count: number): number[] {
  const seeds: number[] = [];
  for (let seed = first; seed < first + count; seed += 1) {
    const { violations, recovered } = runTwins(twinsScenario(seed, seed % LARGE_EVERY === 0 ? 7 : 4));
    if (violations.length > 0 || !recovered) seeds.push(seed);
  }
  return seeds;
}

describe('C-11, C-15, C-18, C-20: replicas that run twice', () => {
  const firsts = Array.from({ length: SCENARIOS / PER_TEST }, (_, index) => index * PER_TEST + 1);

  it.each(firsts)(`${PER_TEST} scenarios from seed %i on hold and recover`, (first) => {
    expect(failing(first, PER_TEST)).toEqual([]);
  });

  it('4 replicas and 2 twins, one too many: the harness sees a fork', () => {
    const forks = (seed: number): boolean =>
      runTwins(twinsScenario(seed, 4, 2)).violations.some((text) => text.startsWith('AGREEMENT'));
    expect(Array.from({ length: 100 }, (_, index) => index + 1).some(forks)).toBe(true);
  });

  it('the same scenario gives the same outcome', () => {
    expect(runTwins(twinsScenario(3, 4))).toEqual(runTwins(twinsScenario(3, 4)));
  });
});
