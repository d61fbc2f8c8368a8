import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import type { Cryptography, FrameCipher } from '@quorate/runtime';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Bytes enciphered at a time: what the call allocates then stays in the processor's cache and is reused, at twice the speed. */
const CHUNK_BYTES = 16_384;

/** Symmetric cryptography by the OpenSSL that Node carries. */
export const nodeCryptography: Cryptography = {
  cipher(key, purpose) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a key of ${key.length} bytes`);
    const derived = Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), purpose, KEY_BYTES));
    const cipher = new NodeFrameCipher(createSecretKey(derived));
    derived.fill(0);
    return cipher;
  },
  random: (count) => new Uint8Array(randomBytes(count)),
};

class NodeFrameCipher implements FrameCipher {
  constructor(private readonly key: KeyObject) {}

  seal(nonce: Uint8Array, associated: Uint8Array, payload: Uint8Array, target: Uint8Array, offset: number): void {
    const cipher = createCipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated);
    for (let at = 0; at < payload.length; at += CHUNK_BYTES)
      target.set(cipher.update(payload.subarray(at, at + CHUNK_BYTES)), offset + at);
    cipher.final();
    target.set(cipher.getAuthTag(), offset + payload.length);
  }

  open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(length));
    const payload = new Uint8Array(length);
    for (let at = 0; at < length; at += CHUNK_BYTES)
      payload.set(decipher.update(sealed.subarray(at, Math.min(length, at + CHUNK_BYTES))), at);
    return isAuthentic(decipher) ? payload : null;
  }
}

function isAuthentic(decipher: DecipherGCM): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
