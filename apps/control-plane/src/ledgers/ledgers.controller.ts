import { hex } from '@quorate/crypto';
import { LedgerStore, type CreateLedgerOutcome, type LedgerRecord } from '@quorate/database';
import type { TenantContext } from '@quorate/tenancy';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  Param,
  Post,
  Query,
  Sse,
  UseGuards,
  type MessageEvent,
} from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import type { z } from 'zod';
import { readCursor, writeCursor } from '../http/cursor';
import { Problem } from '../http/problem';
import { IdempotencyKey, Tenant } from '../http/request';
import { Route } from '../http/route';
import { nothingSchema, pageSchema } from '../http/schemas';
import { LedgerEventsService } from './ledger-events.service';
import { LedgerStreamGuard } from './ledger-stream.guard';
import { toLedgerView, toStepView } from './ledger-view';
import {
  genesisSchema,
  ledgerDraftSchema,
  ledgerListSchema,
  ledgerSchema,
  scaleSchema,
  stepListSchema,
  type LedgerRequest,
  type LedgerView,
  type Scale,
} from './ledgers.schemas';
import { LedgersService } from './ledgers.service';
import { scaledView } from './scaling';

const LedgerId = (): MethodDecorator => ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } });

@ApiTags('ledgers')
@Controller('v1/ledgers')
export class LedgersController {
  constructor(
    private readonly ledgers: LedgersService,
    private readonly store: LedgerStore,
    private readonly events: LedgerEventsService,
  ) {}

  @Post()
  @Route({
    operationId: 'createLedger',
    summary: 'Ask for a ledger',
    access: 'tenant-write',
    status: 202,
    answer: ledgerSchema,
    idempotent: true,
  })
  async create(
    @Tenant() context: TenantContext,
    @Body({ schema: ledgerDraftSchema }) draft: LedgerRequest,
    @IdempotencyKey() key: string,
  ): Promise<LedgerView> {
    const outcome = await this.ledgers.create(context, draft, key);
    if (outcome.kind === 'unknown-parent') throw new Problem('LEDGER_UNKNOWN', { detail: 'there is no such ledger' });
    if (outcome.kind === 'refused') throw new Problem(outcome.code, { detail: refusalDetail(outcome, draft.class) });
    return toLedgerView(outcome.record, Date.now());
  }

  @Get()
  @Route({ operationId: 'listLedgers', summary: 'Ledgers, newest first', access: 'tenant', answer: ledgerListSchema })
  async list(
    @Tenant() context: TenantContext,
    @Query({ schema: pageSchema }) page: z.infer<typeof pageSchema>,
  ): Promise<unknown> {
    const found = await this.store.list(context, page.limit, readCursor(page.cursor));
    const nowMs = Date.now();
    return {
      data: found.records.map((record) => toLedgerView(record, nowMs)),
      nextCursor: found.next && writeCursor(found.next),
    };
  }

  @Get(':id')
  @LedgerId()
  @Route({ operationId: 'getLedger', summary: 'One ledger', access: 'tenant', answer: ledgerSchema })
  async get(@Tenant() context: TenantContext, @Param('id') id: string): Promise<LedgerView> {
    return toLedgerView(known(await this.ledgers.get(context, id)), Date.now());
  }

  @Delete(':id')
  @LedgerId()
  @Route({
    operationId: 'retireLedger',
    summary: 'Ask for the retirement of a ledger; its archive is kept for a while',
    access: 'tenant-write',
    status: 202,
    answer: ledgerSchema,
  })
  async retire(@Tenant() context: TenantContext, @Param('id') id: string): Promise<LedgerView> {
    return toLedgerView(known(await this.ledgers.retire(context, id)), Date.now());
  }

