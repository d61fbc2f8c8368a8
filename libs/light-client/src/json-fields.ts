import { CodecError } from '@quorate/codec';
import { unhex } from '@quorate/crypto';
import { parseId } from '@quorate/protocol';

const PATH_LENGTH_MAX = 64;
const TEXT_LENGTH_MAX = 8_192;
const PROOF_LENGTH_MAX = 524_288;

/** The error for a field that is not what it has to be. */
export function malformed(field: string): CodecError {
  return new CodecError('CODEC_INVALID', `field ${field} is missing or malformed`, { field });
}

/** An object with no other fields than these; which of them are there is for whoever reads them to say. */
export function objectOf(value: unknown, field: string, fields: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(field);
  const unknown = Object.keys(value).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw malformed(`${field}.${unknown}`);
  return value as Record<string, unknown>;
}

/** A list, without holes, of at most so many entries. */
export function listOf(value: unknown, field: string, lengthMax: number): unknown[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw malformed(field);
  // Not `map`, which would leave a hole of an array that never was JSON as it is.
  return Array.from(value as unknown[]);
}

/** Lowercase hexadecimal; of exactly `length` bytes, if given. */
export function bytesOf(value: unknown, field: string, length?: number): Uint8Array {
  if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX) throw malformed(field);
  const bytes = unhex(value);
  if (length !== undefined && bytes.length !== length) throw malformed(field);
  return bytes;
}

/** Hexadecimal of a certificate behind the ends of the epochs before it. */
export function proofOf(value: unknown, field: string): Uint8Array {
  if (typeof value !== 'string' || value.length > PROOF_LENGTH_MAX) throw malformed(field);
  return unhex(value);
}

/** A whole number from 0 to `max`. */
export function integerOf(value: unknown, field: string, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) throw malformed(field);
  return value;
}

/** A decimal text of a number below 2^bits, without leading zeros. */
export function decimalOf(value: unknown, field: string, bits: bigint): bigint {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,38})$/.test(value)) throw malformed(field);
  const number = BigInt(value);
  if (number >> bits !== 0n) throw malformed(field);
  return number;
}

/** A 128-bit id. */
export function idOf(value: unknown, field: string): bigint {
  if (typeof value !== 'string') throw malformed(field);
  return parseId(value);
}

/** Hashes along the way from a leaf to a root. */
export function pathOf(value: unknown, field: string): Uint8Array[] {
  return listOf(value, field, PATH_LENGTH_MAX).map((item, index) => bytesOf(item, `${field}[${index}]`, 32));
}
