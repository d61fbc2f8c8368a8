import {
  attemptsPerReplicaMax,
  attemptsPerWorkerMax,
  replacementsPerPlaceMax,
  requestTimeoutMs,
  type ObservedLedger,
  type ObservedReplica,
  type ObservedWorker,
  type Step,
} from './model';
import { quorumOf } from './observation';
import { plan } from './plan';

const nowMs = 1_000_000;
const standard = { replicaCount: 4, wanted: true };
const sandbox = { replicaCount: 1, wanted: true };

function workers(count: number, overrides: Record<string, Partial<ObservedWorker>> = {}): ObservedWorker[] {
  return Array.from({ length: count }, (_, order) => {
    const id = `w${order}`;
    return { id, standing: 'active', free: 10, downSinceMs: null, ...overrides[id] };
  });
}

function replica(index: number, changes: Partial<ObservedReplica> = {}): ObservedReplica {
  return {
    id: `r${index}`,
    index,
    role: 'member',
    replaceWanted: false,
    rotateWanted: false,
    nextKeyKnown: false,
    reported: null,
    prepared: false,
    workerId: `w${index}`,
    state: 'placed',
    attempts: 0,
    causeCode: null,
    causeDetail: null,
    requested: null,
    retryAtMs: null,
    ...changes,
  };
}

function observed(changes: Partial<ObservedLedger> = {}): ObservedLedger {
  return {
    state: 'provisioning',
    hasGenesis: false,
    epoch: 1,
    signed: [],
    replicas: [],
    workers: workers(4),
    nowMs,
    watchedSinceMs: 0,
    replaceAfterMs: 60_000,
    ...changes,
  };
}

const four = (changes: Partial<ObservedReplica>): ObservedReplica[] =>
  [0, 1, 2, 3].map((index) => replica(index, changes));
const kinds = (steps: readonly Step[]): string[] => steps.map((step) => step.kind);

describe('creation', () => {
  it('places every replica on a distinct worker', () => {
    const { steps, cause } = plan(standard, observed());
    expect(kinds(steps)).toEqual(Array(4).fill('place-replica'));
    expect(new Set(steps.map((step) => (step.kind === 'place-replica' ? step.workerId : ''))).size).toBe(4);
    expect(cause).toBeNull();
  });

  it('prefers the emptiest worker', () => {
    const { steps } = plan(sandbox, observed({ workers: workers(3, { w2: { free: 11 } }) }));
    expect(steps).toEqual([{ kind: 'place-replica', index: 0, workerId: 'w2', replaces: null }]);
  });

  it.each([
    ['too few workers', workers(3)],
    ['a draining worker', workers(4, { w1: { standing: 'draining' } })],
    ['a lost worker', workers(4, { w1: { standing: 'lost' } })],
    ['a full worker', workers(4, { w1: { free: 0 } })],
  ])('places nothing and says why with %s', (_name, fleet) => {
    const { steps, cause } = plan(standard, observed({ workers: fleet }));
    expect(steps).toEqual([]);
    expect(cause?.code).toBe('PLACEMENT_WORKERS_SHORT');
  });

  it('asks placed replicas to prepare themselves', () => {
    expect(kinds(plan(standard, observed({ replicas: four({}) })).steps)).toEqual(Array(4).fill('prepare-replica'));
  });

  it('does not repeat a request in hand, and repeats it when it was not answered', () => {
    const asked = (ageMs: number): ObservedLedger =>
      observed({ replicas: four({ requested: { step: 'prepare-replica', atMs: nowMs - ageMs } }) });
    expect(plan(standard, asked(requestTimeoutMs - 1)).steps).toEqual([]);
    expect(plan(standard, asked(requestTimeoutMs)).steps).toHaveLength(4);
  });

  it('lets the first replica of a fork settle the height, then the others make the state, then writes the genesis', () => {
    const prepared = four({ state: 'prepared' });
    const unsettled = { ...standard, fork: { pointKnown: false } };
    const settled = { ...standard, fork: { pointKnown: true } };
    expect(plan(unsettled, observed({ replicas: prepared })).steps).toEqual([
      { kind: 'acquire-state', replicaId: 'r0', workerId: 'w0' },
    ]);
    expect(kinds(plan(settled, observed({ replicas: prepared })).steps)).toEqual(Array(4).fill('acquire-state'));
    const three = prepared.map((each) => ({ ...each, acquired: each.index !== 2 }));
    expect(plan(settled, observed({ replicas: three })).steps).toEqual([
      { kind: 'acquire-state', replicaId: 'r2', workerId: 'w2' },
    ]);
    const all = four({ state: 'prepared', acquired: true });
    expect(kinds(plan(settled, observed({ replicas: all })).steps)).toEqual([
      'write-genesis',
      ...Array<string>(4).fill('start-replica'),
    ]);
  });

  it('writes no genesis before the last replica is prepared', () => {
    const replicas = [
      ...four({ state: 'prepared' }).slice(0, 3),
      replica(3, { requested: { step: 'prepare-replica', atMs: nowMs } }),
    ];
    expect(plan(standard, observed({ replicas })).steps).toEqual([]);
  });

  it('writes the genesis and starts all replicas once all are prepared', () => {
    const { steps } = plan(standard, observed({ replicas: four({ state: 'prepared' }) }));
    expect(kinds(steps)).toEqual(['write-genesis', ...Array(4).fill('start-replica')]);
  });

  it('is ready when all replicas run', () => {
    expect(kinds(plan(standard, observed({ hasGenesis: true, replicas: four({ state: 'running' }) })).steps)).toEqual([
      'mark-ready',
    ]);
    expect(
      plan(standard, observed({ state: 'ready', hasGenesis: true, replicas: four({ state: 'running' }) })).steps,
    ).toEqual([]);
  });

  it('waits for a replica that is merely slow', () => {
    const replicas = [
      ...four({ state: 'running' }).slice(0, 3),
      replica(3, { state: 'prepared', requested: { step: 'start-replica', atMs: nowMs } }),
    ];
    expect(plan(standard, observed({ hasGenesis: true, replicas })).steps).toEqual([]);
  });
});

