import { replacedAtOnceMax } from './change';
import type { ObservedLedger, ObservedReplica, SignedConfiguration, Step, WorkerStanding } from './model';
import { quorumOf } from './observation';
import { plan } from './plan';

const nowMs = 1_000_000;
const replaceAfterMs = 60_000;

/** A platform in the small: everything that a planner's steps and the world's mishaps can change. */
interface World {
  readonly desired: number;
  readonly epoch: number;
  readonly replicas: readonly ObservedReplica[];
  readonly signed: readonly SignedConfiguration[];
  readonly workers: Readonly<Record<string, { readonly standing: WorkerStanding; readonly longAgo: boolean }>>;
  /** Replicas made so far; names the next one. */
  readonly made: number;
}

const blank = {
  role: 'member',
  replaceWanted: false,
  rotateWanted: false,
  nextKeyKnown: false,
  reported: null,
  prepared: true,
  state: 'running',
  attempts: 0,
  causeCode: null,
  causeDetail: null,
  requested: null,
  retryAtMs: null,
} as const;

function world(members: number, workerCount: number, desired = members): World {
  const workers = Array.from({ length: workerCount }, (_, order) => [
    `w${order}`,
    { standing: 'active', longAgo: false },
  ]);
  const replicas = Array.from({ length: members }, (_, index) => ({
    ...blank,
    id: `r${index}`,
    index,
    workerId: `w${index}`,
  }));
  return { desired, epoch: 1, replicas, signed: [], workers: Object.fromEntries(workers), made: members };
}

function observe(state: World): ObservedLedger {
  return {
    state: 'ready',
    hasGenesis: true,
    epoch: state.epoch,
    signed: state.signed,
    replicas: state.replicas,
    workers: Object.entries(state.workers).map(([id, { standing, longAgo }]) => ({
      id,
      standing,
      free: 10,
      downSinceMs: standing === 'lost' ? nowMs - (longAgo ? replaceAfterMs : 1) : null,
    })),
    nowMs,
    watchedSinceMs: 0,
    replaceAfterMs,
  };
}

const planFor = (state: World) => plan({ replicaCount: state.desired, wanted: true }, observe(state));
const membersOf = (state: World) => state.replicas.filter(({ role }) => role === 'member');
const isUp = (state: World, { state: at, workerId }: ObservedReplica) =>
  at === 'running' && state.workers[workerId].standing !== 'lost';

function change(state: World, id: string, changes: Partial<ObservedReplica>): World {
  return { ...state, replicas: state.replicas.map((one) => (one.id === id ? { ...one, ...changes } : one)) };
}

/** What the control plane and the workers make of one step; whatever a step may not do is thrown. */
function carryOut(state: World, step: Step): World {
  if (step.kind === 'place-joiner') {
    const shared = state.replicas.some(({ role, workerId }) => role !== 'leaver' && workerId === step.workerId);
    if (shared) throw new Error('two replicas of one ledger on one worker');
    if (state.workers[step.workerId].standing !== 'active') throw new Error('placed on a worker that takes none');
    const joiner = { ...blank, id: `r${state.made}`, index: step.index, workerId: step.workerId };
    const placed = { ...joiner, role: 'joiner', state: 'placed', prepared: false } as const;
    return { ...state, made: state.made + 1, replicas: [...state.replicas, placed] };
  }
  if (step.kind === 'discard-joiner') {
    if (state.signed.some(({ members }) => members.includes(step.replicaId)))
      throw new Error('discarded a signed joiner');
    return change(state, step.replicaId, { role: 'leaver' });
  }
  if (step.kind === 'sign-configuration') return signed(state, step.members);
  if (step.kind === 'adopt-configuration') return adopted(state, step.hash);
  if (step.kind === 'destroy-replica') {
    const replica = state.replicas.find(({ id }) => id === step.replicaId);
    if (replica?.role !== 'leaver') throw new Error('destroyed a replica that is in use');
    return { ...state, replicas: state.replicas.filter(({ id }) => id !== step.replicaId) };
  }
  if (step.kind === 'prepare-replica') return change(state, step.replicaId, { state: 'prepared', prepared: true });
  if (step.kind === 'start-replica') return change(state, step.replicaId, { state: 'running' });
  if (step.kind === 'rotate-key') return change(state, step.replicaId, { nextKeyKnown: true });
  throw new Error(`unexpected ${step.kind}`);
}

function signed(state: World, members: readonly string[]): World {
  const before = membersOf(state);
  const replaced = before.filter(({ id }) => !members.includes(id)).length;
  if (members.length >= before.length && replaced > replacedAtOnceMax(before.length))
    throw new Error('too many at once');
  if (before.filter((member) => isUp(state, member)).length < quorumOf(before.length)) throw new Error('below quorum');
  const next = members.map((id) => state.replicas.find((replica) => replica.id === id));
  if (
    new Set(members).size !== members.length ||
    next.some((replica) => !replica?.prepared || replica.role === 'leaver')
  )
    throw new Error('a configuration names who is not there');
  const upNext = next.filter((replica) => replica && (replica.role === 'joiner' || isUp(state, replica))).length;
  if (upNext < quorumOf(members.length)) throw new Error('below quorum afterwards');
  return { ...state, signed: [...state.signed, { hash: `h${state.made}/${state.signed.length}`, members }] };
}

