import type { Directory, GrowingFile, StoredFile } from '@quorate/runtime';

/** A directory in memory whose next write can be made to fail, as a medium without room or with a defect would. */
export class MemoryDirectory implements Directory {
  readonly files = new Map<string, Uint8Array>();
  failWrites: Error | null = null;
  failCreation: Error | null = null;
  writeCount = 0;
  /** Called when a write is durable, before whoever waits for it hears so. */
  afterWrite: () => void = () => undefined;

  /** `zeroedBytesMax`: files made zeroed are no larger, so that a journal has many segments and copies are cheap. */
  constructor(private readonly zeroedBytesMax = Infinity) {}

  async list(): Promise<string[]> {
    return [...this.files.keys()].sort((left, right) => (left < right ? -1 : 1));
  }

  async open(name: string): Promise<StoredFile> {
    const bytes = this.bytesOf(name);
    return {
      sizeBytes: bytes.length,
      write: async (offsetBytes, chunks) => {
        await this.beforeWrite();
        let offset = offsetBytes;
        for (const chunk of chunks) {
          bytes.set(chunk, offset);
          offset += chunk.length;
        }
        this.afterWrite();
      },
      read: async (offsetBytes, lengthBytes) => bytes.slice(offsetBytes, offsetBytes + lengthBytes),
      close: async () => undefined,
    };
  }

  async createZeroed(name: string, sizeBytes: number): Promise<StoredFile> {
    if (this.failCreation !== null) throw this.failCreation;
    this.files.set(name, new Uint8Array(Math.min(sizeBytes, this.zeroedBytesMax)));
    return this.open(name);
  }

  async openGrowing(name: string): Promise<GrowingFile> {
    if (!this.files.has(name)) this.files.set(name, new Uint8Array(0));
    const size = (): number => this.bytesOf(name).length;
    return {
      get sizeBytes() {
        return size();
      },
      write: async (offsetBytes, chunks) => {
        await this.beforeWrite();
        const added = Buffer.concat(chunks);
        const bytes = new Uint8Array(Math.max(size(), offsetBytes + added.length));
        bytes.set(this.bytesOf(name));
        bytes.set(added, offsetBytes);
        this.files.set(name, bytes);
        this.afterWrite();
      },
      sync: async () => undefined,
      truncate: async (sizeBytes) => void this.files.set(name, this.bytesOf(name).slice(0, sizeBytes)),
      read: async (offsetBytes, lengthBytes) => this.bytesOf(name).slice(offsetBytes, offsetBytes + lengthBytes),
      close: async () => undefined,
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.bytesOf(from));
    this.files.delete(from);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  /** What another boot of the same machine would find. */
  copy(): MemoryDirectory {
    const twin = new MemoryDirectory(this.zeroedBytesMax);
    for (const [name, bytes] of this.files) twin.files.set(name, bytes.slice());
    return twin;
  }

  private bytesOf(name: string): Uint8Array {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new RangeError(`no file ${name}`);
    return bytes;
  }

  private async beforeWrite(): Promise<void> {
    await Promise.resolve();
    if (this.failWrites !== null) throw this.failWrites;
    this.writeCount += 1;
  }
}
