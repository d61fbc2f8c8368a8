import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OBJECT_NAMES_MAX, type ObjectRange, type ObjectStore } from '@quorate/runtime';
import { ObjectStoreError, assertObjectName, assertObjectSize } from './object-store-error';

const FULL_CODES = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const REFUSED_CODES = ['EACCES', 'EPERM', 'EROFS'];

/** Drafts begin with a dot, so that they are no objects. */
const DRAFT_PREFIX = '.draft-';

/** Objects in the files of a directory, readable by their owner only. Several processes may use it at once. */
export class DirectoryObjectStore implements ObjectStore {
  constructor(private readonly path: string) {}

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    assertObjectName(name);
    assertObjectSize(bytes);
    const path = join(this.path, name);
    const folder = dirname(path);
    const draft = join(folder, `${DRAFT_PREFIX}${randomBytes(8).toString('hex')}`);
    return attempt(async () => {
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      try {
        await writeDurably(draft, bytes);
        // A link fails where a rename would replace.
        await link(draft, path);
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(draft, { force: true });
      }
      await syncFolders(folder, made === undefined ? folder : dirname(made));
      return true;
    });
  }

  async get(name: string, range?: ObjectRange): Promise<Uint8Array | null> {
    assertObjectName(name);
    return attempt(async () => {
      const handle = await open(join(this.path, name), 'r').catch((error: unknown) => {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null;
        throw error;
      });
      if (handle === null) return null;
      try {
        const { size } = await handle.stat();
        const from = Math.min(range?.offsetBytes ?? 0, size);
        const bytes = new Uint8Array(Math.min(range?.lengthBytes ?? size, size - from));
        let done = 0;
        while (done < bytes.length) {
          const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
          if (bytesRead === 0) throw new Error('the file ends early');
          done += bytesRead;
        }
        return bytes;
      } finally {
        await handle.close();
      }
    });
  }

  async list(prefix: string, after = ''): Promise<readonly string[]> {
    return attempt(async () => {
      const names: string[] = [];
      await this.collect('', prefix, after, names);
      return names;
    });
  }

  async delete(name: string): Promise<void> {
    assertObjectName(name);
    await attempt(async () => {
      await rm(join(this.path, name), { force: true });
    });
  }

  /** Walks the tree in the order of whole names, past folders that cannot hold any. */
  private async collect(folder: string, prefix: string, after: string, names: string[]): Promise<void> {
    const entries = await readdir(join(this.path, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    const listed = entries
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort((left, right) => (left < right ? -1 : 1));
    for (const name of listed) {
      if (names.length >= OBJECT_NAMES_MAX) return;
      if (name.endsWith('/')) {
        const mayHold = name.startsWith(prefix) || prefix.startsWith(name);
        const mayFollow = name > after || after.startsWith(name);
        if (mayHold && mayFollow) await this.collect(name, prefix, after, names);
      } else if (name.startsWith(prefix) && name > after) names.push(name);
    }
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the entries of an object and of folders that were made for it durable, up to the folder that was there before. */
async function syncFolders(folder: string, last: string): Promise<void> {
  for (let path = folder; ; path = dirname(path)) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (path === last || path === dirname(path)) return;
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}

async function attempt<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ObjectStoreError) throw error;
    const reason = codeOf(error);
    if (FULL_CODES.includes(reason))
      throw new ObjectStoreError('OBJECT_STORE_FULL', 'the directory has no room', { reason });
    if (REFUSED_CODES.includes(reason))
      throw new ObjectStoreError('OBJECT_STORE_REFUSED', 'the directory may not be used', { reason });
    throw new ObjectStoreError('OBJECT_STORE_UNREACHABLE', 'the directory does not answer', { reason });
  }
}