function adopted(state: World, hash: string): World {
  const members = state.signed.find((configuration) => configuration.hash === hash)?.members ?? [];
  const replicas = state.replicas.map((replica): ObservedReplica => {
    const index = members.indexOf(replica.id);
    return index < 0
      ? { ...replica, role: 'leaver' }
      : { ...replica, role: 'member', index, replaceWanted: false, reported: null, ...newKey(replica) };
  });
  return { ...state, epoch: state.epoch + 1, signed: [], replicas };
}

/** What was signed names the key that a member had made by then. */
function newKey({ rotateWanted, nextKeyKnown }: ObservedReplica): Partial<ObservedReplica> {
  return nextKeyKnown ? { rotateWanted: false, nextKeyKnown: false } : { rotateWanted };
}

const settle = (state: World): World => planFor(state).steps.reduce(carryOut, state);

/** The ledger's own decision for one of the configurations that were signed, if enough of its replicas run. */
function decide(state: World, { hash, members }: SignedConfiguration): World | null {
  const up = (ids: readonly string[]) =>
    ids.filter((id) => state.replicas.some((replica) => replica.id === id && isUp(state, replica))).length;
  if (state.replicas.some(({ reported }) => reported !== null && reported.configHash !== hash)) return null;
  if (up(membersOf(state).map(({ id }) => id)) < quorumOf(membersOf(state).length)) return null;
  if (up(members) < quorumOf(members.length)) return null;
  const reported = { epoch: state.epoch + 1, configHash: hash, handedOver: true };
  return members.reduce((so, id) => {
    const replica = so.replicas.find((one) => one.id === id);
    return replica && isUp(so, replica) ? change(so, id, { reported }) : so;
  }, state);
}

/** Everything that may happen to a world next: progress, mishaps, and administrators' wishes. */
function successors(state: World): World[] {
  const next: World[] = [settle(state)];
  for (const step of planFor(state).steps) next.push(carryOut(state, step));
  for (const configuration of state.signed) {
    const decided = decide(state, configuration);
    if (decided) next.push(decided);
  }
  const put = (id: string, standing: WorkerStanding, longAgo: boolean): World => ({
    ...state,
    workers: { ...state.workers, [id]: { standing, longAgo } },
  });
  const trouble = Object.values(state.workers).filter(({ standing }) => standing !== 'active').length;
  for (const [id, { standing, longAgo }] of Object.entries(state.workers)) {
    if (standing === 'lost') next.push(put(id, 'active', false));
    if (standing === 'lost' && !longAgo) next.push(put(id, 'lost', true));
    if (standing === 'active' && trouble < 2) next.push(put(id, 'lost', false), put(id, 'draining', false));
  }
  return next;
}

const keyOf = (state: World): string =>
  JSON.stringify({ ...state, made: 0, signed: state.signed.map(({ members }) => members) });

/** Every world that can be reached in so many events. */
function reach(start: World, depth: number, statesMax: number): World[] {
  const seen = new Map([[keyOf(start), start]]);
  let frontier = [start];
  for (let level = 0; level < depth; level += 1) {
    const next: World[] = [];
    for (const state of frontier) {
      for (const successor of successors(state)) {
        const key = keyOf(successor);
        if (seen.has(key) || seen.size >= statesMax) continue;
        seen.set(key, successor);
        next.push(successor);
      }
    }
    frontier = next;
  }
  return [...seen.values()];
}

/** From here on everything goes well: lost workers come back, and whatever is asked for is done. */
function recover(state: World): World {
  const workers = Object.entries(state.workers).map(([id, worker]) => [
    id,
    worker.standing === 'lost' ? { standing: 'active', longAgo: false } : worker,
  ]);
  let now: World = { ...state, workers: Object.fromEntries(workers) };
  for (let round = 0; round < 40; round += 1) {
    now = settle(now);
    const newest = now.signed.at(-1);
    now =
      (newest && decide(now, newest)) ?? now.signed.map((one) => decide(now, one)).find((one) => one !== null) ?? now;
  }
  return now;
}

const cases: [string, World, number][] = [
  ['from 1 to 4 on five workers', world(1, 5, 4), 9],
  ['from 4 to 1', world(4, 5, 1), 9],
  ['of 4 on six workers', world(4, 6), 7],
  ['of 1 on three workers', world(1, 3), 10],
  ['from 4 to 7 on eight workers', world(4, 8, 7), 5],
  ['from 7 to 4', world(7, 8, 4), 5],
  ['of 7 on nine workers', world(7, 9), 5],
];

