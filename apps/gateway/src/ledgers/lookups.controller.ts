import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { LedgerRead } from '../api/documentation';
import { ledgerParameters, lookupQuery, type LedgerParameters } from '../api/parameters';
import { accountSchema, pageSchema, transferSchema } from '../api/schemas';
import { LedgerAccess } from './ledger-access';
import { page, type ListAnswer } from './replica-answers';

type LookupQuery = z.output<typeof lookupQuery>;

/** Many at once by their ids: those that there are, in the order of the ids. */
@Controller('v1/ledgers/:ledgerId/lookup')
export class LookupsController {
  constructor(private readonly access: LedgerAccess) {}

  @Get('accounts')
  @LedgerRead({
    operationId: 'lookUpAccounts',
    summary: 'Accounts by their ids, in the order of the ids; those that do not exist are left out',
    answer: pageSchema(accountSchema),
  })
  async accounts(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: lookupQuery }) { ids }: LookupQuery,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'accounts-by-id', ids }));
  }

  @Get('transfers')
  @LedgerRead({
    operationId: 'lookUpTransfers',
    summary: 'Applied transfers by their ids, however old, in the order of the ids; others are left out',
    answer: pageSchema(transferSchema),
    problems: ['HISTORY_UNAVAILABLE'],
  })
  async transfers(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: lookupQuery }) { ids }: LookupQuery,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'transfers-by-id', ids }));
  }
}
