import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KeyError } from './key-provider';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys of the hierarchy have 32 bytes. */
export const KEY_BYTES = 32;

/** Wraps a key under another: nonce ‖ ciphertext ‖ tag. It unwraps only with the same context. */
export function wrapKey(wrapping: Uint8Array, key: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, wrapping, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context, 'utf8'));
  return new Uint8Array(Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]));
}

/** Throws KeyError KEY_DAMAGED. */
export function unwrapKey(wrapping: Uint8Array, wrapped: Uint8Array, context: string): Uint8Array {
  try {
    const nonce = wrapped.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, wrapping, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context, 'utf8'));
    decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
    const sealed = wrapped.subarray(NONCE_BYTES, wrapped.length - TAG_BYTES);
    return new Uint8Array(Buffer.concat([decipher.update(sealed), decipher.final()]));
  } catch {
    throw new KeyError('KEY_DAMAGED', `a wrapped key is not intact, or is not the one of ${context}`);
  }
}
