import {
  attemptsPerReplicaMax,
  attemptsPerWorkerMax,
  type DesiredLedger,
  type ObservedLedger,
  type ObservedReplica,
  type Plan,
  type PlanCause,
  type Step,
} from './model';
import { faultyMaxOf, isGivenUp, isUp, membersOf, quorumOf, request } from './observation';
import { chooseWorkers, workersShort } from './placement';

/** A replica that reports this lost what it had voted and must never vote again under its key. */
const votesLost = 'REPLICA_VOTES_LOST';

/** Which members stay in the next configuration and how many replicas join them. */
interface Target {
  /** In the order of the next configuration; null stands for a joiner. */
  readonly places: readonly (ObservedReplica | null)[];
}

/**
 * Changes the replica set of a running ledger by one epoch at a time: joiners are made on workers of their own, the next
 * configuration is signed, and when a quorum of its members has made a block final under it, it is in force and the
 * replicas that left are destroyed.
 *
 * At most f members are replaced by one change (one, where f is 0), and nothing is begun without a quorum on either side.
 */
export function planChange(desired: DesiredLedger, observed: ObservedLedger): Plan {
  const inForce = observed.signed.find((configuration) =>
    isInForce(observed, configuration.members, configuration.hash),
  );
  if (inForce) return { steps: [{ kind: 'adopt-configuration', hash: inForce.hash }], cause: null };

  const handedOut = observed.signed.at(-1);
  if (handedOut !== undefined) {
    const joiners = observed.replicas.filter(({ id, role }) => role === 'joiner' && handedOut.members.includes(id));
    if (!joiners.some((joiner) => isUnfit(observed, joiner)))
      return { steps: startAll(observed, joiners), cause: failing(joiners) };
  }

  const target = chooseTarget(desired, observed, handedOut !== undefined);
  if (target === null) {
    const rotation = planRotation(observed);
    return { steps: [...discard(unsigned(observed)), ...rotation.steps], cause: rotation.cause };
  }
  const hindrance = missingQuorum(observed, target);
  return hindrance === null ? planJoiners(observed, target) : { steps: [], cause: hindrance };
}

/** How many members one change may replace: as many as may be faulty, and one live one where none may be. */
export function replacedAtOnceMax(replicaCount: number): number {
  return Math.max(1, faultyMaxOf(replicaCount));
}

/** A configuration is in force when a quorum of its own members says so: f of them may lie, the others do not. */
function isInForce(observed: ObservedLedger, members: readonly string[], hash: string): boolean {
  const witnesses = observed.replicas.filter(
    ({ id, reported }) =>
      members.includes(id) &&
      reported !== null &&
      reported.epoch > observed.epoch &&
      reported.configHash === hash &&
      reported.handedOver,
  );
  return witnesses.length >= quorumOf(members.length);
}

/**
 * Null: nothing is to change. `withdraw`: a configuration is handed out that nobody wants any more; only another one for
 * the same epoch takes its place, be it the members as they are.
 */
function chooseTarget(desired: DesiredLedger, observed: ObservedLedger, withdraw: boolean): Target | null {
  const members = membersOf(observed);
  const leaving = [...members].sort((first, second) => urgency(observed, second) - urgency(observed, first));
  if (desired.replicaCount < members.length) {
    const gone = new Set(leaving.slice(0, members.length - desired.replicaCount));
    return { places: members.filter((member) => !gone.has(member)) };
  }
  const room = roomForJoiners(observed);
  const wanted = leaving.filter((member) => urgency(observed, member) >= leastUrgent);
  if (wanted.length > 0) {
    const count = Math.min(wanted.length, replacedAtOnceMax(members.length), Math.max(room, 1));
    const replaced = new Set(wanted.slice(0, count));
    return { places: members.map((member) => (replaced.has(member) ? null : member)) };
  }
  if (desired.replicaCount === members.length) return withdraw ? { places: members } : null;
  return { places: Array.from({ length: desired.replicaCount }, (_, index) => members[index] ?? null) };
}

const leastUrgent = 2;

/** How much a member should go: from 2 on it must be replaced; below that it is only the first to go when the ledger shrinks. */
function urgency(observed: ObservedLedger, member: ObservedReplica): number {
  if (member.state === 'failed' && member.causeCode === votesLost) return 5;
  if (isUnfit(observed, member)) return 4;
  if (member.replaceWanted) return 3;
  if (observed.workers.find((worker) => worker.id === member.workerId)?.standing === 'draining') return leastUrgent;
  if (!isUp(observed, member)) return 1;
  return member.index / (observed.replicas.length + 100);
}

function isUnfit(observed: ObservedLedger, replica: ObservedReplica): boolean {
  const broken =
    replica.state === 'failed' && (replica.causeCode === votesLost || replica.attempts >= attemptsPerReplicaMax);
  return replica.state === 'destroyed' || broken || isGivenUp(observed, replica);
}

/** Joiners that may be named in the next configuration. */
function usableJoiners(observed: ObservedLedger): ObservedReplica[] {
  return observed.replicas
    .filter((replica) => replica.role === 'joiner' && isUsable(observed, replica))
    .sort((first, second) => first.index - second.index || (first.id < second.id ? -1 : 1));
}

