import { Platform1764000000001 } from './0001-platform';
import { Keys1764000000002 } from './0002-keys';
import { Epochs1764000000003 } from './0003-epochs';
import { Archive1764000000004 } from './0004-archive';
import { Forks1764000000005 } from './0005-forks';
import { BackupRuns1764000000006 } from './0006-backup-runs';
import { Operators1764000000007 } from './0007-operators';

/** Every migration in order. A released one is never edited: a change is a new class at the end. */
export const migrations = [
  Platform1764000000001,
  Keys1764000000002,
  Epochs1764000000003,
  Archive1764000000004,
  Forks1764000000005,
  BackupRuns1764000000006,
  Operators1764000000007,
];
