import { TRANSFER_FLAGS, formatId, parseId, type TransferDraft } from '@quorate/protocol';
import { PAYMENT_CODES, formatMinorUnits } from '@quorate/payments';
import { randomId, type TransferView } from '@quorate/sdk';
import {
  LEDGER_OPTION,
  SIGNING_OPTIONS,
  limitOption,
  type CommandInput,
  type CommandSpec,
  type OptionSpec,
} from '../command';
import type { CommandContext, OpenLedger } from '../context';
import { CliFailure } from '../exit-codes';
import { saveReceipt } from '../receipts';
import { FILTER_OPTIONS, USER_DATA_OPTIONS, givenUserData, rowFilterOf } from '../row-filter';
import {
  amountArgument,
  amountOrZeroArgument,
  assetArgument,
  demandApplied,
  idArgument,
  signingParty,
  submitOperations,
} from '../submit';
import type { Column } from '../terminal';

const CODE_MAX = 65_535;
/** All that is pending. */
const WHOLE_AMOUNT = 2n ** 128n - 1n;

const SIDES = ['debit', 'credit', 'both'];
const DEBIT = {
  balancing: TRANSFER_FLAGS.balancingDebit,
  closing: TRANSFER_FLAGS.closingDebit,
};
const CREDIT = {
  balancing: TRANSFER_FLAGS.balancingCredit,
  closing: TRANSFER_FLAGS.closingCredit,
};

/** The flags that an option with a side stands for. */
function sideFlags(input: CommandInput, option: 'balancing' | 'closing'): number {
  const side = input.optionalText(option);
  return (
    (side === undefined || side === 'credit' ? 0 : DEBIT[option]) |
    (side === undefined || side === 'debit' ? 0 : CREDIT[option])
  );
}

function flagsOf(input: CommandInput): number {
  const isPending = input.flag('pending');
  if (!isPending && input.optionalText('timeout') !== undefined)
    throw new CliFailure('usage', 'USAGE', '--timeout is that of a reservation: give --pending');
  return (isPending ? TRANSFER_FLAGS.pending : 0) | sideFlags(input, 'balancing') | sideFlags(input, 'closing');
}

async function create(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const flags = flagsOf(input);
  const asset = await assetArgument(ledger, input.text('asset'));
  const transfer: TransferDraft = {
    id: idOf(input),
    debitAccount: idArgument(input.text('debit'), '--debit'),
    creditAccount: idArgument(input.text('credit'), '--credit'),
    amount: amountOrZeroArgument(input.text('amount'), asset.scale),
    pendingId: 0n,
    ...givenUserData(input),
    timeoutSeconds: Math.ceil((input.duration('timeout') ?? 0) / 1_000),
    asset: asset.id,
    code: input.count('code', 1, CODE_MAX) ?? PAYMENT_CODES.transfer,
    flags,
  };
  await book(context, input, ledger, transfer, asset);
}

/** Posts a pending transfer, or a part of it. */
async function post(context: CommandContext, input: CommandInput): Promise<void> {
  const given = input.optionalText('amount');
  await resolve(context, input, TRANSFER_FLAGS.postPendingTransfer, (scale) =>
    given === undefined ? WHOLE_AMOUNT : amountArgument(given, scale),
  );
}

async function voidPending(context: CommandContext, input: CommandInput): Promise<void> {
  await resolve(context, input, TRANSFER_FLAGS.voidPendingTransfer, () => 0n);
}

async function resolve(
  context: CommandContext,
  input: CommandInput,
  flags: number,
  amountOf: (scale: number) => bigint,
): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const pending = await ledger.gateway.transfer(ledger.id, idArgument(input.argument(0), 'the pending transfer'));
  const asset = await ledger.gateway.asset(ledger.id, pending.asset);
  // Fields left at 0 are those of the pending transfer.
  const transfer: TransferDraft = {
    id: idOf(input),
    debitAccount: 0n,
    creditAccount: 0n,
    amount: amountOf(asset.scale),
    pendingId: parseId(pending.id),
    ...givenUserData(input),
    timeoutSeconds: 0,
    asset: 0,
    code: 0,
    flags,
  };
  await book(context, input, ledger, transfer, asset);
}

