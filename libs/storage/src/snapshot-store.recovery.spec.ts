import { createHash } from 'node:crypto';
import { nodeCryptography } from '@quorate/runtime-node';
import { STATE_CHUNK_BYTES, type CheckpointCertificate } from '@quorate/protocol';
import { MemoryDirectory } from '../test/memory-directory';
import { SnapshotImport } from './snapshot-import';
import { SnapshotStore, type StoredSnapshot } from './snapshot-store';
import { writeSnapshot, type SectionSource } from './snapshot-writer';
import { Vault } from './vault';

const vault = new Vault({
  cryptography: nodeCryptography,
  ledgerId: new Uint8Array(16).fill(7),
  keys: [{ generation: 1, key: new Uint8Array(32).fill(9) }],
});
const hash = (byte: number) => new Uint8Array(32).fill(byte);
const openStore = (directory: MemoryDirectory) => SnapshotStore.open({ directory, vault });

/** Content that differs from chunk to chunk. */
function content(lengthBytes: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(lengthBytes / 4));
  for (let index = 0; index < words.length; index += 1) words[index] = Math.imul(index ^ seed, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, lengthBytes);
}

function section(number: number, bytes: Uint8Array, appendOnly = false): SectionSource & { reads: number } {
  const source = {
    number,
    lengthBytes: bytes.length,
    appendOnly,
    reads: 0,
    prepare: () => true,
    read: (offset: number, into: Uint8Array) => {
      source.reads += 1;
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
  return source;
}

function write(store: SnapshotStore, height: number, sections: SectionSource[]): Promise<StoredSnapshot> {
  return writeSnapshot(store, {
    state: { genesisId: hash(1), height, blockId: hash(2), execRoot: hash(3) },
    sections,
    extra: () => Uint8Array.of(height),
    pause: () => Promise.resolve(),
  });
}

const certificateOf = ({ state, stateRoot }: StoredSnapshot): CheckpointCertificate => ({
  epoch: 1,
  height: state.height,
  stateRoot,
  signers: [0],
  signatures: [new Uint8Array(64)],
});

/** Large contents are compared by hash: comparing them element by element takes seconds. */
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function contentOf(store: SnapshotStore, snapshot: StoredSnapshot): Promise<Map<number, string>> {
  const found = new Map(
    [...snapshot.tables.values()].map(({ number, lengthBytes }) => [number, new Uint8Array(lengthBytes)]),
  );
  await store.load(snapshot, ({ number }, index, chunk) => found.get(number)?.set(chunk, index * STATE_CHUNK_BYTES));
  return digests([...found]);
}

function digests(entries: readonly (readonly [number, Uint8Array])[]): Map<number, string> {
  return new Map(entries.map(([number, bytes]) => [number, digest(bytes)]));
}

const bytesIn = (directory: MemoryDirectory) =>
  [...directory.files.values()].reduce((sum, bytes) => sum + bytes.length, 0);

const LONG = 20 * STATE_CHUNK_BYTES + 17;

describe('snapshots on disk', () => {
  it('are given back after reopening, with their certificate', async () => {
    const directory = new MemoryDirectory();
    const store = await openStore(directory);
    const sections = [
      [1, content(LONG, 1)],
      [2, content(0, 2)],
      [0x8000, content(5, 3)],
    ] as const;
    const written = await write(
      store,
      9,
      sections.map(([number, bytes]) => section(number, bytes)),
    );
    await store.certify(written, certificateOf(written));
    const again = await openStore(directory.copy());
    const [snapshot] = again.newestFirst;
    expect(snapshot.stateRoot).toEqual(written.stateRoot);
    expect(snapshot.certificate).toEqual(certificateOf(written));
    expect(snapshot.state.sections.map(({ number }) => number)).toEqual([1, 2]);
    expect(snapshot.extra).toEqual(Uint8Array.of(9));
    expect(await contentOf(again, snapshot)).toEqual(digests(sections));
    expect(digest(await again.chunk(snapshot, 1, 20))).toBe(digest(content(LONG, 1).subarray(20 * STATE_CHUNK_BYTES)));
  });

  it('hold only what changed since the one before, and read nothing of what cannot change', async () => {
    const directory = new MemoryDirectory();
    const store = await openStore(directory);
    const rows = content(LONG, 1);
    await write(store, 1, [section(1, rows, true), section(2, rows)]);
    const before = bytesIn(directory);
    const grown = new Uint8Array(LONG + STATE_CHUNK_BYTES);
    grown.set(rows);
    const changed = rows.slice();
    changed[STATE_CHUNK_BYTES * 3] ^= 1;
    const settled = section(1, grown, true);
    const second = await write(store, 2, [settled, section(2, changed)]);
    expect(settled.reads).toBe(2);
    // Two chunks of the first section, one of the second, and a manifest.
    expect(bytesIn(directory) - before).toBeLessThan(4 * STATE_CHUNK_BYTES);
    expect(await contentOf(store, second)).toEqual(
      digests([
        [1, grown],
        [2, changed],
      ]),
    );
    const fresh = await write(await openStore(new MemoryDirectory()), 2, [
      section(1, grown, true),
      section(2, changed),
    ]);
    expect(second.stateRoot).toEqual(fresh.stateRoot);
  });

  it('are written whole when the one before turns out damaged, and leave nothing behind when they cannot be', async () => {
    const directory = new MemoryDirectory();
    const first = await openStore(directory);
    const rows = content(LONG, 1);
    await write(first, 1, [section(1, rows), section(2, content(LONG, 2))]);
    const damaged = [...directory.files].find(([name]) => name.startsWith('pack-'))?.[1];
    if (damaged === undefined) throw new Error('a pack was expected');
    damaged[1_000] ^= 1;
    // Little of the old pack is needed, so its live chunks would be copied, and the damage is met.
    const store = await openStore(directory.copy());
    const changed = content(LONG, 3);
    changed.set(rows.subarray(0, STATE_CHUNK_BYTES));
    const second = await write(store, 2, [section(1, changed)]);
    expect(await contentOf(store, second)).toEqual(digests([[1, changed]]));
    const fresh = await write(await openStore(new MemoryDirectory()), 2, [section(1, changed)]);
    expect(second.stateRoot).toEqual(fresh.stateRoot);

    const full = new MemoryDirectory();
    const waiting = await openStore(full);
    full.failWrites = Object.assign(new Error('no room'), { code: 'ENOSPC' });
    await expect(write(waiting, 1, [section(1, rows)])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect([...full.files.keys()]).toEqual([]);
    full.failWrites = null;
    expect((await write(waiting, 1, [section(1, rows)])).state.height).toBe(1);
  });

  it('are removed when newer ones are certified, and so are packs that hold little of use', async () => {
    const directory = new MemoryDirectory();
    const store = await openStore(directory);
    const kept = content(LONG, 99);
    for (let height = 1; height <= 10; height += 1) {
      const snapshot = await write(store, height, [section(1, kept), section(2, content(LONG, height))]);
      await store.certify(snapshot, certificateOf(snapshot));
    }
    expect(store.newestFirst.map(({ state }) => state.height)).toEqual([10, 9]);
    expect(bytesIn(directory)).toBeLessThan(8 * LONG);
    const again = await openStore(directory.copy());
    expect(await contentOf(again, again.newestFirst[0])).toEqual(
      digests([
        [1, kept],
        [2, content(LONG, 10)],
      ]),
    );
  });

  it('leave nothing behind when they were interrupted', async () => {
    const directory = new MemoryDirectory();
    const store = await openStore(directory);
    const whole = await write(store, 1, [section(1, content(LONG, 1))]);
    await store.certify(whole, certificateOf(whole));
    await store.begin().then((pack) => pack.append(content(100, 1)));
    const again = await openStore(directory.copy());
    expect(again.newestFirst.map(({ state }) => state.height)).toEqual([1]);
    const next = await write(again, 2, [section(1, content(LONG, 2))]);
    await again.certify(next, certificateOf(next));
    expect(await contentOf(again, next)).toEqual(digests([[1, content(LONG, 2)]]));
  });

  it('leave nothing behind when the medium refuses what follows the name', async () => {
    const directory = new MemoryDirectory();
    const store = await openStore(directory);
    const rename = directory.rename.bind(directory);
    directory.rename = async (from, to) => {
      await rename(from, to);
      throw new Error('EIO');
    };
    await expect(write(store, 1, [section(1, content(100, 1))])).rejects.toMatchObject({
      code: 'STORAGE_WRITE_FAILED',
    });
    expect([...directory.files.keys()]).toEqual([]);
  });

  it('are refused or read right, whichever bit of whichever file is damaged', async () => {
    const directory = new MemoryDirectory();
    const store = await openStore(directory);
    const bytes = content(3 * STATE_CHUNK_BYTES, 5);
    const snapshot = await write(store, 4, [section(1, bytes), section(2, content(100, 6))]);
    await store.certify(snapshot, certificateOf(snapshot));
    let refused = 0;
    for (const [name, file] of directory.files) {
      for (let at = 0; at < file.length; at += Math.max(1, Math.floor(file.length / 97))) {
        const damaged = directory.copy();
        const copy = damaged.files.get(name) ?? new Uint8Array(0);
        copy[at] ^= 1 << (at % 8);
        const again = await openStore(damaged);
        const found = again.newestFirst.at(0);
        const intact =
          found !== undefined &&
          (await contentOf(again, found).then(
            (read) => read.get(1) === digest(bytes) && found.certificate !== null,
            () => false,
          ));
        // Every byte is under a checksum: damage is never read as something else.
        expect(intact).toBe(false);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(250);
  });

  it('come in chunk by chunk from elsewhere, and only as they were', async () => {
    const source = await openStore(new MemoryDirectory());
    const original = await write(source, 4, [section(1, content(LONG, 5)), section(2, content(100, 6))]);
    const target = await openStore(new MemoryDirectory());
    const incoming = await SnapshotImport.begin(target, original.state);
    expect(incoming.hashes(3, new Uint8Array(0))).toBe(false);
    expect(incoming.hashes(1, new Uint8Array(21 * 32))).toBe(false);
    for (const { number, hashes } of original.tables.values()) expect(incoming.hashes(number, hashes)).toBe(true);
    expect(await incoming.finish(new Uint8Array(0), certificateOf(original))).toBeNull();
    expect(await incoming.chunk(1, 0, content(STATE_CHUNK_BYTES, 7))).toBe(false);
    expect(await incoming.chunk(1, 21, new Uint8Array(0))).toBe(false);
    for (const { number, places } of original.tables.values())
      for (let index = 0; index < places.length; index += 1)
        expect(await incoming.chunk(number, index, await source.chunk(original, number, index))).toBe(true);
    const taken = await incoming.finish(new Uint8Array(0), certificateOf(original));
    expect(taken?.stateRoot).toEqual(original.stateRoot);
    expect(taken === null ? null : await contentOf(target, taken)).toEqual(await contentOf(source, original));
  });
});
