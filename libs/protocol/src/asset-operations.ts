import { CodecError, type Reader, type Writer } from '@quorate/codec';
import { LIMITS } from './limits';

/**
 * How much of an asset its issuer may issue. `free`: no bound; `capped`: never more than the maximum in circulation;
 * `fixed`: never more than the maximum over all time, so that what was redeemed is gone.
 */
export const ISSUING_POLICIES = ['free', 'capped', 'fixed'] as const;
/** One of the issuing policies, strictest last. */
export type IssuingPolicy = (typeof ISSUING_POLICIES)[number];

/** Who may transfer an asset: every party, only the parties on its allow-list, or nobody for now. */
export const TRANSFER_POLICIES = ['open', 'allow_list', 'frozen'] as const;
/** One of the transfer policies. */
export type TransferPolicy = (typeof TRANSFER_POLICIES)[number];

/** `maximumSupply` in minor units; 0 with `free` issuing, and only then. */
export interface AssetPolicy {
  readonly issuing: IssuingPolicy;
  readonly maximumSupply: bigint;
  readonly transfers: TransferPolicy;
}

/** What is counted. `id` is the ISO 4217 number for a currency; `scale` the decimal places of its minor unit. */
export interface AssetDraft extends AssetPolicy {
  readonly id: number;
  readonly scale: number;
  readonly code: string;
  readonly issuer: bigint;
}

/** Puts a party on an asset's allow-list, or takes it off. */
export interface AllowListEntry {
  readonly party: bigint;
  readonly allowed: boolean;
}

/** The policy that an asset has from now on, and what changes on its allow-list. */
export interface AssetChange extends AssetPolicy {
  readonly asset: number;
  readonly allowList: readonly AllowListEntry[];
}

/** The policy of an asset that anybody may hold and its issuer may issue without bound. */
export const OPEN_ASSET_POLICY: AssetPolicy = Object.freeze({ issuing: 'free', maximumSupply: 0n, transfers: 'open' });

const ASSET_CODE_PATTERN = /^[A-Z][A-Z0-9]{0,11}$/;

export function writeAsset(writer: Writer, asset: AssetDraft): void {
  if (!ASSET_CODE_PATTERN.test(asset.code))
    throw new CodecError('CODEC_INVALID', 'asset code: 1 to 12 of A-Z and 0-9, a letter first');
  const code = new Uint8Array(LIMITS.assetCodeBytesMax);
  for (let index = 0; index < asset.code.length; index += 1) code[index] = asset.code.charCodeAt(index);
  writer.u32(asset.id).u8(asset.scale).u128(asset.issuer).fixed(code, LIMITS.assetCodeBytesMax);
  writePolicy(writer, asset);
}

export function readAsset(reader: Reader): AssetDraft {
  const id = reader.u32();
  const scale = reader.u8();
  const issuer = reader.u128();
  const bytes = reader.fixed(LIMITS.assetCodeBytesMax);
  const end = bytes.indexOf(0);
  const code = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  const padded = end < 0 || bytes.subarray(end).every((byte) => byte === 0);
  if (!padded || !ASSET_CODE_PATTERN.test(code)) throw new CodecError('CODEC_INVALID', 'asset code is not canonical');
  return { id, scale, code, issuer, ...readPolicy(reader) };
}

export function writeAssetChange(writer: Writer, change: AssetChange): void {
  if (change.allowList.length > LIMITS.allowListChangesMax) throw tooManyEntries(change.allowList.length);
  writer.u32(change.asset);
  writePolicy(writer, change);
  writer.u8(change.allowList.length);
  for (const { party, allowed } of change.allowList) writer.u128(party).u8(allowed ? 1 : 0);
}

export function readAssetChange(reader: Reader): AssetChange {
  const asset = reader.u32();
  const policy = readPolicy(reader);
  const count = reader.u8();
  if (count > LIMITS.allowListChangesMax) throw tooManyEntries(count);
  const allowList: AllowListEntry[] = [];
  for (let left = count; left > 0; left -= 1) {
    const party = reader.u128();
    const allowed = reader.u8();
    if (allowed > 1) throw new CodecError('CODEC_INVALID', 'an allow-list entry is 0 or 1');
    allowList.push({ party, allowed: allowed === 1 });
  }
  return { asset, ...policy, allowList };
}

function writePolicy(writer: Writer, policy: AssetPolicy): void {
  writer.u8(ISSUING_POLICIES.indexOf(policy.issuing)).u128(policy.maximumSupply);
  writer.u8(TRANSFER_POLICIES.indexOf(policy.transfers));
}

function readPolicy(reader: Reader): AssetPolicy {
  const issuing = ISSUING_POLICIES.at(reader.u8());
  const maximumSupply = reader.u128();
  const transfers = TRANSFER_POLICIES.at(reader.u8());
  if (issuing === undefined || transfers === undefined) throw new CodecError('CODEC_INVALID', 'unknown asset policy');
  return { issuing, maximumSupply, transfers };
}

function tooManyEntries(count: number): CodecError {
  const detail = `one change of an asset names at most ${LIMITS.allowListChangesMax} parties`;
  return new CodecError('CODEC_RANGE', detail, { count });
}
