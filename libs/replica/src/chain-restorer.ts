// The state of a ledger at a past height, made again from what a source holds: the newest snapshot at or below that height, and the blocks
// from there on, executed. Every step is checked, so that a source can refuse but not deceive.
import { EMPTY_ROOT, HistoryTree, equalBytes, verifySignature } from '@quorate/crypto';
import { Ledger, RestoredSections, scanBody, type TrialBalance } from '@quorate/ledger';
import {
  STATE_CHUNK_BYTES,
  chunkCount,
  chunkHash,
  genesisId,
  historyLeaf,
  sectionRoot,
  type Genesis,
  type StateSection,
} from '@quorate/protocol';
import type { ChainSource, ChunkVisit, OfferedState } from './chain-source';
import { ChainVerifier } from './chain-verifier';
import type { ExecutedState } from './executor';
import { ReplicaError } from './replica-error';
import { HISTORY_SECTION, LEDGER_SECTIONS, readHistory } from './state-sections';

/** Chunks asked for at once: they are on their way while others are checked. */
const CHUNKS_UNDER_WAY_MAX = 32;

const HASH_BYTES = 32;
const NO_ENVELOPES: Uint8Array[] = [];

/** A point of a ledger's history: a height, or the last block at or before a ledger time. */
export type ChainPoint =
  { readonly kind: 'height'; readonly height: number } | { readonly kind: 'time'; readonly timeNs: bigint };

/** The state after a block, and how it was come by. */
export interface RestoredChain extends ExecutedState {
  readonly height: number;
  readonly timeNs: bigint;
  readonly blockId: Uint8Array;
  readonly execRoot: Uint8Array;
  /** What was there to be verified. */
  readonly evidence: RestoreEvidence;
}

/** What a restore rests on. */
export interface RestoreEvidence {
  /** Newest final height that the source could prove. */
  readonly tipHeight: number;
  readonly tipTimeNs: bigint;
  /** Height of the snapshot that it began with; that of the genesis without one. */
  readonly snapshotHeight: number;
  readonly blocksExecuted: number;
  readonly operationsExecuted: number;
  readonly stateBytes: number;
  readonly trialBalance: TrialBalance;
}

/** The height that a point stands for on the source's ledger as it is now; without a point the newest one. Throws ReplicaError. */
export async function resolvePoint(genesis: Genesis, source: ChainSource, point: ChainPoint | null): Promise<number> {
  const { tipHeight, firstId } = await verifierOf(genesis, source);
  if (point === null) return tipHeight;
  if (point.kind === 'height') {
    if (point.height < firstId.height || point.height > tipHeight) throw ahead(tipHeight);
    return point.height;
  }
  if (point.timeNs < genesis.createdAtNs)
    throw new ReplicaError('PARENT_STATE_NOT_HELD', 'the ledger is younger than the wanted time');
  let [low, high] = [firstId.height, tipHeight];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const header = await source.header(middle);
    // What is pruned is older than what is held.
    if (header === null || header.timeNs <= point.timeNs) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Makes the state after block `height`. Throws ReplicaError. */
export async function restoreChain(genesis: Genesis, source: ChainSource, height: number): Promise<RestoredChain> {
  const verifier = await verifierOf(genesis, source);
  if (height > verifier.tipHeight) throw ahead(verifier.tipHeight);
  const offered = await source.newestState(height);
  const start = offered === null ? beginning(genesis, verifier) : await loadState(genesis, verifier, source, offered);
  const run = new ChainRun(start, verifier);
  const snapshotHeight = run.height;
  while (run.height < height) {
    const range = await source.range(run.height + 1);
    if (range === null) throw notHeld(`block ${run.height + 1} is not held any more`);
    run.execute(range, height);
  }
  const { ledger, history, blockId, timeNs } = run;
  const trialBalance = ledger.trialBalance();
  demandBalance(trialBalance);
  return {
    ledger,
    history,
    height,
    timeNs,
    blockId,
    execRoot: history.root(),
    evidence: {
      tipHeight: verifier.tipHeight,
      tipTimeNs: verifier.tipTimeNs,
      snapshotHeight,
      blocksExecuted: height - snapshotHeight,
      operationsExecuted: run.operations,
      stateBytes: offered?.state.sections.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0) ?? 0,
      trialBalance,
    },
  };
}

async function verifierOf(genesis: Genesis, source: ChainSource): Promise<ChainVerifier> {
  return new ChainVerifier(genesis, await source.tip());
}

interface Start extends ExecutedState {
  readonly blockId: Uint8Array;
}

function beginning(genesis: Genesis, verifier: ChainVerifier): Start {
  if (genesis.parent !== undefined) throw notHeld('the state with which the fork began is not held any more');
  const history = new HistoryTree();
  history.append(historyLeaf(genesisId(genesis), EMPTY_ROOT));
  return { ledger: Ledger.create(genesis, verifySignature), history, blockId: verifier.firstId.id };
}

