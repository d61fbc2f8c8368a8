import type { Directory, GrowingFile } from '@quorate/runtime';
import { nodeCryptography } from '@quorate/runtime-node';
import {
  Archive,
  ArchiveWriter,
  FILE_KIND,
  SealedFile,
  SnapshotStore,
  Vault,
  writeSnapshot,
  type StoredSnapshot,
} from '../src';
import { MemoryDirectory } from './memory-directory';
import { MemoryObjectStore } from './memory-object-store';

const vault = new Vault({
  cryptography: nodeCryptography,
  ledgerId: new Uint8Array(16).fill(7),
  keys: [{ generation: 1, key: new Uint8Array(32).fill(7) }],
});
const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** A directory that remembers each change; a crash may come after any of them, and after any byte of a write. */
class RecordedDirectory extends MemoryDirectory {
  readonly changes: { readonly bytes: number; readonly apply: (disk: MemoryDirectory, bytes: number) => void }[] = [];

  override async openGrowing(name: string): Promise<GrowingFile> {
    if (!this.files.has(name)) this.note(0, (disk) => void disk.files.set(name, new Uint8Array(0)));
    const file = await super.openGrowing(name);
    const write: GrowingFile['write'] = async (offset, chunks) => {
      const added = new Uint8Array(Buffer.concat(chunks));
      this.note(added.length, (disk, bytes) => {
        const before = disk.files.get(name) ?? new Uint8Array(0);
        const after = new Uint8Array(Math.max(before.length, offset + bytes));
        after.set(before);
        after.set(added.subarray(0, bytes), offset);
        disk.files.set(name, after);
      });
      await file.write(offset, chunks);
    };
    return new Proxy(file, { get: (target, key) => (key === 'write' ? write : Reflect.get(target, key)) });
  }

  override async rename(from: string, to: string): Promise<void> {
    this.note(0, (disk) => {
      disk.files.set(to, disk.files.get(from) ?? new Uint8Array(0));
      disk.files.delete(from);
    });
    await super.rename(from, to);
  }

  override async remove(name: string): Promise<void> {
    this.note(0, (disk) => void disk.files.delete(name));
    await super.remove(name);
  }

  /** The disk after each change, and after each byte of it. */
  *crashes(from: MemoryDirectory): Generator<{ readonly disk: MemoryDirectory; readonly isLast: boolean }> {
    const disk = from.copy();
    for (const [index, { bytes, apply }] of this.changes.entries()) {
      for (let reached = 0; reached < bytes; reached += 1) {
        const torn = disk.copy();
        apply(torn, reached);
        yield { disk: torn, isLast: false };
      }
      apply(disk, bytes);
      yield { disk: disk.copy(), isLast: index === this.changes.length - 1 };
    }
  }

  private note(bytes: number, apply: (disk: MemoryDirectory, bytes: number) => void): void {
    this.changes.push({ bytes, apply });
  }
}

const openStore = (directory: Directory) => SnapshotStore.open({ directory, vault });

const section = (number: number, bytes: Uint8Array) => ({
  number,
  lengthBytes: bytes.length,
  appendOnly: false,
  prepare: () => true,
  read: (offset: number, into: Uint8Array) => into.set(bytes.subarray(offset, offset + into.length)),
});

/** Small, so that every byte of it can be tried. */
async function certified(store: SnapshotStore, height: number): Promise<StoredSnapshot> {
  const snapshot = await writeSnapshot(store, {
    state: { genesisId: hash(1), height, blockId: hash(2), execRoot: hash(3) },
    sections: [section(1, new Uint8Array(60).fill(9)), section(2, new Uint8Array(40).fill(height))],
    extra: () => Uint8Array.of(height),
    pause: () => Promise.resolve(),
  });
  const { stateRoot } = snapshot;
  await store.certify(snapshot, { epoch: 1, height, stateRoot, signers: [0], signatures: [new Uint8Array(64)] });
  return snapshot;
}

