import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { hex } from '@quorate/crypto';
import {
  outcomeOf,
  planPaymentFile,
  refusalReport,
  statusReport,
  type LedgerAsset,
  type PaymentFile,
  type PaymentFileError,
  type PaymentLine,
  type PaymentOutcome,
  type PaymentPlan,
} from '@quorate/payments';
import { parseId, resultName } from '@quorate/protocol';

import type { PlanQuery } from '../api/parameters';
import { ask, type OpenLedger } from '../ledgers/ledger-access';
import { page, paymentResult, wasTried } from '../ledgers/replica-answers';
import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';
import { PaymentFileReader } from './payment-file-reader';

/** A payment file that is sound as a whole, and what it would book. */
export interface PlannedFile {
  readonly file: PaymentFile;
  readonly plan: PaymentPlan;
}

/** Reads payment files against a ledger: what they would book, and what became of them. */
@Injectable()
export class PaymentFiles {
  constructor(private readonly reader: PaymentFileReader) {}

  async plan(open: OpenLedger, xml: Uint8Array, query: PlanQuery): Promise<PlannedFile> {
    const parsed = await this.reader.read(open.tenantId, xml, query);
    if (!parsed.ok) throw invalid(parsed.errors);
    return { file: parsed.file, plan: await this.planAgainst(open, parsed.file, query.party) };
  }

  /** The transfer ids of a file follow from its message; if one of them was tried, the file was signed before. */
  async refuseDuplicate(open: OpenLedger, plan: PaymentPlan): Promise<void> {
    const planned = plan.lines.filter((line) => line.transfer !== undefined);
    const tried = await inParallel(planned, (line) => wasTried(open.link, line));
    const known = tried.filter(Boolean).length;
    if (known === 0) return;
    const detail = `${known} of ${planned.length} payments of this message have been tried on this ledger.`;
    throw new GatewayProblem('PAYMENT_FILE_DUPLICATE', detail);
  }

  /** The pain.002 report; a file that is refused as a whole gets the report of its refusal. */
  async report(open: OpenLedger, xml: Uint8Array, query: PlanQuery): Promise<string> {
    const identity = { messageId: hex(randomBytes(16)), createdAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') };
    const parsed = await this.reader.read(open.tenantId, xml, query);
    if (!parsed.ok) {
      if (parsed.header === null) throw invalid(parsed.errors);
      return refusalReport(parsed.header, parsed.errors, identity);
    }
    const { file } = parsed;
    const plan = await this.planAgainst(open, file, query.party);
    const outcomes = await inParallel(plan.lines, (line) => this.outcome(open, line));
    return statusReport(file, outcomes, identity);
  }

  private async outcome(open: OpenLedger, line: PaymentLine): Promise<PaymentOutcome> {
    const result = await paymentResult(open.link, line);
    return outcomeOf(line, result === null ? null : (resultName(result) ?? null));
  }

  private async planAgainst(open: OpenLedger, file: PaymentFile, party: string): Promise<PaymentPlan> {
    const assets = await allAssets(open);
    return planPaymentFile(file, { genesisId: hex(open.ledger.genesisId), party: parseId(party), assets });
  }
}

function invalid(faults: readonly PaymentFileError[]): GatewayProblem {
  const errors = faults.map(({ code, line, path, detail }) => ({
    pointer: path,
    code,
    detail: `line ${line}: ${detail}`,
  }));
  return new GatewayProblem('PAYMENT_FILE_INVALID', 'The payment file cannot be accepted as a whole.', { errors });
}

async function allAssets(open: OpenLedger): Promise<readonly LedgerAsset[]> {
  const assets: LedgerAsset[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < GATEWAY_LIMITS.assetPagesMax; count += 1) {
    const answer = page(await ask(open.link, { query: 'assets', limit: GATEWAY_LIMITS.pageSizeMax, cursor }));
    assets.push(...(answer.data as readonly LedgerAsset[]));
    if (answer.nextCursor === null) break;
    cursor = answer.nextCursor;
  }
  return assets;
}

/** Runs the work for every entry, a bounded number of them at a time; results keep the order of the entries. */
async function inParallel<T, R>(entries: readonly T[], work: (entry: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(entries.length);
  let next = 0;
  const lane = async () => {
    while (next < entries.length) {
      const index = next;
      next += 1;
      results[index] = await work(entries[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(GATEWAY_LIMITS.outcomeLookupsMax, entries.length) }, lane));
  return results;
}
