export { nodeClock } from './node-clock';
export { nodeCryptography } from './node-cryptography';
export { nodeTimers } from './node-timers';
export { openNodeDirectory } from './node-directory';
export { DirectoryObjectStore } from './directory-object-store';
export { ObjectStoreError, type ObjectStoreErrorCode } from './object-store-error';
export { S3ObjectStore, type S3ObjectStoreOptions } from './s3-object-store';
