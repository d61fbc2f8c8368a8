import { LEDGER_OPTION, PAGE_ROWS_MAX, limitOption, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext } from '../context';

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

export const evidenceCommands: readonly CommandSpec[] = [
  {
    words: ['evidence', 'list'],
    summary: 'List evidence that replicas of a ledger contradicted themselves.',
    options: [limitOption(100), LEDGER_OPTION],
    example: 'quorate evidence list',
    run: list,
  },
];
