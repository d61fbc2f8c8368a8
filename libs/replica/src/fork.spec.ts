import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { hex } from '@quorate/crypto';
import { verifyReceipt, verifyStatement } from '@quorate/light-client';
import {
  RESULT_CODES,
  RULES_VERSION,
  earliestForkNs,
  encodeGenesis,
  formatId,
  genesisId,
  type Genesis,
  type Operation,
} from '@quorate/protocol';
import { nodeClock, nodeCryptography, nodeTimers } from '@quorate/runtime-node';
import { Archive, SnapshotStore, Vault } from '@quorate/storage';
import type { ReplicaAnswer, ReplicaQuery, SubmitReply } from '@quorate/transport';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import { MemoryObjectStore } from '../../storage/test/memory-object-store';
import { makeParty, setUpOperations, signEnvelope, transfer, type TestParty } from '../test/cluster';
import { ArchivedChain } from './archived-chain';
import type { ChainSource } from './chain-source';
import { resolvePoint, restoreFork, type RestoredFork } from './chain-restorer';
import { Replica } from './replica';

const SPACING = { blocks: 4, operations: 1_000 };
const pause = (): Promise<void> => Promise.resolve();

/** A ledger of one replica on a disk in memory. */
class OneReplicaLedger {
  readonly directory = new MemoryDirectory();
  readonly snapshots = new MemoryDirectory();
  readonly faults: string[] = [];
  readonly archived = new MemoryObjectStore();
  replica: Replica | null = null;
  private nextEnvelope = 1n;

  private constructor(
    readonly genesis: Genesis,
    readonly operator: TestParty,
    private readonly keys: ReturnType<typeof generateKeyPairSync>,
    readonly vault: Vault,
  ) {}

  static make(seed: number, parent?: Genesis['parent'], snapshots?: MemoryDirectory): OneReplicaLedger {
    const keys = generateKeyPairSync('ed25519');
    const der = keys.publicKey.export({ type: 'spki', format: 'der' });
    const operator = makeParty(1n);
    const key = { scheme: 'ed25519', bytes: operator.publicKey } as const;
    const now = BigInt(Date.now()) * 1_000_000n;
    const earliest = parent === undefined ? now : earliestForkNs(parent);
    const genesis: Genesis = {
      ledgerId: new Uint8Array(16).fill(seed),
      createdAtNs: earliest > now ? earliest : now,
      operator: { id: operator.id, name: 'Operator', threshold: 1, keys: [key] },
      rulesVersion: RULES_VERSION,
      replicas: [{ consensusKey: new Uint8Array(der.subarray(der.length - 32)), certificateHash: new Uint8Array(32) }],
      governance: { threshold: 1, keys: [key] },
      ...(parent === undefined ? {} : { parent }),
    };
    const ledger = new OneReplicaLedger(genesis, operator, keys, vaultOf(seed));
    for (const [name, bytes] of snapshots?.files ?? []) ledger.snapshots.files.set(name, bytes);
    return ledger;
  }

  async open(): Promise<Replica> {
    const { genesis, keys } = this;
    const replica = await Replica.open({
      genesis,
      genesisBytes: encodeGenesis(genesis),
      certificateHash: hex(genesis.replicas[0].certificateHash),
      directory: this.directory,
      snapshots: this.snapshots,
      spacing: SPACING,
      source: { fetch: () => Promise.reject(new Error('there is no other replica')) },
      clock: nodeClock,
      timers: nodeTimers,
      vault: this.vault,
      memoryBytes: () => 0,
      archive: { store: this.archived, vault: this.vault },
      signer: () => (preimage) => new Uint8Array(sign(null, preimage, keys.privateKey)),
      verify: (_key, preimage, signature) => verify(null, preimage, keys.publicKey, signature),
      hasVoted: false,
      onFirstVote: () => undefined,
      onEpoch: () => undefined,
      onRefused: (detail) => this.faults.push(detail),
      onHalt: (error) => this.faults.push(error.code),
    });
    replica.useLinks({
      sendToPeer: () => false,
      sendToPeers: () => undefined,
      peerConnected: () => false,
      close: () => undefined,
    });
    this.replica = replica;
    return replica;
  }

  get running(): Replica {
    if (this.replica === null) throw new Error('the ledger is not open');
    return this.replica;
  }

  submit(...operations: Operation[]): Promise<SubmitReply> {
    const { operator } = this;
    const ledger = genesisId(this.genesis);
    const envelope = signEnvelope({ ledger, id: this.nextEnvelope++, operations, party: operator });
    return new Promise((resolve) => this.running.submit(envelope, resolve));
  }

  async ask(query: ReplicaQuery): Promise<ReplicaAnswer> {
    for (;;) {
      const answer = await this.running.query(query);
      if (answer.kind !== 'not_yet') return answer;
    }
  }

