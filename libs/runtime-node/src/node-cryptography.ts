import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import type { Cryptography, FrameCipher } from '@quorate/runtime';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Bytes enciphered at a time: the call allocates as many. */
const CHUNK_BYTES = 262_144;

/** Memory below this is left to the collector: giving it up costs more than it saves. */
const RELEASED_BYTES_MIN = 16_384;

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
      moveInto(target, offset + at, cipher.update(payload.subarray(at, at + CHUNK_BYTES)));
    cipher.final();
    target.set(cipher.getAuthTag(), offset + payload.length);
  }

  open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(length));
    if (length <= CHUNK_BYTES) {
      const made = decipher.update(sealed.subarray(0, length));
      return isAuthentic(decipher) ? new Uint8Array(made.buffer, made.byteOffset, made.length) : null;
    }
    const payload = new Uint8Array(length);
    for (let at = 0; at < length; at += CHUNK_BYTES)
      moveInto(payload, at, decipher.update(sealed.subarray(at, Math.min(length, at + CHUNK_BYTES))));
    return isAuthentic(decipher) ? payload : null;
  }
}

/** What is posted at a closed port is dropped, but its memory has changed hands: it is free at once, and still in the processor's cache. */
const { port1: closedPort } = new MessageChannel();
closedPort.close();

/**
 * Copies what a cipher gave out. Memory of this kind is counted against the heap: if it waited for the collector, sealing a hundred mebibytes would make
 * it go through the whole heap.
 */
function moveInto(target: Uint8Array, offset: number, made: Buffer<ArrayBuffer>): void {
  target.set(made, offset);
  if (made.length >= RELEASED_BYTES_MIN) closedPort.postMessage(null, [made.buffer]);
}

function isAuthentic(decipher: DecipherGCM): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
