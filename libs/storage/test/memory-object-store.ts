import { OBJECT_NAMES_MAX, type ObjectRange, type ObjectStore } from '@quorate/runtime';

/** Objects in memory; `failure` is thrown by every call while it is set. */
export class MemoryObjectStore implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>();
  failure: Error | null = null;
  /** Called before an object is put; may put another one, or fail. */
  beforePut: (name: string) => void = () => undefined;

  constructor(private readonly namesMax = OBJECT_NAMES_MAX) {}

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    this.check();
    this.beforePut(name);
    if (this.objects.has(name)) return false;
    this.objects.set(name, bytes.slice());
    return true;
  }

  async get(name: string, range?: ObjectRange): Promise<Uint8Array | null> {
    this.check();
    const bytes = this.objects.get(name);
    if (bytes === undefined) return null;
    return range === undefined ? bytes.slice() : bytes.slice(range.offsetBytes, range.offsetBytes + range.lengthBytes);
  }

  async list(prefix: string, after = ''): Promise<readonly string[]> {
    this.check();
    const names = [...this.objects.keys()].filter((name) => name.startsWith(prefix) && name > after);
    return names.sort((left, right) => (left < right ? -1 : 1)).slice(0, this.namesMax);
  }

  async delete(name: string): Promise<void> {
    this.check();
    this.objects.delete(name);
  }

  private check(): void {
    if (this.failure !== null) throw this.failure;
  }
}
