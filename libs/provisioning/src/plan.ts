import { planChange } from './change';
import {
  attemptsPerReplicaMax,
  attemptsPerWorkerMax,
  replacementsPerPlaceMax,
  type DesiredLedger,
  type ObservedLedger,
  type ObservedReplica,
  type Plan,
  type PlanCause,
  type Step,
} from './model';
import { isDown, isDue, isUp, membersOf, quorumOf, request } from './observation';
import { chooseWorkers, workersShort } from './placement';

/**
 * Compares what is wanted with what is seen and says what to do next. Pure and level-triggered: it remembers nothing, so
 * that a lost, doubled or late trigger does no harm.
 *
 * Until the genesis is written a replica may move to another worker as a new replica with new keys. From then on the
 * replica set changes only by the ledger's own consensus, from one epoch to the next (`planChange`).
 */
export function plan(desired: DesiredLedger, observed: ObservedLedger): Plan {
  if (observed.state === 'retired') return { steps: [], cause: null };
  if (!desired.wanted || observed.state === 'retiring') return planRetirement(observed);
  if (observed.state === 'failed') return { steps: destroyAll(observed, observed.replicas), cause: null };
  const superseded = observed.replicas.filter((replica) => replica.role === 'leaver');
  const next = observed.hasGenesis ? planRunning(desired, observed) : planFounding(desired, observed);
  return { steps: [...next.steps, ...destroyAll(observed, superseded)], cause: next.cause };
}

function planRetirement(observed: ObservedLedger): Plan {
  const settled = observed.replicas.every((replica) => replica.state === 'destroyed' || isDown(observed, replica));
  const steps = destroyAll(observed, observed.replicas);
  // The destroy job of a lost worker waits in its queue, and the worker removes the directory when it comes back.
  return { steps: settled ? [...steps, { kind: 'mark-retired' }] : steps, cause: null };
}

function planFounding(desired: DesiredLedger, observed: ObservedLedger): Plan {
  const current = membersOf(observed);
  const hopeless = current.find((replica) => replica.attempts >= attemptsPerReplicaMax || wornOut(observed, replica));
  if (hopeless)
    return { steps: [{ kind: 'mark-failed', cause: failureCause(hopeless) }], cause: failureCause(hopeless) };

  const placement = planPlacement(desired, observed, current);
  const moved = new Set(
    placement.steps.flatMap((step) => (step.kind === 'place-replica' && step.replaces !== null ? [step.replaces] : [])),
  );
  const kept = current.filter((replica) => !moved.has(replica.id));
  const steps: Step[] = [...placement.steps];
  for (const replica of kept)
    if (replica.state !== 'prepared') steps.push(...request(observed, replica, 'prepare-replica'));
  steps.push(...planAcquisition(desired, observed, kept));
  const isReady = ({ state, acquired }: ObservedReplica): boolean =>
    state === 'prepared' && (desired.fork === undefined || acquired === true);
  const complete = kept.length === desired.replicaCount && kept.every(isReady);
  if (complete) {
    steps.push({ kind: 'write-genesis' });
    for (const replica of kept)
      steps.push({ kind: 'start-replica', replicaId: replica.id, workerId: replica.workerId });
  }
  return { steps, cause: placement.cause ?? waitingCause(observed, kept) };
}

/** The replicas of a fork make its state each for itself; the first one settles at which height, so that all of them mean the same. */
function planAcquisition(desired: DesiredLedger, observed: ObservedLedger, kept: readonly ObservedReplica[]): Step[] {
  const { fork } = desired;
  if (fork === undefined) return [];
  const due = fork.pointKnown ? kept : kept.filter(({ index }) => index === 0);
  return due
    .filter(({ state, acquired }) => state === 'prepared' && acquired !== true)
    .flatMap((replica) => request(observed, replica, 'acquire-state'));
}

