export { Journal, RECORD_BYTES_MAX, type JournalOptions, type JournalPosition, type JournalRecord } from './journal';
export { StorageError, type StorageErrorCode } from './storage-error';
