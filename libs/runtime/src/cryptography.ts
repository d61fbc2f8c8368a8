/** Authenticated encryption under one key. A nonce must never be used twice. */
export interface FrameCipher {
  /** Writes the ciphertext (as long as `payload`) and then the 16 bytes of its tag into `target` at `offset`. */
  seal(nonce: Uint8Array, associated: Uint8Array, payload: Uint8Array, target: Uint8Array, offset: number): void;
  /** What was sealed; null unless ciphertext, tag, nonce and associated data are those of one `seal`. */
  open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}

/** Symmetric cryptography for what lies on the disk: AES-256-GCM under keys derived with HKDF-SHA-256. */
export interface Cryptography {
  /** The cipher under the key that is derived from `key` (32 bytes) for `purpose`. */
  cipher(key: Uint8Array, purpose: Uint8Array): FrameCipher;
  /** Unpredictable bytes. */
  random(count: number): Uint8Array;
}
