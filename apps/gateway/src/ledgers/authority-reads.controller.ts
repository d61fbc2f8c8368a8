import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { LedgerRead } from '../api/documentation';
import {
  accountParameters,
  freezesQuery,
  ledgerParameters,
  mandateParameters,
  pageQuery,
  recordParameters,
  recordsQuery,
  type LedgerParameters,
  type PageQuery,
} from '../api/parameters';
import { evidenceSchema, freezeSchema, mandateSchema, recordSchema } from '../api/authority-schemas';
import { pageSchema } from '../api/schemas';
import { LedgerAccess } from './ledger-access';
import { found, page, type ListAnswer } from './replica-answers';

/** Who may debit whose account, what is frozen and why, the records of a ledger, and the evidence against its replicas, as one of its replicas tells it. */
@Controller('v1/ledgers/:ledgerId')
export class AuthorityReadsController {
  constructor(private readonly access: LedgerAccess) {}

  @Get('accounts/:accountId/mandates')
  @LedgerRead({
    operationId: 'listAccountMandates',
    summary: 'Mandates on one account, revoked ones too, newest first',
    answer: pageSchema(mandateSchema),
  })
  async mandates(
    @Req() request: FastifyRequest,
    @Param({ schema: accountParameters }) { ledgerId, accountId }: z.output<typeof accountParameters>,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'mandates', account: accountId, ...query }));
  }

  @Get('mandates/:mandateId')
  @LedgerRead({
    operationId: 'getMandate',
    summary: 'One mandate, and how much of it is used',
    answer: mandateSchema,
    problems: ['MANDATE_UNKNOWN'],
  })
  async mandate(
    @Req() request: FastifyRequest,
    @Param({ schema: mandateParameters }) { ledgerId, mandateId }: z.output<typeof mandateParameters>,
  ): Promise<object> {
    return found(await this.access.query(request, ledgerId, { query: 'mandate', id: mandateId }), 'MANDATE_UNKNOWN');
  }

  @Get('freezes')
  @LedgerRead({
    operationId: 'listFreezes',
    summary:
      'Frozen accounts and parties with the reasons, newest first; also those lifted since if `standing` is false',
    answer: pageSchema(freezeSchema),
  })
  async freezes(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: freezesQuery }) query: z.output<typeof freezesQuery>,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'freezes', ...query }));
  }

  @Get('evidence')
  @LedgerRead({
    operationId: 'listEvidence',
    summary: 'Evidence that replicas of the ledger contradicted themselves, newest first',
    answer: pageSchema(evidenceSchema),
  })
  async evidence(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'evidence', ...query }));
  }

  @Get('records')
  @LedgerRead({
    operationId: 'listRecords',
    summary: 'Records, all or about one subject, newest first',
    answer: pageSchema(recordSchema),
  })
  async records(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: recordsQuery }) query: z.output<typeof recordsQuery>,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'records', ...query }));
  }

  @Get('records/:recordId')
  @LedgerRead({
    operationId: 'getRecord',
    summary: 'One record',
    answer: recordSchema,
    problems: ['RECORD_UNKNOWN'],
  })
  async record(
    @Req() request: FastifyRequest,
    @Param({ schema: recordParameters }) { ledgerId, recordId }: z.output<typeof recordParameters>,
  ): Promise<object> {
    return found(await this.access.query(request, ledgerId, { query: 'record', id: recordId }), 'RECORD_UNKNOWN');
  }
}
