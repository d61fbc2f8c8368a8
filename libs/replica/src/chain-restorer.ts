// The state of a ledger at a past height, made again from what a source holds: the newest snapshot at or below that height, and the blocks
// from there on, executed. Every step is checked, so that a source can refuse but not deceive.
import { EMPTY_ROOT, HistoryTree, equalBytes, verifySignature } from '@quorate/crypto';
import {
  CaptureMemory,
  INSPECTED_SECTIONS,
  Ledger,
  SECTIONS,
  SECTION_NAMES,
  inspectState,
  scanBody,
  type SectionName,
  type TrialBalance,
} from '@quorate/ledger';
import { genesisId, historyLeaf, type Genesis, type Parent } from '@quorate/protocol';
import { writeSnapshot, type SnapshotStore, type StoredSnapshot } from '@quorate/storage';
import type { ChainSource, OfferedState } from './chain-source';
import { ChainVerifier } from './chain-verifier';
import type { ExecutedState } from './executor';
import { ReplicaError } from './replica-error';
import { copyState, type CopiedState } from './state-copy';
import { stateSections } from './state-sections';

const NO_ENVELOPES: Uint8Array[] = [];

/** A point of a ledger's history: a height, or the last block at or before a ledger time. */
export type ChainPoint =
  { readonly kind: 'height'; readonly height: number } | { readonly kind: 'time'; readonly timeNs: bigint };

/** The state with which a fork begins: what its genesis has to name, and how it was come by. */
export interface RestoredFork {
  readonly parent: Parent;
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

/** Puts the state after block `height` into a store of snapshots. Throws ReplicaError, or what source and store throw. */
export async function restoreFork(
  genesis: Genesis,
  source: ChainSource,
  height: number,
  snapshots: SnapshotStore,
  pause: () => Promise<void>,
): Promise<RestoredFork> {
  const verifier = await verifierOf(genesis, source);
  if (height > verifier.tipHeight) throw ahead(verifier.tipHeight);
  const offered = await source.newestState(height);
  if (offered !== null) verifier.demandState(offered);
  const { made, ...found } =
    offered !== null && offered.state.height === height && isOwn(genesis, offered)
      ? await copyWhole(source, offered, snapshots)
      : await execute(genesis, verifier, source, offered, height, snapshots, pause);
  demandBalance(found.trialBalance);
  const { state, stateRoot } = made;
  const { ledgerId } = genesis;
  const { timeNs, ...evidence } = found;
  return {
    parent: {
      ledgerId,
      genesisId: genesisId(genesis),
      height,
      timeNs,
      blockId: state.blockId,
      execRoot: state.execRoot,
      stateRoot,
    },
    evidence: {
      tipHeight: verifier.tipHeight,
      tipTimeNs: verifier.tipTimeNs,
      blocksExecuted: height - found.snapshotHeight,
      stateBytes: state.sections.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
      ...evidence,
    },
  };
}

type Found = Pick<RestoreEvidence, 'snapshotHeight' | 'operationsExecuted' | 'trialBalance'> & {
  readonly made: StoredSnapshot;
  readonly timeNs: bigint;
};

const EVERY_SECTION: ReadonlySet<SectionName> = new Set(SECTION_NAMES);

/** The state is one that a quorum signed: it is copied, and no ledger has to be made of it. */
async function copyWhole(source: ChainSource, offered: OfferedState, snapshots: SnapshotStore): Promise<Found> {
  const { snapshot, sections } = await copyState(source, offered, snapshots, new Set(INSPECTED_SECTIONS));
  const ids = offered.state.sections.find(({ number }) => number === SECTIONS.transferIds.number);
  const { height, timeNs, trialBalance } = inspectState(sections, ids?.lengthBytes ?? 0);
  demandHeight(height, offered);
  return { made: snapshot, timeNs, trialBalance, snapshotHeight: height, operationsExecuted: 0 };
}

/** Executes the blocks from the newest state before that height on, or from the beginning, and writes what comes out. */
async function execute(
  genesis: Genesis,
  verifier: ChainVerifier,
  source: ChainSource,
  offered: OfferedState | null,
  height: number,
  snapshots: SnapshotStore,
  pause: () => Promise<void>,
): Promise<Found> {
  const copied = offered === null ? null : await copyState(source, offered, snapshots, EVERY_SECTION);
  const start =
    offered === null || copied === null ? beginning(genesis, verifier) : startOf(genesis, verifier, offered, copied);
  const run = new ChainRun(start, verifier);
  const snapshotHeight = run.height;
  while (run.height < height) {
    const range = await source.range(run.height + 1);
    if (range === null) throw notHeld(`block ${run.height + 1} is not held any more`);
    run.execute(range, height);
  }
  const { ledger, history, blockId, timeNs, operations } = run;
  const made = await writeSnapshot(snapshots, {
    state: { genesisId: genesisId(genesis), height, blockId, execRoot: history.root() },
    sections: stateSections({ ledger, history }, new CaptureMemory()),
    extra: () => new Uint8Array(0),
    pause,
  });
  // Its chunks that are still right are shared.
  if (copied !== null) await snapshots.discard(copied.snapshot);
  return { made, timeNs, trialBalance: ledger.trialBalance(), snapshotHeight, operationsExecuted: operations };
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

function startOf(
  genesis: Genesis,
  verifier: ChainVerifier,
  offered: OfferedState,
  { sections, history }: CopiedState,
): Start {
  const own = isOwn(genesis, offered);
  const ledger = (own ? Ledger.restore : Ledger.fork)(genesis, verifySignature, sections);
  demandHeight(ledger.height, offered);
  return { ledger, history, blockId: own ? offered.state.blockId : verifier.firstId.id };
}

/** Whether it is a state of this ledger, and not the one with which it began as a fork. */
function isOwn(genesis: Genesis, { state }: OfferedState): boolean {
  return equalBytes(state.genesisId, genesisId(genesis));
}

function demandHeight(height: number, { state }: OfferedState): void {
  if (height !== state.height) throw wrong('the ledger of the snapshot stands at another height', state.height);
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
