// A fork of a large ledger on this machine's disk, beside the raw disk in the same run: the snapshot that a quorum signed is read, opened, checked chunk by
// chunk, turned into a ledger, balanced, and written again under another key. What a replica of the fork does, without the network.
//
//   node bench/restore.mjs                            about a gigabyte of state; with --quick a tenth
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { sign } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hardware, ms, printTable } from './figures.mjs';
import { envelopesOf, openAccounts, openLedger, perEnvelope } from './ledger-mixes.mjs';

const require = createRequire(import.meta.url);
const { EMPTY_ROOT, HistoryTree } = require('@quorate/crypto');
const { CaptureMemory } = require('@quorate/ledger');
const protocol = require('@quorate/protocol');
const { restoreFork } = require('@quorate/replica/dist/chain-restorer.js');
const { stateSections } = require('@quorate/replica/dist/state-sections.js');
const { nodeCryptography, openNodeDirectory } = require('@quorate/runtime-node');
const { SnapshotStore, Vault, writeSnapshot } = require('@quorate/storage');

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    accounts: { type: 'string', default: '2000000' },
    transfers: { type: 'string', default: '30000000' },
  },
});
const share = values.quick ? 0.1 : 1;
const accountCount = Number(values.accounts) * share;
const transferCount = Number(values.transfers) * share;
const mebibyte = 2 ** 20;
const zero = new Uint8Array(32);
const pause = () => new Promise((resolve) => setImmediate(resolve));

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const vaultOf = (number) =>
  new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(number),
    keys: [{ generation: 1, key: new Uint8Array(32).fill(number) }],
  });

/** The state of a ledger as its only replica signed it, and a final block that proves how far it is. */
async function signedState({ genesis, ledger, privateKey }, store) {
  const history = new HistoryTree();
  history.append(protocol.historyLeaf(protocol.genesisId(genesis), EMPTY_ROOT));
  while (history.size <= ledger.height) history.append(protocol.historyLeaf(zero, zero));
  const { height } = ledger;
  const state = { genesisId: protocol.genesisId(genesis), height, blockId: zero, execRoot: history.root() };
  const sections = stateSections({ ledger, history }, new CaptureMemory());
  const written = await writeSnapshot(store, { state, sections, extra: () => new Uint8Array(0), pause });
  const configuration = protocol.firstConfiguration(genesis);
  const context = protocol.consensusContext(configuration);
  const signed = (preimage) => new Uint8Array(sign(null, preimage, privateKey));
  const signatures = [signed(protocol.checkpointPreimage(context, height, written.stateRoot))];
  await store.certify(written, { epoch: 1, height, stateRoot: written.stateRoot, signers: [0], signatures });
  const header = {
    ...protocol.genesisHeader(genesis),
    kind: 'empty',
    epoch: 1,
    height,
    configHash: protocol.configHash(configuration),
    nextConfigHash: zero,
  };
  const headerBytes = protocol.encodeHeader(header);
  const position = { term: 1, slot: 1, blockId: protocol.blockId(headerBytes) };
  const commit = signed(protocol.commitPreimage(context, position, position.blockId));
  const proof = { kind: 'commit', epoch: 1, ...position, signers: [0], signatures: [commit], epochs: [] };
  return { written, tip: { header, headerBytes, proof } };
}

/** The snapshot as a source of the chain, read chunk by chunk from the disk as a replica gives it. */
function sourceOf(store, tip) {
  const [snapshot] = store.newestFirst;
  return {
    tip: async () => tip,
    header: async () => null,
    newestState: async () => snapshot,
    chunkHashes: async (_height, section) => snapshot.tables.get(section)?.hashes ?? null,
    chunk: (_height, section, index) => store.chunk(snapshot, section, index),
    range: async () => null,
  };
}

/** Milliseconds for writing so many bytes to the disk plainly, synchronised every 8 MiB. */
function rawWriteMs(directory, bytes) {
  const buffer = Buffer.alloc(8 * mebibyte, 7);
  const path = join(directory, 'raw');
  const beganMs = performance.now();
  const file = openSync(path, 'w');
  for (let done = 0; done < bytes; done += buffer.length) {
    writeSync(file, buffer);
    fsyncSync(file);
  }
  closeSync(file);
  const tookMs = performance.now() - beganMs;
  rmSync(path);
  return tookMs;
}

const path = mkdtempSync(join(tmpdir(), 'quorate-restore-'));
try {
  const bench = openLedger();
  openAccounts(bench, accountCount);
  const next = envelopesOf(bench, { accounts: accountCount });
  for (let done = 0; done < transferCount; done += perEnvelope) bench.execute(next());
  const store = await SnapshotStore.open({
    directory: await openNodeDirectory(join(path, 'parent')),
    vault: vaultOf(1),
  });
  const { written, tip } = await signedState(bench, store);
  await store.close();
  const bytes = written.state.sections.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const rawMs = rawWriteMs(path, bytes);
  const again = await SnapshotStore.open({
    directory: await openNodeDirectory(join(path, 'parent')),
    vault: vaultOf(1),
  });
  const before = [performance.now(), processorMs()];
  const fork = await SnapshotStore.open({ directory: await openNodeDirectory(join(path, 'fork')), vault: vaultOf(2) });
  const { parent, evidence } = await restoreFork(bench.genesis, sourceOf(again, tip), bench.ledger.height, fork, pause);
  const elapsedMs = performance.now() - before[0];
  if (Buffer.compare(parent.stateRoot, written.stateRoot) !== 0) throw new Error('another state was restored');
  const { counts } = evidence.trialBalance;
  console.log(`${hardware(path)}\n\n${counts.accounts} accounts, ${counts.transfers} transfers\n`);
  const rate = (tookMs) => `${(bytes / mebibyte / (tookMs / 1_000)).toFixed(0)} MiB/s`;
  printTable(
    ['fork of', 'read, verified, sealed, written, balanced', 'of it processor', 'rate', 'raw disk, written only'],
    [
      [
        `${(bytes / mebibyte).toFixed(0)} MiB`,
        ms(elapsedMs),
        ms(processorMs() - before[1]),
        rate(elapsedMs),
        rate(rawMs),
      ],
    ],
  );
  await Promise.all([again.close(), fork.close()]);
} finally {
  rmSync(path, { recursive: true });
}
