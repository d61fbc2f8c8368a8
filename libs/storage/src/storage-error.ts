import { CodedError, type ErrorFacts } from '@quorate/errors';

/**
 * STORAGE_CORRUPT: bytes that were durable are damaged. STORAGE_FOREIGN: they belong to another ledger. STORAGE_FULL: no room for
 * more. STORAGE_WRITE_FAILED: the medium refused a write; what reached it is unknown, so the process must end.
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

/** No room on the medium, for this user, or in one file. */
const FULL_CODES = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** A fault of the disk or of what is on it. */
export class StorageError extends CodedError {
  constructor(code: StorageErrorCode, message: string, facts: ErrorFacts = {}) {
    super(code, message, facts);
  }
}

/** What the medium answered to a write of `what`: STORAGE_FULL or STORAGE_WRITE_FAILED. A StorageError stays what it is. */
export function writeFault(what: string, error: unknown, facts: ErrorFacts = {}): StorageError {
  if (error instanceof StorageError) return error;
  const full = FULL_CODES.includes(String((error as { code?: unknown } | null)?.code));
  const code = full ? 'STORAGE_FULL' : 'STORAGE_WRITE_FAILED';
  return new StorageError(code, `${what} could not be written: ${String(error)}`, facts);
}
