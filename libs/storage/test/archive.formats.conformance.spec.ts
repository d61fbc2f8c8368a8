import { createHash } from 'node:crypto';
import { makeBlock } from '@quorate/consensus';
import { STATE_CHUNK_BYTES, encodeHeader, type BlockHeader, type CheckpointCertificate } from '@quorate/protocol';
import { nodeCryptography } from '@quorate/runtime-node';
import { Archive, ArchiveWriter, FILE_KIND, SealedFile, SnapshotStore, Vault, writeSnapshot } from '../src';
import { MemoryDirectory } from './memory-directory';
import { MemoryObjectStore } from './memory-object-store';

/** Bytes that stores and disks keep: a change here is a change of a format, with a version of its own. `npm run formats` writes them anew. */
const fingerprint = (bytes: Uint8Array): string =>
  `${bytes.length} ${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`;

/** The same bytes each time: nonces that count. */
function fixedVault(): Vault {
  let count = 0;
  return new Vault({
    cryptography: {
      cipher: (key, purpose) => nodeCryptography.cipher(key, purpose),
      random: (bytes) => new Uint8Array(bytes).fill((count += 1)),
    },
    ledgerId: Uint8Array.from({ length: 16 }, (_, index) => index + 1),
    keys: [{ generation: 1, key: Uint8Array.from({ length: 32 }, (_, index) => 255 - index) }],
  });
}

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

function blockAt(height: number) {
  const body = new Uint8Array(50).fill(height);
  const header: BlockHeader = {
    kind: 'data',
    ledgerId: fixedVault().ledgerId,
    epoch: 1,
    height,
    parentId: hash(1),
    timeNs: BigInt(height) * 1_000_000_007n,
    bodyRoot: hash(2),
    bodyLength: body.length,
    operationCount: 1,
    configHash: hash(3),
    execHeight: height - 1,
    execRoot: hash(4),
    nextConfigHash: hash(0),
  };
  const block = makeBlock(encodeHeader(header), body);
  const { id: blockId } = block;
  const certificate = {
    kind: 'commit' as const,
    epoch: 1,
    term: 1,
    slot: height,
    blockId,
    signers: [0],
    signatures: [new Uint8Array(64).fill(height)],
  };
  return { block, certificate: height % 2 === 0 ? certificate : null, outcome: Uint8Array.of(height, 9) };
}

const section = (number: number, bytes: Uint8Array) => ({
  number,
  lengthBytes: bytes.length,
  appendOnly: false,
  prepare: () => true,
  read: (offset: number, into: Uint8Array) => into.set(bytes.subarray(offset, offset + into.length)),
});

async function certifiedSnapshot(directory: MemoryDirectory) {
  const store = await SnapshotStore.open({ directory, vault: fixedVault() });
  const rows = Uint8Array.from({ length: STATE_CHUNK_BYTES + 300 }, (_, index) => (index * 31) >> 5);
  const snapshot = await writeSnapshot(store, {
    state: { genesisId: hash(1), height: 20, blockId: hash(2), execRoot: hash(3) },
    sections: [section(1, rows), section(64, hash(5)), section(0x8000, new Uint8Array(9))],
    extra: () => Uint8Array.of(1, 2, 3),
    pause: () => Promise.resolve(),
  });
  const certificate: CheckpointCertificate = {
    epoch: 1,
    height: 20,
    stateRoot: snapshot.stateRoot,
    signers: [0],
    signatures: [new Uint8Array(64).fill(6)],
  };
  await store.certify(snapshot, certificate);
  return { store, snapshot };
}

function fingerprints(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries([...files].map(([name, bytes]) => [name, fingerprint(bytes)]));
}

describe('the formats of storage, as pinned', () => {
  it('objects of an archive, by name', async () => {
    const store = new MemoryObjectStore();
    const vault = fixedVault();
    const writer = new ArchiveWriter({ store, vault }, new Archive({ store, vault }));
    await writer.putGenesis(Uint8Array.from({ length: 100 }, (_, index) => index));
    await writer.putBlocks([1, 2, 3].map(blockAt));
    await writer.putBlocks([blockAt(4_097)]);
    const { store: snapshots, snapshot } = await certifiedSnapshot(new MemoryDirectory());
    await writer.putSnapshot(snapshots, snapshot);
    expect(fingerprints(store.objects)).toMatchSnapshot();
  });

  it('files of snapshots, by name', async () => {
    const directory = new MemoryDirectory();
    await certifiedSnapshot(directory);
    expect(fingerprints(directory.files)).toMatchSnapshot();
  });

  it('a growing file', async () => {
    const directory = new MemoryDirectory();
    const label = { kind: FILE_KIND.outcomes, number: 5 };
    const { file } = await SealedFile.open({ directory, vault: fixedVault(), label, name: 'outcomes-0000000005' });
    for (const byte of [1, 2, 3]) file.append(1, new Uint8Array(byte * 40).fill(byte));
    await file.close();
    expect(fingerprints(directory.files)).toMatchSnapshot();
  });
});
