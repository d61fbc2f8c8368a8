import { OutboxStore } from '@quorate/database';
import { Jobs } from '@quorate/jobs';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { loggerToken } from '../http/log';

/** Notices of other processes that died before they sent them are found this often. */
const sweepMs = 1_000;

/** Sends the notices of the outbox to the queue: right after a commit, and again from time to time. */
@Injectable()
export class OutboxDispatcher implements BeforeApplicationShutdown {
  private sweeping: NodeJS.Timeout | null = null;
  private working: Promise<void> | null = null;
  private again = false;
  private ended = false;

  constructor(
    private readonly outbox: OutboxStore,
    private readonly jobs: Jobs,
    @Inject(loggerToken) private readonly logger: Logger,
  ) {}

  start(): void {
    this.sweeping = setInterval(() => this.dispatch(), sweepMs);
  }

  /** Begins to send what is there; calls during that time become one more round. */
  dispatch(): void {
    if (this.ended) return;
    if (this.working) {
      this.again = true;
      return;
    }
    this.working = this.work().finally(() => {
      this.working = null;
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ended = true;
    if (this.sweeping) clearInterval(this.sweeping);
    await this.working;
  }

  private async work(): Promise<void> {
    try {
      for (;;) {
        this.again = false;
        const delivered = await this.outbox.deliver(async (ledgerIds) => {
          await Promise.all(ledgerIds.map((ledgerId) => this.jobs.requestReconcile(ledgerId)));
        });
        if (delivered === 0 && !this.again) return;
      }
    } catch (fault) {
      // The notices stay; the next sweep sends them.
      this.logger.warn({ fault: fault instanceof Error ? fault.message : 'unknown' }, 'outbox could not be sent');
    }
  }
}
