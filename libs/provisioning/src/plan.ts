import {
  attemptsPerReplicaMax,
  attemptsPerWorkerMax,
  replacementsPerPlaceMax,
  requestTimeoutMs,
  type DesiredLedger,
  type ObservedLedger,
  type ObservedReplica,
  type Plan,
  type PlanCause,
  type ReplicaStep,
  type Step,
  type WorkerStanding,
} from './model';
import { chooseWorkers } from './placement';

/**
 * Compares what is wanted with what is seen and says what to do next. Pure and level-triggered: it remembers nothing, so
 * that a lost, doubled or late trigger does no harm.
 *
 * Until the genesis is written a replica may move to another worker as a new replica with new keys. From then on the
 * genesis pins every key, so a replica stays where it is and waits for its worker to come back.
 */
export function plan(desired: DesiredLedger, observed: ObservedLedger): Plan {
  if (observed.state === 'retired') return { steps: [], cause: null };
  if (!desired.wanted || observed.state === 'retiring') return planRetirement(observed);
  if (observed.state === 'failed') return { steps: destroyAll(observed, observed.replicas), cause: null };
  const superseded = observed.replicas.filter((replica) => !replica.current);
  const next = observed.hasGenesis ? planRunning(desired, observed) : planFounding(desired, observed);
  return { steps: [...next.steps, ...destroyAll(observed, superseded)], cause: next.cause };
}

/** How many replicas must run for the ledger to make progress: more than two thirds of 3f + 1. */
export function quorumOf(replicaCount: number): number {
  const faulty = Math.floor((replicaCount - 1) / 3);
  return Math.floor((replicaCount + faulty) / 2) + 1;
}

function planRetirement(observed: ObservedLedger): Plan {
  const settled = observed.replicas.every((replica) => replica.state === 'destroyed' || isDown(observed, replica));
  const steps = destroyAll(observed, observed.replicas);
  // The destroy job of a lost worker waits in its queue, and the worker removes the directory when it comes back.
  return { steps: settled ? [...steps, { kind: 'mark-retired' }] : steps, cause: null };
}

function planFounding(desired: DesiredLedger, observed: ObservedLedger): Plan {
  const current = currentReplicas(observed);
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
  const complete = kept.length === desired.replicaCount && kept.every((replica) => replica.state === 'prepared');
  if (complete) {
    steps.push({ kind: 'write-genesis' });
    for (const replica of kept)
      steps.push({ kind: 'start-replica', replicaId: replica.id, workerId: replica.workerId });
  }
  return { steps, cause: placement.cause ?? waitingCause(observed, kept) };
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
  const current = currentReplicas(observed);
  const steps: Step[] = [];
  for (const replica of current)
    if (replica.state !== 'running') steps.push(...request(observed, replica, 'start-replica'));
  const running = current.filter((replica) => replica.state === 'running' && !isDown(observed, replica));
  const hindered = current.filter(
    (replica) => isDown(observed, replica) || (replica.state === 'failed' && replica.attempts >= attemptsPerWorkerMax),
  );
  // Replicas that merely are not up yet are waited for; those that cannot come up must not hold a working quorum back.
  const settled =
    running.length === desired.replicaCount ||
    (running.length >= quorumOf(desired.replicaCount) && running.length + hindered.length === desired.replicaCount);
  if (settled && observed.state === 'provisioning') steps.push({ kind: 'mark-ready' });
  return { steps, cause: waitingCause(observed, current) };
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

function request(observed: ObservedLedger, replica: ObservedReplica, step: ReplicaStep): Step[] {
  if (isDown(observed, replica) || !isDue(observed, replica, step)) return [];
  return [{ kind: step, replicaId: replica.id, workerId: replica.workerId }];
}

/** Not while the same job is in hand, nor before the pause after a failure is over. */
function isDue(observed: ObservedLedger, replica: ObservedReplica, step: ReplicaStep): boolean {
  if (replica.requested?.step === step) return observed.nowMs - replica.requested.atMs >= requestTimeoutMs;
  return replica.retryAtMs === null || step === 'destroy-replica' || observed.nowMs >= replica.retryAtMs;
}

function wornOut(observed: ObservedLedger, replica: ObservedReplica): boolean {
  const replaced = observed.replicas.filter((other) => !other.current && other.index === replica.index).length;
  return replica.state === 'failed' && replica.attempts >= attemptsPerWorkerMax && replaced >= replacementsPerPlaceMax;
}

function currentReplicas(observed: ObservedLedger): ObservedReplica[] {
  return observed.replicas
    .filter((replica) => replica.current && replica.state !== 'destroyed')
    .sort((first, second) => first.index - second.index);
}

function isDown(observed: ObservedLedger, replica: ObservedReplica): boolean {
  const standing: WorkerStanding =
    observed.workers.find((worker) => worker.id === replica.workerId)?.standing ?? 'lost';
  return standing === 'lost' || standing === 'stopped';
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

function workersShort(needed: number, available: number): PlanCause {
  return {
    code: 'PLACEMENT_WORKERS_SHORT',
    detail: `${needed} more workers with room are needed, ${available} are there`,
  };
}
