import { sha256 as portableSha256 } from '@noble/hashes/sha2.js';
import { nativeCrypto } from './native';

/** SHA-256 (FIPS 180-4) in portable code; equals `sha256` everywhere. */
export { portableSha256 };

type OneShotHash = (algorithm: string, data: Uint8Array, encoding: 'buffer') => Uint8Array;

const oneShot = (nativeCrypto as { hash?: OneShotHash } | undefined)?.hash;

/** SHA-256 (FIPS 180-4) of `bytes`: 32 bytes. */
export const sha256: (bytes: Uint8Array) => Uint8Array =
  oneShot !== undefined
    ? (bytes) => {
        const digest = oneShot('sha256', bytes, 'buffer');
        return new Uint8Array(digest.buffer, digest.byteOffset, 32);
      }
    : portableSha256;
