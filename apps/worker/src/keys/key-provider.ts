import { CodedError } from '@quorate/errors';

/** A key as a provider, or another key, wrapped it. */
export interface WrappedKey {
  /** Names the wrapping key; a provider that has rotated its key still unwraps under the older ones it holds. */
  readonly by: string;
  readonly bytes: Uint8Array;
}

/**
 * Holds the root of the key hierarchy: a file, a hardware security module, a cloud's key service. It wraps and unwraps keys of 32
 * bytes and never gives its own key away. Implementations throw KeyError.
 *
 * `context` is authenticated where the provider can; the keyring checks it below in any case.
 */
export interface KeyProvider {
  /** Names the key that `wrap` uses now. */
  readonly current: string;
  wrap(key: Uint8Array, context: string): Promise<WrappedKey>;
  unwrap(wrapped: WrappedKey, context: string): Promise<Uint8Array>;
}

/**
 * KEY_PROVIDER_INVALID: the provider's settings do not work. KEY_PROVIDER_FAILED: it did not do what it was asked for. KEY_UNKNOWN: the
 * wrapping key is not there, or was destroyed. KEY_DAMAGED: the wrapped bytes are not what was wrapped. KEY_SHREDDED: the keys of a
 * retired ledger are gone for good.
 */
export type KeyErrorCode =
  'KEY_PROVIDER_INVALID' | 'KEY_PROVIDER_FAILED' | 'KEY_UNKNOWN' | 'KEY_DAMAGED' | 'KEY_SHREDDED';

/** A key cannot be had. The text never holds a secret. */
export class KeyError extends CodedError {
  constructor(code: KeyErrorCode, message: string, facts: Record<string, string | number> = {}) {
    super(code, message, facts);
  }
}
