import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyEvidenceReceipt, type RecordedMisbehaviour } from '@quorate/light-client';
import { LEDGER_OPTION, PAGE_ROWS_MAX, limitOption, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { anchorOption, readReceipt } from '../receipts';

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const rows = await ledger.gateway.evidence(ledger.id, { limit: PAGE_ROWS_MAX }).take(input.rows(100));
  context.terminal.rows(rows, [
    ['EPOCH', (evidence) => evidence.epoch, 'right'],
    ['REPLICA', (evidence) => evidence.replica, 'right'],
    ['CONTRADICTION', (evidence) => evidence.contradiction],
    ['HEIGHT', (evidence) => evidence.height, 'right'],
    ['EVIDENCE', (evidence) => evidence.evidence],
  ]);
}

function demandGuilt(receipt: unknown, anchor: string | undefined): RecordedMisbehaviour {
  const verdict = verifyEvidenceReceipt(receipt, anchor);
  if (verdict.ok) return verdict;
  throw new CliFailure('verification', 'EVIDENCE_INVALID', `the evidence proves nothing: ${verdict.fault}`);
}

function show(context: CommandContext, verdicts: readonly RecordedMisbehaviour[]): void {
  context.terminal.rows(verdicts, [
    ['EPOCH', ({ epoch }) => epoch, 'right'],
    ['REPLICA', ({ replica }) => replica, 'right'],
    ['PROVED', ({ contradiction }) => contradiction],
    ['HEIGHT', ({ height }) => height, 'right'],
    ['GENESIS', ({ genesisId }) => genesisId],
  ]);
}

async function verify(context: CommandContext, input: CommandInput): Promise<void> {
  const file = input.optionalText('file');
  if (file !== undefined) return show(context, [demandGuilt(readReceipt(file), anchorOption(input))]);
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const rows = await ledger.gateway.evidence(ledger.id, { limit: PAGE_ROWS_MAX }).take(input.rows(100));
  const directory = input.optionalText('save');
  const verdicts: RecordedMisbehaviour[] = [];
  for (const { height, index } of rows) {
    const receipt = await ledger.gateway.operationReceipt(ledger.id, height, index);
    verdicts.push(demandGuilt(receipt, ledger.genesisId));
    if (directory !== undefined)
      writeFileSync(join(directory, `evidence-${height}.json`), `${JSON.stringify(receipt, null, 2)}\n`);
  }
  show(context, verdicts);
}

export const evidenceCommands: readonly CommandSpec[] = [
  {
    words: ['evidence', 'list'],
    summary: 'List evidence that replicas of a ledger contradicted themselves.',
    options: [limitOption(100), LEDGER_OPTION],
    example: 'quorate evidence list',
    run: list,
  },
  {
    words: ['evidence', 'verify'],
    summary: 'Verify evidence here, from the trust anchor on: that of a ledger, or offline that of a file.',
    options: [
      { flags: '--file <file>', description: 'a receipt of evidence that was saved; needs no platform' },
      { flags: '--genesis <id>', description: 'the trust anchor for a file' },
      { flags: '--save <directory>', description: 'write the receipt of each there' },
      limitOption(100),
      LEDGER_OPTION,
    ],
    example: 'quorate evidence verify --save .',
    run: verify,
  },
];
