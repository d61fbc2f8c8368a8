import { DEFAULT_PARAMETERS } from '@quorate/consensus';
import { Cluster, type ClusterOptions } from './cluster';
import { ADVERSARIES, type AdversaryName } from './adversary';

/** What a chaos run found. */
export interface ChaosOutcome {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Every operation was applied by every honest replica in time after the faults ended. */
  readonly recovered: boolean;
  readonly recoveryMs: number;
  readonly finalHeight: number;
  /** Epoch that was reached. */
  readonly epoch: number;
  readonly traceHash: string;
  readonly simulatedMs: number;
  /** Tasks that the simulated clock ran: deliveries, syncs, timers, executions. */
  readonly events: number;
}

export interface ChaosOptions extends Omit<ClusterOptions, 'byzantine'> {
  readonly chaosMs: number;
  /** Calm time in which everything must have become final everywhere. */
  readonly calmMsMax: number;
  /** What the one lying replica does; none lies if it is left out. */
  readonly adversary?: AdversaryName;
  /** Nodes besides the first replicas, among which the replica set changes again and again; none: it stays as it is. */
  readonly spares?: number;
  /** Told the fault rates before anything runs. */
  readonly announce?: (rates: FaultRates) => void;
}

/** The fault rates of one run, all of them drawn from its seed. */
export interface FaultRates {
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly slowestMs: number;
  readonly replicas: readonly { readonly syncMs: number; readonly executionMs: number; readonly skewMs: number }[];
}

/** In these seeds small blocks wait for the finality of the one before, as they do in the product; in the others they stream. */
const isPaced = (seed: number): boolean => seed % 5 === 3;
/** That governance wants another replica set, at each change of the faults. */
const CHANGE_CHANCE = 0.06;

/** Interval between two changes of the faults. */
const STEP_MS = 40;

/** Random crashes, losses, partitions, slow disks and skewed clocks, then calm: first nothing may go wrong, then everything must get done. */
export function runChaos(options: ChaosOptions): ChaosOutcome {
  const { adversary } = options;
  const traitor = options.seed % options.replicaCount;
  const { streamedBytesMin } = isPaced(options.seed) ? DEFAULT_PARAMETERS : { streamedBytesMin: 0 };
  const parameters = { streamedBytesMin, ...options.parameters };
  const cluster = new Cluster({ ...options, parameters, byzantine: adversary === undefined ? [] : [traitor] });
  if (adversary !== undefined) cluster.intercept = ADVERSARIES[adversary](cluster, traitor);
  for (let count = options.spares ?? 0; count > 0; count -= 1) cluster.addNode();
  const honest = [...cluster.replicas.keys()].filter((index) => adversary === undefined || index !== traitor);
  const rates = drawRates(cluster);
  options.announce?.(rates);
  setRates(cluster, rates);
  cluster.startAll();
  const keys: string[] = [];
  while (cluster.nowMs < options.chaosMs) {
    disturb(cluster);
    if (options.spares !== undefined && cluster.random.chance(CHANGE_CHANCE))
      cluster.reconfigure(drawMembers(cluster, adversary === undefined ? null : traitor));
    for (let count = cluster.random.below(4); count > 0; count -= 1) keys.push(cluster.submit());
    cluster.runFor(STEP_MS);
  }
  calm(cluster);
  const calmStartMs = cluster.nowMs;
  for (const key of keys) cluster.offer(key);
  keys.push(cluster.submit());
  const recovered = cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key, honest)), options.calmMsMax);
  return {
    seed: options.seed,
    violations: cluster.checker.violations,
    recovered,
    recoveryMs: cluster.nowMs - calmStartMs,
    finalHeight: cluster.checker.finalHeightMax,
    epoch: cluster.checker.newestConfiguration.epoch,
    traceHash: cluster.trace.hash(),
    simulatedMs: cluster.nowMs,
    events: cluster.scheduler.tasksRun,
  };
}

/** Members of the next epoch; one that lies only where one may. */
function drawMembers({ random, replicas }: Cluster, traitor: number | null): number[] {
  const nodes = [...replicas.keys()];
  for (let last = nodes.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [nodes[last], nodes[other]] = [nodes[other], nodes[last]];
  }
  const sizes = [1, 2, 3, 4, 4, 4, 5, 7].filter((size) => size <= nodes.length);
  const members = nodes.slice(0, random.pick(sizes));
  return members.length < 4 && traitor !== null && members.includes(traitor)
    ? nodes.filter((node) => node !== traitor).slice(0, members.length)
    : members;
}

/** Fault rates differ from seed to seed, so that rare combinations get their turn. */
function drawRates({ random, replicas }: Cluster): FaultRates {
  return {
    lossRate: random.chance(0.5) ? random.between(0, 0.15) : 0,
    duplicateRate: random.chance(0.5) ? 0.1 : 0,
    slowestMs: random.pick([0.5, 2, 10, 40]),
    replicas: replicas.map(() => ({
      syncMs: random.pick([0.2, 1, 8, 40]),
      executionMs: random.pick([0.1, 1, 5]),
      skewMs: random.between(-200, 200),
    })),
  };
}

function setRates({ network, random, replicas }: Cluster, rates: FaultRates): void {
  network.lossRate = rates.lossRate;
  network.duplicateRate = rates.duplicateRate;
  // A tail of slow messages reorders what was sent in order.
  network.delayMs = () => (random.chance(0.1) ? random.between(0.2, rates.slowestMs) : random.between(0.1, 0.5));
  for (const [index, { syncMs, executionMs, skewMs }] of rates.replicas.entries()) {
    const { pace } = replicas[index];
    pace.syncMs = () => random.between(0.1, syncMs);
    pace.executionMs = () => random.between(0.05, executionMs);
    pace.clockSkewNs = BigInt(Math.round(skewMs * 1e6));
  }
}

function disturb(cluster: Cluster): void {
  const { random, replicas } = cluster;
  const index = random.below(replicas.length);
  const roll = random.next();
  if (roll < 0.15 && replicas[index].core !== null) cluster.crash(index);
  else if (roll < 0.45) {
    const down = replicas.findIndex((replica) => replica.core === null);
    if (down >= 0) cluster.start(down);
  } else if (roll < 0.55) {
    cluster.network.passes = (from, to) => from !== index && to !== index;
  } else if (roll < 0.65) {
    const side = replicas.map(() => random.chance(0.5));
    cluster.network.passes = (from, to) => side[from] === side[to];
  } else if (roll < 0.7) {
    cluster.network.passes = (from) => from !== index;
  } else if (roll < 0.9) {
    cluster.network.passes = () => true;
  }
}

function calm(cluster: Cluster): void {
  cluster.network.lossRate = 0;
  cluster.network.duplicateRate = 0;
  cluster.network.delayMs = () => cluster.random.between(0.1, 0.5);
  cluster.network.passes = () => true;
  for (const [index, replica] of cluster.replicas.entries()) {
    replica.pace.syncMs = () => 0.3;
    replica.pace.executionMs = () => 0.2;
    if (replica.core === null) cluster.start(index);
  }
}
