import { CodecError, Reader, Writer } from '@quorate/codec';
import { SIGNATURE_BYTES, equalBytes, type PublicKey } from '@quorate/crypto';
import {
  decodeConfiguration,
  encodeConfiguration,
  governanceSigningBytes,
  type Configuration,
  type GovernanceSignature,
} from './configuration';
import { LIMITS } from './limits';

/** A member of the next configuration says that it holds and has executed the chain up to a block. */
export interface Ready {
  /** Index in the next configuration. */
  readonly replica: number;
  readonly height: number;
  readonly blockId: Uint8Array;
  readonly execRoot: Uint8Array;
  /** Ledger time of that block. */
  readonly timeNs: bigint;
  readonly signature: Uint8Array;
}

/** Body of the block that ends an epoch: what follows, who allowed it, and who is ready for it. */
export interface EpochEnd {
  readonly configuration: Configuration;
  /** Ascending by key. */
  readonly signatures: readonly GovernanceSignature[];
  /** Ascending by replica. */
  readonly readys: readonly Ready[];
}

/** Checks a signature under a key of any scheme. */
export type VerifyKey = (key: PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;

/** Largest body of an EPOCH_END block. */
export const EPOCH_END_BYTES_MAX = 8_192;
const READY_PURPOSE = 5;

function ascending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > values[index - 1]);
}

export function writeReady(writer: Writer, ready: Ready): void {
  writer.u8(ready.replica).uint(ready.height).fixed(ready.blockId, 32).fixed(ready.execRoot, 32).u64(ready.timeNs);
  writer.fixed(ready.signature, SIGNATURE_BYTES);
}

export function readReady(reader: Reader): Ready {
  return {
    replica: reader.u8(),
    height: reader.uint(),
    blockId: reader.fixed(32).slice(),
    execRoot: reader.fixed(32).slice(),
    timeNs: reader.u64(),
    signature: reader.fixed(SIGNATURE_BYTES).slice(),
  };
}

export function encodeEpochEnd(end: EpochEnd): Uint8Array {
  const writer = new Writer(2_048);
  writer.blob(encodeConfiguration(end.configuration)).u8(end.signatures.length);
  for (const { key, bytes } of end.signatures) writer.u8(key).fixed(bytes, SIGNATURE_BYTES);
  writer.u8(end.readys.length);
  for (const ready of end.readys) writeReady(writer, ready);
  return writer.finish();
}

/** Decodes the body of an EPOCH_END block. Throws CodecError. */
export function decodeEpochEnd(body: Uint8Array): EpochEnd {
  if (body.length > EPOCH_END_BYTES_MAX)
    throw new CodecError('CODEC_RANGE', 'the end of an epoch is too large', { bytes: body.length });
  const reader = new Reader(body);
  const configuration = decodeConfiguration(reader.blob(EPOCH_END_BYTES_MAX));
  const signatureCount = reader.u8();
  if (signatureCount > LIMITS.governanceKeysMax) throw new CodecError('CODEC_RANGE', 'too many governance signatures');
  const signatures = Array.from({ length: signatureCount }, () => ({
    key: reader.u8(),
    bytes: reader.fixed(SIGNATURE_BYTES).slice(),
  }));
  const readyCount = reader.u8();
  if (readyCount > LIMITS.replicasMax) throw new CodecError('CODEC_RANGE', 'more replicas ready than there are');
  const readys = Array.from({ length: readyCount }, () => readReady(reader));
  reader.end();
  if (!ascending(signatures.map(({ key }) => key)) || !ascending(readys.map(({ replica }) => replica)))
    throw new CodecError('CODEC_INVALID', 'signatures are not in ascending order');
  return { configuration, signatures, readys };
}

/** What a member of the next configuration signs: `context` is the next configuration's. */
export function readyPreimage(
  context: Uint8Array,
  formerConfigHash: Uint8Array,
  ready: Omit<Ready, 'signature'>,
): Uint8Array {
  const writer = new Writer(145).fixed(context, 32).u8(READY_PURPOSE).fixed(formerConfigHash, 32);
  writer.uint(ready.height).fixed(ready.blockId, 32).fixed(ready.execRoot, 32).u64(ready.timeNs);
  return writer.finish();
}

/** Why `next` may not follow `current`; null if it may. */
export type SuccessionFault = 'wrong_ledger' | 'wrong_epoch' | 'not_authorised';

/** Whether `next` is the same ledger's following epoch and enough governance keys of `current` have signed it. */
export function successionFault(
  current: Configuration,
  next: Configuration,
  signatures: readonly GovernanceSignature[],
  verify: VerifyKey,
): SuccessionFault | null {
  if (!equalBytes(current.ledgerId, next.ledgerId)) return 'wrong_ledger';
  if (next.epoch !== current.epoch + 1) return 'wrong_epoch';
  const { threshold, keys } = current.governance;
  const bytes = governanceSigningBytes(current, next);
  const valid = signatures.filter(
    (signature, index) =>
      signature.key < keys.length &&
      (index === 0 || signature.key > signatures[index - 1].key) &&
      verify(keys[signature.key], bytes, signature.bytes),
  );
  return valid.length >= threshold && valid.length === signatures.length ? null : 'not_authorised';
}
