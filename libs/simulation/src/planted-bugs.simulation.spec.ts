import type * as Chaos from './chaos';
import { Cluster } from './cluster';
import { PLANTED_BUGS, PLANTED_CHAOS, forget, type PlantedBug } from './planted-bugs';

/** The harness, with the bug in the core under it. */
function harness({ module, replace }: PlantedBug): typeof Chaos {
  let chaos: typeof Chaos | undefined;
  jest.isolateModules(() => {
    const path = `../../consensus/src/${module}`;
    if (replace !== undefined)
      jest.doMock(path, () => {
        const actual = jest.requireActual(path);
        return { ...actual, ...replace(actual) };
      });
    chaos = jest.requireActual('./chaos');
    if (replace !== undefined) jest.dontMock(path);
  });
  if (chaos === undefined) throw new Error('the harness did not load');
  return chaos;
}

/** What was noticed: a violation, a ledger that does not recover, or a core that finds its own invariant broken. */
function noticed(
  { runChaos }: typeof Chaos,
  { seed, sabotage, parameters, adversary, spares }: PlantedBug,
): string | null {
  try {
    const outcome = runChaos({ seed, ...PLANTED_CHAOS, sabotage, parameters, adversary, spares });
    return outcome.violations[0] ?? (outcome.recovered ? null : 'not recovered');
  } catch (error) {
    if (error instanceof Error && error.name === 'InvariantViolation') return error.message;
    throw error;
  }
}

describe('the harness catches a removed rule', () => {
  it('without a bug it notices nothing', () => {
    const sound = { rule: '', bug: '' };
    const chaos = harness({ ...sound, seed: 1 });
    for (const seed of new Set(PLANTED_BUGS.map((bug) => bug.seed)))
      expect({ seed, noticed: noticed(chaos, { ...sound, seed }) }).toEqual({ seed, noticed: null });
  });

  it.each(PLANTED_BUGS.map((bug) => [bug.rule, bug.bug, bug] as const))('%s: %s', (_rule, _bug, bug) => {
    expect(noticed(harness(bug), bug)).not.toBeNull();
  });

  it('C-12: a restarted leader goes on leading its term', () => {
    const crashAt = (afterMs: number): readonly string[] => {
      const cluster = new Cluster({ seed: 5, replicaCount: 4, sabotage: forget({ ledTerm: 0 }) });
      cluster.startAll();
      cluster.runFor(20);
      const leader = cluster.replicas[0].core?.status().leader ?? 0;
      // The first block leaves at once and reaches one follower; it is not on the leader's disk when that crashes.
      cluster.replicas[leader].pace.syncMs = () => 8;
      cluster.network.passes = (from, to) => from !== leader || to === (leader + 1) % 4;
      cluster.submit([leader]);
      cluster.runFor(afterMs);
      cluster.crash(leader);
      cluster.network.passes = () => true;
      cluster.start(leader);
      cluster.runFor(12);
      cluster.submit([leader]);
      cluster.runFor(500);
      return cluster.checker.violations;
    };
    const found = [1, 1.5, 2, 2.5, 3].flatMap(crashAt);
    // It contradicts itself, or hears of its own proposal in time (C-9).
    expect(found.some((violation) => /^DOUBLE VOTE|VOTES_LOST/.test(violation))).toBe(true);
  });
});
