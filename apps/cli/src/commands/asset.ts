import { writeFileSync } from 'node:fs';
import {
  formatId,
  ISSUING_POLICIES,
  LIMITS,
  OPEN_ASSET_POLICY,
  TRANSFER_POLICIES,
  type AssetPolicy,
} from '@quorate/protocol';
import { currencyOf, formatMinorUnits } from '@quorate/payments';
import type { AssetView } from '@quorate/sdk';
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
import { demandProven } from '../receipts';
import { amountArgument, assetArgument, demandApplied, idArgument, signingParty, submitOperations } from '../submit';
import { apply } from './party-authority';

const ASSET_ID_MAX = 4_294_967_295;

/** The policy that options name; what they leave open stays as it is. */
function policyOf(input: CommandInput, scale: number, now: AssetPolicy): AssetPolicy {
  const issuing = choice(input, 'issuing', ISSUING_POLICIES) ?? now.issuing;
  const maximum = input.optionalText('maximum-supply');
  const kept = issuing === 'free' ? 0n : now.maximumSupply;
  return {
    issuing,
    maximumSupply: maximum === undefined ? kept : amountArgument(maximum, scale),
    transfers: choice(input, 'transfers', TRANSFER_POLICIES) ?? now.transfers,
  };
}

function choice<Word extends string>(input: CommandInput, name: string, words: readonly Word[]): Word | undefined {
  const given = input.optionalText(name)?.replace('-', '_');
  if (given === undefined) return undefined;
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new CliFailure('usage', 'USAGE', `--${name} must be ${words.join(', ').replace('_', '-')}, not "${given}"`);
}

async function change(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const named = await assetArgument(ledger, input.argument(0));
  const asset = await ledger.gateway.asset(ledger.id, named.id);
  const maximumSupply = BigInt(asset.maximumSupplyMinor ?? 0);
  const policy = policyOf(input, asset.scale, { ...asset, maximumSupply });
  const parties = (option: string) => input.optionalText(option)?.split(',') ?? [];
  const allowList = [
    ...parties('allow').map((id) => ({ party: idArgument(id, '--allow'), allowed: true })),
    ...parties('disallow').map((id) => ({ party: idArgument(id, '--disallow'), allowed: false })),
  ];
  const shown = {
    asset: asset.code,
    issuing: policy.issuing,
    maximumSupply: policy.maximumSupply === 0n ? 'none' : formatMinorUnits(policy.maximumSupply, asset.scale),
    transfers: policy.transfers,
  };
  await apply(context, input, { kind: 'change_asset', change: { asset: asset.id, ...policy, allowList } }, shown);
}

/** Has the supply put on the ledger as a result of its own, and verifies the receipt of that. */
async function supply(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const asset = await assetArgument(ledger, input.argument(0));
  const signer = await signingParty(context, ledger, input);
  const result = await submitOperations(context, ledger, signer, [{ kind: 'attest_supply', asset: asset.id }]);
  demandApplied(result);
  const receipt = await ledger.gateway.operationReceipt(ledger.id, result.height, result.firstIndex);
  const proven = demandProven(receipt, ledger.genesisId);
  if (proven.operation.kind !== 'attest_supply' || proven.operation.asset !== asset.id)
    throw new CliFailure(
      'verification',
      'RECEIPT_OTHER_OPERATION',
      'the receipt proves another operation than this one',
    );
  const file = input.optionalText('receipt');
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(receipt, null, 2)}\n`);
  context.terminal.record({
    asset: asset.code,
    supply: formatMinorUnits(proven.amount, asset.scale),
    verified: true,
    height: proven.height,
    index: proven.index,
    ...(file === undefined ? {} : { receipt: file }),
  });
}

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
    ...policyOf(input, scale, OPEN_ASSET_POLICY),
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
  const rows = await ledger.gateway.assets(ledger.id, { limit: PAGE_ROWS_MAX }).take(input.rows(100));
  context.terminal.rows<AssetView>(rows, [
    ['NUMBER', (asset) => asset.id, 'right'],
    ['CODE', (asset) => asset.code],
    ['SCALE', (asset) => asset.scale, 'right'],
    ['ISSUER', (asset) => asset.issuer],
    ['SUPPLY', (asset) => formatMinorUnits(BigInt(asset.supplyMinor), asset.scale), 'right'],
    ['ISSUING', (asset) => asset.issuing],
    ['TRANSFERS', (asset) => asset.transfers],
  ]);
}

const POLICY_OPTIONS = [
  { flags: '--issuing <policy>', description: 'free, capped or fixed' },
  { flags: '--maximum-supply <amount>', description: 'the bound of capped and fixed issuing, in units of the asset' },
  { flags: '--transfers <policy>', description: 'open, allow-list or frozen' },
];

export const assetCommands: readonly CommandSpec[] = [
  {
    words: ['asset', 'create'],
    summary: 'Create an asset; number and decimals of a currency come from ISO 4217.',
    options: [
      { flags: '--code <code>', description: 'such as CHF', required: true },
      { flags: '--number <number>', description: 'its number; for a currency that of ISO 4217' },
      { flags: '--scale <decimals>', description: 'its decimals; for a currency those of ISO 4217' },
      { flags: '--issuer <party>', description: 'the party that may issue it; else the signing party' },
      ...POLICY_OPTIONS,
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate asset create --code CHF',
    run: create,
  },
  {
    words: ['asset', 'list'],
    summary: 'List the assets of a ledger.',
    options: [limitOption(100), LEDGER_OPTION],
    run: list,
  },
  {
    words: ['asset', 'policy'],
    summary:
      'Change the policy of an asset, signed by its issuer. What is not named stays; issuing only gets stricter.',
    arguments: [{ name: 'asset', description: 'its code or number' }],
    options: [
      ...POLICY_OPTIONS,
      { flags: '--allow <parties>', description: 'ids of parties to be put on the allow-list, with commas' },
      { flags: '--disallow <parties>', description: 'ids of parties to be taken off it, with commas' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate asset policy BOND --transfers allow-list --allow 2,3',
    run: change,
  },
  {
    words: ['asset', 'supply'],
    summary: 'Prove how much of an asset is in circulation: attested on the ledger, its receipt verified here.',
    arguments: [{ name: 'asset', description: 'its code or number' }],
    options: [{ flags: '--receipt <file>', description: 'write the receipt there' }, LEDGER_OPTION, ...SIGNING_OPTIONS],
    example: 'quorate asset supply CHF --receipt supply.json',
    run: supply,
  },
];
