import type { ObservedWorker, PlanCause } from './model';

/**
 * Chooses `count` distinct workers: active, with room, not excluded; the emptiest first, then by id so that the choice is
 * a function of its input. Returns fewer when there are fewer.
 */
export function chooseWorkers(
  workers: readonly ObservedWorker[],
  count: number,
  excluded: ReadonlySet<string>,
): string[] {
  return workers
    .filter((worker) => worker.standing === 'active' && worker.free > 0 && !excluded.has(worker.id))
    .sort((first, second) => second.free - first.free || (first.id < second.id ? -1 : 1))
    .slice(0, count)
    .map((worker) => worker.id);
}

/** Why replicas cannot be placed. */
export function workersShort(needed: number, available: number): PlanCause {
  return {
    code: 'PLACEMENT_WORKERS_SHORT',
    detail: `${needed} more workers with room are needed, ${available} are there`,
  };
}
