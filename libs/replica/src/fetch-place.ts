import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Directory } from '@quorate/runtime';
import { openNodeDirectory } from '@quorate/runtime-node';

const FETCHED = 'fetched';

/** Where a state is fetched to, beside what the replica has. */
export interface FetchPlace {
  /** An empty directory; what was fetched before is gone. */
  empty(): Promise<Directory>;
  /** Nothing is to be left. */
  discard(): Promise<void>;
  /** What was fetched takes the place of the replica's own state, which has promised nothing yet. A crash in between leaves an empty replica. */
  take(): Promise<void>;
}

/** The place in a replica's directory. */
export class FolderFetchPlace implements FetchPlace {
  private readonly path: string;

  constructor(private readonly directory: string) {
    this.path = join(directory, FETCHED);
  }

  async empty(): Promise<Directory> {
    await this.discard();
    return openNodeDirectory(this.path);
  }

  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  async take(): Promise<void> {
    await rm(join(this.directory, 'journal'), { recursive: true, force: true });
    await rm(join(this.directory, 'snapshots'), { recursive: true, force: true });
    await rename(this.path, join(this.directory, 'snapshots'));
  }
}
