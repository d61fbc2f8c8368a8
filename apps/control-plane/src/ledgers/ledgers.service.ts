import { createHash, randomUUID } from 'node:crypto';
import {
  LedgerStore,
  ScaleStore,
  type CreateLedgerOutcome,
  type LedgerRecord,
  type ScaleOutcome,
  type ShredOutcome,
} from '@quorate/database';
import { actorId, type PlatformContext, type TenantContext } from '@quorate/tenancy';
import { Injectable } from '@nestjs/common';
import { OutboxDispatcher } from '../reconciler/outbox.dispatcher';
import { isId } from '../http/schemas';
import { pointOf, ttlSecondsOf, type LedgerRequest } from './ledgers.schemas';

/** A tenant's ledgers: what is wanted is written here, and the reconciler makes it so. */
@Injectable()
export class LedgersService {
  constructor(
    private readonly ledgers: LedgerStore,
    private readonly scales: ScaleStore,
    private readonly outbox: OutboxDispatcher,
  ) {}

  /** Asks for a ledger; the same key of the same caller asks for the same one, even if the first answer was lost. */
  async create(context: TenantContext, draft: LedgerRequest, idempotencyKey: string): Promise<CreateLedgerOutcome> {
    const outcome = await this.ledgers.create(context, {
      id: randomUUID(),
      name: draft.name,
      class: draft.class,
      region: draft.region,
      operator: draft.operator,
      ttlSeconds: ttlSecondsOf(draft),
      archived: draft.archived ?? draft.class !== 'sandbox',
      from: draft.from === undefined ? null : { ledgerId: draft.from.ledgerId, point: pointOf(draft.from.at) },
      creationKey: createHash('sha256')
        .update(`${actorId(context)}\n${idempotencyKey}`)
        .digest('hex'),
    });
    if (outcome.kind === 'created') this.outbox.dispatch();
    return outcome;
  }

  async get(context: TenantContext, ledgerId: string): Promise<LedgerRecord | null> {
    return isId(ledgerId) ? this.ledgers.get(context, ledgerId) : null;
  }

  /** Asks for another number of replicas; null when the caller has no such ledger. */
  scale(context: TenantContext | PlatformContext, ledgerId: string, replicas: number): Promise<ScaleOutcome | null> {
    return this.change(ledgerId, () => this.scales.scale(context, ledgerId, replicas));
  }

  /** Asks for another replica in the place of one; null when there is no such ledger. */
  replace(context: PlatformContext, ledgerId: string, index: number): Promise<ScaleOutcome | null> {
    return this.change(ledgerId, () => this.scales.replace(context, ledgerId, index));
  }

  /** Asks for another consensus key of one replica; null when there is no such ledger. */
  rotateKey(context: PlatformContext, ledgerId: string, index: number): Promise<ScaleOutcome | null> {
    return this.change(ledgerId, () => this.scales.rotateKey(context, ledgerId, index));
  }

  private async change(ledgerId: string, work: () => Promise<ScaleOutcome>): Promise<ScaleOutcome | null> {
    if (!isId(ledgerId)) return null;
    const outcome = await work();
    if (outcome.kind === 'accepted') this.outbox.dispatch();
    return outcome;
  }

  /** Asks for the keys of a retired ledger to be destroyed now. */
  async shred(context: TenantContext, ledgerId: string): Promise<ShredOutcome> {
    return isId(ledgerId) ? this.ledgers.shred(context, ledgerId) : { kind: 'unknown' };
  }

  /** Asks for a ledger's retirement; null when the tenant has no such ledger. */
  async retire(context: TenantContext, ledgerId: string): Promise<LedgerRecord | null> {
    if (!isId(ledgerId)) return null;
    const record = await this.ledgers.retire(context, ledgerId);
    if (record) this.outbox.dispatch();
    return record;
  }
}