describe('failures before the genesis', () => {
  it('retries a failed step after its pause, with a visible cause', () => {
    const failed = replica(0, {
      state: 'failed',
      attempts: 1,
      causeCode: 'DISK_FULL',
      causeDetail: 'no room',
      retryAtMs: nowMs + 1,
    });
    const early = plan(sandbox, observed({ replicas: [failed] }));
    expect(early.steps).toEqual([]);
    expect(early.cause).toEqual({ code: 'REPLICA_FAILED', detail: 'replica 0 failed: DISK_FULL: no room' });
    const late = plan(sandbox, observed({ replicas: [{ ...failed, retryAtMs: nowMs }] }));
    expect(late.steps).toEqual([{ kind: 'prepare-replica', replicaId: 'r0', workerId: 'w0' }]);
  });

  it('moves a replica that keeps failing to another worker', () => {
    const replicas = [replica(0, { state: 'failed', attempts: attemptsPerWorkerMax })];
    expect(plan(sandbox, observed({ replicas })).steps).toEqual([
      { kind: 'place-replica', index: 0, workerId: 'w1', replaces: 'r0' },
    ]);
  });

  it('keeps trying where it is when there is no other worker', () => {
    const replicas = [replica(0, { state: 'failed', attempts: attemptsPerWorkerMax })];
    expect(kinds(plan(sandbox, observed({ replicas, workers: workers(1) })).steps)).toEqual(['prepare-replica']);
  });

  it('gives the ledger up in the end', () => {
    const replicas = [replica(0, { state: 'failed', attempts: attemptsPerReplicaMax })];
    expect(kinds(plan(sandbox, observed({ replicas, workers: workers(1) })).steps)).toEqual(['mark-failed']);
  });

  it('does not move a replica for ever', () => {
    const worn = Array.from({ length: replacementsPerPlaceMax }, (_, order) =>
      replica(0, { id: `old${order}`, role: 'leaver', state: 'destroyed' }),
    );
    const replicas = [...worn, replica(0, { state: 'failed', attempts: attemptsPerWorkerMax })];
    expect(kinds(plan(sandbox, observed({ replicas })).steps)).toEqual(['mark-failed']);
  });

  it.each([
    ['before', 'placed' as const],
    ['after', 'prepared' as const],
  ])('replaces a replica whose worker was lost %s it was prepared', (_when, state) => {
    const replicas = four({ state: 'prepared' }).map((one) => (one.index === 2 ? { ...one, state } : one));
    const fleet = workers(5, { w2: { standing: 'lost' } });
    const { steps } = plan(standard, observed({ replicas, workers: fleet }));
    expect(steps).toEqual([{ kind: 'place-replica', index: 2, workerId: 'w4', replaces: 'r2' }]);
  });

  it('waits with a cause when no worker can take the place of a lost one', () => {
    const { steps, cause } = plan(
      standard,
      observed({
        replicas: four({ state: 'placed', requested: { step: 'prepare-replica', atMs: nowMs } }),
        workers: workers(4, { w2: { standing: 'lost' } }),
      }),
    );
    expect(steps).toEqual([]);
    expect(cause?.code).toBe('PLACEMENT_WORKERS_SHORT');
  });

  it('removes a replaced replica', () => {
    const replicas = [
      ...four({ state: 'prepared' }),
      replica(2, { id: 'old', role: 'leaver', workerId: 'w9', state: 'placed' }),
    ];
    const { steps } = plan(
      standard,
      observed({ replicas, workers: [...workers(4), { id: 'w9', standing: 'active', free: 1, downSinceMs: null }] }),
    );
    expect(steps).toContainEqual({ kind: 'destroy-replica', replicaId: 'old', workerId: 'w9' });
  });

  it('goes on with a replica whose worker drains', () => {
    const { steps } = plan(
      standard,
      observed({ replicas: four({ state: 'prepared' }), workers: workers(4, { w0: { standing: 'draining' } }) }),
    );
    expect(kinds(steps)).toContain('write-genesis');
  });
});

