import { runWhole, wholeScenario, type WholeOutcome } from './chaos';
import { FAULT_KINDS, faultsNotSeen, noFaults } from './faults';
import { FORMER_FAILURES } from '../seeds';

async function expectHealthy(seed: number): Promise<WholeOutcome> {
  const outcome = await runWhole(wholeScenario(seed));
  const { violations, recovered } = outcome;
  expect({ seed, violations, recovered }).toEqual({ seed, violations: [], recovered: true });
  return outcome;
}

describe('whole replicas under every fault', () => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i: agree, keep what they acknowledged, and recover', async (seed) => {
    await expectHealthy(seed);
  });

  it('seeds that failed once hold', async () => {
    for (const seed of FORMER_FAILURES) await expectHealthy(seed);
  });
});

describe('the simulation', () => {
  it('gives the same trace for the same seed', async () => {
    const [first, second] = [await runWhole(wholeScenario(5)), await runWhole(wholeScenario(5))];
    expect(second.traceHash).toBe(first.traceHash);
    expect(second).toEqual(first);
  });

  it('another seed gives another trace', async () => {
    const [first, second] = [await runWhole(wholeScenario(6)), await runWhole(wholeScenario(7))];
    expect(second.traceHash).not.toBe(first.traceHash);
  });

  it.each(FAULT_KINDS)('notices when "%s" never happens', (kind) => {
    const counts = noFaults();
    for (const each of FAULT_KINDS) counts[each] = 1;
    counts[kind] = 0;
    expect(faultsNotSeen(counts)).toEqual([kind]);
    expect(wholeScenario(3, [kind]).rates[kind]).toBe(0);
  });

  it('without faults does nothing of the kind', async () => {
    const { faults, violations, recovered } = await runWhole({
      ...wholeScenario(3, FAULT_KINDS),
      adversary: null,
      traitor: null,
    });
    expect({ faults, violations, recovered }).toEqual({ faults: noFaults(), violations: [], recovered: true });
  });
});
