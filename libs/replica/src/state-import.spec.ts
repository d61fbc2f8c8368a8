import { formatId } from '@quorate/protocol';
import { nodeTimers } from '@quorate/runtime-node';
import type { Link } from '@quorate/runtime';
import { SnapshotStore } from '@quorate/storage';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import { setUpOperations, transfer } from '../test/cluster';
import { LoneLedger } from '../test/lone-replica';
import type { ChainSource } from './chain-source';
import { PeerReads } from './peer-reads';
import type { Replica } from './replica';
import { importState } from './state-import';

let ledger: LoneLedger;
let replica: Replica;

beforeAll(async () => {
  ledger = new LoneLedger();
  replica = await ledger.open({
    directory: new MemoryDirectory(),
    snapshots: new MemoryDirectory(),
    spacing: { blocks: 10, operations: 1_000_000 },
  });
  await ledger.submit(replica, ...setUpOperations(ledger.operator, 1));
  for (let index = 0; index < 20; index += 1) {
    await ledger.submit(replica, transfer(BigInt(100 + index), 1n, 2n, 1n));
    if (index === 10) await ledger.nextEpoch(replica);
  }
  while (replica.status().snapshotHeight < 20) await new Promise((resolve) => setTimeout(resolve, 5));
});
afterAll(() => replica.close());

/** Two ends of a link between replicas; what is sent arrives later. */
function linked(admits: boolean, timers = nodeTimers): { ends: [PeerReads, PeerReads] } {
  const readsOf = (chain: ChainSource | null) =>
    new PeerReads({
      timers,
      chain: () => chain,
      admits: () => admits,
      onFault: (error) => {
        throw error;
      },
    });
  const ends: [PeerReads, PeerReads] = [readsOf(replica.chain), readsOf(null)];
  const linkTo = (other: () => { reads: PeerReads; back: Link }): Link => ({
    party: { kind: 'peer', peer: 'other' },
    send: (kind, ...parts) => {
      const payload = new Uint8Array(Buffer.concat(parts));
      setImmediate(() => other().reads.frame(other().back, kind, payload));
      return true;
    },
    close: () => undefined,
  });
  const served: Link = linkTo(() => ({ reads: ends[1], back: asked }));
  const asked: Link = linkTo(() => ({ reads: ends[0], back: served }));
  ends[0].opened(served);
  ends[1].opened(asked);
  return { ends };
}

async function importFrom(source: ChainSource, heightMin = 1) {
  const directory = new MemoryDirectory();
  const snapshots = await SnapshotStore.open({ directory, vault: ledger.vault(5) });
  const height = await importState(ledger.genesis, source, snapshots, heightMin);
  await snapshots.close();
  return { height, directory };
}

describe('a replica that joins', () => {
  it('begins with the state of a peer, also one of a later epoch', async () => {
    const [source] = linked(true).ends[1].chains;
    const { height, directory } = await importFrom(source);
    expect(height).toBeGreaterThanOrEqual(20);
    const joined = await ledger.open({ directory: new MemoryDirectory(), snapshots: directory });
    expect(joined.status()).toMatchObject({ baseHeight: height, executedHeight: height });
    const account = await joined.query({ query: 'account', id: formatId(2n) });
    expect(account.account).toMatchObject({ id: formatId(2n) });
    await joined.close();
    expect(ledger.faults).toEqual([]);
  });

  it('takes nothing that is not far enough ahead', async () => {
    const [source] = linked(true).ends[1].chains;
    await expect(importFrom(source, 1_000_000)).resolves.toMatchObject({ height: null });
  });

  it('hears nothing as long as it is not let in', async () => {
    const impatient = { ...nodeTimers, after: (_delayMs: number, run: () => void) => nodeTimers.after(50, run) };
    const [source] = linked(false, impatient).ends[1].chains;
    await expect(importFrom(source)).rejects.toMatchObject({ code: 'REPLICA_PEER_SILENT' });
  });

  it.each<[string, (chain: ChainSource) => Partial<ChainSource>]>([
    [
      'a chunk',
      (chain) => ({
        chunk: async (height, section, index) => {
          const chunk = (await chain.chunk(height, section, index))?.slice() ?? null;
          if (chunk !== null) chunk[chunk.length - 1] ^= 1;
          return chunk;
        },
      }),
    ],
    [
      'hashes',
      (chain) => ({
        chunkHashes: async (height, section) =>
          (await chain.chunkHashes(height, section))?.map((byte) => byte ^ 1) ?? null,
      }),
    ],
    [
      'the state',
      (chain) => ({
        newestState: async (heightMax) => {
          const offered = await chain.newestState(heightMax);
          return offered === null ? null : { ...offered, state: { ...offered.state, execRoot: new Uint8Array(32) } };
        },
      }),
    ],
    [
      'a tip without its epochs',
      (chain) => ({
        tip: async () => {
          const tip = await chain.tip();
          return tip === null ? null : { ...tip, proof: { ...tip.proof, epochs: [] } };
        },
      }),
    ],
  ])('refuses %s that is not right', async (_what, change) => {
    const { chain } = replica;
    const source: ChainSource = {
      tip: () => chain.tip(),
      header: (height) => chain.header(height),
      newestState: (heightMax) => chain.newestState(heightMax),
      chunkHashes: (height, section) => chain.chunkHashes(height, section),
      chunk: (height, section, index) => chain.chunk(height, section, index),
      range: (fromHeight) => chain.range(fromHeight),
      ...change(chain),
    };
    await expect(importFrom(source)).rejects.toMatchObject({ code: 'PARENT_PROOF_WRONG' });
  });
});
