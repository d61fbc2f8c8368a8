import { RESULT_DEFINITIONS, formatId, parseId, type Operation, type ResultName } from '@quorate/protocol';
import { buildEnvelope, signEnvelope, type SubmitResult } from '@quorate/sdk';
import { parseDecimal, toMinorUnits, type LedgerAsset } from '@quorate/payments';
import type { CommandInput } from './command';
import type { CommandContext, OpenLedger } from './context';
import { CliFailure } from './exit-codes';
import { readKey, signerOf, type KeyFile } from './keys';

/** The party that signs a command's envelope and the first key it signs with. */
export interface SigningParty {
  readonly party: bigint;
  /** Place of the key among the party's keys. */
  readonly keyIndex: number;
  readonly key: KeyFile;
  /** Keys that sign besides: a party may need several. */
  readonly others: readonly { readonly keyIndex: number; readonly key: KeyFile }[];
}

/** Finds the signing party and its key: options first, then the environment, then what is kept for the ledger. */
export async function signingParty(
  context: CommandContext,
  ledger: OpenLedger,
  input: CommandInput,
): Promise<SigningParty> {
  const party = namedParty(ledger, input);
  const named = input.optionalText('key') ?? context.environment.QUORATE_KEY_FILE;
  const paths = named === undefined ? [keptKeyPath(context, ledger, party)] : named.split(',');
  const known = (await ledger.gateway.party(ledger.id, party)).keys.map((one) => one.publicKey);
  const [first, ...others] = paths.map((path) => {
    const key = readKey(path);
    const keyIndex = known.indexOf(key.publicKey);
    if (keyIndex >= 0) return { keyIndex, key };
    throw new CliFailure('auth', 'KEY_NOT_OF_PARTY', `the key ${key.publicKey} is not one of party ${formatId(party)}`);
  });
  return { party, ...first, others };
}

/** The party of `--as`, else the ledger's operator. */
export function namedParty(ledger: OpenLedger, input: CommandInput): bigint {
  const named = input.optionalText('as');
  return named === undefined ? ledger.genesis.operator.id : idArgument(named, '--as');
}

function keptKeyPath(context: CommandContext, ledger: OpenLedger, party: bigint): string {
  const publicKey = ledger.profile.partyKeys[formatId(party)];
  if (publicKey !== undefined) return context.settings.keyPath(publicKey);
  throw new CliFailure('auth', 'KEY_MISSING', `no key of party ${formatId(party)} is kept here`, {
    hint: 'Name a key file with --key.',
  });
}

/** Signs operations here and submits them; repeating the same envelope can never execute it twice. */
export async function submitOperations(
  context: CommandContext,
  ledger: OpenLedger,
  signer: SigningParty,
  operations: readonly Operation[],
): Promise<SubmitResult> {
  const envelope = buildEnvelope({ genesisId: ledger.genesisId, party: signer.party, operations });
  const signers = [signer, ...signer.others].map(({ keyIndex, key }) => ({ key: keyIndex, signer: signerOf(key) }));
  const signed = await signEnvelope(envelope, signers);
  return ledger.gateway.submit(ledger.id, signed, { signal: context.signal });
}

/** Throws unless the ledger applied the operation now or had applied this very operation before. */
export function demandApplied(result: SubmitResult, index = 0): string {
  const code = result.results[index]?.code ?? 'missing';
  if (code === 'applied' || code === 'exists') return code;
  const meaning = RESULT_DEFINITIONS[code as ResultName]?.meaning ?? 'Not applied.';
  throw new CliFailure('conflict', `RESULT_${code.toUpperCase()}`, meaning, {
    facts: { height: result.height, index: result.firstIndex + index },
  });
}

/** A 128-bit id from 32 hexadecimal digits; shorter ones are filled with zeros in front. */
export function idArgument(text: string, option: string): bigint {
  if (/^[0-9a-f]{1,32}$/.test(text)) return parseId(text.padStart(32, '0'));
  throw new CliFailure(
    'usage',
    'USAGE',
    `${option} must be an id of up to 32 lowercase hexadecimal digits, not "${text}"`,
  );
}

/** An asset of the ledger by its number or its code. */
export async function assetArgument(ledger: OpenLedger, text: string): Promise<LedgerAsset> {
  const known: string[] = [];
  for await (const asset of ledger.gateway.assets(ledger.id, { limit: 100 })) {
    if (asset.code === text || String(asset.id) === text) return asset;
    known.push(asset.code);
  }
  throw new CliFailure(
    'notFound',
    'ASSET_UNKNOWN',
    `the ledger has no asset ${text} (it has: ${known.join(', ') || 'none'})`,
    {
      hint: 'Create it with `quorate asset create`.',
    },
  );
}

/** An amount written in units of the asset, such as 12.50, in its minor units. */
export function amountArgument(text: string, scale: number): bigint {
  const minor = amountOrZeroArgument(text, scale);
  if (minor > 0n) return minor;
  throw new CliFailure('usage', 'USAGE', `the amount must be above zero, not "${text}"`);
}

/** The same where zero is an amount, too. */
export function amountOrZeroArgument(text: string, scale: number): bigint {
  const value = parseDecimal(text, 38, scale);
  const minor = value === undefined ? undefined : toMinorUnits(value, scale);
  if (minor !== undefined && minor >= 0n) return minor;
  throw new CliFailure(
    'usage',
    'USAGE',
    `the amount must be a number that is not negative with at most ${scale} decimals, not "${text}"`,
  );
}

/** A whole number that may be too large for arithmetic in floating point. */
export function wholeArgument(text: string, option: string, maximum: bigint): bigint {
  if (/^\d{1,39}$/.test(text) && BigInt(text) <= maximum) return BigInt(text);
  throw new CliFailure('usage', 'USAGE', `${option} must be a whole number from 0 to ${maximum}, not "${text}"`);
}
