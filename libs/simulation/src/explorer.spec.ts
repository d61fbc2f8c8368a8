import { explore, type ExplorerOptions, type LeftOut } from './explorer';

const STATES_MAX = 100_000;

const bounds = (replicaCount: number, terms: number, slots: number): ExplorerOptions => ({
  replicaCount,
  terms,
  slots,
  children: 2,
  statesMax: STATES_MAX,
});

describe('C-4, C-7, C-8, C-13, C-15, C-16: every choice of every replica', () => {
  it.each([
    [1, 4, 2],
    [2, 4, 2],
    [3, 3, 2],
    [4, 3, 2],
    [4, 4, 2],
    [4, 3, 3],
    [5, 3, 2],
    [6, 3, 2],
    [7, 3, 2],
  ])('%i replicas, %i terms, %i slots: no fork', (replicaCount, terms, slots) => {
    const outcome = explore(bounds(replicaCount, terms, slots));
    expect(outcome).toMatchObject({ complete: true, violation: null });
    expect(outcome.states).toBeGreaterThan(terms);
  });

  it.each<[string, LeftOut]>([
    ['C-7: the base is not the highest certificate', 'base-is-highest'],
    ['C-7: a term begins without a timeout certificate', 'timeout-certificate'],
    ['C-7: a claimed position chooses the base, not the certificate of that rank', 'base-of-the-certificate'],
    ['C-15: the parent need not be certified', 'certified-parent'],
    ['C-15: two votes in one slot', 'one-vote-per-slot'],
    ['C-16: COMMIT does not raise the highest certificate', 'commit-raises-high'],
    ['C-13: COMMIT after TIMEOUT', 'no-commit-after-timeout'],
  ])('%s: forks', (_, rule) => {
    expect(explore({ ...bounds(4, 3, 2), without: [rule] }).violation).toMatch(/both final/);
  });

  it.each([4, 5, 6, 7])('C-4: a quorum of %i replicas that is one too small: forks', (replicaCount) => {
    expect(explore({ ...bounds(replicaCount, 2, 2), without: ['full-quorum'] }).violation).toMatch(/both final/);
  });

  it('says when it did not search everything', () => {
    expect(explore({ ...bounds(4, 3, 2), statesMax: 10 })).toMatchObject({ complete: false, violation: null });
  });
});
