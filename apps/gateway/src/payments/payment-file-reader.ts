import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import type { ParseOptions, PaymentFileResult } from '@quorate/payments';

import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';

const retryAfterMs = 1_000;
/** Compiled code, also when this file itself runs from source. */
const threadScript = join(__dirname, '../../dist/payments/parse-thread.js');

/** What the reading thread is told. */
export interface ParseRequest {
  readonly xml: Uint8Array;
  readonly options: ParseOptions;
}

interface Job {
  readonly request: ParseRequest;
  readonly resolve: (result: PaymentFileResult) => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Reads payment files one after another on a thread of its own. The queue is bounded, and so is each tenant's share of
 * it; a file that takes too long costs the thread, not the gateway.
 */
export class PaymentFileReader {
  private readonly waiting: Job[] = [];
  private readonly tenantJobs = new Map<string, number>();
  private thread: Worker | null = null;
  private current: Job | null = null;
  private timer: NodeJS.Timeout | null = null;

  async read(tenantId: string, xml: Uint8Array, { acceptTransactionCount }: ParseOptions): Promise<PaymentFileResult> {
    const held = this.tenantJobs.get(tenantId) ?? 0;
    if (held >= GATEWAY_LIMITS.tenantPaymentFilesMax) {
      const detail = `At most ${GATEWAY_LIMITS.tenantPaymentFilesMax} payment files of a tenant at the same time.`;
      throw new GatewayProblem('TENANT_CONCURRENCY_LIMITED', detail, { retryAfterMs });
    }
    if (this.waiting.length >= GATEWAY_LIMITS.paymentFilesWaitingMax) {
      throw new GatewayProblem('GATEWAY_BUSY', 'As many payment files wait as the gateway holds.', { retryAfterMs });
    }
    this.tenantJobs.set(tenantId, held + 1);
    try {
      return await new Promise<PaymentFileResult>((resolve, reject) => {
        this.waiting.push({ request: { xml, options: { acceptTransactionCount } }, resolve, reject });
        this.next();
      });
    } finally {
      const left = (this.tenantJobs.get(tenantId) ?? 1) - 1;
      if (left > 0) this.tenantJobs.set(tenantId, left);
      else this.tenantJobs.delete(tenantId);
    }
  }

  async close(): Promise<void> {
    const { thread } = this;
    this.thread = null;
    await thread?.terminate();
  }

  private next(): void {
    if (this.current !== null) return;
    const job = this.waiting.shift();
    if (job === undefined) return;
    this.current = job;
    this.thread ??= this.startThread();
    this.timer = setTimeout(() => this.giveUp(), GATEWAY_LIMITS.paymentFileReadMs);
    this.thread.postMessage(job.request);
  }

  private startThread(): Worker {
    const thread = new Worker(threadScript, { resourceLimits: { maxOldGenerationSizeMb: 256 } });
    thread.unref();
    thread.on('message', (result: PaymentFileResult) => this.finish((job) => job.resolve(result)));
    thread.on('error', (cause) => this.lost(thread, cause));
    return thread;
  }

  private giveUp(): void {
    const { thread } = this;
    if (thread === null) return;
    void thread.terminate();
    this.lost(thread, new GatewayProblem('GATEWAY_BUSY', 'The file could not be read in time.', { retryAfterMs }));
  }

  private lost(thread: Worker, cause: unknown): void {
    if (this.thread === thread) this.thread = null;
    this.finish((job) => job.reject(cause));
  }

  private finish(settle: (job: Job) => void): void {
    const job = this.current;
    if (job === null) return;
    this.current = null;
    if (this.timer !== null) clearTimeout(this.timer);
    settle(job);
    this.next();
  }
}
