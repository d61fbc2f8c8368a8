import { ADVERSARIES, type AdversaryName } from './adversary';
import type { ChaosOptions } from './chaos';
import { Random } from './random';

/** Keeps the choice of a scenario apart from what happens in it. */
const PLAN_SALT = 0x5e_ed_00_01;

/** The scenario that a seed stands for: size of the cluster, length of the chaos, and who lies how. */
export function scenarioOf(seed: number): ChaosOptions {
  const random = new Random(seed ^ PLAN_SALT);
  const replicaCount = random.pick([1, 2, 3, 4, 4, 4, 4, 4, 5, 6, 7, 7]);
  const chaosMs = random.pick([1_000, 3_000, 6_000]);
  const names = Object.keys(ADVERSARIES) as AdversaryName[];
  const adversary = replicaCount >= 4 && random.chance(0.5) ? random.pick(names) : undefined;
  const spares = random.chance(0.4) ? random.pick([1, 2, 4]) : undefined;
  return { seed, replicaCount, chaosMs, calmMsMax: 20_000, adversary, spares };
}

/** Seeds of whole replicas that failed once, for ever. */
export const FORMER_FAILURES: readonly number[] = [8, 53, 55];
