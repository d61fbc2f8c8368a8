import { CodecError, Reader, Writer } from '@quorate/codec';
import type { PublicKey } from '@quorate/crypto';
import { readKeys, writeKeys } from './key-list';
import { LIMITS } from './limits';

/** Flag bits of an account; bits not named here are refused by the ledger. */
export const ACCOUNT_FLAGS = {
  linked: 1,
  debitsMustNotExceedCredits: 2,
  creditsMustNotExceedDebits: 4,
  closed: 32,
} as const;

/** Flag bits of a transfer; bits not named here are refused by the ledger. */
export const TRANSFER_FLAGS = {
  linked: 1,
  pending: 2,
  postPendingTransfer: 4,
  voidPendingTransfer: 8,
  balancingDebit: 16,
  balancingCredit: 32,
  closingDebit: 64,
  closingCredit: 128,
} as const;

/** Largest amount there is. In a post it stands for all of the pending amount, in a balancing transfer for no maximum. */
export const AMOUNT_MAX = 2n ** 128n - 1n;

/** A legal entity to be recorded on the ledger; `threshold` of its keys must sign what it submits. */
export interface PartyDraft {
  readonly id: bigint;
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly PublicKey[];
}

/** What is counted. `id` is the ISO 4217 number for a currency; `scale` the decimal places of its minor unit. */
export interface AssetDraft {
  readonly id: number;
  readonly scale: number;
  readonly code: string;
  readonly issuer: bigint;
}

export interface AccountDraft {
  readonly id: bigint;
  readonly party: bigint;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
}

/** `amount` in minor units of the asset, 0 <= amount < 2^128. */
export interface TransferDraft {
  readonly id: bigint;
  readonly debitAccount: bigint;
  readonly creditAccount: bigint;
  readonly amount: bigint;
  readonly pendingId: bigint;
  readonly userData128: bigint;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timeoutSeconds: number;
  readonly asset: number;
  readonly code: number;
  readonly flags: number;
}

export type Operation =
  | { readonly kind: 'create_party'; readonly party: PartyDraft }
  | { readonly kind: 'create_asset'; readonly asset: AssetDraft }
  | { readonly kind: 'create_account'; readonly account: AccountDraft }
  | { readonly kind: 'create_transfer'; readonly transfer: TransferDraft };

/** First byte of an encoded operation. */
export const OPERATION_TAGS = { create_party: 1, create_asset: 2, create_account: 3, create_transfer: 4 } as const;

/** Encoded sizes, tag included, of the operations that have a fixed one. */
export const OPERATION_BYTES = { create_asset: 34, create_account: 69, create_transfer: 121 } as const;

