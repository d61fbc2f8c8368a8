// Keeps an archive and snapshots on a real disk, prints what is durable, and goes on where the one before it ended: `keeper.cjs FOLDER ROUNDS`.
// With 0 rounds it reads everything back and prints what is held.
const { join } = require('node:path');
const { createHash } = require('node:crypto');
const { Archive, ArchiveWriter, SnapshotStore, Vault, writeSnapshot } = require('../dist/index.js');
const { DirectoryObjectStore, nodeCryptography, openNodeDirectory } = require('../../runtime-node/dist/index.js');
const { makeBlock } = require('../../consensus/dist/index.js');
const { STATE_CHUNK_BYTES, encodeHeader } = require('../../protocol/dist/index.js');

const say = (line) => process.stdout.write(`${line}\n`);
const [folder, rounds] = [process.argv[2], Number(process.argv[3])];
const hash = (byte) => new Uint8Array(32).fill(byte);
const vault = new Vault({
  cryptography: nodeCryptography,
  ledgerId: new Uint8Array(16).fill(1),
  keys: [{ generation: 1, key: new Uint8Array(32).fill(2) }],
});

/** What a snapshot at a height holds: mostly what the one before held. */
function rowsAt(height) {
  const rows = new Uint8Array(2 * STATE_CHUNK_BYTES + 500).fill(7);
  new DataView(rows.buffer).setUint32(STATE_CHUNK_BYTES, height);
  return rows;
}

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

function blockAt(height) {
  const body = new Uint8Array(300).fill(height % 251);
  const header = {
    kind: 'data',
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
  return { block: makeBlock(encodeHeader(header), body), certificate: null, outcome: null };
}

function takeSnapshot(snapshots, height) {
  const rows = rowsAt(height);
  return writeSnapshot(snapshots, {
    state: { genesisId: hash(1), height, blockId: hash(2), execRoot: hash(3) },
    sections: [
      {
        number: 1,
        lengthBytes: rows.length,
        appendOnly: false,
        prepare: () => true,
        read: (offset, into) => into.set(rows.subarray(offset, offset + into.length)),
      },
    ],
    extra: () => new Uint8Array(0),
    pause: () => Promise.resolve(),
  });
}

async function readRows(load) {
  const rows = new Uint8Array(rowsAt(0).length);
  await load((_table, index, chunk) => rows.set(chunk, index * STATE_CHUNK_BYTES));
  return rows;
}

/** Everything that is named is whole, or this fails. */
async function check(archive, snapshots) {
  const last = await archive.lastHeight();
  let expected = 1;
  for await (const { block } of archive.blocks(1, last)) {
    if (block.key !== blockAt(expected).block.key) throw new Error(`block ${expected} is another one`);
    expected += 1;
  }
  if (expected !== last + 1) throw new Error(`the archive ends at ${expected - 1}, not at ${last}`);
  say(`block ${last}`);
  for (const height of await archive.snapshotHeights()) {
    const snapshot = await archive.snapshot(height);
    const rows = await readRows((visit) => archive.loadSnapshot(snapshot, visit));
    if (digest(rows) !== digest(rowsAt(height))) throw new Error(`archived snapshot ${height} is another one`);
    say(`archived ${height}`);
  }
  // Nothing begins with a snapshot that no quorum signed.
  for (const snapshot of snapshots.newestFirst.filter(({ certificate }) => certificate !== null)) {
    const { height } = snapshot.state;
    const rows = await readRows((visit) => snapshots.load(snapshot, visit));
    if (digest(rows) !== digest(rowsAt(height))) throw new Error(`snapshot ${height} is another one`);
    say(`snapshot ${height}`);
  }
}

async function run() {
  const store = new DirectoryObjectStore(join(folder, 'archive'));
  const archive = new Archive({ store, vault });
  const writer = new ArchiveWriter({ store, vault }, archive);
  const snapshots = await SnapshotStore.open({ directory: await openNodeDirectory(join(folder, 'snapshots')), vault });
  if (rounds === 0) return check(archive, snapshots);
  for (let round = 0; round < rounds; round += 1) {
    const from = (await archive.lastHeight()) + 1;
    const blocks = Array.from({ length: 1 + (from % 4) }, (_, index) => blockAt(from + index));
    await writer.putBlocks(blocks);
    const height = from + blocks.length - 1;
    say(`durable block ${height}`);
    const snapshot = await takeSnapshot(snapshots, height);
    const { stateRoot } = snapshot;
    await snapshots.certify(snapshot, { epoch: 1, height, stateRoot, signers: [0], signatures: [new Uint8Array(64)] });
    say(`durable snapshot ${height}`);
    await writer.putSnapshot(snapshots, snapshot);
    say(`durable archived ${height}`);
  }
}

run().then(
  () => say('done'),
  (error) => say(`ended ${error.code ?? 'NO_CODE'} ${error.message}`),
);