async function loadState(
  genesis: Genesis,
  verifier: ChainVerifier,
  source: ChainSource,
  offered: OfferedState,
): Promise<Start> {
  verifier.demandState(offered);
  const { state } = offered;
  const sections = new RestoredSections();
  let history = new Uint8Array(0);
  const hashes = new Map<number, Uint8Array>();
  for (const section of state.sections) {
    const name = LEDGER_SECTIONS.get(section.number);
    if (name !== undefined) sections.begin(name, section.lengthBytes);
    else if (section.number === HISTORY_SECTION) history = new Uint8Array(section.lengthBytes);
    hashes.set(section.number, await provenHashes(source, state.height, section));
  }
  const take: ChunkVisit = (number, index, chunk) => {
    const known = hashes.get(number);
    // Sections outside the state root may come along.
    if (known === undefined) return;
    if (!equalBytes(chunkHash(chunk), known.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)))
      throw wrong('a chunk is not what its hash says', state.height);
    const name = LEDGER_SECTIONS.get(number);
    if (name !== undefined) sections.write(name, index * STATE_CHUNK_BYTES, chunk);
    else if (number === HISTORY_SECTION) history.set(chunk, index * STATE_CHUNK_BYTES);
  };
  await loadChunks(source, state, take);
  const tree = readHistory(history);
  if (tree.size !== state.height + 1 || !equalBytes(tree.root(), state.execRoot))
    throw wrong('the history of the snapshot is not that of its state', state.height);
  const isOwn = equalBytes(state.genesisId, genesisId(genesis));
  const ledger = (isOwn ? Ledger.restore : Ledger.fork)(genesis, verifySignature, sections);
  if (ledger.height !== state.height) throw wrong('the ledger of the snapshot stands at another height', state.height);
  return { ledger, history: tree, blockId: isOwn ? state.blockId : verifier.firstId.id };
}

async function provenHashes(
  source: ChainSource,
  height: number,
  { number, lengthBytes, root }: StateSection,
): Promise<Uint8Array> {
  const hashes = await source.chunkHashes(height, number);
  if (hashes === null) throw dropped();
  if (hashes.length !== chunkCount(lengthBytes) * HASH_BYTES || !equalBytes(sectionRoot(hashes), root))
    throw wrong('the hashes of a section are not those of the state', height);
  return hashes;
}

/** All chunks at once if the source can, else one by one with many on their way. */
async function loadChunks(
  source: ChainSource,
  { height, sections }: OfferedState['state'],
  take: ChunkVisit,
): Promise<void> {
  if (source.loadState !== undefined) {
    if (!(await source.loadState(height, take))) throw dropped();
    return;
  }
  for (const { number, lengthBytes } of sections) {
    const count = chunkCount(lengthBytes);
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        const chunk = await source.chunk(height, number, index);
        if (chunk === null) throw dropped();
        take(number, index, chunk);
      }
    };
    await Promise.all(Array.from({ length: Math.min(count, CHUNKS_UNDER_WAY_MAX) }, lane));
  }
}

function dropped(): ReplicaError {
  return notHeld('the snapshot was dropped meanwhile');
}

/** Execution of proven blocks, from a state on. */
class ChainRun {
  readonly ledger: Ledger;
  readonly history: HistoryTree;
  blockId: Uint8Array;
  operations = 0;

  constructor(
    start: Start,
    private readonly verifier: ChainVerifier,
  ) {
    this.ledger = start.ledger;
    this.history = start.history;
    this.blockId = start.blockId;
  }

  get height(): number {
    return this.ledger.height;
  }

  get timeNs(): bigint {
    return this.ledger.timeNs;
  }

  /** Executes the blocks of a range up to a height. Throws ReplicaError where certified results are others. */
  execute(range: Parameters<ChainVerifier['blocks']>[0], heightMax: number): void {
    const first = this.verifier.firstId;
    for (const block of this.verifier.blocks(range, this.blockId, this.height)) {
      const { height, timeNs, kind, execHeight, execRoot, operationCount } = block.header;
      if (height > heightMax) return;
      const isCertified = execHeight > first.height;
      if (isCertified && !equalBytes(this.history.root(execHeight + 1), execRoot))
        throw wrong('execution gives other results than a quorum certified', execHeight);
      const envelopes = kind === 'epoch_end' ? NO_ENVELOPES : scanBody(block.body);
      const outcome = this.ledger.executeBlock({ height, timeNs, envelopes });
      this.history.append(historyLeaf(block.id, outcome.resultsRoot));
      this.blockId = block.id;
      this.operations += operationCount;
    }
  }
}

function demandBalance({ assets }: TrialBalance): void {
  for (const { asset, debitsPosted, creditsPosted, debitsPending, creditsPending } of assets)
    if (debitsPosted !== creditsPosted || debitsPending !== creditsPending)
      throw new ReplicaError('PARENT_PROOF_WRONG', `debits of asset ${asset} do not equal its credits`, { asset });
}

function notHeld(message: string): ReplicaError {
  return new ReplicaError('PARENT_STATE_NOT_HELD', message);
}

function wrong(message: string, height: number): ReplicaError {
  return new ReplicaError('PARENT_PROOF_WRONG', message, { height });
}

function ahead(tipHeight: number): ReplicaError {
  return new ReplicaError('PARENT_POINT_AHEAD', `the ledger is at height ${tipHeight}`, { tipHeight });
}
