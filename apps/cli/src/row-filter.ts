import type { RowFilter } from '@quorate/sdk';
import { PAGE_ROWS_MAX, type CommandInput, type OptionSpec } from './command';
import type { OpenLedger } from './context';
import { assetArgument, idArgument, wholeArgument } from './submit';

const CODE_MAX = 65_535;

/** User data of what a command creates, or of what it lists. */
export const USER_DATA_OPTIONS: readonly OptionSpec[] = [
  { flags: '--user-data-128 <id>', description: '128 bits of your own: hexadecimal digits' },
  { flags: '--user-data-64 <number>', description: '64 bits of your own: a number' },
  { flags: '--user-data-32 <number>', description: '32 bits of your own: a number' },
];

/** What lists of accounts and transfers are narrowed to. */
export const FILTER_OPTIONS: readonly OptionSpec[] = [
  { flags: '--asset <asset>', description: 'only those in this asset' },
  { flags: '--code <number>', description: 'only those of this code' },
  ...USER_DATA_OPTIONS.map(({ flags, description }) => ({ flags, description: `only those with it: ${description}` })),
];

interface UserData {
  readonly userData128: bigint | undefined;
  readonly userData64: bigint | undefined;
  readonly userData32: number | undefined;
}

/** The user data that was given. */
function userDataOf(input: CommandInput): UserData {
  const [wide, middle] = [input.optionalText('user-data-128'), input.optionalText('user-data-64')];
  return {
    userData128: wide === undefined ? undefined : idArgument(wide, '--user-data-128'),
    userData64: middle === undefined ? undefined : wholeArgument(middle, '--user-data-64', 2n ** 64n - 1n),
    userData32: input.count('user-data-32', 0, 0xffff_ffff),
  };
}

/** The same for what is created, where nothing is 0. */
export function givenUserData(input: CommandInput): { userData128: bigint; userData64: bigint; userData32: number } {
  const { userData128 = 0n, userData64 = 0n, userData32 = 0 } = userDataOf(input);
  return { userData128, userData64, userData32 };
}

/** Which rows a list shows. */
export async function rowFilterOf(ledger: OpenLedger, input: CommandInput): Promise<RowFilter & { limit: number }> {
  const asset = input.optionalText('asset');
  return {
    limit: PAGE_ROWS_MAX,
    from: input.optionalText('from'),
    to: input.optionalText('to'),
    code: input.count('code', 1, CODE_MAX),
    asset: asset === undefined ? undefined : (await assetArgument(ledger, asset)).id,
    ...userDataOf(input),
  };
}