describe('failures after the genesis', () => {
  it('never moves a replica whose key the genesis pins', () => {
    const { steps, cause } = plan(
      standard,
      observed({
        hasGenesis: true,
        replicas: four({ state: 'prepared', requested: { step: 'start-replica', atMs: nowMs } }),
        workers: workers(5, { w2: { standing: 'lost' } }),
      }),
    );
    expect(steps).toEqual([]);
    expect(cause?.code).toBe('WORKER_LOST');
  });

  it('is ready with a quorum when the rest cannot come up', () => {
    const fleet = workers(4, { w2: { standing: 'lost' } });
    expect(
      kinds(plan(standard, observed({ hasGenesis: true, replicas: four({ state: 'running' }), workers: fleet })).steps),
    ).toEqual(['mark-ready']);
    const two = workers(4, { w2: { standing: 'lost' }, w3: { standing: 'lost' } });
    expect(
      plan(standard, observed({ hasGenesis: true, replicas: four({ state: 'running' }), workers: two })).steps,
    ).toEqual([]);
  });

  it('restarts a replica of a ready ledger that stopped or failed', () => {
    const replicas = four({ state: 'running' }).map((one) =>
      one.index === 1 ? { ...one, state: 'failed' as const, attempts: 40, retryAtMs: nowMs } : one,
    );
    expect(plan(standard, observed({ state: 'ready', hasGenesis: true, replicas })).steps).toEqual([
      { kind: 'start-replica', replicaId: 'r1', workerId: 'w1' },
    ]);
  });
});

describe('retirement', () => {
  const unwanted = { replicaCount: 4, wanted: false };

  it.each(['placed', 'prepared', 'running', 'failed', 'stopped'] as const)('destroys replicas that are %s', (state) => {
    const { steps } = plan(unwanted, observed({ state: 'retiring', replicas: four({ state, retryAtMs: nowMs + 5 }) }));
    expect(kinds(steps)).toEqual(Array(4).fill('destroy-replica'));
  });

  it('destroys also what is being prepared at the moment', () => {
    const { steps } = plan(
      unwanted,
      observed({ state: 'retiring', replicas: four({ requested: { step: 'prepare-replica', atMs: nowMs } }) }),
    );
    expect(kinds(steps)).toEqual(Array(4).fill('destroy-replica'));
  });

  it('is done when nothing is left', () => {
    expect(kinds(plan(unwanted, observed({ state: 'retiring' })).steps)).toEqual(['mark-retired']);
    expect(
      kinds(plan(unwanted, observed({ state: 'retiring', replicas: four({ state: 'destroyed' }) })).steps),
    ).toEqual(['mark-retired']);
    expect(plan(unwanted, observed({ state: 'retired' })).steps).toEqual([]);
  });

  it('leaves one job for a lost worker and does not wait for it', () => {
    const fleet = workers(4, { w2: { standing: 'lost' } });
    const replicas = four({ state: 'destroyed' }).map((one) =>
      one.index === 2 ? { ...one, state: 'running' as const } : one,
    );
    expect(kinds(plan(unwanted, observed({ state: 'retiring', replicas, workers: fleet })).steps)).toEqual([
      'destroy-replica',
      'mark-retired',
    ]);
    const asked = replicas.map((one) =>
      one.index === 2 ? { ...one, requested: { step: 'destroy-replica' as const, atMs: 0 } } : one,
    );
    expect(kinds(plan(unwanted, observed({ state: 'retiring', replicas: asked, workers: fleet })).steps)).toEqual([
      'mark-retired',
    ]);
  });

  it('removes the replicas of a ledger that was given up, so that they hold no room', () => {
    expect(kinds(plan(standard, observed({ state: 'failed', replicas: four({ state: 'failed' }) })).steps)).toEqual(
      Array(4).fill('destroy-replica'),
    );
  });
});

it.each([
  [1, 1],
  [4, 3],
  [7, 5],
  [10, 7],
])('needs a quorum of %d replicas: %d', (count, quorum) => {
  expect(quorumOf(count)).toBe(quorum);
});
