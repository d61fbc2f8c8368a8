import type { Config } from '@quorate/config';
import { Queue, Worker, type IQueueBackend, type Job, type JobsOptions } from 'bullmq';
import { openQueueBackend, poolSizeDefault, type QueueBackend } from './backend';
import {
  readBackupJob,
  readReconcileJob,
  readWorkerJob,
  reconcileQueue,
  workerQueue,
  type ReconcileJob,
  type WorkerJob,
} from './names';

/** Performs one job. A throw marks the job failed; what is missing is asked for again by the reconciler. */
export type WorkerJobHandler = (job: WorkerJob) => Promise<void>;
export type ReconcileJobHandler = (job: ReconcileJob) => Promise<void>;

/** Stops taking jobs; resolves when those in hand are done. */
export interface Consumer {
  close(): Promise<void>;
}

/** How many replicas a worker prepares or starts at once, and how many ledgers a control plane reconciles at once. */
const workerConcurrencyMax = 8;
const reconcileConcurrencyMax = 8;
/** Queues whose handles one process keeps open; the one unused for longest is closed. */
const openQueuesMax = 256;
/** A consumer that died holds its job this long; then another may take it. */
const lockMs = 10_000;
const stalledCheckMs = 5_000;
const expireEveryMs = 2_000;
const resyncEveryMs = 2_000;

type JobQueue = Queue<unknown, void, string, unknown, void, string, IQueueBackend>;
type JobConsumer = Worker<unknown, void, string, IQueueBackend>;

const jobOptions: JobsOptions = {
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: { age: 3_600, count: 50 },
};

/**
 * The queues of one process.
 *
 * Reconciling is level-triggered, so a job is only a hint that something changed. Jobs are deduplicated by what they
 * concern with `keepLastIfActive`: a hint that comes while the same job runs makes it run once more afterwards, and
 * none is lost between the job's reading and its end.
 */
export class Jobs {
  private readonly backend: QueueBackend;
  private readonly queues = new Map<string, JobQueue>();
  private readonly consumers = new Set<JobConsumer>();
  private closing = false;

  constructor(
    private readonly config: Config,
    private readonly onFault: (fault: Error) => void = () => undefined,
    poolSizeMax = poolSizeDefault,
  ) {
    this.backend = openQueueBackend(config, poolSizeMax);
  }

  get backendKind(): 'postgres' | 'redis' {
    return this.backend.kind;
  }

  /** Resolves when the queues can be used. */
  async ready(): Promise<void> {
    await this.queue(reconcileQueue).waitUntilReady();
  }

  /** Hints that a ledger's desired or observed state changed. */
  async requestReconcile(ledgerId: string): Promise<void> {
    await this.queue(reconcileQueue).add(
      'reconcile-ledger',
      { ledgerId },
      {
        ...jobOptions,
        deduplication: { id: `reconcile-${ledgerId}`, keepLastIfActive: true },
      },
    );
  }

  /** Hands a job to a worker; a job that waits there already is not queued twice. */
  async sendWorkerJob(workerId: string, job: WorkerJob): Promise<void> {
    await this.queue(workerQueue(workerId)).add(
      job.kind,
      { replicaId: job.replicaId },
      {
        ...jobOptions,
        deduplication: { id: `${job.kind}-${job.replicaId}`, keepLastIfActive: true },
      },
    );
  }

  /** Hands a backup, check or drill to a worker. */
  async sendBackupJob(workerId: string, runId: string): Promise<void> {
    await this.queue(workerQueue(workerId)).add(
      'run-backup',
      { runId },
      { ...jobOptions, deduplication: { id: `run-backup-${runId}` } },
    );
  }

  /** Takes the jobs of one worker; `onBackup` begins a backup run, which the queue does not wait for. */
  consumeWorkerJobs(
    workerId: string,
    handler: WorkerJobHandler,
    onBackup: (runId: string) => void = () => undefined,
  ): Consumer {
    return this.consume(workerQueue(workerId), workerConcurrencyMax, async (job) => {
      const backup = readBackupJob(job.name, job.data);
      if (backup) onBackup(backup.runId);
      const work = readWorkerJob(job.name, job.data);
      if (work) await handler(work);
    });
  }

  /** Takes reconcile jobs, and keeps the schedules of expiry and resync. */
  async consumeReconcileJobs(handler: ReconcileJobHandler): Promise<Consumer> {
    const queue = this.queue(reconcileQueue);
    await queue.upsertJobScheduler(
      'expire-ledgers',
      { every: expireEveryMs },
      { name: 'expire-ledgers', data: {}, opts: jobOptions },
    );
    await queue.upsertJobScheduler('resync', { every: resyncEveryMs }, { name: 'resync', data: {}, opts: jobOptions });
    await queue.upsertJobScheduler(
      'draw-drill',
      { every: this.config.drillEveryMs },
      { name: 'draw-drill', data: {}, opts: jobOptions },
    );
    return this.consume(reconcileQueue, reconcileConcurrencyMax, async (job) => {
      const work = readReconcileJob(job.name, job.data);
      if (work) await handler(work);
    });
  }

  /** When a ledger is drawn for the next drill; null before there is a schedule. */
  async nextDrill(): Promise<Date | null> {
    const { next } = (await this.queue(reconcileQueue).getJobScheduler('draw-drill')) ?? {};
    return next === undefined ? null : new Date(next);
  }

  /** Stops the consumers, then closes every queue and connection. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    await this.backend.close();
  }

  private consume(name: string, concurrency: number, perform: (job: Job<unknown, void>) => Promise<void>): Consumer {
    const consumer: JobConsumer = new Worker(
      name,
      perform,
      {
        connection: this.backend.connection,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        maxStalledCount: 1_000,
        removeOnComplete: { count: 0 },
        removeOnFail: { age: 3_600, count: 50 },
      },
      this.backend.factory,
    );
    consumer.on('error', (fault) => this.onFault(fault));
    consumer.on('failed', (_job, fault) => this.onFault(fault));
    this.consumers.add(consumer);
    return {
      close: async () => {
        this.consumers.delete(consumer);
        await consumer.close();
      },
    };
  }

  private queue(name: string): JobQueue {
    const known = this.queues.get(name);
    // Deleting and setting again moves the entry to the end: the first entry is the one unused for longest.
    if (known) this.queues.delete(name);
    const queue = known ?? this.openQueue(name);
    this.queues.set(name, queue);
    if (this.queues.size > openQueuesMax) {
      const [oldestName, oldest] = this.queues.entries().next().value ?? [];
      if (oldestName !== undefined && oldest) {
        this.queues.delete(oldestName);
        oldest.close().catch((fault: Error) => this.onFault(fault));
      }
    }
    return queue;
  }

  private openQueue(name: string): JobQueue {
    const queue: JobQueue = new Queue(name, { connection: this.backend.connection }, this.backend.factory);
    queue.on('error', (fault) => this.onFault(fault));
    return queue;
  }
}

/** Opens the queues and waits until they can be used. */
export async function openJobs(config: Config, onFault?: (fault: Error) => void): Promise<Jobs> {
  const jobs = new Jobs(config, onFault);
  await jobs.ready();
  return jobs;
}
