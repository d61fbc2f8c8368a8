import { createHash } from 'node:crypto';
import { STATE_CHUNK_BYTES, type CheckpointCertificate } from '@quorate/protocol';
import { nodeCryptography } from '@quorate/runtime-node';
import { FILE_KIND, SealedFile, SnapshotStore, Vault, writeSnapshot, type StoredSnapshot } from '../src';
import { drawFrom } from './corruption';
import { harmFile, type Scene } from './harm';
import { MemoryDirectory } from './memory-directory';

jest.setTimeout(3_600_000);

/** A case takes longer than one of a journal. */
const CORRUPTIONS = Number(process.env.QUORATE_CORRUPTIONS ?? 6_000);
const FILE_CASES = Math.ceil(CORRUPTIONS / 3);
const SNAPSHOT_CASES = Math.ceil(CORRUPTIONS / 20);
const SEED = Number(process.env.QUORATE_SEED ?? 1);

const vaultOf = (byte: number): Vault =>
  new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(byte),
    keys: [{ generation: 1, key: new Uint8Array(32).fill(byte) }],
  });
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a growing file on a disk that lies', () => {
  const NAME = 'outcomes-0000000001';

  async function open(directory: MemoryDirectory, ledger = 7) {
    const frames: string[] = [];
    const { file, cutBytes } = await SealedFile.open({
      directory,
      vault: vaultOf(ledger),
      label: { kind: FILE_KIND.outcomes, number: 1 },
      name: NAME,
      onFrame: (_kind, payload) => void frames.push(text(payload)),
    });
    return { file, cutBytes, frames };
  }

  /** Frames of many sizes, and how the disk looked before each. */
  async function write(seed: number, ledger: number) {
    const draw = drawFrom(seed);
    const disk = new MemoryDirectory();
    const earlier: MemoryDirectory[] = [];
    const { file } = await open(disk, ledger);
    const payloads: string[] = [];
    for (let index = 0; index < 24; index += 1) {
      earlier.push(disk.copy());
      const payload = Uint8Array.from({ length: draw(6) === 0 ? 2_000 : draw(150) }, () => draw(256));
      file.append(1, payload);
      await file.sync();
      payloads.push(text(payload));
    }
    return { disk, earlier, payloads };
  }

  it(`gives back a beginning of what was written, and grows on, in ${FILE_CASES} cases`, async () => {
    const { disk, earlier, payloads } = await write(SEED, 7);
    const scene: Scene = { disk, earlier, foreign: (await write(SEED, 8)).disk };
    let cuts = 0;
    for (let index = 0; index < FILE_CASES; index += 1) {
      const copy = disk.copy();
      harmFile(copy, scene, drawFrom(SEED + index));
      const { file, frames, cutBytes } = await open(copy);
      if (!frames.every((frame, place) => frame === payloads[place])) throw new Error(`case ${index}: a wrong frame`);
      if (frames.length < payloads.length && cutBytes > 0) cuts += 1;
      file.append(1, Uint8Array.of(1));
      await file.close();
      const again = await open(copy);
      if (again.frames.length !== frames.length + 1 || again.cutBytes > 0)
        throw new Error(`case ${index}: it did not grow on`);
    }
    expect(cuts).toBeGreaterThan(FILE_CASES / 3);
  });
});

