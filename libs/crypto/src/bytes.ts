import { CodecError } from '@quorate/codec';

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));
const HEX_CODES = HEX.map((digits) => [digits.charCodeAt(0), digits.charCodeAt(1)]);
const HASH_BYTES = 32;
const hashCodes = new Array<number>(2 * HASH_BYTES).fill(0);

/** Lowercase hexadecimal of `bytes`. */
export function hex(bytes: Uint8Array): string {
  if (bytes.length === HASH_BYTES) return hashHex(bytes);
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Made in one piece: texts of hashes are keys of maps, and a text put together from parts would have to be joined there. */
function hashHex(hash: Uint8Array): string {
  for (let index = 0; index < HASH_BYTES; index += 1) {
    const [first, second] = HEX_CODES[hash[index]];
    hashCodes[2 * index] = first;
    hashCodes[2 * index + 1] = second;
  }
  return String.fromCharCode.apply(null, hashCodes);
}

/** Bytes of a lowercase hexadecimal text; throws CodecError on anything else. */
export function unhex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    throw new CodecError('CODEC_INVALID', 'not lowercase hexadecimal of whole bytes');
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}

/** One array with all `parts` in order. */
export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Whether both hold the same bytes. For public data only: not constant time. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
  return true;
}
