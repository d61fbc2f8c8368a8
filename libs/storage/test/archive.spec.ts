import { makeBlock } from '@quorate/consensus';
import { encodeHeader, STATE_CHUNK_BYTES, type Certificate } from '@quorate/protocol';
import { nodeCryptography } from '@quorate/runtime-node';
import { Archive, ArchiveWriter, BUCKET_BLOCKS, SnapshotStore, Vault, writeSnapshot } from '../src';
import type { ArchivedBlock } from '../src';
import { drawFrom, type Draw } from './corruption';
import { MemoryDirectory } from './memory-directory';
import { MemoryObjectStore } from './memory-object-store';

/** A case opens everything, which takes twenty times as long as one of a journal. */
const CASES = Math.ceil(Number(process.env.QUORATE_CORRUPTIONS ?? 12_000) / 20);
const SEED = Number(process.env.QUORATE_SEED ?? 1);

const vaultOf = (byte: number): Vault =>
  new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(7),
    keys: [{ generation: 1, key: new Uint8Array(32).fill(byte) }],
  });
const vault = vaultOf(9);
const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

function certificateOf(blockId: Uint8Array): Certificate {
  const signatures = [new Uint8Array(64).fill(3)];
  return { kind: 'commit', epoch: 1, term: 1, slot: 1, blockId, signers: [0], signatures };
}

function blockAt(height: number, bodyBytes = 40): ArchivedBlock {
  const body = new Uint8Array(bodyBytes).fill(height);
  const header = {
    kind: 'data' as const,
    ledgerId: vault.ledgerId,
    epoch: 1,
    height,
    parentId: hash(1),
    timeNs: BigInt(height),
    bodyRoot: hash(2),
    bodyLength: body.length,
    operationCount: 1,
    configHash: hash(3),
    execHeight: height - 1,
    execRoot: hash(4),
    nextConfigHash: hash(0),
  };
  const block = makeBlock(encodeHeader(header), body);
  const certificate = height % 3 === 0 ? certificateOf(block.id) : null;
  return { block, certificate, outcome: height % 2 === 0 ? Uint8Array.of(height & 0xff) : null };
}

const range = (from: number, to: number): ArchivedBlock[] =>
  Array.from({ length: to - from + 1 }, (_, index) => blockAt(from + index));

function open(store: MemoryObjectStore, keys = vault): { archive: Archive; writer: ArchiveWriter } {
  const archive = new Archive({ store, vault: keys });
  return { archive, writer: new ArchiveWriter({ store, vault: keys }, archive) };
}

async function heightsOf(archive: Archive, from: number, to: number): Promise<number[]> {
  const heights: number[] = [];
  for await (const { block } of archive.blocks(from, to)) heights.push(block.header.height);
  return heights;
}

const section = (number: number, bytes: Uint8Array) => ({
  number,
  lengthBytes: bytes.length,
  appendOnly: false,
  prepare: () => true,
  read: (offset: number, into: Uint8Array) => into.set(bytes.subarray(offset, offset + into.length)),
});

/** A snapshot with two sections and one that is the replica's own. */
async function snapshotAt(snapshots: SnapshotStore, height: number, content: Uint8Array) {
  return writeSnapshot(snapshots, {
    state: { genesisId: hash(1), height, blockId: hash(2), execRoot: hash(3) },
    sections: [section(1, content), section(2, Uint8Array.of(height)), section(0x8000, new Uint8Array(9))],
    extra: () => new Uint8Array(0),
    pause: () => Promise.resolve(),
  });
}

async function contentOf(archive: Archive, height: number): Promise<Map<number, Uint8Array>> {
  const snapshot = await archive.snapshot(height);
  if (snapshot === null) throw new Error('no snapshot');
  const found = new Map(
    [...snapshot.tables.values()].map((table) => [table.number, new Uint8Array(table.lengthBytes)]),
  );
  await archive.loadSnapshot(snapshot, ({ number }, index, chunk) =>
    found.get(number)?.set(chunk, index * STATE_CHUNK_BYTES),
  );
  return found;
}

