import { Controller, Param, Post, Query, Req, Res } from '@nestjs/common';
import { formatId } from '@quorate/protocol';
import type { PaymentLine, PaymentPlan, PlannedAccount } from '@quorate/payments';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { Operation } from '../api/documentation';
import { ledgerParameters, planQuery, type LedgerParameters, type PlanQuery } from '../api/parameters';
import { bodyOf } from '../api/request-body';
import { paymentPlanSchema } from '../api/schemas';
import { LedgerAccess } from '../ledgers/ledger-access';
import { PaymentFiles } from './payment-files';

const xml = ['application/xml', 'text/xml'];

/** Reads customers' payment files. Books nothing: clients plan and sign for themselves. */
@Controller('v1/ledgers/:ledgerId/payment-files')
export class PaymentFilesController {
  constructor(
    private readonly access: LedgerAccess,
    private readonly files: PaymentFiles,
  ) {}

  @Post()
  @Operation({
    operationId: 'checkPaymentFile',
    summary: 'Check a payment file (pain.001) and show what it would book',
    body: 'application/xml',
    answer: paymentPlanSchema,
    problems: ['BODY_TOO_LARGE', 'CONTENT_TYPE_UNSUPPORTED', 'PAYMENT_FILE_INVALID', 'PAYMENT_FILE_DUPLICATE'],
  })
  async check(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: planQuery }) query: PlanQuery,
  ): Promise<z.output<typeof paymentPlanSchema>> {
    const body = bodyOf(request, xml);
    const open = await this.access.open(request, ledgerId);
    const { file, plan } = await this.files.plan(open, body, query);
    await this.files.refuseDuplicate(open, plan);
    const { messageId, initiatingParty, createdAt, paymentCount } = file;
    return { file: { messageId, initiatingParty, createdAt, paymentCount }, ...planView(plan) };
  }

  @Post('status-report')
  @Operation({
    operationId: 'reportPaymentFileStatus',
    summary: 'The status report (pain.002) of a payment file, from what the ledger holds',
    body: 'application/xml',
    answerType: 'application/xml',
    problems: ['BODY_TOO_LARGE', 'CONTENT_TYPE_UNSUPPORTED', 'PAYMENT_FILE_INVALID'],
  })
  async report(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: planQuery }) query: PlanQuery,
  ): Promise<void> {
    const body = bodyOf(request, xml);
    const open = await this.access.open(request, ledgerId);
    const report = await this.files.report(open, body, query);
    await reply.type('application/xml; charset=utf-8').send(report);
  }
}

function planView(plan: PaymentPlan): Pick<z.output<typeof paymentPlanSchema>, 'lines' | 'accounts'> {
  return { lines: plan.lines.map(lineView), accounts: plan.accounts.map(accountView) };
}

function lineView(line: PaymentLine): z.output<typeof paymentPlanSchema>['lines'][number] {
  const { position, path, endToEndId, instructionId, creditorName, currency, transfer } = line;
  return {
    position,
    path,
    line: line.line,
    endToEndId,
    instructionId,
    creditorName,
    amountMinor: line.amountMinor?.toString() ?? null,
    currency,
    transferId: transfer === undefined ? null : formatId(transfer.id),
    debitAccount: transfer === undefined ? null : formatId(transfer.debitAccount),
    creditAccount: transfer === undefined ? null : formatId(transfer.creditAccount),
    rejection: line.rejection ?? null,
  };
}

function accountView(planned: PlannedAccount): z.output<typeof paymentPlanSchema>['accounts'][number] {
  const { account, reference, name, debitsMinor } = planned;
  return {
    id: formatId(account.id),
    asset: account.asset,
    name,
    reference: reference.value,
    debitsMinor: debitsMinor.toString(),
  };
}