/** Control characters, and those that turn the direction of text: a name must look like what it is. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/u;
const ASSET_CODE_PATTERN = /^[A-Z][A-Z0-9]{0,11}$/;

export function writeParty(writer: Writer, party: PartyDraft): void {
  writer.u128(party.id).text(party.name).u8(party.threshold);
  writeKeys(writer, party.keys, LIMITS.partyKeysMax);
}

export function readParty(reader: Reader): PartyDraft {
  const id = reader.u128();
  const name = reader.text(LIMITS.partyNameBytesMax);
  if (UNPRINTABLE.test(name)) throw new CodecError('CODEC_INVALID', 'a name holds a control or direction character');
  const threshold = reader.u8();
  const keys = readKeys(reader, LIMITS.partyKeysMax);
  return { id, name, threshold, keys };
}

function writeAsset(writer: Writer, asset: AssetDraft): void {
  if (!ASSET_CODE_PATTERN.test(asset.code))
    throw new CodecError('CODEC_INVALID', 'asset code: 1 to 12 of A-Z and 0-9, a letter first');
  const code = new Uint8Array(LIMITS.assetCodeBytesMax);
  for (let index = 0; index < asset.code.length; index += 1) code[index] = asset.code.charCodeAt(index);
  writer.u32(asset.id).u8(asset.scale).u128(asset.issuer).fixed(code, LIMITS.assetCodeBytesMax);
}

function readAsset(reader: Reader): AssetDraft {
  const id = reader.u32();
  const scale = reader.u8();
  const issuer = reader.u128();
  const bytes = reader.fixed(LIMITS.assetCodeBytesMax);
  const end = bytes.indexOf(0);
  const code = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  const padded = end < 0 || bytes.subarray(end).every((byte) => byte === 0);
  if (!padded || !ASSET_CODE_PATTERN.test(code)) throw new CodecError('CODEC_INVALID', 'asset code is not canonical');
  return { id, scale, code, issuer };
}

function writeAccount(writer: Writer, account: AccountDraft): void {
  writer.u128(account.id).u128(account.party).u128(account.userData128).u64(account.userData64);
  writer.u32(account.userData32).u32(account.asset).u16(account.code).u16(account.flags);
}

function readAccount(reader: Reader): AccountDraft {
  return {
    id: reader.u128(),
    party: reader.u128(),
    userData128: reader.u128(),
    userData64: reader.u64(),
    userData32: reader.u32(),
    asset: reader.u32(),
    code: reader.u16(),
    flags: reader.u16(),
  };
}

function writeTransfer(writer: Writer, transfer: TransferDraft): void {
  writer.u128(transfer.id).u128(transfer.debitAccount).u128(transfer.creditAccount).u128(transfer.amount);
  writer.u128(transfer.pendingId).u128(transfer.userData128).u64(transfer.userData64).u32(transfer.userData32);
  writer.u32(transfer.timeoutSeconds).u32(transfer.asset).u16(transfer.code).u16(transfer.flags);
}

function readTransfer(reader: Reader): TransferDraft {
  return {
    id: reader.u128(),
    debitAccount: reader.u128(),
    creditAccount: reader.u128(),
    amount: reader.u128(),
    pendingId: reader.u128(),
    userData128: reader.u128(),
    userData64: reader.u64(),
    userData32: reader.u32(),
    timeoutSeconds: reader.u32(),
    asset: reader.u32(),
    code: reader.u16(),
    flags: reader.u16(),
  };
}

/** Appends one operation: its tag, then its fields at fixed offsets (docs/spec/protocol.md). */
export function writeOperation(writer: Writer, operation: Operation): void {
  writer.u8(OPERATION_TAGS[operation.kind]);
  switch (operation.kind) {
    case 'create_party':
      return writeParty(writer, operation.party);
    case 'create_asset':
      return writeAsset(writer, operation.asset);
    case 'create_account':
      return writeAccount(writer, operation.account);
    case 'create_transfer':
      return writeTransfer(writer, operation.transfer);
  }
}

/** Reads one operation; throws CodecError unless the bytes are canonical. */
export function readOperation(reader: Reader): Operation {
  const tag = reader.u8();
  switch (tag) {
    case OPERATION_TAGS.create_party:
      return { kind: 'create_party', party: readParty(reader) };
    case OPERATION_TAGS.create_asset:
      return { kind: 'create_asset', asset: readAsset(reader) };
    case OPERATION_TAGS.create_account:
      return { kind: 'create_account', account: readAccount(reader) };
    case OPERATION_TAGS.create_transfer:
      return { kind: 'create_transfer', transfer: readTransfer(reader) };
    default:
      throw new CodecError('CODEC_INVALID', `unknown operation tag ${tag}`, { tag });
  }
}

/** Bytes of one operation alone. */
export function encodeOperation(operation: Operation): Uint8Array {
  const writer = new Writer(128);
  writeOperation(writer, operation);
  return writer.finish();
}

/** Operation of `bytes`, which must hold nothing else. */
export function decodeOperation(bytes: Uint8Array): Operation {
  const reader = new Reader(bytes);
  const operation = readOperation(reader);
  reader.end();
  return operation;
}
