import { sha256 as portableSha256 } from '@noble/hashes/sha2.js';
import { nativeCrypto } from './native';

/** SHA-256 (FIPS 180-4) in portable code; equals `sha256` everywhere. */
export { portableSha256 };

type OneShotHash = (algorithm: string, data: Uint8Array, encoding: 'latin1') => string;

const oneShot = (nativeCrypto as { hash?: OneShotHash } | undefined)?.hash;

/**
 * SHA-256 (FIPS 180-4) of `bytes` as a text of 32 characters, one for each byte. What Node makes fastest: for hashes that are
 * only hashed again.
 */
export const sha256Text: (bytes: Uint8Array) => string =
  oneShot !== undefined
    ? (bytes) => oneShot('sha256', bytes, 'latin1')
    : (bytes) => String.fromCharCode(...portableSha256(bytes));

/** SHA-256 (FIPS 180-4) of `bytes`: 32 bytes. */
export const sha256: (bytes: Uint8Array) => Uint8Array =
  oneShot !== undefined
    ? (bytes) => {
        // Node makes a short text three times as fast as a buffer, and hashes of records and tree nodes are the bulk of execution.
        const digest = oneShot('sha256', bytes, 'latin1');
        const hash = new Uint8Array(32);
        for (let index = 0; index < 32; index += 1) hash[index] = digest.charCodeAt(index);
        return hash;
      }
    : portableSha256;
