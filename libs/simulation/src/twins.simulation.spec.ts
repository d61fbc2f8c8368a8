import { TWINS_FAMILY, runTwins, runTwinsSeeds, twinsScenario } from './twins';

/** `npm run simulate` runs more. */
const FAMILIES = [1, 20];

describe('C-11, C-15, C-18, C-20: replicas that run twice', () => {
  it.each(FAMILIES)('family %i of scenarios holds and recovers, and each as it does alone', (family) => {
    const first = family * TWINS_FAMILY;
    const { outcomes, deliveries } = runTwinsSeeds(first, TWINS_FAMILY);
    expect(outcomes).toHaveLength(TWINS_FAMILY);
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ violations: [], recovered: true });
      expect(outcome).toEqual(runTwins(twinsScenario(first + index)));
    }
    expect(deliveries).toBeLessThan(outcomes.reduce((sum, outcome) => sum + outcome.deliveries, 0));
  });

  it('4 replicas and 2 twins, one too many: the harness sees a fork', () => {
    const forks = (seed: number): boolean =>
      runTwins(twinsScenario(seed, 2)).violations.some((text) => text.startsWith('AGREEMENT'));
    expect(Array.from({ length: 100 }, (_, index) => TWINS_FAMILY + index).some(forks)).toBe(true);
  });
});