function idOf(input: CommandInput): bigint {
  const named = input.optionalText('id');
  return named === undefined ? randomId() : idArgument(named, '--id');
}

async function book(
  context: CommandContext,
  input: CommandInput,
  ledger: OpenLedger,
  transfer: TransferDraft,
  asset: { readonly code: string; readonly scale: number },
): Promise<void> {
  const signer = await signingParty(context, ledger, input);
  const id = formatId(transfer.id);
  context.terminal.progress(`Submitting transfer ${id}; to repeat it safely, give --id ${id}`);
  const result = await submitOperations(context, ledger, signer, [{ kind: 'create_transfer', transfer }]);
  const outcome = demandApplied(result);
  const file = input.optionalText('receipt');
  if (file !== undefined) await saveReceipt(ledger, transfer.id, file);
  const booked = await ledger.gateway.transfer(ledger.id, id);
  context.terminal.record({
    id,
    amount: `${formatMinorUnits(BigInt(booked.amountMinor), asset.scale)} ${asset.code}`,
    ...(booked.pendingState === null ? {} : { state: booked.pendingState }),
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
  const account = input.optionalText('account');
  const filter = await rowFilterOf(ledger, input);
  const [debits, credits] = [input.flag('debits'), input.flag('credits')];
  const side = debits === credits ? undefined : debits ? 'debit' : 'credit';
  if (account === undefined && side !== undefined)
    throw new CliFailure('usage', 'USAGE', '--debits and --credits are those of an account: give --account');
  const order = input.flag('oldest-first') ? 'oldest' : 'newest';
  const transfers =
    account === undefined
      ? ledger.gateway.transfers(ledger.id, { ...filter, order })
      : ledger.gateway.accountTransfers(ledger.id, idArgument(account, '--account'), { ...filter, order, side });
  context.terminal.rows<TransferView>(await transfers.take(input.rows(20)), await columnsFor(ledger));
}

async function get(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const transfer = await ledger.gateway.transfer(ledger.id, idArgument(input.argument(0), 'the transfer'));
  if (context.terminal.format === 'json') return context.terminal.json(transfer);
  context.terminal.rows([transfer], await columnsFor(ledger));
}

const RECEIPT_OPTION: OptionSpec = {
  flags: '--receipt <file>',
  description: 'fetch its receipt, verify it and write it there',
};

const RESOLVING_OPTIONS: readonly OptionSpec[] = [
  { flags: '--id <id>', description: 'the id of this transfer itself; one id is never booked twice' },
  ...USER_DATA_OPTIONS,
  RECEIPT_OPTION,
  LEDGER_OPTION,
  ...SIGNING_OPTIONS,
];

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
      { flags: '--pending', description: 'only reserve the amount; post or void it later' },
      {
        flags: '--timeout <duration>',
        description: 'how long it is reserved, such as 30m; else until posted or voided',
      },
      {
        flags: '--balancing <side>',
        description: 'move no more than keeps that side within its limit',
        choices: SIDES,
      },
      {
        flags: '--closing <side>',
        description: 'with --pending: close that account until this is voided',
        choices: SIDES,
      },
      ...USER_DATA_OPTIONS,
      RECEIPT_OPTION,
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    run: create,
  },
  {
    words: ['transfer', 'post'],
    summary: 'Move what a pending transfer reserved, or a part of it; the rest is released.',
    arguments: [{ name: 'transfer', description: 'id of the pending transfer' }],
    options: [
      { flags: '--amount <amount>', description: 'a part of it, in units of the asset; else all' },
      ...RESOLVING_OPTIONS,
    ],
    example: 'quorate transfer post 5f1c --amount 10.00',
    run: post,
  },
  {
    words: ['transfer', 'void'],
    summary: 'Release what a pending transfer reserved.',
    arguments: [{ name: 'transfer', description: 'id of the pending transfer' }],
    options: RESOLVING_OPTIONS,
    run: voidPending,
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
      ...FILTER_OPTIONS,
      { flags: '--oldest-first', description: 'the oldest first' },
      limitOption(20),
      LEDGER_OPTION,
    ],
    run: list,
  },
];
