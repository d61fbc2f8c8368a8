import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import type { StatementPoint } from '@quorate/transport';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { LedgerRead } from '../api/documentation';
import { accountParameters, balanceQuery, statementQuery } from '../api/parameters';
import { statementPageSchema } from '../api/schemas';
import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';
import { LedgerAccess, withConsistency } from './ledger-access';
import { receiptAnswer } from './replica-answers';

type AccountParameters = z.output<typeof accountParameters>;

interface Wanted {
  readonly from?: StatementPoint;
  readonly to?: StatementPoint;
  readonly limit: number;
  readonly cursor?: string;
  readonly attestation?: string;
}

/** Proofs of an account's history. The gateway only hands them on: whoever holds the genesis id checks them. */
@Controller('v1/ledgers/:ledgerId/accounts/:accountId')
export class StatementsController {
  constructor(private readonly access: LedgerAccess) {}

  @Get('statement')
  @LedgerRead({
    operationId: 'getAccountStatement',
    summary: 'Provably complete statement of an account, page by page from its newest lines on',
    answer: statementPageSchema,
    problems: ['ACCOUNT_UNKNOWN', 'RECEIPT_NOT_YET', 'HISTORY_UNAVAILABLE'],
  })
  statement(
    @Req() request: FastifyRequest,
    @Param({ schema: accountParameters }) parameters: AccountParameters,
    @Query({ schema: statementQuery }) query: z.output<typeof statementQuery>,
  ): Promise<object> {
    return this.page(request, parameters, query);
  }

  @Get('balance')
  @LedgerRead({
    operationId: 'getAccountBalance',
    summary:
      'Statement of the lines that prove the balance at a past height or time: the last one up to it and the next one',
    answer: statementPageSchema,
    problems: ['ACCOUNT_UNKNOWN', 'RECEIPT_NOT_YET', 'HISTORY_UNAVAILABLE'],
  })
  balance(
    @Req() request: FastifyRequest,
    @Param({ schema: accountParameters }) parameters: AccountParameters,
    @Query({ schema: balanceQuery }) { at, cursor }: z.output<typeof balanceQuery>,
  ): Promise<object> {
    // No line lies between a point and what comes directly behind it: so the page is the lines on either side.
    const from = 'height' in at ? { height: at.height + 1 } : { timeNs: (BigInt(at.timeNs) + 1n).toString() };
    return this.page(request, parameters, { from, to: at, limit: GATEWAY_LIMITS.pageSizeMax, cursor });
  }

  private async page(
    request: FastifyRequest,
    { ledgerId, accountId }: AccountParameters,
    wanted: Wanted,
  ): Promise<object> {
    const query = { query: 'statement', account: accountId, ...wanted } as const;
    const { link } = await this.access.open(request, ledgerId);
    const { kind, statement, nextCursor, height } = await receiptAnswer(link, withConsistency(request, query));
    if (kind !== 'statement') throw new GatewayProblem('ACCOUNT_UNKNOWN', 'The ledger holds nothing under this id.');
    return { statement, nextCursor, height };
  }
}
