import { AccountStore, IdempotencyStore } from '@quorate/database';
import { Jobs, type Consumer, type ReconcileJob } from '@quorate/jobs';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { loggerToken } from '../http/log';
import { RateLimits } from '../http/rate-limits';
import { BackupsService } from '../ledgers/backups.service';
import { OutboxDispatcher } from './outbox.dispatcher';
import { ReconcilerService } from './reconciler.service';

const housekeepingMs = 600_000;

/** Takes the reconcile queue's jobs, and sweeps what has expired. */
@Injectable()
export class ReconcileProcessor implements BeforeApplicationShutdown {
  private consumer: Consumer | null = null;
  private housekeeping: NodeJS.Timeout | null = null;

  constructor(
    private readonly jobs: Jobs,
    private readonly reconciler: ReconcilerService,
    private readonly backups: BackupsService,
    private readonly outbox: OutboxDispatcher,
    private readonly accounts: AccountStore,
    private readonly idempotency: IdempotencyStore,
    private readonly limits: RateLimits,
    @Inject(loggerToken) private readonly logger: Logger,
  ) {}

  /** Begins to work; before that, the process only answers requests. */
  async start(): Promise<void> {
    this.consumer = await this.jobs.consumeReconcileJobs((job) => this.perform(job));
    this.outbox.start();
    this.housekeeping = setInterval(() => void this.sweep(), housekeepingMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.housekeeping) clearInterval(this.housekeeping);
    await this.consumer?.close();
  }

  private async perform(job: ReconcileJob): Promise<void> {
    if (job.kind === 'expire-ledgers') return this.reconciler.expire();
    if (job.kind === 'draw-drill') return void (await this.backups.drawDrill());
    if (job.kind === 'resync') return this.resync();
    return this.reconciler.reconcile(job.ledgerId);
  }

  private async resync(): Promise<void> {
    await this.reconciler.resync();
    await this.backups.dispatch();
  }

  private async sweep(): Promise<void> {
    try {
      await this.accounts.sweep();
      await this.idempotency.sweep();
      await this.limits.sweep();
    } catch (fault) {
      this.logger.warn({ fault: fault instanceof Error ? fault.message : 'unknown' }, 'housekeeping failed');
    }
  }
}
