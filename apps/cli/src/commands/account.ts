import { ACCOUNT_FLAGS, formatId } from '@quorate/protocol';
import {
  PAYMENT_CODES,
  accountFault,
  formatMinorUnits,
  paymentAccountId,
  type AccountReference,
} from '@quorate/payments';
import { randomId, type AccountView } from '@quorate/sdk';
import {
  FENCE_OPTION,
  LEDGER_OPTION,
  PAGE_ROWS_MAX,
  SIGNING_OPTIONS,
  limitOption,
  type CommandInput,
  type CommandSpec,
} from '../command';
import type { CommandContext, OpenLedger } from '../context';
import { CliFailure } from '../exit-codes';
import { FILTER_OPTIONS, USER_DATA_OPTIONS, givenUserData, rowFilterOf } from '../row-filter';
import { assetArgument, demandApplied, idArgument, signingParty, submitOperations } from '../submit';
import type { Column } from '../terminal';

const CODE_MAX = 65_535;

/** The account that an IBAN names in payment files. */
function ibanAccount(genesisId: string, asset: number, iban: string): bigint {
  const reference: AccountReference = { kind: 'iban', value: iban.replace(/\s+/g, '').toUpperCase() };
  const fault = accountFault(reference);
  if (fault !== null) throw new CliFailure('usage', 'IBAN_INVALID', fault);
  return paymentAccountId(genesisId, asset, reference);
}

async function create(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const signer = await signingParty(context, ledger, input);
  const asset = await assetArgument(ledger, input.text('asset'));
  const [named, iban, owner] = [input.optionalText('id'), input.optionalText('iban'), input.optionalText('party')];
  if (named !== undefined && iban !== undefined)
    throw new CliFailure('usage', 'USAGE', 'give --id or --iban, not both');
  const fallback = iban === undefined ? randomId() : ibanAccount(ledger.genesisId, asset.id, iban);
  const account = {
    id: named === undefined ? fallback : idArgument(named, '--id'),
    party: owner === undefined ? signer.party : idArgument(owner, '--party'),
    asset: asset.id,
    code: input.count('code', 1, CODE_MAX) ?? PAYMENT_CODES.account,
    flags: input.flag('issuing') ? 0 : ACCOUNT_FLAGS.debitsMustNotExceedCredits,
    ...givenUserData(input),
  };
  const result = await submitOperations(context, ledger, signer, [{ kind: 'create_account', account }]);
  const outcome = demandApplied(result);
  context.terminal.record({
    id: formatId(account.id),
    party: formatId(account.party),
    asset: asset.code,
    result: outcome,
    height: result.height,
    index: result.firstIndex,
  });
}

async function columnsFor(ledger: OpenLedger): Promise<Column<AccountView>[]> {
  const assets = new Map<number, { code: string; scale: number }>();
  for await (const asset of ledger.gateway.assets(ledger.id, { limit: 100 })) assets.set(asset.id, asset);
  const amount = (account: AccountView, minor: bigint): string =>
    formatMinorUnits(minor, assets.get(account.asset)?.scale ?? 0);
  return [
    ['ID', (account) => account.id],
    ['PARTY', (account) => account.party.replace(/^0+/, '')],
    ['ASSET', (account) => assets.get(account.asset)?.code ?? account.asset],
    ['DEBITS', (account) => amount(account, BigInt(account.debitsPostedMinor)), 'right'],
    ['CREDITS', (account) => amount(account, BigInt(account.creditsPostedMinor)), 'right'],
    [
      'BALANCE',
      (account) => amount(account, BigInt(account.creditsPostedMinor) - BigInt(account.debitsPostedMinor)),
      'right',
    ],
  ];
}

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const party = input.optionalText('party');
  const accounts = ledger.gateway.accounts(ledger.id, {
    ...(await rowFilterOf(ledger, input)),
    party: party === undefined ? undefined : idArgument(party, '--party'),
    order: input.flag('oldest-first') ? 'oldest' : 'newest',
  });
  const rows = await accounts.take(input.rows(100));
  context.terminal.rows(rows, await columnsFor(ledger));
}

