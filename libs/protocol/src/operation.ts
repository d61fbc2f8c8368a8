import { CodecError, Reader, Writer } from '@quorate/codec';
import { readAsset, readAssetChange, writeAsset, writeAssetChange } from './asset-operations';
import type { AssetChange, AssetDraft } from './asset-operations';
import { readAccount, readTransfer, writeAccount, writeTransfer } from './booking-operations';
import type { AccountDraft, TransferDraft } from './booking-operations';
import { readMandate, writeMandate, type MandateDraft } from './mandate-operations';
import { readParty, readPartyChange, readPartyRoles } from './party-operations';
import { writeParty, writePartyChange, writePartyRoles } from './party-operations';
import type { PartyChange, PartyDraft, PartyRolesChange } from './party-operations';
import { readFreeze, readRecord, writeFreeze, writeRecord } from './record-operations';
import type { FreezeChange, RecordDraft } from './record-operations';

/** What an envelope asks of the ledger, one at a time. */
export type Operation =
  | { readonly kind: 'create_party'; readonly party: PartyDraft }
  | { readonly kind: 'create_asset'; readonly asset: AssetDraft }
  | { readonly kind: 'create_account'; readonly account: AccountDraft }
  | { readonly kind: 'create_transfer'; readonly transfer: TransferDraft }
  | { readonly kind: 'change_party'; readonly change: PartyChange }
  | { readonly kind: 'set_party_roles'; readonly change: PartyRolesChange }
  | { readonly kind: 'put_mandate'; readonly mandate: MandateDraft }
  | { readonly kind: 'revoke_mandate'; readonly mandate: bigint }
  | { readonly kind: 'set_frozen'; readonly change: FreezeChange }
  | { readonly kind: 'change_asset'; readonly change: AssetChange }
  | { readonly kind: 'put_record'; readonly record: RecordDraft }
  /** Puts an account's balances and its newest result on the ledger, as a result that changes nothing. */
  | { readonly kind: 'attest_account'; readonly account: bigint }
  /** Puts the supply of an asset on the ledger, as the amount of its result. */
  | { readonly kind: 'attest_supply'; readonly asset: number };

/** First byte of an encoded operation. */
export const OPERATION_TAGS = {
  create_party: 1,
  create_asset: 2,
  create_account: 3,
  create_transfer: 4,
  change_party: 5,
  set_party_roles: 6,
  put_mandate: 7,
  revoke_mandate: 8,
  set_frozen: 9,
  change_asset: 10,
  put_record: 11,
  attest_account: 12,
  attest_supply: 13,
} as const;

/** Encoded sizes, tag included, of the operations that have a fixed one. */
export const OPERATION_BYTES = {
  create_asset: 52,
  create_account: 69,
  create_transfer: 121,
  set_party_roles: 18,
  put_mandate: 113,
  revoke_mandate: 17,
  attest_account: 17,
  attest_supply: 5,
} as const;

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
    case 'change_party':
      return writePartyChange(writer, operation.change);
    case 'set_party_roles':
      return writePartyRoles(writer, operation.change);
    case 'put_mandate':
      return writeMandate(writer, operation.mandate);
    case 'revoke_mandate':
      writer.u128(operation.mandate);
      return;
    case 'set_frozen':
      return writeFreeze(writer, operation.change);
    case 'change_asset':
      return writeAssetChange(writer, operation.change);
    case 'put_record':
      return writeRecord(writer, operation.record);
    case 'attest_account':
      writer.u128(operation.account);
      return;
    case 'attest_supply':
      writer.u32(operation.asset);
      return;
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
    case OPERATION_TAGS.change_party:
      return { kind: 'change_party', change: readPartyChange(reader) };
    case OPERATION_TAGS.set_party_roles:
      return { kind: 'set_party_roles', change: readPartyRoles(reader) };
    case OPERATION_TAGS.put_mandate:
      return { kind: 'put_mandate', mandate: readMandate(reader) };
    case OPERATION_TAGS.revoke_mandate:
      return { kind: 'revoke_mandate', mandate: reader.u128() };
    case OPERATION_TAGS.set_frozen:
      return { kind: 'set_frozen', change: readFreeze(reader) };
    case OPERATION_TAGS.change_asset:
      return { kind: 'change_asset', change: readAssetChange(reader) };
    case OPERATION_TAGS.put_record:
      return { kind: 'put_record', record: readRecord(reader) };
    case OPERATION_TAGS.attest_account:
      return { kind: 'attest_account', account: reader.u128() };
    case OPERATION_TAGS.attest_supply:
      return { kind: 'attest_supply', asset: reader.u32() };
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