  async credits(account: bigint): Promise<unknown> {
    const { account: view } = await this.ask({ query: 'account', id: formatId(account) });
    return (view as { creditsPostedMinor: string }).creditsPostedMinor;
  }
}

function vaultOf(seed: number): Vault {
  return new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(seed),
    keys: [{ generation: 1, key: new Uint8Array(32).fill(seed) }],
  });
}

async function heightOf(reply: Promise<SubmitReply>): Promise<number> {
  const answer = await reply;
  if (answer.kind !== 'final') throw new Error(`refused: ${answer.code}`);
  return answer.height;
}

/** The same chain, of which single answers can be replaced. */
function honestly(chain: ChainSource): ChainSource {
  return {
    tip: () => chain.tip(),
    header: (at) => chain.header(at),
    newestState: (heightMax) => chain.newestState(heightMax),
    chunkHashes: (...place) => chain.chunkHashes(...place),
    chunk: (...place) => chain.chunk(...place),
    range: (from) => chain.range(from),
  };
}

/** Restores into snapshots of a fork's own. */
async function restored(
  { genesis }: OneReplicaLedger,
  source: ChainSource,
  height: number,
  seed = 4,
): Promise<RestoredFork & { readonly snapshots: MemoryDirectory }> {
  const snapshots = new MemoryDirectory();
  const store = await SnapshotStore.open({ directory: snapshots, vault: vaultOf(seed) });
  try {
    return { ...(await restoreFork(genesis, source, height, store, pause)), snapshots };
  } finally {
    expect(store.newestFirst.length).toBeLessThanOrEqual(1);
    await store.close();
  }
}

/** Forks the ledger at a height; the fork is not open yet. */
async function forkOf(
  parent: OneReplicaLedger,
  height: number,
  seed: number,
  source = parent.running.chain,
): Promise<OneReplicaLedger> {
  const { parent: origin, snapshots } = await restored(parent, source, height, seed);
  return OneReplicaLedger.make(seed, origin, snapshots);
}