describe.each(cases)('a change %s, in every world that mishaps can lead to', (_name, start, depth) => {
  // Forbidden acts are thrown while the worlds are explored.
  const worlds = reach(start, depth, 5_000);

  it('has worlds to look at', () => expect(worlds.length).toBeGreaterThan(500));

  it('asks for nothing new when nothing happened since', () => {
    for (const state of worlds) {
      const settled = Array.from({ length: 8 }).reduce<World>(settle, state);
      expect(planFor(settled).steps.filter(({ kind }) => kind !== 'start-replica')).toEqual([]);
    }
  });

  it('comes to what is wanted, on workers that stay, once the trouble is over', () => {
    for (const state of worlds) {
      const end = recover(state);
      const members = membersOf(end);
      const draining = Object.values(end.workers).filter(({ standing }) => standing === 'draining').length;
      const room = Object.keys(end.workers).length - draining >= start.desired;
      expect(end.signed).toEqual([]);
      expect(end.replicas.filter(({ role }) => role === 'leaver')).toEqual([]);
      if (!room) continue;
      expect(end.replicas.filter(({ role }) => role === 'joiner')).toEqual([]);
      expect(members).toHaveLength(start.desired);
      expect(members.filter(({ workerId }) => end.workers[workerId].standing === 'draining')).toEqual([]);
    }
  });
});

describe('a change of the replica set', () => {
  const lost = (state: World, ids: readonly string[], longAgo: boolean): World => ({
    ...state,
    workers: { ...state.workers, ...Object.fromEntries(ids.map((id) => [id, { standing: 'lost', longAgo }])) },
  });

  it('does not begin while a worker may still come back, nor for what happened before anybody watched', () => {
    expect(planFor(lost(world(4, 6), ['w1'], false)).steps).toEqual([]);
    const justWatching = { ...observe(lost(world(4, 6), ['w1'], true)), watchedSinceMs: nowMs };
    expect(plan({ replicaCount: 4, wanted: true }, justWatching).steps).toEqual([]);
    expect(planFor(lost(world(4, 6), ['w1'], true)).steps).toMatchObject([{ kind: 'place-joiner', index: 1 }]);
  });

  it('says what to do when too few answer to decide on anything', () => {
    const { steps, cause } = planFor(lost(world(4, 8), ['w0', 'w1'], true));
    expect(steps).toEqual([]);
    expect(cause?.code).toBe('QUORUM_LOST');
  });

  it('says how many workers are missing', () => {
    expect(planFor(world(4, 6, 7)).cause).toEqual({
      code: 'PLACEMENT_WORKERS_SHORT',
      detail: '3 more workers with room are needed, 2 are there',
    });
  });

  it('replaces at once a replica that lost its votes, and one that an administrator wants gone', () => {
    const votes = change(world(4, 6), 'r2', { state: 'failed', causeCode: 'REPLICA_VOTES_LOST', attempts: 1 });
    expect(planFor(votes).steps).toContainEqual({ kind: 'place-joiner', index: 2, workerId: 'w4' });
    const wanted = change(world(4, 6), 'r3', { replaceWanted: true });
    expect(planFor(wanted).steps).toEqual([{ kind: 'place-joiner', index: 3, workerId: 'w4' }]);
  });

  it('signs the same members again once one of them has made the key that an administrator wants', () => {
    const wanted = change(world(4, 4), 'r1', { rotateWanted: true });
    expect(planFor(wanted).steps).toEqual([{ kind: 'rotate-key', replicaId: 'r1', workerId: 'w1' }]);
    const made = settle(wanted);
    expect(planFor(made).steps).toEqual([{ kind: 'sign-configuration', members: ['r0', 'r1', 'r2', 'r3'] }]);
    expect(planFor(settle(made)).steps).toEqual([]);
    expect(planFor(lost(made, ['w2', 'w3'], false)).cause?.code).toBe('QUORUM_LOST');
    expect(planFor(lost(wanted, ['w1'], false)).steps).toEqual([]);
    const both = change(wanted, 'r2', { replaceWanted: true });
    expect(planFor(both).steps.map(({ kind }) => kind)).not.toContain('rotate-key');
  });

  it('keeps stayers in their order and drops first who is not well', () => {
    const seven = lost(world(7, 7, 4), ['w1'], false);
    expect(planFor(seven).steps).toContainEqual({ kind: 'sign-configuration', members: ['r0', 'r2', 'r3', 'r4'] });
  });

  it('believes no single replica that an epoch is in force', () => {
    const signedWorld = settle(settle(settle(world(1, 5, 4))));
    const [configuration] = signedWorld.signed;
    const reported = { epoch: 2, configHash: configuration.hash, handedOver: true };
    const told = (count: number) =>
      configuration.members.slice(0, count).reduce((so, id) => change(so, id, { reported }), signedWorld);
    const kinds = (state: World) => planFor(state).steps.map(({ kind }) => kind);
    expect(kinds(told(2))).not.toContain('adopt-configuration');
    expect(kinds(told(3))).toEqual(['adopt-configuration']);
    const early = configuration.members.reduce(
      (so, id) => change(so, id, { reported: { ...reported, handedOver: false } }),
      signedWorld,
    );
    expect(kinds(early)).not.toContain('adopt-configuration');
  });
});
