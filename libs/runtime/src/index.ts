export type { Clock } from './clock';
export type { Cryptography, FrameCipher } from './cryptography';
export type { Timer, Timers } from './timers';
export type { Directory, GrowingFile, StoredFile } from './disk';
export type { Link, LinkEvents, LinkParty, Links } from './links';
export {
  OBJECT_BYTES_MAX,
  OBJECT_NAMES_MAX,
  OBJECT_NAME_CHARACTERS_MAX,
  type ObjectRange,
  type ObjectStore,
} from './object-store';
