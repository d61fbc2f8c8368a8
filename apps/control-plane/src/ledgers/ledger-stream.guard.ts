import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Problem } from '../http/problem';
import type { QuorateRequest } from '../http/request';
import { LedgerEventsService } from './ledger-events.service';
import { LedgersService } from './ledgers.service';

/** Refuses a stream before it begins: once it has begun its status cannot tell why it ends. */
@Injectable()
export class LedgerStreamGuard implements CanActivate {
  constructor(
    private readonly ledgers: LedgersService,
    private readonly events: LedgerEventsService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<QuorateRequest>();
    const caller = request.identity?.context;
    const record = caller?.kind === 'tenant' ? await this.ledgers.get(caller, String(request.params.id)) : null;
    if (caller?.kind !== 'tenant' || !record)
      throw new Problem('LEDGER_UNKNOWN', { detail: 'there is no such ledger' });
    if (!this.events.admits(caller))
      throw new Problem('STREAMS_EXHAUSTED', { detail: 'close a stream first', retryAfterMs: 5_000 });
    return true;
  }
}
