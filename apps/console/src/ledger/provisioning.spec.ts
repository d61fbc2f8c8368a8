import type { LedgerStep } from '@quorate/sdk';
import { foldSteps, mergeStep } from './provisioning';

function reported(sequence: number, partial: Partial<LedgerStep>): LedgerStep {
  return {
    sequence,
    step: 'prepare-replica',
    state: 'started',
    replicaIndex: 0,
    workerName: 'w1',
    cause: null,
    at: new Date(1_000 * sequence).toISOString(),
    elapsedMs: null,
    ...partial,
  };
}

describe('foldSteps', () => {
  it('keeps one line for each step of each replica, in the order in which they began', () => {
    const lines = foldSteps([
      reported(3, { state: 'done', elapsedMs: 40 }),
      reported(1, {}),
      reported(2, { replicaIndex: 1 }),
      reported(4, { step: 'genesis', replicaIndex: null, workerName: null }),
    ]);
    expect(lines.map(({ key, state }) => [key, state])).toEqual([
      ['prepare-replica/0', 'done'],
      ['prepare-replica/1', 'started'],
      ['genesis/-', 'started'],
    ]);
    expect(lines[0]).toMatchObject({ elapsedMs: 40, attempts: 1, startedAt: new Date(1_000).toISOString() });
  });

  it('counts a retry, starts its clock again and forgets the old cause', () => {
    const cause = { code: 'WORKER_LOST', detail: 'lease expired' };
    const failed = [reported(1, {}), reported(2, { state: 'failed', cause })];
    expect(foldSteps(failed)[0]).toMatchObject({ state: 'failed', cause, attempts: 1, elapsedMs: 1_000 });
    const [line] = foldSteps([
      ...failed,
      reported(3, { workerName: 'w2' }),
      reported(5, { state: 'done', workerName: null }),
    ]);
    expect(line).toMatchObject({ state: 'done', cause: null, attempts: 2, workerName: 'w2', elapsedMs: 2_000 });
  });

  it('takes a step that is reported in place', () => {
    const steps = mergeStep([reported(1, {}), reported(2, { replicaIndex: 1 })], reported(1, { state: 'done' }));
    expect(steps).toHaveLength(2);
    expect(foldSteps(steps)[0]).toMatchObject({ state: 'done', attempts: 1 });
  });
});
