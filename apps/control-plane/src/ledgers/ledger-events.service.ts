import { LedgerFeed, LedgerStore } from '@quorate/database';
import type { TenantContext } from '@quorate/tenancy';
import { Inject, Injectable, type BeforeApplicationShutdown, type MessageEvent } from '@nestjs/common';
import { Observable, Subject } from 'rxjs';
import type { Logger } from 'pino';
import { loggerToken } from '../http/log';
import { toLedgerView, toStepView } from './ledger-view';
import type { LedgerView } from './ledgers.schemas';

/** Proxies cut a stream that is silent for long. */
const heartbeatMs = 15_000;
/** Notices can be missed while the feed reconnects, so a stream also looks by itself. */
const lookEveryMs = 2_000;
/** A stream ends after this long and the client comes back with its credential, which may have been revoked. */
const streamLifetimeMs = 600_000;
const streamsPerTenantMax = 100;
const streamsMax = 2_000;

/** Streams a ledger's provisioning log and its state as they change. */
@Injectable()
export class LedgerEventsService implements BeforeApplicationShutdown {
  private readonly perTenant = new Map<string, number>();
  private readonly ending = new Subject<void>();
  private open = 0;

  constructor(
    private readonly ledgers: LedgerStore,
    private readonly feed: LedgerFeed,
    @Inject(loggerToken) private readonly logger: Logger,
  ) {}

  /** Whether one more stream may be opened. */
  admits(context: TenantContext): boolean {
    return this.open < streamsMax && (this.perTenant.get(context.tenantId) ?? 0) < streamsPerTenantMax;
  }

  /** Begins with the log after `afterSequence` and the ledger as it is. */
  stream(context: TenantContext, ledgerId: string, afterSequence: number): Observable<MessageEvent> {
    const { tenantId } = context;
    return new Observable<MessageEvent>((subscriber) => {
      this.count(tenantId, 1);
      const view = new LedgerWatch(this.ledgers, context, ledgerId, afterSequence, (event) => subscriber.next(event));
      const look = (): void => {
        view.look().catch((fault: Error) => {
          this.logger.warn({ fault: fault.message, ledgerId }, 'ledger stream could not read');
        });
      };
      const stopListening = this.feed.listen(ledgerId, look);
      const looking = setInterval(look, lookEveryMs);
      const beating = setInterval(() => subscriber.next({ comment: 'heartbeat' }), heartbeatMs);
      const lifetime = setTimeout(() => subscriber.complete(), streamLifetimeMs);
      const ending = this.ending.subscribe(() => subscriber.complete());
      look();
      return () => {
        view.end();
        stopListening();
        clearInterval(looking);
        clearInterval(beating);
        clearTimeout(lifetime);
        ending.unsubscribe();
        this.count(tenantId, -1);
      };
    });
  }

  beforeApplicationShutdown(): void {
    this.ending.next();
  }

  private count(tenantId: string, change: 1 | -1): void {
    this.open += change;
    const left = (this.perTenant.get(tenantId) ?? 0) + change;
    if (left > 0) this.perTenant.set(tenantId, left);
    else this.perTenant.delete(tenantId);
  }
}

/** What one stream has told already. */
class LedgerWatch {
  private told = '';
  private reading = false;
  private lookAgain = false;
  private ended = false;

  constructor(
    private readonly ledgers: LedgerStore,
    private readonly context: TenantContext,
    private readonly ledgerId: string,
    private sequence: number,
    private readonly tell: (event: MessageEvent) => void,
  ) {}

  /** Reads what is new and tells it. While one reading is under way further calls become one more reading. */
  async look(): Promise<void> {
    if (this.reading) {
      this.lookAgain = true;
      return;
    }
    this.reading = true;
    try {
      do {
        this.lookAgain = false;
        await this.read();
      } while (this.lookAgain && !this.ended);
    } finally {
      this.reading = false;
    }
  }

  end(): void {
    this.ended = true;
  }

  private async read(): Promise<void> {
    for (const step of await this.ledgers.steps(this.context, this.ledgerId, this.sequence)) {
      if (this.ended) return;
      this.sequence = step.sequence;
      this.tell({ type: 'step', id: String(step.sequence), data: toStepView(step) });
    }
    const record = await this.ledgers.get(this.context, this.ledgerId);
    if (!record || this.ended) return;
    const view = toLedgerView(record, Date.now());
    const essence = JSON.stringify(essenceOf(view));
    if (essence === this.told) return;
    this.told = essence;
    this.tell({ type: 'ledger', id: String(this.sequence), data: view });
  }
}

/** Heights move all the time; only a change of state is worth an event. */
function essenceOf(view: LedgerView): unknown {
  return {
    ...view,
    replicas: view.replicas.map(({ id, index, state, workerId, leader }) => ({ id, index, state, workerId, leader })),
  };
}