  @Post(':id/shred')
  @LedgerId()
  @Route({
    operationId: 'shredLedger',
    summary: 'Destroy every key of a retired ledger, and with them its archive',
    access: 'tenant-write',
    status: 202,
    answer: ledgerSchema,
    idempotent: true,
  })
  async shred(
    @Tenant() context: TenantContext,
    @Param('id') id: string,
    @Body({ schema: nothingSchema }) _nothing: unknown,
  ): Promise<LedgerView> {
    demandAdmin(context, 'destroy keys');
    const outcome = await this.ledgers.shred(context, id);
    if (outcome.kind === 'refused')
      throw new Problem(outcome.code, { detail: `the ledger is ${outcome.state}; retire it first` });
    return toLedgerView(known(outcome.kind === 'unknown' ? null : outcome.record), Date.now());
  }

  @Get(':id/steps')
  @LedgerId()
  @Route({ operationId: 'listLedgerSteps', summary: 'The provisioning log', access: 'tenant', answer: stepListSchema })
  async steps(@Tenant() context: TenantContext, @Param('id') id: string): Promise<unknown> {
    known(await this.ledgers.get(context, id));
    return { data: (await this.store.steps(context, id, 0)).map(toStepView) };
  }

  @Sse(':id/events')
  @UseGuards(LedgerStreamGuard)
  @LedgerId()
  @Route({
    operationId: 'streamLedger',
    summary: 'The provisioning log and the ledger as they change (server-sent events)',
    access: 'tenant',
  })
  stream(
    @Tenant() context: TenantContext,
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Observable<MessageEvent> {
    const after = /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
    return this.events.stream(context, id, after);
  }

  @Get(':id/genesis')
  @LedgerId()
  @Route({
    operationId: 'getLedgerGenesis',
    summary: 'The genesis document, the trust anchor of the ledger',
    access: 'tenant',
    answer: genesisSchema,
  })
  async genesis(@Tenant() context: TenantContext, @Param('id') id: string): Promise<z.infer<typeof genesisSchema>> {
    known(await this.ledgers.get(context, id));
    const document = await this.store.genesis(context, id);
    if (!document)
      throw new Problem('LEDGER_GENESIS_NOT_YET', {
        detail: 'wait until every replica is prepared',
        retryAfterMs: 1_000,
      });
    return { genesis: hex(document.genesis), genesisId: document.genesisId };
  }

  @Post(':id/scale')
  @LedgerId()
  @Route({
    operationId: 'scaleLedger',
    summary: 'Change the number of replicas',
    access: 'tenant-write',
    status: 202,
    answer: ledgerSchema,
    idempotent: true,
  })
  async scale(
    @Tenant() context: TenantContext,
    @Param('id') id: string,
    @Body({ schema: scaleSchema }) { replicas }: Scale,
  ): Promise<LedgerView> {
    demandAdmin(context, 'change the replica set');
    return scaledView(await this.ledgers.scale(context, id, replicas));
  }
}

function refusalDetail(outcome: Extract<CreateLedgerOutcome, { kind: 'refused' }>, ledgerClass: string): string {
  switch (outcome.code) {
    case 'QUOTA_LEDGERS_EXHAUSTED':
      return `a tenant may hold ${outcome.ledgersMax} ledgers of class ${ledgerClass}; retire one`;
    case 'QUOTA_REPLICAS_EXHAUSTED':
      return `a tenant's ledgers may have ${outcome.replicasMax} replicas together; retire one or scale one down`;
    case 'LEDGER_SHREDDED':
      return 'the keys of its archive are destroyed';
    case 'PARENT_NOT_READY':
      return `the ledger to be forked is ${outcome.state}`;
  }
}

/** Members of lower roles work with a ledger as it is. An API key was made by somebody who may do this. */
function demandAdmin({ actor }: TenantContext, what: string): void {
  if (actor.kind === 'member' && actor.role !== 'owner' && actor.role !== 'admin')
    throw new Problem('ROLE_INSUFFICIENT', { detail: `only an owner or admin may ${what}` });
}

/** Another tenant's ledger and one that never was give the same answer. */
function known(record: LedgerRecord | null): LedgerRecord {
  if (!record) throw new Problem('LEDGER_UNKNOWN', { detail: 'there is no such ledger' });
  return record;
}
