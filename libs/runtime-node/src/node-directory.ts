import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Directory, GrowingFile, StoredFile } from '@quorate/runtime';

/** Bytes of zeros written at a time while a file is made: large enough to stream, small enough to let other work in between. */
const ZERO_CHUNK_BYTES = 1_048_576;

/** Chunks handed to one `writev`; the system's limit is 1024. */
const CHUNKS_PER_WRITE_MAX = 512;

/** Data is on the medium when a write returns: one system call per batch where write and fdatasync would be two. */
const OPEN_DURABLE = constants.O_RDWR | constants.O_DSYNC;

/** Opens (and makes, for its owner only) a directory of the file system. */
export async function openNodeDirectory(path: string): Promise<Directory> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return new NodeDirectory(path);
}

class NodeDirectory implements Directory {
  constructor(private readonly path: string) {}

  async list(): Promise<string[]> {
    const names = await readdir(this.path);
    return names.sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  }

  async open(name: string): Promise<StoredFile> {
    const handle = await open(join(this.path, name), OPEN_DURABLE);
    const { size } = await handle.stat();
    return new NodeFile(handle, size);
  }

  async createZeroed(name: string, sizeBytes: number): Promise<StoredFile> {
    const partial = join(this.path, `${name}.partial`);
    await rm(partial, { force: true });
    try {
      await writeZeros(partial, sizeBytes);
      await rename(partial, join(this.path, name));
    } catch (error) {
      // On a medium that is full, what was written of it would take the last room.
      await rm(partial, { force: true });
      throw error;
    }
    await this.syncEntries();
    return this.open(name);
  }

  async openGrowing(name: string): Promise<GrowingFile> {
    const handle = await open(join(this.path, name), constants.O_RDWR | constants.O_CREAT, 0o600);
    const { size } = await handle.stat();
    if (size === 0) await this.syncEntries();
    return new NodeGrowingFile(handle, size);
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(join(this.path, from), join(this.path, to));
    await this.syncEntries();
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
    await this.syncEntries();
  }

  /** Makes a rename durable: the entry lives in the directory, not in the file. */
  private async syncEntries(): Promise<void> {
    const handle = await open(this.path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function writeZeros(path: string, sizeBytes: number): Promise<void> {
  const handle = await open(path, 'wx+', 0o600);
  try {
    const zeros = new Uint8Array(Math.min(ZERO_CHUNK_BYTES, sizeBytes));
    for (let offset = 0; offset < sizeBytes; offset += zeros.length)
      await writeFully(handle, [zeros.subarray(0, Math.min(zeros.length, sizeBytes - offset))], offset);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

class NodeFile implements StoredFile {
  constructor(
    private readonly handle: FileHandle,
    readonly sizeBytes: number,
  ) {}

  write(offsetBytes: number, chunks: readonly Uint8Array[]): Promise<void> {
    return writeAll(this.handle, offsetBytes, chunks);
  }

  read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    return readFully(this.handle, offsetBytes, lengthBytes);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

class NodeGrowingFile implements GrowingFile {
  constructor(
    private readonly handle: FileHandle,
    private size: number,
  ) {}

  get sizeBytes(): number {
    return this.size;
  }

  async write(offsetBytes: number, chunks: readonly Uint8Array[]): Promise<void> {
    if (offsetBytes > this.size) throw new RangeError(`a write at ${offsetBytes}, behind the end at ${this.size}`);
    await writeAll(this.handle, offsetBytes, chunks);
    this.size = Math.max(this.size, offsetBytes + byteCount(chunks));
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.handle.truncate(sizeBytes);
    this.size = sizeBytes;
  }

  read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    return readFully(this.handle, offsetBytes, lengthBytes);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function writeAll(handle: FileHandle, offsetBytes: number, chunks: readonly Uint8Array[]): Promise<void> {
  let offset = offsetBytes;
  for (let first = 0; first < chunks.length; first += CHUNKS_PER_WRITE_MAX) {
    const part = chunks.slice(first, first + CHUNKS_PER_WRITE_MAX);
    await writeFully(handle, part, offset);
    offset += byteCount(part);
  }
}

async function readFully(handle: FileHandle, offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
  // Not filled with zeros first: every byte is read, or nothing is given.
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(lengthBytes);
  const bytes = new Uint8Array(buffer, byteOffset, lengthBytes);
  let done = 0;
  while (done < lengthBytes) {
    const { bytesRead } = await handle.read(bytes, done, lengthBytes - done, offsetBytes + done);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${offsetBytes + done}`);
    done += bytesRead;
  }
  return bytes;
}

async function writeFully(handle: FileHandle, chunks: readonly Uint8Array[], offsetBytes: number): Promise<void> {
  let rest = chunks;
  let offset = offsetBytes;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, offset);
    if (bytesWritten === byteCount(rest)) return;
    offset += bytesWritten;
    rest = dropBytes(rest, bytesWritten);
  }
}

function byteCount(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function dropBytes(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let left = count;
  for (const chunk of chunks) {
    if (left < chunk.length) rest.push(chunk.subarray(left));
    left = Math.max(0, left - chunk.length);
  }
  return rest;
}
