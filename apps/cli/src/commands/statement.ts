import { writeFileSync } from 'node:fs';
import { balanceAt, verifyStatement, type ProvenLine, type ProvenStatement } from '@quorate/light-client';
import { formatId } from '@quorate/protocol';
import { LEDGER_OPTION, SIGNING_OPTIONS, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { anchorOption, readStatement } from '../receipts';
import { demandApplied, idArgument, signingParty, submitOperations } from '../submit';
import type { Column } from '../terminal';

const COLUMNS: Column<Record<string, unknown>>[] = [
  ['TIME', (line) => String(line.ledgerTime)],
  ['BLOCK', (line) => `${String(line.height)}.${String(line.index)}`],
  ['WHAT', (line) => String(line.operation)],
  ['COUNTERPARTY', (line) => String(line.counterparty ?? '')],
  ['DEBIT', (line) => (line.side === 'debit' ? String(line.amountMinor) : ''), 'right'],
  ['CREDIT', (line) => (line.side === 'credit' ? String(line.amountMinor) : ''), 'right'],
  ['BALANCE', (line) => String(line.balanceMinor), 'right'],
];

function lineFields({
  height,
  index,
  timestampNs,
  operation,
  side,
  counterparty,
  amount,
  after,
}: ProvenLine): Record<string, unknown> {
  return {
    ledgerTime: new Date(Number(timestampNs / 1_000_000n)).toISOString(),
    height,
    index,
    operation: operation.kind,
    side,
    counterparty: counterparty === null ? null : formatId(counterparty),
    amountMinor: amount.toString(),
    balanceMinor: (after.creditsPosted - after.debitsPosted).toString(),
    debitsPostedMinor: after.debitsPosted.toString(),
    creditsPostedMinor: after.creditsPosted.toString(),
    debitsPendingMinor: (after.pending?.debits ?? 0n).toString(),
    creditsPendingMinor: (after.pending?.credits ?? 0n).toString(),
  };
}

function demandStatement(pages: unknown, anchor: string | undefined): ProvenStatement {
  const verdict = verifyStatement(pages, anchor);
  if (verdict.ok) return verdict;
  throw new CliFailure('verification', verdict.code, verdict.detail, { hint: 'Do not rely on this statement.' });
}

function show(context: CommandContext, proven: ProvenStatement): void {
  const { account, completeFrom, completeThrough, genesisId, ledgerId } = proven;
  const facts = { verified: true, account: formatId(account), ledgerId, genesisId, completeFrom, completeThrough };
  const lines = proven.lines.map(lineFields);
  if (context.terminal.format === 'json') return context.terminal.json({ ...facts, lines });
  context.terminal.rows(lines, COLUMNS);
  context.terminal.progress(`Proved: no line is missing from block ${completeFrom} to block ${completeThrough}.`);
}

async function statement(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const account = idArgument(input.argument(0), 'the account');
  let attestation: { height: number; index: number } | undefined;
  if (input.flag('attest')) {
    const signer = await signingParty(context, ledger, input);
    const result = await submitOperations(context, ledger, signer, [{ kind: 'attest_account', account }]);
    demandApplied(result);
    attestation = { height: result.height, index: result.firstIndex };
  }
  const range = { from: input.optionalText('from'), to: input.optionalText('to'), attestation };
  const pages = await ledger.gateway.statement(ledger.id, account, { ...range, signal: context.signal });
  const proven = demandStatement(pages, ledger.genesisId);
  demandAccount(proven, account);
  const file = input.optionalText('file');
  if (file === undefined) return show(context, proven);
  writeFileSync(file, `${JSON.stringify(pages)}\n`);
  context.terminal.progress(`Verified and written to ${file}: ${proven.lines.length} lines`);
}

function demandAccount(proven: ProvenStatement, account: bigint): void {
  if (proven.account === account) return;
  throw new CliFailure('verification', 'STATEMENT_OTHER_ACCOUNT', 'the statement is of another account');
}

async function balance(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const account = idArgument(input.argument(0), 'the account');
  const at = input.text('at');
  const pages = await ledger.gateway.balance(ledger.id, account, at, { signal: context.signal });
  const proven = demandStatement(pages, ledger.genesisId);
  demandAccount(proven, account);
  const before = (line: ProvenLine): boolean =>
    /^\d+$/.test(at) ? line.height <= Number(at) : line.timestampNs <= BigInt(Date.parse(at)) * 1_000_000n;
  const last = proven.lines.findLast(before);
  const height = /^\d+$/.test(at) ? Number(at) : (last?.height ?? 0);
  const found = balanceAt(proven, height);
  context.terminal.record({
    verified: true,
    account: formatId(account),
    at,
    existed: last !== undefined,
    ...(last === undefined ? {} : lineFields(last)),
    // Proved as well that nothing came after it until then.
    complete: found?.complete ?? false,
  });
}

async function verify(context: CommandContext, input: CommandInput): Promise<void> {
  const pages = readStatement(input.argument(0));
  const given = anchorOption(input);
  const claimed = given === undefined ? verifyStatement(pages) : null;
  const kept = claimed?.ok === true ? context.settings.ledger(claimed.ledgerId)?.genesisId : undefined;
  const proven = demandStatement(pages, given ?? kept ?? undefined);
  if (given === undefined && kept === undefined) {
    context.terminal.progress(
      'No trust anchor is kept here for this ledger: compare genesisId yourself, or give --genesis.',
    );
  }
  show(context, proven);
}

const RANGE = 'a height, or a ledger time such as 2026-11-30T23:59:59Z';

export const statementCommands: readonly CommandSpec[] = [
  {
    words: ['account', 'statement'],
    summary: 'Fetch the statement of an account and verify that it is complete.',
    arguments: [{ name: 'account', description: 'its id' }],
    options: [
      { flags: '--from <point>', description: `from there on: ${RANGE}` },
      { flags: '--to <point>', description: `up to there: ${RANGE}` },
      {
        flags: '--attest',
        description: 'have the ledger attest the account now, so that nothing after the last line can be missing',
      },
      { flags: '--file <file>', description: 'write the statement with its proof there' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate account statement 64 --from 2026-11-01T00:00:00Z --file november.json',
    run: statement,
  },
  {
    words: ['account', 'balance'],
    summary: 'Prove the balance of an account at a past height or time.',
    arguments: [{ name: 'account', description: 'its id' }],
    options: [{ flags: '--at <point>', description: RANGE, required: true }, LEDGER_OPTION],
    run: balance,
  },
  {
    words: ['statement', 'verify'],
    summary: 'Verify a statement offline, without the platform.',
    arguments: [{ name: 'file', description: 'the statement' }],
    options: [{ flags: '--genesis <id>', description: 'the trust anchor; else the one kept here for the ledger' }],
    example: 'quorate statement verify november.json --genesis 4f0c…',
    run: verify,
  },
];
