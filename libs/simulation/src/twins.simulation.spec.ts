import { runTwins, twinsScenario } from './twins';

const SCENARIOS_MIN = 40;
const SCENARIOS_MAX = 2_000;

/** Seeds of scenarios that do not hold, among as many as the time allows; `npm run simulate -- --twins` runs more. */
function failing(replicaCount: number, budgetMs: number): number[] {
  const endMs = Date.now() + budgetMs;
  const seeds: number[] = [];
  for (let seed = 1; seed <= SCENARIOS_MAX && (seed <= SCENARIOS_MIN || Date.now() < endMs); seed += 1) {
    const { violations, recovered } = runTwins(twinsScenario(seed, replicaCount));
    if (violations.length > 0 || !recovered) seeds.push(seed);
  }
  return seeds;
}

describe('C-11, C-15, C-18, C-20: replicas that run twice', () => {
  it('4 replicas, one of them twice: the scenarios hold and recover', () => {
    expect(failing(4, 12_000)).toEqual([]);
  });

  it('7 replicas, two of them twice: the scenarios hold and recover', () => {
    expect(failing(7, 3_000)).toEqual([]);
  });

  it('4 replicas and 2 twins, one too many: the harness sees a fork', () => {
    const forks = (seed: number): boolean =>
      runTwins(twinsScenario(seed, 4, 2)).violations.some((text) => text.startsWith('AGREEMENT'));
    expect(Array.from({ length: 40 }, (_, index) => index + 1).some(forks)).toBe(true);
  });

  it('the same scenario gives the same outcome', () => {
    expect(runTwins(twinsScenario(3, 4))).toEqual(runTwins(twinsScenario(3, 4)));
  });
});
