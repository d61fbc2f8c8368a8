import { CodecError } from '@quorate/codec';
import { hex, unhex } from '@quorate/crypto';

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Text form of a 128-bit id: 32 lowercase hexadecimal digits. */
export function formatId(id: bigint): string {
  return id.toString(16).padStart(32, '0');
}

/** The 128-bit id that 32 lowercase hexadecimal digits stand for; throws CodecError on anything else. */
export function parseId(text: string): bigint {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new CodecError('CODEC_INVALID', 'an id is 32 lowercase hexadecimal digits');
  return BigInt(`0x${text}`);
}

/** The 128-bit id in the first 16 bytes of a hash. */
export function idFromHash(hash: Uint8Array): bigint {
  return BigInt(`0x${hex(hash.subarray(0, 16))}`);
}

/** 16 bytes of a lowercase UUID; throws CodecError on anything else. */
export function uuidToBytes(uuid: string): Uint8Array {
  if (!UUID_PATTERN.test(uuid)) throw new CodecError('CODEC_INVALID', 'not a lowercase UUID');
  return unhex(uuid.replaceAll('-', ''));
}

export function bytesToUuid(bytes: Uint8Array): string {
  const text = hex(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20, 32)].join('-');
}
