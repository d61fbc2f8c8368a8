import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import type { ResultPosition } from '@quorate/protocol';
import type { ReplicaAnswer, ReplicaQuery } from '@quorate/transport';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { LedgerRead } from '../api/documentation';
import { operationParameters, receiptQuery, transferParameters, type ReceiptQuery } from '../api/parameters';
import { receiptSchema } from '../api/schemas';
import { GatewayProblem } from '../problems/gateway-problem';
import { LedgerAccess, withConsistency } from './ledger-access';
import { receiptAnswer } from './replica-answers';

type LedgerQuery = Extract<ReplicaQuery, { readonly query: 'receipt' }>;

/** Proofs of what became of an operation. The gateway only hands them on: whoever holds the genesis id checks them. */
@Controller('v1/ledgers/:ledgerId')
export class ReceiptsController {
  constructor(private readonly access: LedgerAccess) {}

  @Get('transfers/:transferId/receipt')
  @LedgerRead({
    operationId: 'getTransferReceipt',
    summary: 'Proof of the first attempt to book a transfer, applied or failed',
    answer: receiptSchema,
    problems: ['RECEIPT_UNKNOWN', 'RECEIPT_INHERITED', 'RECEIPT_NOT_YET', 'HISTORY_UNAVAILABLE'],
  })
  transferReceipt(
    @Req() request: FastifyRequest,
    @Param({ schema: transferParameters }) { ledgerId, transferId }: z.output<typeof transferParameters>,
    @Query({ schema: receiptQuery }) { side }: ReceiptQuery,
  ): Promise<unknown> {
    return this.receipt(request, ledgerId, { query: 'receipt', transferId, side });
  }

  @Get('operations/:height/:index/receipt')
  @LedgerRead({
    operationId: 'getOperationReceipt',
    summary: 'Proof of the operation at an index of a block',
    answer: receiptSchema,
    problems: ['RECEIPT_UNKNOWN', 'RECEIPT_INHERITED', 'RECEIPT_NOT_YET', 'HISTORY_UNAVAILABLE'],
  })
  operationReceipt(
    @Req() request: FastifyRequest,
    @Param({ schema: operationParameters }) { ledgerId, height, index }: z.output<typeof operationParameters>,
    @Query({ schema: receiptQuery }) { side }: ReceiptQuery,
  ): Promise<unknown> {
    return this.receipt(request, ledgerId, { query: 'receipt', height, index, side });
  }

  private async receipt(request: FastifyRequest, ledgerId: string, query: LedgerQuery): Promise<unknown> {
    const { link } = await this.access.open(request, ledgerId);
    const answer = await receiptAnswer(link, withConsistency(request, query));
    if (answer.kind === 'inherited') throw new GatewayProblem('RECEIPT_INHERITED', whereInherited(answer));
    if (answer.kind !== 'receipt')
      throw new GatewayProblem('RECEIPT_UNKNOWN', 'The ledger has executed no such operation.');
    return answer.receipt;
  }
}

function whereInherited({ position, parent }: ReplicaAnswer): string {
  const { height, index } = position as ResultPosition;
  const { ledgerId, genesisId } = parent as { readonly ledgerId: string; readonly genesisId: string };
  return `It is result ${index} of block ${height} of ledger ${ledgerId} with genesis ${genesisId}.`;
}
