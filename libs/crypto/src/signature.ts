import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, hex, unhex } from './bytes';
import { fastEd25519, nativeCrypto } from './native';

/** Signature schemes that a party's keys may use. */
export type KeyScheme = 'ed25519' | 'p256';

/** A public key: 32 bytes for Ed25519 (RFC 8032), the 33-byte compressed point for P-256 (SEC 1). */
export interface PublicKey {
  readonly scheme: KeyScheme;
  readonly bytes: Uint8Array;
}

export const PUBLIC_KEY_BYTES: Readonly<Record<KeyScheme, number>> = { ed25519: 32, p256: 33 };
export const SIGNATURE_BYTES = 64;

const GROUP_ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
const FIELD_PRIME = (1n << 255n) - 19n;

/** y coordinates of the eight points of small order (RFC 8032 curve), little-endian without the sign bit. */
const SMALL_ORDER_Y = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
]);

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(Uint8Array.from(bytes).reverse()) || '0'}`);
}

function withoutSign(bytes: Uint8Array): Uint8Array {
  const masked = Uint8Array.from(bytes);
  masked[31] &= 0x7f;
  return masked;
}

/** An Ed25519 key that may be registered: canonical encoding (y below the field prime), not of small order. */
function ed25519KeyAcceptable(key: Uint8Array): boolean {
  const y = withoutSign(key);
  return littleEndian(y) < FIELD_PRIME && !SMALL_ORDER_Y.has(hex(y));
}

/** RFC 8032 §5.1.7 without the cofactor: [S]B - [k]A must encode to exactly R. */
function portableEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const scalar = littleEndian(signature.subarray(32));
  if (scalar >= GROUP_ORDER) return false;
  try {
    const publicPoint = ed25519.Point.fromBytes(key, false);
    const challenge = littleEndian(sha512(concatBytes(signature.subarray(0, 32), key, message))) % GROUP_ORDER;
    const left = scalar === 0n ? ed25519.Point.ZERO : ed25519.Point.BASE.multiplyUnsafe(scalar);
    const right = challenge === 0n ? ed25519.Point.ZERO : publicPoint.multiplyUnsafe(challenge);
    return hex(left.subtract(right).toBytes()) === hex(signature.subarray(0, 32));
  } catch {
    return false;
  }
}

function portableP256(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, key, { lowS: false, prehash: true, format: 'compact' });
  } catch {
    return false;
  }
}

const SPKI_PREFIX: Readonly<Record<KeyScheme, Uint8Array>> = {
  ed25519: unhex('302a300506032b6570032100'),
  p256: unhex('3039301306072a8648ce3d020106082a8648ce3d030107032200'),
};

type NativeKey = ReturnType<NonNullable<typeof nativeCrypto>['createPublicKey']>;

/** Parsed keys kept for the next verification; cleared as a whole when full. */
const nativeKeysMax = 4_096;
const nativeKeys = new Map<string, NativeKey | null>();

function nativeKey(scheme: KeyScheme, bytes: Uint8Array): NativeKey | null {
  const name = scheme + hex(bytes);
  const known = nativeKeys.get(name);
  if (known !== undefined) return known;
  let key: NativeKey | null = null;
  try {
    const der = concatBytes(SPKI_PREFIX[scheme], bytes);
    key = nativeCrypto?.createPublicKey({ key: der as Buffer, format: 'der', type: 'spki' }) ?? null;
  } catch {
    key = null;
  }
  if (nativeKeys.size >= nativeKeysMax) nativeKeys.clear();
  nativeKeys.set(name, key);
  return key;
}

function nativeVerify(scheme: KeyScheme, key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const parsed = nativeKey(scheme, key);
  if (parsed === null || nativeCrypto === undefined) return false;
  if (scheme === 'ed25519') return nativeCrypto.verify(null, message, parsed, signature);
  return nativeCrypto.verify('sha256', message, { key: parsed, dsaEncoding: 'ieee-p1363' }, signature);
}

/**
 * What libsodium accepts, the rule accepts: libsodium too wants the equation without the cofactor and S and key canonical, and it
 * refuses points of small order on top. So its yes is final; whatever it refuses is judged again, by the rule.
 */
function fastAccepts(scheme: KeyScheme, key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (fastEd25519 === undefined || scheme !== 'ed25519') return false;
  if (key.length !== PUBLIC_KEY_BYTES.ed25519 || signature.length !== SIGNATURE_BYTES) return false;
  return fastEd25519.crypto_sign_verify_detached(signature, message, key);
}

function shapeAcceptable(scheme: KeyScheme, key: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== PUBLIC_KEY_BYTES[scheme] || signature.length !== SIGNATURE_BYTES) return false;
  if (scheme === 'ed25519') return ed25519KeyAcceptable(key);
  return key[0] === 2 || key[0] === 3;
}

/** The portable twin of verifySignature: the same answer for every input, without Node. */
export function verifySignaturePortable(
  scheme: KeyScheme,
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!shapeAcceptable(scheme, key, signature)) return false;
  return scheme === 'ed25519' ? portableEd25519(key, message, signature) : portableP256(key, message, signature);
}

/**
 * The one verification rule of every replica and every client.
 *
 * Ed25519: RFC 8032 without the cofactor, S below the group order, the key canonical and not of small order.
 * P-256: ECDSA with SHA-256 over `message`, signature as r ‖ s (IEEE P1363), either S accepted.
 */
export function verifySignature(
  scheme: KeyScheme,
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (nativeCrypto === undefined) return verifySignaturePortable(scheme, key, message, signature);
  if (fastAccepts(scheme, key, message, signature)) return true;
  return shapeAcceptable(scheme, key, signature) && nativeVerify(scheme, key, message, signature);
}

/** Keys known to be acceptable: the same few stand in every genesis, receipt and statement of a ledger. */
const acceptable = new Set<string>();
const ACCEPTABLE_KEPT_MAX = 1_024;

/** Whether a key may be registered for a party: right length, a point of the curve, canonical, not of small order. */
export function publicKeyAcceptable(key: PublicKey): boolean {
  if (key.bytes.length !== PUBLIC_KEY_BYTES[key.scheme]) return false;
  const name = `${key.scheme} ${hex(key.bytes)}`;
  if (acceptable.has(name)) return true;
  if (!isPointAcceptable(key)) return false;
  if (acceptable.size >= ACCEPTABLE_KEPT_MAX) acceptable.clear();
  acceptable.add(name);
  return true;
}

function isPointAcceptable(key: PublicKey): boolean {
  try {
    if (key.scheme === 'p256') {
      p256.Point.fromBytes(key.bytes).assertValidity();
      return true;
    }
    if (!ed25519KeyAcceptable(key.bytes)) return false;
    ed25519.Point.fromBytes(key.bytes, false);
    return true;
  } catch {
    return false;
  }
}