describe('a fork', () => {
  const parent = OneReplicaLedger.make(3);
  let forkHeight = 0;

  beforeAll(async () => {
    await parent.open();
    await parent.submit(...setUpOperations(parent.operator, 1));
    for (let id = 100n; id < 106n; id += 1n) forkHeight = await heightOf(parent.submit(transfer(id, 1n, 2n, 5n)));
    for (let id = 106n; id < 112n; id += 1n) await parent.submit(transfer(id, 1n, 2n, 5n));
  });

  afterAll(() => parent.running.close());

  it('has the state of its parent at that height, and goes on above it by itself', async () => {
    const fork = await forkOf(parent, forkHeight, 4);
    await fork.open();
    expect(fork.running.status()).toMatchObject({ height: forkHeight, baseHeight: forkHeight });
    expect(await fork.credits(2n)).toBe('30');
    expect(await parent.credits(2n)).toBe('60');
    expect(await heightOf(fork.submit(transfer(200n, 1n, 2n, 1n)))).toBe(forkHeight + 1);
    expect(await fork.credits(2n)).toBe('31');
    expect(await parent.credits(2n)).toBe('60');
    // What the parent booked later is free here, what it booked before is taken.
    expect(await fork.submit(transfer(110n, 1n, 2n, 5n))).toMatchObject({ codes: Uint16Array.of(0) });
    expect(await fork.submit(transfer(101n, 1n, 2n, 5n))).toMatchObject({ codes: Uint16Array.of(RESULT_CODES.exists) });
    await fork.running.close();
    expect(fork.faults).toEqual([]);
  });

  it('takes no envelope that was signed for its parent, and not the signature of the parent’s operator', async () => {
    const fork = await forkOf(parent, forkHeight, 4);
    await fork.open();
    for (const [ledger, party] of [
      [parent.genesis, parent.operator],
      [parent.genesis, fork.operator],
      [fork.genesis, parent.operator],
    ] as const) {
      const operations = [transfer(300n, 1n, 2n, 1n)];
      const envelope = signEnvelope({ ledger: genesisId(ledger), id: 77n, operations, party });
      const reply = await new Promise((resolve) => fork.running.submit(envelope, resolve));
      expect(reply).toMatchObject({ kind: 'refused' });
    }
    await fork.running.close();
  });

  it('proves what it did itself, names its parent, and says where the rest is', async () => {
    const fork = await forkOf(parent, forkHeight, 4);
    await fork.open();
    await fork.submit(transfer(200n, 1n, 2n, 1n));
    const anchor = hex(genesisId(fork.genesis));
    const origin = {
      ledgerId: expect.any(String) as string,
      genesisId: hex(genesisId(parent.genesis)),
      height: forkHeight,
    };
    const own = await fork.ask({ query: 'receipt', transferId: formatId(200n) });
    expect(verifyReceipt(own.receipt, anchor)).toMatchObject({ ok: true, height: forkHeight + 1, parent: origin });
    const inherited = await fork.ask({ query: 'receipt', transferId: formatId(101n) });
    expect(inherited).toMatchObject({ kind: 'inherited', code: 0, parent: origin });
    const theirs = await parent.ask({ query: 'receipt', transferId: formatId(101n) });
    expect(verifyReceipt(theirs.receipt, hex(genesisId(parent.genesis)))).toMatchObject({ ok: true, parent: null });
    expect(verifyReceipt(theirs.receipt, anchor)).toMatchObject({ ok: false, code: 'RECEIPT_OTHER_LEDGER' });
    const { statement } = await fork.ask({ query: 'statement', account: formatId(2n), limit: 10 });
    expect(verifyStatement(statement, anchor)).toMatchObject({
      ok: true,
      completeFrom: forkHeight + 1,
      inherited: { height: forkHeight, index: 0 },
      lines: [{ height: forkHeight + 1, after: { creditsPosted: 31n } }],
    });
    await fork.running.close();
  });

  it('starts again from the state with which it began, from its own snapshots, and never without either', async () => {
    const fork = await forkOf(parent, forkHeight, 4);
    const begun = fork.snapshots.copy();
    await fork.open();
    await fork.submit(transfer(200n, 1n, 2n, 1n));
    const { height } = fork.running.status();
    await fork.running.close();
    const again = await fork.open();
    expect(again.status()).toMatchObject({ baseHeight: forkHeight, height });
    for (let id = 400n; again.status().snapshotHeight === 0; id += 1n) await fork.submit(transfer(id, 1n, 2n, 0n));
    await fork.running.close();
    await fork.open();
    expect(fork.running.status().baseHeight).toBeGreaterThan(forkHeight);
    // The beginning is kept: whoever joins later may need it.
    const kept = await SnapshotStore.open({
      directory: fork.snapshots,
      vault: fork.vault,
      keptRoot: fork.genesis.parent?.stateRoot,
    });
    expect(kept.newestFirst.at(-1)).toMatchObject({ isKept: true, state: { height: forkHeight } });
    await kept.close();
    await fork.running.close();
    fork.snapshots.files.clear();
    await expect(fork.open()).rejects.toMatchObject({ code: 'REPLICA_PARENT_STATE_MISSING' });
    for (const [name, bytes] of begun.files) fork.snapshots.files.set(name, bytes);
    for (const [name, bytes] of fork.snapshots.files) if (name.startsWith('pack')) bytes.fill(0, 100, 200);
    await expect(fork.open()).rejects.toMatchObject({ code: 'REPLICA_PARENT_STATE_MISSING' });
  });

  it('is forked again, also at the height at which it began', async () => {
    const fork = await forkOf(parent, forkHeight, 4);
    await fork.open();
    const tip = await heightOf(fork.submit(transfer(200n, 1n, 2n, 1n)));
    for (const height of [forkHeight, tip]) {
      const second = await forkOf(fork, height, 5);
      await second.open();
      expect(await second.credits(2n)).toBe(height === tip ? '31' : '30');
      expect(await heightOf(second.submit(transfer(500n, 1n, 2n, 1n)))).toBe(height + 1);
      await second.running.close();
    }
    await fork.running.close();
  });

  it('has the same state from the archive, when nothing else is left of the parent', async () => {
    const shipped = await parent.running.archiving.shipNow();
    expect(shipped).not.toBeNull();
    const archive = new Archive({ store: parent.archived, vault: parent.vault });
    for (let height = 0; height <= (shipped?.height ?? 0); height += 1) {
      const chain = new ArchivedChain(parent.genesis, archive);
      const fromArchive = await restored(parent, chain, height);
      const fromReplica = await restored(parent, parent.running.chain, height);
      expect(fromArchive.parent).toEqual(fromReplica.parent);
      // Snapshots are copied as they are, and are the same as what execution comes to.
      const executed = await restored(
        parent,
        { ...honestly(parent.running.chain), newestState: () => Promise.resolve(null) },
        height,
      );
      expect(executed.parent).toEqual(fromReplica.parent);
      expect(executed.evidence.trialBalance).toEqual(fromReplica.evidence.trialBalance);
    }
    const { data } = await parent.ask({ query: 'blocks', limit: 1 });
    expect(shipped?.height).toBe((data as { height: number }[])[0].height);
  });

  it('is restored itself from its own archive alone, from its first block on', async () => {
    const fork = await forkOf(parent, forkHeight, 4);
    await fork.open();
    const height = await heightOf(fork.submit(transfer(200n, 1n, 2n, 1n)));
    await fork.running.archiving.shipNow();
    await fork.running.close();
    const archive = new Archive({ store: fork.archived, vault: fork.vault });
    for (const at of [forkHeight, height]) {
      const { parent: origin, snapshots } = await restored(fork, new ArchivedChain(fork.genesis, archive), at, 6);
      expect(origin.height).toBe(at);
      const again = OneReplicaLedger.make(6, origin, snapshots);
      await again.open();
      expect(await again.credits(2n)).toBe(at === height ? '31' : '30');
      await again.running.close();
    }
  });

  it('begins at the last block at or before a time', async () => {
    const { data } = await parent.ask({ query: 'blocks', limit: 100 });
    const blocks = data as { height: number; timestampNs: string }[];
    for (const { height, timestampNs } of blocks) {
      const timeNs = BigInt(timestampNs);
      const at = async (point: bigint): Promise<number> =>
        resolvePoint(parent.genesis, parent.running.chain, { kind: 'time', timeNs: point });
      expect(await at(timeNs)).toBe(height);
      expect(await at(timeNs - 1n)).toBe(height === 1 && timeNs === parent.genesis.createdAtNs ? 0 : height - 1);
    }
    const { height } = parent.running.status();
    await expect(
      resolvePoint(parent.genesis, parent.running.chain, { kind: 'height', height: height + 1 }),
    ).rejects.toMatchObject({ code: 'PARENT_POINT_AHEAD' });
  });
});