describe('snapshots on a disk that lies', () => {
  const hash = (byte: number) => new Uint8Array(32).fill(byte);
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const content = (lengthBytes: number, seed: number): Uint8Array =>
    Uint8Array.from({ length: lengthBytes }, (_, index) => Math.imul(index ^ seed, 0x9e3779b1) >>> 24);

  const rows = content(STATE_CHUNK_BYTES + 100, 5);

  const section = (number: number, bytes: Uint8Array, appendOnly: boolean) => ({
    number,
    lengthBytes: bytes.length,
    appendOnly,
    prepare: () => true,
    read: (offset: number, into: Uint8Array) => into.set(bytes.subarray(offset, offset + into.length)),
  });

  const certificateOf = ({ state, stateRoot }: StoredSnapshot): CheckpointCertificate => ({
    epoch: 1,
    height: state.height,
    stateRoot,
    signers: [0],
    signatures: [new Uint8Array(64).fill(state.height)],
  });

  const write = (store: SnapshotStore, height: number) =>
    writeSnapshot(store, {
      state: { genesisId: hash(1), height, blockId: hash(height), execRoot: hash(3) },
      sections: [section(1, rows, true), section(2, content(900 + height, height), false)],
      extra: () => Uint8Array.of(height),
      pause: () => Promise.resolve(),
    });

  async function twoSnapshots(ledger: number) {
    const disk = new MemoryDirectory();
    const earlier: MemoryDirectory[] = [];
    disk.afterWrite = () => earlier.push(disk.copy());
    const store = await SnapshotStore.open({ directory: disk, vault: vaultOf(ledger) });
    for (const height of [4, 8]) {
      const snapshot = await write(store, height);
      await store.certify(snapshot, certificateOf(snapshot));
    }
    disk.afterWrite = () => undefined;
    return { disk, earlier, originals: store.newestFirst };
  }

  async function contentOf(store: SnapshotStore, snapshot: StoredSnapshot): Promise<string> {
    const found = [...snapshot.tables.values()].map(({ number, lengthBytes }) => ({
      number,
      bytes: new Uint8Array(lengthBytes),
    }));
    await store.load(snapshot, ({ number }, index, chunk) =>
      found.find((entry) => entry.number === number)?.bytes.set(chunk, index * STATE_CHUNK_BYTES),
    );
    return found.map(({ number, bytes }) => `${number} ${digest(bytes)}`).join();
  }

  it(`are whole, or left out, or refused, in ${SNAPSHOT_CASES} cases`, async () => {
    const { disk, earlier, originals } = await twoSnapshots(7);
    const scene: Scene = { disk, earlier, foreign: (await twoSnapshots(8)).disk };
    const sound = await SnapshotStore.open({ directory: disk.copy(), vault: vaultOf(7) });
    const contents = new Map<number, string>();
    for (const snapshot of sound.newestFirst) contents.set(snapshot.state.height, await contentOf(sound, snapshot));
    const seen = { whole: 0, refused: 0, leftOut: 0 };
    const harmed = new Set<string>();
    for (let index = 0; index < SNAPSHOT_CASES; index += 1) {
      const copy = disk.copy();
      harmed.add(harmFile(copy, scene, drawFrom(SEED + index)).split('-')[0]);
      const store = await SnapshotStore.open({ directory: copy, vault: vaultOf(7) });
      seen.leftOut += originals.length - store.newestFirst.length;
      for (const snapshot of store.newestFirst) {
        const original = originals.find(({ state }) => state.height === snapshot.state.height);
        if (original === undefined || text(original.stateRoot) !== text(snapshot.stateRoot))
          throw new Error(`case ${index}: a state that never was`);
        if (snapshot.certificate !== null)
          expect(text(snapshot.certificate.signatures[0])).toBe(text(certificateOf(original).signatures[0]));
        try {
          const found = await contentOf(store, snapshot);
          if (found !== contents.get(snapshot.state.height)) throw new Error(`case ${index}: another content`);
          seen.whole += 1;
        } catch (error) {
          expect(error).toMatchObject({ code: 'STORAGE_CORRUPT', facts: expect.anything() });
          seen.refused += 1;
          // As a replica does at its start: nothing is built on what is damaged.
          await store.discard(snapshot);
        }
      }
      const next = await write(store, 12);
      await expect(contentOf(store, next)).resolves.toContain(digest(content(912, 12)));
      await store.close();
    }
    expect([...harmed].sort()).toEqual(['checkpoint', 'pack', 'snapshot']);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(SNAPSHOT_CASES / 20);
  });
});
