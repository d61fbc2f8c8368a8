import { writeFileSync } from 'node:fs';
import { verifyReceipt } from '@quorate/light-client';
import { encodeReceipt } from '@quorate/protocol';
import type { ReceiptOptions } from '@quorate/sdk';
import { LEDGER_OPTION, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { anchorOption, demandProven, fetchReceipt, provenFields, readReceipt } from '../receipts';
import { idArgument } from '../submit';

async function get(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const side = input.optionalText('side') as ReceiptOptions['side'];
  const { receipt } = await fetchReceipt(ledger, idArgument(input.argument(0), 'the transfer'), side);
  const file = input.optionalText('file');
  const compact = input.optionalText('format') === 'compact';
  if (compact && file === undefined) throw new CliFailure('usage', 'USAGE', 'a compact receipt needs --file');
  if (file === undefined) return context.terminal.json(receipt);
  writeFileSync(file, compact ? encodeReceipt(receipt) : `${JSON.stringify(receipt, null, 2)}\n`);
  context.terminal.progress(`Verified and written to ${file}`);
}

async function verify(context: CommandContext, input: CommandInput): Promise<void> {
  const given = anchorOption(input);
  const receipt = readReceipt(input.argument(0));
  const proven = demandProven(receipt, given ?? keptAnchor(context, receipt));
  context.terminal.record(provenFields(proven));
}

/** The anchor kept for the ledger that the receipt claims to be of. A wrong claim fails against that anchor or has none. */
function keptAnchor(context: CommandContext, receipt: unknown): string | undefined {
  const claimed = verifyReceipt(receipt);
  const anchor = claimed.ok ? context.settings.ledger(claimed.ledgerId)?.genesisId : null;
  if (anchor === null || anchor === undefined) {
    if (claimed.ok)
      context.terminal.progress(
        'No trust anchor is kept here for this ledger: compare genesisId yourself, or give --genesis.',
      );
    return undefined;
  }
  return anchor;
}

export const receiptCommands: readonly CommandSpec[] = [
  {
    words: ['receipt', 'get'],
    summary: 'Fetch the receipt of a transfer and verify it.',
    arguments: [{ name: 'transfer', description: 'id of the transfer' }],
    options: [
      { flags: '--file <file>', description: 'write it there instead of to standard output' },
      { flags: '--format <format>', description: 'how it is written', choices: ['json', 'compact'], fallback: 'json' },
      {
        flags: '--side <side>',
        description: 'whose balances it shows; the other account stays behind its hash',
        choices: ['debit', 'credit', 'none'],
        fallback: 'debit',
      },
      LEDGER_OPTION,
    ],
    run: get,
  },
  {
    words: ['receipt', 'verify'],
    summary: 'Verify a receipt offline, without the platform.',
    arguments: [{ name: 'file', description: 'the receipt' }],
    options: [{ flags: '--genesis <id>', description: 'the trust anchor; else the one kept here for the ledger' }],
    example: 'quorate receipt verify receipt.json --genesis 4f0c…',
    run: verify,
  },
];
