import { ADVERSARIES, type AdversaryName } from './adversary';
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

  it.each(seeds(1, 10))('the scenario that seed %i stands for holds', (seed) => {
    expectHealthy(runChaos(scenarioOf(seed)));
  });

  it.each(Object.keys(ADVERSARIES) as AdversaryName[])('4 replicas agree and recover with a liar: %s', (adversary) => {
    for (const seed of [401, 402])
      expectHealthy(runChaos({ seed, replicaCount: 4, chaosMs: 2_000, calmMsMax: 12_000, adversary }));
  });

  it.each(seeds(501, 10))('4 replicas of 7 nodes agree and recover while the set changes (seed %i)', (seed) => {
    expectHealthy(runChaos({ seed, replicaCount: 4, spares: 3, chaosMs: 2_000, calmMsMax: 12_000 }));
  });

  it.each(seeds(521, 6))('1 replica becomes many, and they agree and recover (seed %i)', (seed) => {
    expectHealthy(runChaos({ seed, replicaCount: 1, spares: 4, chaosMs: 2_000, calmMsMax: 12_000 }));
  });

  it('C-38: the set changes with a liar in it', () => {
    for (const adversary of ['equivocator', 'wrong-base', 'stale-certificate'] as const)
      for (const seed of [541, 542]) {
        const scenario = { seed, replicaCount: 4, spares: 3, chaosMs: 2_000, calmMsMax: 12_000, adversary };
        expectHealthy(runChaos(scenario));
      }
  });

  it('C-22: a block fetched from a liar is taken only if it is the certified one', () => {
    expectHealthy(runChaos({ seed: 421, replicaCount: 4, chaosMs: 2_000, calmMsMax: 12_000, adversary: 'forger' }));
  });

  it('C-9: one replica restored from an old disk again and again is a liar that the others bear', () => {
    expectHealthy(runChaos({ seed: 411, replicaCount: 7, chaosMs: 2_000, calmMsMax: 12_000, adversary: 'old-disk' }));
  });

  it('the same seed gives the same trace', () => {
    const run = (): string => runChaos({ seed: 7, replicaCount: 4, chaosMs: 1_000, calmMsMax: 12_000 }).traceHash;
    expect(run()).toBe(run());
  });
});