describe('blocks in an archive', () => {
  it('are given back with what goes with them', async () => {
    const store = new MemoryObjectStore(3);
    const { writer } = open(store);
    const blocks = range(1, 40);
    for (const [from, to] of [
      [0, 10],
      [10, 11],
      [11, 40],
    ])
      await expect(writer.putBlocks(blocks.slice(from, to))).resolves.toBe(true);
    const { archive } = open(store);
    await expect(archive.lastHeight()).resolves.toBe(40);
    for (const height of [40, 1, 10, 11, 12]) await expect(archive.block(height)).resolves.toEqual(blockAt(height));
    await expect(archive.block(41)).resolves.toBeNull();
    await expect(heightsOf(archive, 9, 50)).resolves.toEqual(Array.from({ length: 32 }, (_, index) => index + 9));
  });

  it('are found in whichever bucket they are, also behind a beginning that is not the first', async () => {
    const store = new MemoryObjectStore();
    const { archive, writer } = open(store);
    await expect(archive.lastHeight()).resolves.toBe(0);
    const begin = 5 * BUCKET_BLOCKS - 2;
    await writer.putBlocks(range(begin, begin + 2));
    for (const bucket of [5, 6, 7, 8, 9, 17]) {
      await writer.putBlocks(range(bucket * BUCKET_BLOCKS + 1, bucket * BUCKET_BLOCKS + 2));
      await expect(open(store).archive.lastHeight()).resolves.toBe(bucket * BUCKET_BLOCKS + 2);
    }
    await expect(heightsOf(archive, begin, begin + 20)).resolves.toEqual([0, 1, 2, 3, 4].map((each) => begin + each));
    await expect(archive.block(begin - 1)).resolves.toBeNull();
  });

  it('that another one put first stay, and are seen by who looked before', async () => {
    const store = new MemoryObjectStore();
    const [one, other] = [open(store), open(store)];
    await one.writer.putBlocks(range(1, 5));
    await expect(other.archive.block(3)).resolves.toEqual(blockAt(3));
    await expect(other.archive.block(6)).resolves.toBeNull();
    await one.writer.putBlocks(range(6, 7));
    await expect(other.writer.putBlocks(range(6, 9))).resolves.toBe(false);
    await expect(other.archive.block(7)).resolves.toEqual(blockAt(7));
    await expect(other.archive.lastHeight()).resolves.toBe(7);
  });

  it('do not open with another key, or as another ledger', async () => {
    const store = new MemoryObjectStore();
    await open(store).writer.putBlocks(range(1, 2));
    await expect(open(store, vaultOf(8)).archive.block(1)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
  });

  it('come with one genesis', async () => {
    const store = new MemoryObjectStore();
    const { archive, writer } = open(store);
    await expect(archive.genesis()).resolves.toBeNull();
    await writer.putGenesis(Uint8Array.of(1, 2));
    await writer.putGenesis(Uint8Array.of(1, 2));
    await expect(archive.genesis()).resolves.toEqual(Uint8Array.of(1, 2));
    await expect(writer.putGenesis(Uint8Array.of(1, 3))).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
  });
});

describe('snapshots in an archive', () => {
  it('share what they have in common', async () => {
    const store = new MemoryObjectStore();
    const { archive, writer } = open(store);
    const snapshots = await SnapshotStore.open({ directory: new MemoryDirectory(), vault: vaultOf(3) });
    const content = new Uint8Array(140 * STATE_CHUNK_BYTES).map((_, index) => index >> 16);
    await writer.putSnapshot(snapshots, await snapshotAt(snapshots, 10, content));
    const objects = store.objects.size;
    const later = content.slice();
    later[5 * STATE_CHUNK_BYTES] = 255;
    await writer.putSnapshot(snapshots, await snapshotAt(snapshots, 20, later));
    // One object of chunks with the one that differs, and the manifest.
    expect(store.objects.size).toBe(objects + 2);
    await expect(archive.snapshotHeights()).resolves.toEqual([10, 20]);
    await expect(archive.snapshotHeights(19)).resolves.toEqual([10]);
    const found = await contentOf(archive, 20);
    expect([...found.keys()]).toEqual([1, 2]);
    expect(Buffer.compare(found.get(1) ?? later.subarray(1), later)).toBe(0);
    await expect(archive.snapshot(15)).resolves.toBeNull();
  });

  it('go on after every object at which putting one stopped', async () => {
    const snapshots = await SnapshotStore.open({ directory: new MemoryDirectory(), vault: vaultOf(3) });
    const content = new Uint8Array(150 * STATE_CHUNK_BYTES).map((_, index) => index >> 16);
    const snapshot = await snapshotAt(snapshots, 10, content);
    for (let stopAt = 0; stopAt < 3; stopAt += 1) {
      const store = new MemoryObjectStore();
      let puts = 0;
      store.beforePut = () => {
        if (puts === stopAt) throw new Error('the process ended');
        puts += 1;
      };
      await expect(open(store).writer.putSnapshot(snapshots, snapshot)).rejects.toThrow('the process ended');
      await expect(open(store).archive.snapshotHeights()).resolves.toEqual([]);
      store.beforePut = () => undefined;
      await open(store).writer.putSnapshot(snapshots, snapshot);
      const found = await contentOf(open(store).archive, 10);
      expect(Buffer.compare(found.get(1) ?? content.subarray(1), content)).toBe(0);
    }
  });
});

/** Harms one object: a bit, a zeroed page, a page of its own or of another object, its end; or puts another object in its place. */
function harm(store: MemoryObjectStore, draw: Draw): string {
  const names = [...store.objects.keys()].filter((name) => (store.objects.get(name)?.length ?? 0) > 0);
  const name = names[draw(names.length)];
  const bytes = store.objects.get(name) as Uint8Array;
  const at = draw(bytes.length);
  const page = (from: Uint8Array): Uint8Array => from.subarray(draw(from.length)).subarray(0, 1 + draw(4_096));
  const other = store.objects.get(names[draw(names.length)]) as Uint8Array;
  switch (draw(6)) {
    case 0:
      bytes[at] ^= 1 << draw(8);
      break;
    case 1:
      bytes.fill(0, at, at + 1 + draw(4_096));
      break;
    case 2:
      bytes.set(page(bytes.slice()).subarray(0, bytes.length - at), at);
      break;
    case 3:
      bytes.set(page(other.slice()).subarray(0, bytes.length - at), at);
      break;
    case 4:
      store.objects.set(name, bytes.slice(0, at));
      break;
    default:
      store.objects.set(name, other.slice());
  }
  return name;
}

describe('an archive on a store that lies', () => {
  it(`gives back what was put, or names the object, in ${CASES} cases`, async () => {
    const original = new MemoryObjectStore();
    const { writer } = open(original);
    const genesis = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
    await writer.putGenesis(genesis);
    await writer.putBlocks(range(1, 30));
    await writer.putBlocks(range(31, 33));
    const snapshots = await SnapshotStore.open({ directory: new MemoryDirectory(), vault: vaultOf(3) });
    const content = new Uint8Array(STATE_CHUNK_BYTES + 700).map((_, index) => index % 253);
    await writer.putSnapshot(snapshots, await snapshotAt(snapshots, 20, content));
    let refused = 0;
    for (let index = 0; index < CASES; index += 1) {
      const store = new MemoryObjectStore();
      for (const [name, bytes] of original.objects) store.objects.set(name, bytes.slice());
      const name = harm(store, drawFrom(SEED + index));
      const { archive } = open(store);
      const reading: [string, () => Promise<void>][] = [
        ['/genesis', async () => expect(await archive.genesis()).toEqual(genesis)],
        ['/blocks/', async () => expect(await heightsOf(archive, 1, 33)).toHaveLength(33)],
        ['/blocks/', async () => expect((await archive.block(32))?.block.key).toBe(blockAt(32).block.key)],
        [
          '',
          async () => {
            const found = (await contentOf(archive, 20)).get(1) as Uint8Array;
            expect(Buffer.compare(found, content)).toBe(0);
          },
        ],
      ];
      for (const [part, read] of reading) {
        try {
          await read();
        } catch (error) {
          expect(error).toMatchObject({ code: 'STORAGE_CORRUPT', facts: { file: name } });
          expect(name).toContain(part);
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(CASES / 2);
  });
});
