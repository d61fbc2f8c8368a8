import { Cluster } from './cluster';

/** One record of one replica, and what a crash there leaves of what was not synced. */
export interface CrashPoint {
  readonly replica: number;
  /** Counted from 1 since it first started. */
  readonly record: number;
  /** Everything written, the record included, reached the medium, though nobody was told; or nothing did. */
  readonly kept: boolean;
}

/** What came of a crash; nothing if all is well. */
export interface CrashOutcome extends CrashPoint {
  readonly violations: readonly string[];
  readonly recovered: boolean;
}

const REPLICAS = 4;
const STEP_MS = 3;
const STEPS = 16;
/** Steps before which all give the term up, so that records of three terms are among those that matter. */
const TERM_ENDS = new Set([5, 11]);
const DOWN_MS = 2;
const SYNC_MS = 0.8;
const RECOVERY_MS_MAX = 3_000;

class CrashRun {
  readonly records = new Array<number>(REPLICAS).fill(0);
  private readonly cluster: Cluster;
  private readonly keys: string[] = [];

  constructor(
    seed: number,
    private readonly point: CrashPoint | null,
  ) {
    this.cluster = new Cluster({ seed, replicaCount: REPLICAS });
    for (const [index, replica] of this.cluster.replicas.entries()) {
      replica.pace.syncMs = () => SYNC_MS;
      const append = replica.disk.append.bind(replica.disk);
      replica.disk.append = (record) => {
        append(record);
        this.records[index] += 1;
        if (index === point?.replica && this.records[index] === point.record)
          this.cluster.scheduler.after(0, () => this.crash(index));
      };
    }
  }

  run(): Omit<CrashOutcome, keyof CrashPoint> {
    const { cluster } = this;
    cluster.startAll();
    for (let step = 0; step < STEPS; step += 1) {
      this.keys.push(cluster.submit());
      if (TERM_ENDS.has(step))
        for (const replica of cluster.replicas)
          replica.step({ kind: 'suspect', term: replica.core?.status().term ?? 0 });
      cluster.runFor(STEP_MS);
    }
    for (const key of this.keys) cluster.offer(key);
    const recovered = cluster.runUntil(() => this.keys.every((key) => cluster.appliedBy(key)), RECOVERY_MS_MAX);
    return { violations: cluster.checker.violations, recovered };
  }

  private crash(index: number): void {
    const { cluster, point } = this;
    const { disk } = cluster.replicas[index];
    if (point?.kept === true) disk.sync(disk.unsyncedCount);
    else disk.dropUnsynced();
    cluster.crash(index);
    cluster.scheduler.after(DOWN_MS, () => cluster.start(index));
  }
}

/** Every record that every replica writes in a run without a crash, each of them lost and kept. */
export function crashPoints(seed: number): CrashPoint[] {
  const run = new CrashRun(seed, null);
  run.run();
  return run.records.flatMap((records, replica) =>
    Array.from({ length: records }, (_, index) => index + 1).flatMap((record) =>
      [true, false].map((kept) => ({ replica, record, kept })),
    ),
  );
}

/** Crashes one replica at that record; the others go on, and it comes back. */
export function runCrash(seed: number, point: CrashPoint): CrashOutcome {
  return { ...point, ...new CrashRun(seed, point).run() };
}
