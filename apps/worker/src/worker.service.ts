import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '@quorate/config';
import {
  BackupStore,
  ForkStore,
  KeyStore,
  openSystemDatabase,
  WorkerStore,
  type SystemDatabase,
} from '@quorate/database';
import { openJobs, type Consumer, type Jobs } from '@quorate/jobs';
import { BackupRunner } from './backup-runner';
import { Keyring } from './keys/keyring';
import { openKeyProvider } from './keys/open-provider';
import { Lease } from './lease';
import { ReplicaHost } from './replica-host';
import { openWorker } from './settings';

/** Injection token of the process's settings. */
export const configToken = Symbol('config');

// A worker reads and writes little; sixteen of them share one PostgreSQL on a small machine.
const poolSizeMax = 3;

/** Everything that is open while the worker runs. */
interface OpenWorker {
  readonly database: SystemDatabase;
  readonly store: WorkerStore;
  readonly workerId: string;
  readonly jobs: Jobs;
  readonly host: ReplicaHost;
  readonly lease: Lease;
  readonly consumer: Consumer;
}

/** Opens the worker's parts in order and closes them in the opposite one. */
@Injectable()
export class WorkerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('worker');
  private open: OpenWorker | null = null;

  constructor(@Inject(configToken) private readonly config: Config) {}

  async onApplicationBootstrap(): Promise<void> {
    const settings = openWorker(this.config);
    const database = await openSystemDatabase(this.config, { poolSizeMax });
    const store = new WorkerStore(database, this.config.workerLeaseMs);
    const keyring = new Keyring(new KeyStore(database), openKeyProvider(this.config));
    const jobs = await openJobs(this.config, (fault) => this.logger.warn(`queue: ${fault.message}`));
    const host = new ReplicaHost(
      settings,
      store,
      new ForkStore(database),
      keyring,
      (ledgerId) => jobs.requestReconcile(ledgerId),
      this.logger,
    );
    const backups = new BackupRunner(settings, new BackupStore(null, database), host, this.logger);
    const lease = new Lease(settings, store, host, this.logger);
    host.warm();
    await lease.open();
    const consumer = jobs.consumeWorkerJobs(
      settings.id,
      (job) => host.perform(job),
      (runId) => void backups.perform(runId),
    );
    this.open = { database, store, workerId: settings.id, jobs, host, lease, consumer };
    this.logger.log(`worker ${settings.name} (${settings.id}) is ready`);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.open === null) return;
    const { database, store, workerId, jobs, host, lease, consumer } = this.open;
    this.open = null;
    lease.close();
    // Replicas first: whatever happens to the rest, their journals are closed in order.
    await Promise.allSettled([consumer.close(), host.close()]);
    await Promise.allSettled([store.stopped(workerId), jobs.close()]);
    await database.close();
  }
}