/** A joiner has nothing to lose yet: one that would have to be replaced soon is not taken at all. */
function isUsable(observed: ObservedLedger, joiner: ObservedReplica): boolean {
  const standing = observed.workers.find(({ id }) => id === joiner.workerId)?.standing;
  const failed = joiner.state === 'failed' && joiner.attempts >= attemptsPerWorkerMax;
  return standing === 'active' && !failed && !isUnfit(observed, joiner);
}

/** Joiners that no configuration names. One that is named may yet become a member, so it is kept until an epoch is in force. */
function unsigned(observed: ObservedLedger): ObservedReplica[] {
  return observed.replicas.filter(
    ({ id, role }) => role === 'joiner' && !observed.signed.some(({ members }) => members.includes(id)),
  );
}

function roomForJoiners(observed: ObservedLedger): number {
  const free = chooseWorkers(observed.workers, observed.workers.length, occupied(observed));
  return usableJoiners(observed).length + free.length;
}

/** Workers that hold a member or a joiner already: two replicas of a ledger never share one. */
function occupied(observed: ObservedLedger): Set<string> {
  return new Set(
    observed.replicas
      .filter(({ role, state }) => role !== 'leaver' && state !== 'destroyed')
      .map(({ workerId }) => workerId),
  );
}

/** Members make their next keys, and the same members are signed with those. */
function planRotation(observed: ObservedLedger): Plan {
  const members = membersOf(observed);
  const rotating = members.filter((member) => member.rotateWanted);
  const keyless = rotating.filter((member) => !member.nextKeyKnown);
  if (rotating.length === 0) return { steps: [], cause: null };
  if (keyless.length > 0)
    return { steps: keyless.flatMap((member) => request(observed, member, 'rotate-key')), cause: null };
  const hindrance = missingQuorum(observed, { places: members });
  if (hindrance !== null) return { steps: [], cause: hindrance };
  return { steps: [{ kind: 'sign-configuration', members: members.map(({ id }) => id) }], cause: null };
}

/** The members in force must be able to decide on the change, and those after it to go on. */
function missingQuorum(observed: ObservedLedger, { places }: Target): PlanCause | null {
  const members = membersOf(observed);
  const up = members.filter((member) => isUp(observed, member)).length;
  if (up < quorumOf(members.length)) return quorumLost(up, quorumOf(members.length));
  const next = places.filter((place) => place === null || isUp(observed, place)).length;
  return next < quorumOf(places.length) ? quorumLost(next, quorumOf(places.length)) : null;
}

function planJoiners(observed: ObservedLedger, { places }: Target): Plan {
  const needed = places.filter((place) => place === null).length;
  const joiners = usableJoiners(observed).slice(0, needed);
  const surplus = discard(unsigned(observed).filter((joiner) => !joiners.includes(joiner)));
  const preparing = prepareAll(observed, joiners);
  if (joiners.length < needed) {
    const missing = needed - joiners.length;
    const chosen = chooseWorkers(observed.workers, missing, occupied(observed));
    // Joiners that wait for others hold room: ledgers that each hold half of what they need would block each other.
    if (chosen.length < missing)
      return { steps: discard(unsigned(observed)), cause: workersShort(missing, chosen.length) };
    const vacant = places.flatMap((place, index) => (place === null ? [index] : [])).slice(joiners.length);
    const placed = chosen.map((workerId, order): Step => ({ kind: 'place-joiner', index: vacant[order], workerId }));
    return { steps: [...surplus, ...placed, ...preparing], cause: null };
  }
  if (joiners.some(isUnprepared)) return { steps: [...surplus, ...preparing], cause: failing(joiners) };
  const waiting = [...joiners];
  const members = places.map((place) => (place ?? waiting.shift())?.id ?? '');
  const sign: Step = { kind: 'sign-configuration', members };
  return { steps: [...surplus, sign, ...startAll(observed, joiners)], cause: null };
}

function isUnprepared({ state, prepared }: ObservedReplica): boolean {
  return state === 'placed' || (state === 'failed' && !prepared);
}

function prepareAll(observed: ObservedLedger, joiners: readonly ObservedReplica[]): Step[] {
  return joiners.filter(isUnprepared).flatMap((joiner) => request(observed, joiner, 'prepare-replica'));
}

function startAll(observed: ObservedLedger, joiners: readonly ObservedReplica[]): Step[] {
  return joiners
    .filter(({ state }) => state !== 'running')
    .flatMap((joiner) => request(observed, joiner, 'start-replica'));
}

function discard(joiners: readonly ObservedReplica[]): Step[] {
  return joiners.map(({ id }) => ({ kind: 'discard-joiner', replicaId: id }));
}

function failing(joiners: readonly ObservedReplica[]): PlanCause | null {
  const failed = joiners.find(({ state }) => state === 'failed');
  if (failed === undefined) return null;
  const reason = [failed.causeCode, failed.causeDetail].filter((part) => part !== null).join(': ');
  return {
    code: 'REPLICA_FAILED',
    detail: `joining replica ${failed.index} failed${reason === '' ? '' : `: ${reason}`}`,
  };
}

function quorumLost(up: number, quorum: number): PlanCause {
  return {
    code: 'QUORUM_LOST',
    detail: `${up} replicas answer and ${quorum} are needed to change the replica set; bring their workers back`,
  };
}
