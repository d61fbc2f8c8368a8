import { concatBytes, equalBytes, sha256 } from '@quorate/crypto';
import type { Cryptography, FrameCipher } from '@quorate/runtime';
import type { Random } from '../random';

const TAG_BYTES = 16;
const MASK = 0x5a;

/** Seals by a keyed hash and hides by a mask: deterministic and fast, and as good at telling damage as what it stands for. */
export function simulatedCryptography(random: Random): Cryptography {
  return {
    cipher: (key, purpose) => new MaskCipher(sha256(concatBytes(key, purpose))),
    random: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
  };
}

class MaskCipher implements FrameCipher {
  constructor(private readonly key: Uint8Array) {}

  seal(nonce: Uint8Array, associated: Uint8Array, payload: Uint8Array, target: Uint8Array, offset: number): void {
    for (let index = 0; index < payload.length; index += 1) target[offset + index] = payload[index] ^ MASK;
    target.set(this.tag(nonce, associated, payload), offset + payload.length);
  }

  open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_BYTES;
    const payload = new Uint8Array(length);
    for (let index = 0; index < length; index += 1) payload[index] = sealed[index] ^ MASK;
    return equalBytes(this.tag(nonce, associated, payload), sealed.subarray(length)) ? payload : null;
  }

  private tag(nonce: Uint8Array, associated: Uint8Array, payload: Uint8Array): Uint8Array {
    return sha256(concatBytes(this.key, nonce, associated, payload)).subarray(0, TAG_BYTES);
  }
}