function planPlacement(desired: DesiredLedger, observed: ObservedLedger, current: readonly ObservedReplica[]): Plan {
  const taken = new Set(current.map((replica) => replica.index));
  const vacant = Array.from({ length: desired.replicaCount }, (_, index) => index).filter((index) => !taken.has(index));
  const stranded = current.filter((replica) => isDown(observed, replica));
  const failing = current.filter(
    (replica) => !stranded.includes(replica) && replica.state === 'failed' && replica.attempts >= attemptsPerWorkerMax,
  );
  // Also the workers that replicas leave are excluded: a failing one would only fail again there.
  const excluded = new Set(current.map((replica) => replica.workerId));
  const places = [
    ...vacant.map((index) => ({ index, replaces: null })),
    ...[...stranded, ...failing].map((replica) => ({ index: replica.index, replaces: replica.id })),
  ];
  const chosen = chooseWorkers(observed.workers, places.length, excluded);
  const needed = vacant.length + stranded.length;
  const cause = chosen.length < needed ? workersShort(needed, chosen.length) : null;
  // All vacant places or none: ledgers that each hold half of what they need would block each other for ever.
  if (chosen.length < vacant.length) return { steps: [], cause };
  const steps = chosen.flatMap((workerId, order): Step[] => {
    const place = places[order];
    return place ? [{ kind: 'place-replica', index: place.index, workerId, replaces: place.replaces }] : [];
  });
  return { steps, cause };
}

function planRunning(desired: DesiredLedger, observed: ObservedLedger): Plan {
  const members = membersOf(observed);
  const steps: Step[] = [];
  for (const member of members)
    if (member.state !== 'running') steps.push(...request(observed, member, 'start-replica'));
  const running = members.filter((member) => isUp(observed, member));
  const hindered = members.filter(
    (member) => isDown(observed, member) || (member.state === 'failed' && member.attempts >= attemptsPerWorkerMax),
  );
  // Replicas that merely are not up yet are waited for; those that cannot come up must not hold a working quorum back.
  const settled =
    running.length === members.length ||
    (running.length >= quorumOf(members.length) && running.length + hindered.length === members.length);
  if (settled && observed.state === 'provisioning') steps.push({ kind: 'mark-ready' });
  const change = observed.state === 'ready' ? planChange(desired, observed) : { steps: [], cause: null };
  return { steps: [...steps, ...change.steps], cause: change.cause ?? waitingCause(observed, members) };
}

function destroyAll(observed: ObservedLedger, replicas: readonly ObservedReplica[]): Step[] {
  return replicas
    .filter((replica) => replica.state !== 'destroyed')
    .flatMap((replica) => {
      // A job for a worker that is down waits in its queue; one is enough.
      if (isDown(observed, replica) && replica.requested?.step === 'destroy-replica') return [];
      const due = isDue(observed, replica, 'destroy-replica');
      return due ? [{ kind: 'destroy-replica', replicaId: replica.id, workerId: replica.workerId } as const] : [];
    });
}

function wornOut(observed: ObservedLedger, replica: ObservedReplica): boolean {
  const replaced = observed.replicas.filter((other) => other.role === 'leaver' && other.index === replica.index).length;
  return replica.state === 'failed' && replica.attempts >= attemptsPerWorkerMax && replaced >= replacementsPerPlaceMax;
}

function waitingCause(observed: ObservedLedger, replicas: readonly ObservedReplica[]): PlanCause | null {
  const failing = replicas.find((replica) => replica.state === 'failed');
  if (failing) return failureCause(failing);
  const stranded = replicas.find((replica) => isDown(observed, replica));
  return stranded ? { code: 'WORKER_LOST', detail: `the worker of replica ${stranded.index} does not answer` } : null;
}

function failureCause(replica: ObservedReplica): PlanCause {
  const reason = [replica.causeCode, replica.causeDetail].filter((part) => part !== null).join(': ');
  return { code: 'REPLICA_FAILED', detail: `replica ${replica.index} failed${reason === '' ? '' : `: ${reason}`}` };
}
