import type { ObjectStore } from '@quorate/runtime';
import { DirectoryObjectStore, S3ObjectStore } from '@quorate/runtime-node';
import type { ArchiveStoreSettings } from './process-messages';

/** Opens the store that settings name. */
export function openObjectStore(settings: ArchiveStoreSettings): ObjectStore {
  return settings.kind === 'directory' ? new DirectoryObjectStore(settings.path) : new S3ObjectStore(settings);
}
