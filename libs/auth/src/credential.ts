import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Name of the cookie that carries a session token. */
export const sessionCookie = 'quorate_session';

const sessionPattern = /^[A-Za-z0-9_-]{43}$/;
const apiKeyPattern = /^(qk_[0-9a-f]{12})_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;
const cookieHeaderLengthMax = 8_192;
const authorizationLengthMax = 512;

/** A credential as a caller presented it, well formed but not yet checked. */
export type PresentedCredential =
  | { readonly kind: 'session'; readonly tokenHash: Buffer }
  | { readonly kind: 'api-key'; readonly prefix: string; readonly keyHash: Buffer };

/** What a request carries that may authenticate it. */
export interface CredentialHeaders {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

/** A new session token: 256 random bits. Only its hash is kept. */
export function makeSessionToken(): { readonly token: string; readonly hash: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: secretHash(token) };
}

/**
 * A new API key: `qk_`, 12 hex digits that find it, 256 random bits, CRC-32 of all before.
 * The check sum lets a scanner of leaked text tell a key from noise without asking us.
 */
export function makeApiKey(): { readonly key: string; readonly prefix: string; readonly hash: Buffer } {
  const prefix = `qk_${randomBytes(6).toString('hex')}`;
  const body = `${prefix}_${randomBytes(32).toString('base64url')}`;
  const key = `${body}${checksum(body)}`;
  return { key, prefix, hash: secretHash(key) };
}

/**
 * The credential of a request: a Bearer API key, else the session cookie. Null when there is neither or it is malformed.
 * A malformed Authorization header never falls back to the cookie: a caller who sends one means it.
 */
export function readCredential(headers: CredentialHeaders): PresentedCredential | null {
  if (headers.authorization !== undefined) return readBearer(headers.authorization);
  const token = readCookie(headers.cookie ?? '', sessionCookie);
  if (token === null || !sessionPattern.test(token)) return null;
  return { kind: 'session', tokenHash: secretHash(token) };
}

/** Compares two hashes in constant time. */
export function hashesEqual(first: Uint8Array, second: Uint8Array): boolean {
  return first.length === second.length && timingSafeEqual(first, second);
}

function readBearer(header: string): PresentedCredential | null {
  if (header.length > authorizationLengthMax) return null;
  const [scheme, key, ...rest] = header.split(' ');
  if (scheme === undefined || scheme.toLowerCase() !== 'bearer' || key === undefined || rest.length > 0) return null;
  const match = apiKeyPattern.exec(key);
  if (!match) return null;
  const [, prefix = '', secret = '', sum = ''] = match;
  if (checksum(`${prefix}_${secret}`) !== sum) return null;
  return { kind: 'api-key', prefix, keyHash: secretHash(key) };
}

function readCookie(header: string, name: string): string | null {
  if (header.length > cookieHeaderLengthMax) return null;
  for (const part of header.split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return null;
}

/** A plain hash suffices: the secret has 256 random bits, nothing to guess. */
function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