/** Heights of the snapshots that a replica could begin with, newest first; each of them is whole. */
async function usable(store: SnapshotStore): Promise<number[]> {
  const heights: number[] = [];
  for (const snapshot of store.newestFirst.filter(({ certificate }) => certificate !== null)) {
    await store.load(snapshot, ({ number }, _index, chunk) =>
      expect(chunk[0]).toBe(number === 1 ? 9 : snapshot.state.height),
    );
    heights.push(snapshot.state.height);
  }
  return heights;
}

async function outcomesIn(directory: Directory): Promise<{ file: SealedFile; frames: number[] }> {
  const frames: number[] = [];
  const { file } = await SealedFile.open({
    directory,
    vault,
    label: { kind: FILE_KIND.outcomes, number: 1 },
    name: 'outcomes',
    onFrame: (_kind, payload) => void frames.push(payload[0]),
  });
  return { file, frames };
}

/** What is tried for each kind of file; a new kind fails until it is here. The journal has its own specs, for every kind of record. */
const tried: Record<keyof typeof FILE_KIND, 'journal' | 'outcomes' | 'snapshots' | 'objects'> = {
  journal: 'journal',
  outcomes: 'outcomes',
  snapshot: 'snapshots',
  pack: 'snapshots',
  checkpoint: 'snapshots',
  archive: 'objects',
  archivedSnapshot: 'objects',
  archivedChunks: 'objects',
};

describe('a crash at every byte of every write', () => {
  it('is tried for every kind of file', () => {
    expect(Object.keys(tried).sort()).toEqual(Object.keys(FILE_KIND).sort());
  });

  it('leaves the snapshots that there were, and of the new one all or nothing', async () => {
    const before = new MemoryDirectory();
    await certified(await openStore(before), 1);
    const recorded = new RecordedDirectory();
    for (const [name, bytes] of before.files) recorded.files.set(name, bytes.slice());
    await certified(await openStore(recorded), 2);
    let count = 0;
    for (const { disk, isLast } of recorded.crashes(before)) {
      const store = await openStore(disk);
      const heights = await usable(store);
      expect(heights.at(-1)).toBe(1);
      if (isLast) expect(heights).toEqual([2, 1]);
      await store.close();
      // The next one is written over whatever was left behind.
      if (count % 16 === 0 || isLast) {
        const again = await openStore(disk);
        await certified(again, 3);
        expect((await usable(await openStore(disk)))[0]).toBe(3);
        await again.close();
      }
      count += 1;
    }
    expect(count).toBeGreaterThan(600);
  });

  it('leaves a beginning of a file of outcomes, which grows on', async () => {
    const before = new MemoryDirectory();
    const recorded = new RecordedDirectory();
    const { file } = await outcomesIn(recorded);
    for (const byte of [1, 2, 3]) {
      file.append(1, new Uint8Array(30).fill(byte));
      await file.sync();
    }
    for (const { disk } of recorded.crashes(before)) {
      const { file: reopened, frames } = await outcomesIn(disk);
      expect(frames).toEqual([1, 2, 3].slice(0, frames.length));
      reopened.append(1, Uint8Array.of(9));
      await reopened.close();
      expect((await outcomesIn(disk)).frames).toEqual([...frames, 9]);
    }
  });

  it('of an object of an archive, by a store that does not put whole ones, is noticed', async () => {
    const store = new MemoryObjectStore();
    const writer = new ArchiveWriter({ store, vault }, new Archive({ store, vault }));
    await writer.putGenesis(new Uint8Array(20));
    const snapshots = await openStore(new MemoryDirectory());
    await writer.putSnapshot(snapshots, await certified(snapshots, 1));
    for (const [name, bytes] of store.objects)
      for (let reached = 0; reached < bytes.length; reached += 1) {
        const torn = new MemoryObjectStore();
        for (const [other, content] of store.objects) torn.objects.set(other, content);
        torn.objects.set(name, bytes.subarray(0, reached));
        const archive = new Archive({ store: torn, vault });
        const reading = async (): Promise<void> => {
          await archive.genesis();
          const snapshot = await archive.snapshot(1);
          if (snapshot !== null) await archive.loadSnapshot(snapshot, () => undefined);
        };
        await expect(reading()).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
      }
  });
});
