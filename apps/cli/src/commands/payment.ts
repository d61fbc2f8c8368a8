import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LIMITS, formatId, type Operation, type ResultName } from '@quorate/protocol';
import {
  PAYMENT_FILE_LIMITS,
  formatMinorUnits,
  outcomeOf,
  parsePaymentFile,
  planPaymentFile,
  refusalReport,
  statusReport,
  type LedgerAsset,
  type PaymentFile,
  type PaymentLine,
  type PaymentOutcome,
  type PaymentPlan,
  type ReportIdentity,
} from '@quorate/payments';
import { LEDGER_OPTION, SIGNING_OPTIONS, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext, OpenLedger } from '../context';
import { CliFailure } from '../exit-codes';
import { fetchReceipt, saveReceipt } from '../receipts';
import { namedParty, signingParty, submitOperations, type SigningParty } from '../submit';

/** One payment and what became of it. */
interface BookedLine {
  readonly line: PaymentLine;
  readonly outcome: PaymentOutcome;
  readonly result: string | null;
}

function reportIdentity(): ReportIdentity {
  return {
    messageId: `QR${randomUUID().replaceAll('-', '')}`,
    createdAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

/** Reads the file or ends with every fault, its line and path; a refused file can still be answered with a report. */
function readPaymentFile(context: CommandContext, input: CommandInput): PaymentFile {
  const path = input.argument(0);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CliFailure(
      'usage',
      'FILE_UNREADABLE',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const acceptTransactionCount = input.count('accept-transactions', 1, PAYMENT_FILE_LIMITS.paymentsMax);
  const result = parsePaymentFile(bytes, { acceptTransactionCount });
  if (result.ok) {
    if (result.file.countAcknowledged) {
      context.terminal.progress(
        `The file states ${result.file.statedCount} transactions and holds ${result.file.paymentCount}; ${acceptTransactionCount} acknowledged.`,
      );
    }
    return result.file;
  }
  const report = input.optionalText('report');
  if (report !== undefined && result.header !== null) {
    writeFileSync(report, refusalReport(result.header, result.errors, reportIdentity()));
  }
  if (context.terminal.format === 'table') {
    for (const error of result.errors)
      context.terminal.progress(
        `${path}:${error.line}: ${error.code} (${error.isoCode}) ${error.path}: ${error.detail}`,
      );
  }
  const onlyCount = result.errors.length === 1 && result.errors[0].isoCode === 'AM19';
  throw new CliFailure(
    'usage',
    'PAYMENT_FILE_REFUSED',
    `${path} was refused as a whole; nothing was booked: ${result.errors[0].detail}`,
    {
      hint: onlyCount
        ? 'If the number found is right, run again with --accept-transactions and that number.'
        : 'Correct the file.',
      facts: { errors: result.errors },
    },
  );
}

async function importFile(context: CommandContext, input: CommandInput): Promise<void> {
  const file = readPaymentFile(context, input);
  const ledger = await context.openLedger(input.optionalText('ledger'));
  // A dry run signs nothing and needs no key.
  const signer = input.flag('dry-run') ? null : await signingParty(context, ledger, input);
  const assets: LedgerAsset[] = [];
  for await (const asset of ledger.gateway.assets(ledger.id, { limit: 100 })) assets.push(asset);
  const party = signer?.party ?? namedParty(ledger, input);
  const plan = planPaymentFile(file, { genesisId: ledger.genesisId, party, assets });
  if (signer === null)
    return show(
      context,
      plan.lines.map((line) => ({ line, outcome: outcomeOf(line, null), result: null })),
      assets,
    );
  if (input.flag('open-accounts')) await openAccounts(context, ledger, signer, plan);
  const booked = await book(context, ledger, signer, plan);
  const report = input.optionalText('report');
  if (report !== undefined) {
    writeFileSync(
      report,
      statusReport(
        file,
        booked.map(({ outcome }) => outcome),
        reportIdentity(),
      ),
    );
    context.terminal.progress(`Status report written to ${report}`);
  }
  const folder = input.optionalText('receipts');
  if (folder !== undefined) await saveReceipts(context, ledger, booked, folder);
  show(context, booked, assets);
  const rejected = booked.filter(({ outcome }) => outcome.status === 'RJCT').length;
  if (rejected > 0)
    context.terminal.progress(`${booked.length - rejected} of ${booked.length} payments booked, ${rejected} rejected.`);
  if (rejected > 0 && input.flag('strict')) {
    throw new CliFailure('failure', 'PAYMENTS_REJECTED', `${rejected} of ${booked.length} payments were rejected`);
  }
}

async function openAccounts(
  context: CommandContext,
  ledger: OpenLedger,
  signer: SigningParty,
  plan: PaymentPlan,
): Promise<void> {
  const operations = plan.accounts.map(({ account }): Operation => ({ kind: 'create_account', account }));
  for (let start = 0; start < operations.length; start += LIMITS.envelopeOperationsMax) {
    const part = operations.slice(start, start + LIMITS.envelopeOperationsMax);
    const result = await submitOperations(context, ledger, signer, part);
    const opened = result.results.filter(({ code }) => code === 'applied').length;
    const refused = result.results.find(({ code }) => code !== 'applied' && !code.startsWith('exists'));
    if (refused !== undefined) {
      throw new CliFailure(
        'conflict',
        `RESULT_${refused.code.toUpperCase()}`,
        `an account could not be opened: ${refused.code}`,
      );
    }
    context.terminal.progress(
      `${opened} of ${part.length} accounts opened, ${part.length - opened} were open already.`,
    );
  }
}

/** One envelope for the whole file: payments stand alone in it, so that one refusal does not stop the others. */
async function book(
  context: CommandContext,
  ledger: OpenLedger,
  signer: SigningParty,
  plan: PaymentPlan,
): Promise<BookedLine[]> {
  const operations = plan.lines.flatMap((line): Operation[] =>
    line.transfer === undefined ? [] : [{ kind: 'create_transfer', transfer: line.transfer }],
  );
  if (operations.length === 0)
    return plan.lines.map((line) => ({ line, outcome: outcomeOf(line, null), result: null }));
  const answer = await submitOperations(context, ledger, signer, operations);
  const acceptedAt = new Date(Number(BigInt(answer.timestampNs) / 1_000_000n)).toISOString();
  const booked: BookedLine[] = [];
  let next = 0;
  for (const line of plan.lines) {
    if (line.transfer === undefined) {
      booked.push({ line, outcome: outcomeOf(line, null), result: null });
      continue;
    }
    const result = answer.results[next].code;
    next += 1;
    // A message that was tried before gets the answer it got then, from the receipt of the first attempt.
    const told = result === 'id_already_failed' ? (await fetchReceipt(ledger, line.transfer.id)).proven.result : result;
    const outcome = outcomeOf(line, told as ResultName);
    booked.push({ line, outcome: result === 'applied' ? { ...outcome, acceptedAt } : outcome, result });
  }
  return booked;
}

async function saveReceipts(
  context: CommandContext,
  ledger: OpenLedger,
  booked: readonly BookedLine[],
  folder: string,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  let saved = 0;
  for (const { line } of booked) {
    if (line.transfer === undefined) continue;
    await saveReceipt(
      ledger,
      line.transfer.id,
      join(folder, `${String(line.position).padStart(4, '0')}-${formatId(line.transfer.id)}.json`),
    );
    saved += 1;
  }
  context.terminal.progress(`${saved} receipts verified and written to ${folder}`);
}

function show(context: CommandContext, booked: readonly BookedLine[], assets: readonly LedgerAsset[]): void {
  const scaleOf = (currency: string): number => assets.find(({ code }) => code === currency)?.scale ?? 2;
  const rows = booked.map(({ line, outcome, result }) => ({
    position: line.position,
    line: line.line,
    path: line.path,
    endToEndId: line.endToEndId,
    creditorName: line.creditorName,
    creditorAccount: line.creditorAccount?.value ?? null,
    amount:
      line.transfer === undefined ? line.amountText : formatMinorUnits(line.transfer.amount, scaleOf(line.currency)),
    currency: line.currency,
    status: outcome.status,
    reason: outcome.reason ?? null,
    transferId: line.transfer === undefined ? null : formatId(line.transfer.id),
    result,
  }));
  context.terminal.rows(rows, [
    ['#', (row) => row.position, 'right'],
    ['LINE', (row) => row.line, 'right'],
    ['CREDITOR', (row) => row.creditorName],
    ['AMOUNT', (row) => row.amount, 'right'],
    ['CCY', (row) => row.currency],
    ['STATUS', (row) => row.status],
    ['TRANSFER', (row) => row.transferId],
    [
      'REASON',
      (row) =>
        row.reason === null
          ? row.result === 'exists'
            ? 'booked before'
            : ''
          : `${row.reason.code} ${row.reason.detail}`,
    ],
  ]);
}

export const paymentCommands: readonly CommandSpec[] = [
  {
    words: ['payment', 'import'],
    summary: 'Book a pain.001 payment file. The same message can never book twice, so a repetition is safe.',
    arguments: [{ name: 'file', description: 'pain.001.001.03, .09 or the Swiss .03.ch.02' }],
    options: [
      {
        flags: '--accept-transactions <count>',
        description: 'accept a wrong stated number of transactions if the file holds exactly this many',
      },
      { flags: '--open-accounts', description: 'open the accounts that the file names and the ledger does not have' },
      { flags: '--dry-run', description: 'only check and plan; sign and book nothing' },
      { flags: '--report <file>', description: 'write a pain.002 status report' },
      { flags: '--receipts <directory>', description: 'fetch, verify and write a receipt for each booked payment' },
      { flags: '--strict', description: 'fail with exit code 1 when any payment is rejected' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate payment import salaries.xml --open-accounts --report status.xml --receipts receipts/',
    run: importFile,
  },
];
