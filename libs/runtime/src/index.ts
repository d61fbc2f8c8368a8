export type { Clock } from './clock';
export type { Timer, Timers } from './timers';
export type { Directory, StoredFile } from './disk';
export type { Link, LinkEvents, LinkParty, Links } from './links';
