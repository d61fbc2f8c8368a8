import { runChaos, type ChaosOutcome } from './chaos';
import { scenarioOf } from './seeds';

function expectHealthy(outcome: ChaosOutcome): void {
  const { seed, violations, recovered } = outcome;
  expect({ seed, violations, recovered }).toEqual({ seed, violations: [], recovered: true });
  expect(outcome.finalHeight).toBeGreaterThan(0);
}

const seeds = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

describe('under chaos', () => {
  it.each(seeds(1, 24))('4 replicas agree and recover (seed %i)', (seed) => {
    expectHealthy(runChaos({ seed, replicaCount: 4, chaosMs: 3_000, calmMsMax: 12_000 }));
  });

  it.each(seeds(101, 8))('7 replicas agree and recover (seed %i)', (seed) => {
    expectHealthy(runChaos({ seed, replicaCount: 7, chaosMs: 1_500, calmMsMax: 12_000 }));
  });

  it.each(seeds(201, 4))('a single replica forgets nothing (seed %i)', (seed) => {
    expectHealthy(runChaos({ seed, replicaCount: 1, chaosMs: 3_000, calmMsMax: 12_000 }));
  });

  it.each(seeds(301, 12))('4 replicas agree with an equivocating one among them (seed %i)', (seed) => {
    expectHealthy(runChaos({ seed, replicaCount: 4, chaosMs: 2_000, calmMsMax: 12_000, adversary: 'equivocator' }));
  });

  it.each(seeds(1, 10))('C-10 to C-33: the scenario that seed %i stands for holds', (seed) => {
    expectHealthy(runChaos(scenarioOf(seed)));
  });

  it('the same seed gives the same trace', () => {
    const run = (): string => runChaos({ seed: 7, replicaCount: 4, chaosMs: 1_000, calmMsMax: 12_000 }).traceHash;
    expect(run()).toBe(run());
  });
});