describe('a source that lies', () => {
  const parent = OneReplicaLedger.make(3);
  let height = 0;

  beforeAll(async () => {
    await parent.open();
    await parent.submit(...setUpOperations(parent.operator, 1));
    for (let id = 100n; parent.running.status().snapshotHeight === 0; id += 1n)
      height = await heightOf(parent.submit(transfer(id, 1n, 2n, 5n)));
    height = await heightOf(parent.submit(transfer(99n, 1n, 2n, 5n)));
  });

  afterAll(() => parent.running.close());

  const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at] ^= 1;
    return copy;
  };
  const lies: Record<string, (chain: ChainSource) => Partial<ChainSource>> = {
    'gives another chunk': (chain) => ({
      chunk: async (...place) => {
        const chunk = await chain.chunk(...place);
        return chunk === null ? null : flipped(chunk, 0);
      },
    }),
    'gives other hashes': (chain) => ({
      chunkHashes: async (...place) => {
        const hashes = await chain.chunkHashes(...place);
        return hashes === null || hashes.length === 0 ? hashes : flipped(hashes, 3);
      },
    }),
    'describes another state': (chain) => ({
      newestState: async (heightMax) => {
        const offered = await chain.newestState(heightMax);
        return offered === null ? null : { ...offered, state: { ...offered.state, execRoot: new Uint8Array(32) } };
      },
    }),
    'has no certificate for its state': (chain) => ({
      newestState: async (heightMax) => {
        const offered = await chain.newestState(heightMax);
        return offered === null ? null : { ...offered, certificate: null };
      },
    }),
    'alters a body': (chain) => ({
      range: async (from) => {
        const range = await chain.range(from);
        const alter = (block: { headerBytes: Uint8Array; body: Uint8Array }): typeof block =>
          block.body.length === 0 ? block : { ...block, body: flipped(block.body, block.body.length - 1) };
        return range === null ? null : { ...range, blocks: range.blocks.map(alter) };
      },
    }),
    'leaves a block out': (chain) => ({
      range: async (from) => {
        const range = await chain.range(from);
        return range === null ? null : { ...range, blocks: range.blocks.slice(1) };
      },
    }),
    'shows a tip that nobody signed': (chain) => ({
      tip: async () => {
        const tip = await chain.tip();
        return tip === null ? null : { ...tip, header: { ...tip.header, height: tip.header.height + 1 } };
      },
    }),
  };

  it.each(Object.keys(lies))('that %s is refused', async (name) => {
    const { chain } = parent.running;
    // A checkpoint of that very height may be written meanwhile; then no block would be read.
    const honest = { ...honestly(chain), newestState: () => chain.newestState(height - 1) };
    const { evidence } = await restored(parent, honest, height);
    expect(evidence.snapshotHeight).toBeGreaterThan(0);
    expect(evidence.blocksExecuted).toBeGreaterThan(0);
    await expect(restored(parent, { ...honest, ...lies[name](honest) }, height)).rejects.toMatchObject({
      code: 'PARENT_PROOF_WRONG',
    });
  });

  it('cannot pass one ledger off as another', async () => {
    const other = OneReplicaLedger.make(3);
    await expect(restored(other, parent.running.chain, height)).rejects.toMatchObject({
      code: 'PARENT_PROOF_WRONG',
    });
  });
});
