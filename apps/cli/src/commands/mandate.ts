import { formatId } from '@quorate/protocol';
import { randomId } from '@quorate/sdk';
import {
  LEDGER_OPTION,
  PAGE_ROWS_MAX,
  SIGNING_OPTIONS,
  limitOption,
  type CommandInput,
  type CommandSpec,
} from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { idArgument } from '../submit';
import { apply } from './party-authority';

const COUNT_MAX = 4_294_967_295;
const NS_PER_MS = 1_000_000n;

function minor(input: CommandInput, name: string): bigint {
  const text = input.optionalText(name) ?? '0';
  if (/^\d{1,38}$/.test(text)) return BigInt(text);
  throw new CliFailure('usage', 'USAGE', `--${name} must be a whole number of minor units, not "${text}"`);
}

async function put(context: CommandContext, input: CommandInput): Promise<void> {
  const named = input.optionalText('id');
  const credit = input.optionalText('credit');
  const validMs = input.duration('valid');
  const mandate = {
    id: named === undefined ? randomId() : idArgument(named, '--id'),
    account: idArgument(input.text('account'), '--account'),
    grantee: idArgument(input.text('grantee'), '--grantee'),
    creditAccount: credit === undefined ? 0n : idArgument(credit, '--credit'),
    transferAmountMax: minor(input, 'amount-max'),
    periodAmountMax: minor(input, 'period-amount-max'),
    periodTransfersMax: input.count('period-transfers-max', 1, COUNT_MAX) ?? 0,
    periodSeconds: Math.ceil((input.duration('period') ?? 0) / 1_000),
    validUntilNs: validMs === undefined ? 0n : BigInt(Date.now() + validMs) * NS_PER_MS,
  };
  const shown = { id: formatId(mandate.id), account: formatId(mandate.account), grantee: formatId(mandate.grantee) };
  await apply(context, input, { kind: 'put_mandate', mandate }, shown);
}

async function revoke(context: CommandContext, input: CommandInput): Promise<void> {
  const id = idArgument(input.argument(0), 'the mandate');
  await apply(context, input, { kind: 'revoke_mandate', mandate: id }, { id: formatId(id) });
}

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const account = idArgument(input.text('account'), '--account');
  const rows = await ledger.gateway.mandates(ledger.id, account, { limit: PAGE_ROWS_MAX }).take(input.rows(100));
  context.terminal.rows(rows, [
    ['ID', (mandate) => mandate.id],
    ['GRANTEE', (mandate) => mandate.grantee],
    ['CREDIT', (mandate) => mandate.creditAccount ?? 'any'],
    ['PER TRANSFER', (mandate) => mandate.transferAmountMaxMinor ?? 'any', 'right'],
    ['USED', (mandate) => mandate.usedAmountMinor, 'right'],
    ['REVOKED', (mandate) => String(mandate.revoked)],
  ]);
}

export const mandateCommands: readonly CommandSpec[] = [
  {
    words: ['mandate', 'put'],
    summary: 'Let another party debit an account of the signing party, within bounds.',
    options: [
      { flags: '--account <id>', description: 'the account that may be debited', required: true },
      { flags: '--grantee <party>', description: 'the party that may debit it', required: true },
      { flags: '--credit <id>', description: 'the only account that may be credited; else any' },
      { flags: '--amount-max <minor>', description: 'most per transfer, in minor units' },
      { flags: '--period <duration>', description: 'length of a period, such as 30d; else its whole life' },
      { flags: '--period-amount-max <minor>', description: 'most per period, in minor units' },
      { flags: '--period-transfers-max <count>', description: 'most transfers per period' },
      { flags: '--valid <duration>', description: 'how long it holds, such as 365d; else until it is revoked' },
      { flags: '--id <id>', description: 'its id; else a random one' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate mandate put --account 2 --grantee 3 --amount-max 5000 --period 30d --as 2',
    run: put,
  },
  {
    words: ['mandate', 'revoke'],
    summary: 'End a mandate: its owner or the party that has it.',
    arguments: [{ name: 'mandate', description: 'id of the mandate' }],
    options: [LEDGER_OPTION, ...SIGNING_OPTIONS],
    run: revoke,
  },
  {
    words: ['mandate', 'list'],
    summary: 'List the mandates on an account.',
    options: [{ flags: '--account <id>', description: 'the account', required: true }, limitOption(100), LEDGER_OPTION],
    run: list,
  },
];
