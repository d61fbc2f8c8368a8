import { Platform1764000000001 } from './0001-platform';
import { Keys1764000000002 } from './0002-keys';

/** Every migration in order. A released one is never edited: a change is a new class at the end. */
export const migrations = [Platform1764000000001, Keys1764000000002];
