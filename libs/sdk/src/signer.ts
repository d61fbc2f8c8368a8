import type { KeyScheme } from '@quorate/crypto';

/** A private key that signs for a party, wherever it lives: browser, file, hardware. */
export interface Signer {
  readonly scheme: KeyScheme;
  /** Ed25519: 32 bytes. P-256: 33 bytes, compressed point. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. P-256: ECDSA over SHA-256 of `bytes`, r ‖ s. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

const p256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const p256PointBytes = 65;
const signatureBytes = 64;

/** A new P-256 key pair of the platform's WebCrypto. Not extractable unless asked: the private key cannot be read. */
export function generateWebCryptoKey(
  options: { readonly extractable: boolean } = { extractable: false },
): Promise<CryptoKeyPair> {
  return globalThis.crypto.subtle.generateKey(p256, options.extractable, ['sign', 'verify']);
}

/** Signs with a WebCrypto P-256 key pair (see {@link generateWebCryptoKey}; key pairs can be kept in IndexedDB). */
export async function webCryptoSigner(pair: CryptoKeyPair): Promise<Signer> {
  const point = new Uint8Array(await globalThis.crypto.subtle.exportKey('raw', pair.publicKey));
  return {
    scheme: 'p256',
    publicKey: compressPoint(point),
    async sign(bytes) {
      const signature = await globalThis.crypto.subtle.sign(
        { name: 'ECDSA', hash: 'SHA-256' },
        pair.privateKey,
        bytes as BufferSource,
      );
      return checkedSignature(new Uint8Array(signature));
    },
  };
}

/** Signs with an Ed25519 key that the caller holds: give its public key and a function that signs bytes. */
export function ed25519Signer(key: {
  readonly publicKey: Uint8Array;
  readonly sign: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}): Signer {
  if (key.publicKey.length !== 32) throw new TypeError('an Ed25519 public key has 32 bytes');
  return {
    scheme: 'ed25519',
    publicKey: key.publicKey,
    sign: async (bytes) => checkedSignature(await key.sign(bytes)),
  };
}

/** SEC 1 §2.3.3: 0x04 ‖ x ‖ y becomes (0x02 | y's lowest bit) ‖ x. */
function compressPoint(point: Uint8Array): Uint8Array {
  if (point.length !== p256PointBytes || point[0] !== 4) throw new TypeError('not an uncompressed P-256 point');
  const compressed = point.slice(0, 33);
  compressed[0] = 2 | (point[p256PointBytes - 1] & 1);
  return compressed;
}

function checkedSignature(signature: Uint8Array): Uint8Array {
  if (signature.length !== signatureBytes)
    throw new TypeError(`a signature has ${signatureBytes} bytes, not ${signature.length}`);
  return signature;
}
