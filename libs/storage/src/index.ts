export type { JournalPosition, JournalRecord } from './batch';
export {
  FRAME_OVERHEAD_BYTES,
  FrameCodec,
  LINK_BYTES,
  NO_LINK,
  type Frame,
  type FrameHead,
  type FramePlace,
} from './frame';
export { Journal, RECORD_BYTES_MAX, type JournalOptions, type JournalSpace } from './journal';
export { JOURNAL_START, type DamagedRange, type JournalMark } from './journal-recovery';
export { SEALED_PAYLOAD_BYTES_MAX, SealedFile, type SealedFileOptions, type SealedPosition } from './sealed-file';
export { StorageError, type StorageErrorCode } from './storage-error';
export { FILE_KIND, Vault, type DataKey, type FileLabel, type VaultOptions } from './vault';
export { SnapshotImport } from './snapshot-import';
export { OWN_SECTION_FIRST, hashOf, type ChunkTable, type SnapshotManifest } from './snapshot-manifest';
export { SnapshotStore, type SnapshotStoreOptions, type StoredSnapshot } from './snapshot-store';
export { writeSnapshot, type SectionSource, type SnapshotSource } from './snapshot-writer';
export { Archive, type ArchiveOptions } from './archive';
export { BUCKET_BLOCKS } from './archive-names';
export { ArchiveWriter, BLOCKS_BYTES_ENOUGH, lastOfBucket } from './archive-writer';
export type { ArchivedBlock } from './archived-blocks';
export type { ArchivedSnapshot } from './archived-snapshot';
