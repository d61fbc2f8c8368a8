import { formatId } from '@quorate/protocol';
import { PAYMENT_CODES, formatMinorUnits } from '@quorate/payments';
import { randomId, type TransferView } from '@quorate/sdk';
import { LEDGER_OPTION, SIGNING_OPTIONS, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext, OpenLedger } from '../context';
import { CliFailure } from '../exit-codes';
import { saveReceipt } from '../receipts';
import { amountArgument, assetArgument, demandApplied, idArgument, signingParty, submitOperations } from '../submit';
import type { Column } from '../terminal';

const CODE_MAX = 65_535;

async function create(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const signer = await signingParty(context, ledger, input);
  const asset = await assetArgument(ledger, input.text('asset'));
  const named = input.optionalText('id');
  const transfer = {
    id: named === undefined ? randomId() : idArgument(named, '--id'),
    debitAccount: idArgument(input.text('debit'), '--debit'),
    creditAccount: idArgument(input.text('credit'), '--credit'),
    amount: amountArgument(input.text('amount'), asset.scale),
    pendingId: 0n,
    userData128: 0n,
    userData64: 0n,
    userData32: 0,
    timeoutSeconds: 0,
    asset: asset.id,
    code: input.count('code', 1, CODE_MAX) ?? PAYMENT_CODES.transfer,
    flags: 0,
  };
  context.terminal.progress(
    `Submitting transfer ${formatId(transfer.id)}; to repeat it safely, give --id ${formatId(transfer.id)}`,
  );
  const result = await submitOperations(context, ledger, signer, [{ kind: 'create_transfer', transfer }]);
  const outcome = demandApplied(result);
  const file = input.optionalText('receipt');
  if (file !== undefined) await saveReceipt(ledger, transfer.id, file);
  context.terminal.record({
    id: formatId(transfer.id),
    amount: `${formatMinorUnits(transfer.amount, asset.scale)} ${asset.code}`,
    result: outcome,
    height: result.height,
    index: result.firstIndex,
    ...(file === undefined ? {} : { receipt: file }),
  });
}

/** Columns of transfers, with amounts in units of their assets. */
async function columnsFor(ledger: OpenLedger): Promise<Column<TransferView>[]> {
  const assets = new Map<number, { code: string; scale: number }>();
  for await (const asset of ledger.gateway.assets(ledger.id, { limit: 100 })) assets.set(asset.id, asset);
  return [
    ['ID', (transfer) => transfer.id],
    ['DEBIT', (transfer) => transfer.debitAccount],
    ['CREDIT', (transfer) => transfer.creditAccount],
    [
      'AMOUNT',
      (transfer) => formatMinorUnits(BigInt(transfer.amountMinor), assets.get(transfer.asset)?.scale ?? 0),
      'right',
    ],
    ['ASSET', (transfer) => assets.get(transfer.asset)?.code ?? transfer.asset],
    ['STATE', (transfer) => transfer.pendingState ?? ''],
    ['HEIGHT', (transfer) => transfer.height, 'right'],
  ];
}

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const [account, asset] = [input.optionalText('account'), input.optionalText('asset')];
  const filter = {
    limit: input.count('limit', 1, 100) ?? 20,
    from: input.optionalText('from'),
    to: input.optionalText('to'),
    code: input.count('code', 1, CODE_MAX),
    asset: asset === undefined ? undefined : (await assetArgument(ledger, asset)).id,
  };
  const [debits, credits] = [input.flag('debits'), input.flag('credits')];
  const side = debits === credits ? undefined : debits ? 'debit' : 'credit';
  if (account === undefined && side !== undefined)
    throw new CliFailure('usage', 'USAGE', '--debits and --credits are those of an account: give --account');
  if (account !== undefined && input.flag('oldest-first'))
    throw new CliFailure('usage', 'USAGE', "an account's transfers are listed newest first");
  const order = input.flag('oldest-first') ? 'oldest' : 'newest';
  const page =
    account === undefined
      ? await ledger.gateway.transfers(ledger.id, { ...filter, order })
      : await ledger.gateway.accountTransfers(ledger.id, idArgument(account, '--account'), { ...filter, side });
  context.terminal.rows<TransferView>(page.data, await columnsFor(ledger));
}

async function get(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const transfer = await ledger.gateway.transfer(ledger.id, idArgument(input.argument(0), 'the transfer'));
  if (context.terminal.format === 'json') return context.terminal.json(transfer);
  context.terminal.rows([transfer], await columnsFor(ledger));
}

export const transferCommands: readonly CommandSpec[] = [
  {
    words: ['transfer', 'create'],
    summary: 'Book one transfer, signed here by the party that owns the debit account.',
    options: [
      { flags: '--debit <account>', description: 'id of the account that pays', required: true },
      { flags: '--credit <account>', description: 'id of the account that is paid', required: true },
      { flags: '--amount <amount>', description: 'in units of the asset, such as 12.50', required: true },
      { flags: '--asset <asset>', description: 'code or number of the asset', required: true },
      { flags: '--id <id>', description: 'its id; one id is never booked twice' },
      { flags: '--code <number>', description: 'what kind of transfer it is, in your own numbering (1)' },
      { flags: '--receipt <file>', description: 'fetch its receipt, verify it and write it there' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    run: create,
  },
  {
    words: ['transfer', 'get'],
    summary: 'Show one applied transfer, however old.',
    arguments: [{ name: 'transfer', description: 'its id' }],
    options: [LEDGER_OPTION],
    run: get,
  },
  {
    words: ['transfer', 'list'],
    summary: 'List transfers, newest first.',
    options: [
      { flags: '--account <account>', description: 'only those of this account' },
      { flags: '--debits', description: 'only those that debit the account' },
      { flags: '--credits', description: 'only those that credit the account' },
      { flags: '--from <point>', description: 'the oldest: a height, or a time such as 2026-11-30T00:00:00Z' },
      { flags: '--to <point>', description: 'the newest: a height, or a time' },
      { flags: '--asset <asset>', description: 'only those in this asset' },
      { flags: '--code <number>', description: 'only those of this code' },
      { flags: '--oldest-first', description: 'the oldest first, of all transfers' },
      { flags: '--limit <count>', description: 'at most this many (20)' },
      LEDGER_OPTION,
    ],
    run: list,
  },
];
