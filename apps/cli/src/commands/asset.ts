import { formatId, LIMITS, OPEN_ASSET_POLICY } from '@quorate/protocol';
import { currencyOf } from '@quorate/payments';
import type { AssetView } from '@quorate/sdk';
import { LEDGER_OPTION, SIGNING_OPTIONS, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { demandApplied, idArgument, signingParty, submitOperations } from '../submit';

const ASSET_ID_MAX = 4_294_967_295;

async function create(context: CommandContext, input: CommandInput): Promise<void> {
  const code = input.text('code');
  if (!/^[A-Z][A-Z0-9]{0,11}$/.test(code)) {
    throw new CliFailure('usage', 'USAGE', '--code must be 1 to 12 capital letters and digits, a letter first');
  }
  const currency = currencyOf(code);
  const number = input.count('number', 1, ASSET_ID_MAX) ?? currency?.numeric;
  const scale = input.count('scale', 0, LIMITS.assetScaleMax) ?? currency?.exponent;
  if (number === undefined || scale === undefined) {
    throw new CliFailure('usage', 'USAGE', `${code} is not an ISO 4217 currency: give --number and --scale`);
  }
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const signer = await signingParty(context, ledger, input);
  const issuer = input.optionalText('issuer');
  const asset = {
    id: number,
    scale,
    code,
    issuer: issuer === undefined ? signer.party : idArgument(issuer, '--issuer'),
    ...OPEN_ASSET_POLICY,
  };
  const result = await submitOperations(context, ledger, signer, [{ kind: 'create_asset', asset }]);
  const outcome = demandApplied(result);
  context.terminal.record({
    id: asset.id,
    scale,
    code,
    issuer: formatId(asset.issuer),
    result: outcome,
    height: result.height,
    index: result.firstIndex,
  });
}

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const page = await ledger.gateway.assets(ledger.id, { limit: input.count('limit', 1, 100) ?? 100 });
  context.terminal.rows<AssetView>(page.data, [
    ['NUMBER', (asset) => asset.id, 'right'],
    ['CODE', (asset) => asset.code],
    ['SCALE', (asset) => asset.scale, 'right'],
    ['ISSUER', (asset) => asset.issuer],
  ]);
}

export const assetCommands: readonly CommandSpec[] = [
  {
    words: ['asset', 'create'],
    summary: 'Create an asset; number and decimals of a currency come from ISO 4217.',
    options: [
      { flags: '--code <code>', description: 'such as CHF', required: true },
      { flags: '--number <number>', description: 'its number; for a currency that of ISO 4217' },
      { flags: '--scale <decimals>', description: 'its decimals; for a currency those of ISO 4217' },
      { flags: '--issuer <party>', description: 'the party that may issue it; else the signing party' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate asset create --code CHF',
    run: create,
  },
  {
    words: ['asset', 'list'],
    summary: 'List the assets of a ledger.',
    options: [{ flags: '--limit <count>', description: 'at most this many (100)' }, LEDGER_OPTION],
    run: list,
  },
];