async function get(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const word = input.argument(0);
  const asset = input.optionalText('asset');
  const id =
    asset === undefined
      ? idArgument(word, 'the account')
      : ibanAccount(ledger.genesisId, (await assetArgument(ledger, asset)).id, word);
  const consistency = input.flag('fence') ? 'fence' : 'proven';
  const account = await ledger.gateway.account(ledger.id, id, { consistency });
  if (context.terminal.format === 'json') return context.terminal.json(account);
  context.terminal.rows([account], await columnsFor(ledger));
}

/** What an account held after each of its transfers. */
async function balances(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const id = idArgument(input.argument(0), 'the account');
  const account = await ledger.gateway.account(ledger.id, id);
  const { scale } = await ledger.gateway.asset(ledger.id, account.asset);
  const entries = ledger.gateway.accountBalances(ledger.id, id, {
    limit: PAGE_ROWS_MAX,
    from: input.optionalText('from'),
    to: input.optionalText('to'),
    order: input.flag('oldest-first') ? 'oldest' : 'newest',
  });
  const rows = await entries.take(input.rows(20));
  const amount = (minor: string): string => formatMinorUnits(BigInt(minor), scale);
  context.terminal.rows(rows, [
    ['TIME', ({ timestampNs }) => new Date(Number(BigInt(timestampNs) / 1_000_000n)).toISOString()],
    ['TRANSFER', ({ transfer }) => transfer],
    ['DEBITS', ({ debitsPostedMinor }) => amount(debitsPostedMinor), 'right'],
    ['CREDITS', ({ creditsPostedMinor }) => amount(creditsPostedMinor), 'right'],
    ['PENDING DEBITS', ({ debitsPendingMinor }) => amount(debitsPendingMinor), 'right'],
    ['PENDING CREDITS', ({ creditsPendingMinor }) => amount(creditsPendingMinor), 'right'],
    ['HEIGHT', ({ height }) => height, 'right'],
  ]);
}

export const accountCommands: readonly CommandSpec[] = [
  {
    words: ['account', 'create'],
    summary: 'Open an account. It can never be overdrawn unless it issues the asset.',
    options: [
      { flags: '--asset <asset>', description: 'code or number of the asset', required: true },
      { flags: '--party <party>', description: 'the party that owns it; else the signing party' },
      { flags: '--id <id>', description: 'its id; else a random one' },
      { flags: '--iban <iban>', description: 'open the account that payment files name by this IBAN' },
      { flags: '--issuing', description: "an account of the asset's issuer, from which the asset is issued" },
      { flags: '--code <number>', description: 'what kind of account it is, in your own numbering (1)' },
      ...USER_DATA_OPTIONS,
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate account create --asset CHF --iban "CH93 0076 2011 6238 5295 7"',
    run: create,
  },
  {
    words: ['account', 'list'],
    summary: 'List accounts with their balances, newest first.',
    options: [
      { flags: '--party <party>', description: 'only those of this party' },
      ...FILTER_OPTIONS,
      { flags: '--from <time>', description: 'the oldest: created then or later' },
      { flags: '--to <time>', description: 'the newest: created then or earlier' },
      { flags: '--oldest-first', description: 'the oldest first, of all accounts' },
      limitOption(100),
      LEDGER_OPTION,
    ],
    run: list,
  },
  {
    words: ['account', 'get'],
    summary: 'Show one account.',
    arguments: [{ name: 'account', description: 'its id, or with --asset its IBAN' }],
    options: [
      { flags: '--asset <asset>', description: 'the asset in which the IBAN is looked up' },
      FENCE_OPTION,
      LEDGER_OPTION,
    ],
    run: get,
  },
  {
    words: ['account', 'balances'],
    summary: 'List what an account held after each of its transfers, newest first; for a proof, ask for a statement.',
    arguments: [{ name: 'account', description: 'its id' }],
    options: [
      { flags: '--from <point>', description: 'the oldest: a height, or a time such as 2026-11-30T00:00:00Z' },
      { flags: '--to <point>', description: 'the newest: a height, or a time' },
      { flags: '--oldest-first', description: 'the oldest first' },
      limitOption(20),
      LEDGER_OPTION,
    ],
    run: balances,
  },
];
