import { CodedError, type ErrorFacts } from '@quorate/errors';

/**
 * STORAGE_CORRUPT: bytes that were durable are damaged. STORAGE_FOREIGN: they belong to another ledger. STORAGE_FULL: no room for
 * the next segment. STORAGE_WRITE_FAILED: the medium refused a write; what reached it is unknown, so the process must end.
 * STORAGE_KEY_MISSING: a data key that bytes were sealed under is not at hand, or destroyed. STORAGE_RECORD_TOO_LARGE, STORAGE_CLOSED: the caller's error.
 */
export type StorageErrorCode =
  | 'STORAGE_CORRUPT'
  | 'STORAGE_FOREIGN'
  | 'STORAGE_FULL'
  | 'STORAGE_KEY_MISSING'
  | 'STORAGE_WRITE_FAILED'
  | 'STORAGE_RECORD_TOO_LARGE'
  | 'STORAGE_CLOSED';

/** A fault of the disk or of what is on it. */
export class StorageError extends CodedError {
  constructor(code: StorageErrorCode, message: string, facts: ErrorFacts = {}) {
    super(code, message, facts);
  }
}
