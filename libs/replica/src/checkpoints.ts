import type { Block, Signer } from '@quorate/consensus';
import { equalBytes, hex } from '@quorate/crypto';
import { CaptureMemory, type SectionCapture } from '@quorate/ledger';
import {
  CHECKPOINT_BLOCKS,
  CHECKPOINT_OPERATIONS,
  checkpointPreimage,
  consensusContext,
  encodeCheckpointVote,
  genesisId,
  quorum,
  type CheckpointVote,
  type Configuration,
  type Genesis,
  type VerifyKey,
} from '@quorate/protocol';
import type { Clock, Timers } from '@quorate/runtime';
import { StorageError, writeSnapshot, type SnapshotStore, type StoredSnapshot } from '@quorate/storage';
import type { BlockStore } from './block-store';
import type { Executor } from './executor';
import { ReplicaError } from './replica-error';
import { captureState, encodeNotes } from './state-sections';

/** Heights for which votes are kept: replicas are never far apart for long, and each makes one snapshot at a time. */
const HEIGHTS_MAX = 8;

const SPACING: CheckpointSpacing = { blocks: CHECKPOINT_BLOCKS, operations: CHECKPOINT_OPERATIONS };

/** Work of a checkpoint after which the rest of the replica has its turn for a while: this many times as long, and at most so long. */
const SLICE_MS = 1;
const PAUSES_PER_SLICE = 3;
const PAUSE_MS_MAX = 20;

/** A checkpoint is due at heights that `blocks` divides, and after so many operations. */
export interface CheckpointSpacing {
  readonly blocks: number;
  readonly operations: number;
}

/** What checkpoints are made of and told to. */
export interface CheckpointOptions {
  readonly genesis: Genesis;
  readonly configuration: Configuration;
  readonly snapshots: SnapshotStore;
  readonly store: BlockStore;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Distance of checkpoints; all replicas of a ledger use the same. CHECKPOINT_BLOCKS and CHECKPOINT_OPERATIONS unless given. */
  readonly spacing?: CheckpointSpacing;
  /** Signs with the private half of a consensus key, if this replica has it. */
  readonly signer: (consensusKey: Uint8Array) => Signer | null;
  readonly verify: VerifyKey;
  /** Tells every peer. */
  readonly spread: (vote: Uint8Array) => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * Takes a snapshot at every checkpoint while execution goes on, says its root to the peers, and keeps the word of a quorum with it. The
 * heights follow from the chain alone, so that all replicas say a root for the same ones; whoever is still busy with the one before leaves
 * one out.
 */
export class Checkpoints {
  private operationsSince = 0;
  private busy = false;
  private closed = false;
  private work: Promise<void> = Promise.resolve();
  /** Votes by height, then by replica. */
  private readonly votes = new Map<number, Map<number, CheckpointVote>>();
  private own: CheckpointVote | null = null;
  private readonly memory = new CaptureMemory();
  /** What fills the memory for the first time, until it is full or needed. */
  private warming: SectionCapture | null = null;

  private configuration: Configuration;

  constructor(private readonly options: CheckpointOptions) {
    this.configuration = options.configuration;
  }

  /** Another epoch began: only its own members' words count from here on. */
  useConfiguration(configuration: Configuration): void {
    this.configuration = configuration;
    this.votes.clear();
    this.own = null;
  }

  /** Height of the newest snapshot that a quorum signed; 0 without one. */
  get certifiedHeight(): number {
    return this.options.snapshots.newestCertified?.state.height ?? 0;
  }

  /** Execution stands where it will go on: makes the memory that the first checkpoint copies into. What can be made beside blocks is. */
  prepare(): void {
    const { sections } = this.options.executor.ledger.capture(this.memory);
    this.warming = sections.find(({ section }) => section === 'transfers') ?? null;
    this.warmSoon();
  }

  /** A block was executed again at the start: only the count goes on. */
  replayed(block: Block): void {
    this.isDue(block);
  }

  /** A block was executed. Copies what changes in place if a checkpoint is due, and does the rest in slices. */
  executed(block: Block): void {
    if (!this.isDue(block) || this.busy || this.closed) return;
    this.busy = true;
    this.work = this.take(block)
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.busy = false;
      });
  }

  /** The own newest word again, for a peer that may have missed it. */
  get newestVote(): Uint8Array | null {
    return this.own === null ? null : encodeCheckpointVote(this.own);
  }

  /** A peer said its root. */
  vote(from: number, vote: CheckpointVote): void {
    const { configuration } = this;
    if (vote.replica !== from || vote.epoch !== configuration.epoch || vote.height <= this.certifiedHeight) return;
    const known = this.votes.get(vote.height)?.get(from);
    if (known !== undefined && equalBytes(known.signature, vote.signature)) return;
    const preimage = checkpointPreimage(consensusContext(configuration), vote.height, vote.stateRoot);
    const key = configuration.replicas[from]?.consensusKey;
    if (key === undefined || !this.options.verify({ scheme: 'ed25519', bytes: key }, preimage, vote.signature)) return;
    this.count(vote);
    this.settle(vote.height);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.work;
    await this.options.snapshots.close();
  }

  /** A disk without room costs a checkpoint: the journal is whole without it, and the next one tries again. */
  private failed(error: unknown): void {
    const full = error instanceof StorageError && error.code === 'STORAGE_FULL';
    if (!full && !this.closed) this.options.onFault(error);
  }

  private isDue({ header }: Block): boolean {
    this.operationsSince += header.operationCount;
    const { blocks, operations } = this.options.spacing ?? SPACING;
    const due = header.height % blocks === 0 || this.operationsSince >= operations;
    if (due) this.operationsSince = 0;
    return due;
  }

  private warmSoon(): void {
    this.options.timers.soon(() => {
      if (this.warming === null || this.closed) return;
      if (this.warming.prepare()) this.warming = null;
      else this.warmSoon();
    });
  }

  private async take(block: Block): Promise<void> {
    // The memory is used from here on.
    this.warming = null;
    const { genesis, snapshots, store, executor } = this.options;
    const { height } = block.header;
    const sections = captureState(executor, store, this.memory);
    const state = { genesisId: genesisId(genesis), height, blockId: block.id, execRoot: executor.execRoot(height) };
    const pause = this.paced();
    await store.settled();
    // A restart from this snapshot does not execute the blocks up to it again, which is what would bring lost outcomes back.
    if (!(await executor.syncOutcomes())) return;
    const extra = (): Uint8Array => encodeNotes(store.mark(height), store.firstHeight);
    const snapshot = await writeSnapshot(snapshots, { state, sections, extra, pause });
    if (this.closed) return;
    this.say(snapshot);
  }

  /**
   * Pauses between slices of the work: all replicas make the same checkpoint at the same time, so it may only take a share of it, or no
   * transfer would be executed meanwhile. While nothing else happens slices take next to no time, and so do the pauses.
   */
  private paced(): () => Promise<void> {
    const { clock, timers } = this.options;
    let beganMs = clock.monotonicMs();
    return () =>
      new Promise((resolve, reject) => {
        const goOn = (): void => {
          beganMs = clock.monotonicMs();
          if (this.closed) reject(new ReplicaError('REPLICA_HALTED', 'the replica was closed'));
          else resolve();
        };
        const workedMs = clock.monotonicMs() - beganMs;
        if (workedMs < SLICE_MS) timers.soon(goOn);
        else timers.after(Math.min(workedMs * PAUSES_PER_SLICE, PAUSE_MS_MAX), goOn);
      });
  }

  private say({ state, stateRoot }: StoredSnapshot): void {
    const { configuration } = this;
    const { signer, spread } = this.options;
    const signers = configuration.replicas.map(({ consensusKey }) => signer(consensusKey));
    const self = signers.findIndex((candidate) => candidate !== null);
    const sign = signers[self] ?? null;
    // Whoever is no member has no say.
    if (sign === null) return;
    const preimage = checkpointPreimage(consensusContext(configuration), state.height, stateRoot);
    const { epoch } = configuration;
    const vote = { epoch, height: state.height, stateRoot, replica: self, signature: sign(preimage) };
    this.own = vote;
    this.count(vote);
    spread(encodeCheckpointVote(vote));
    this.settle(state.height);
  }

  private count(vote: CheckpointVote): void {
    const votes = this.votes.get(vote.height) ?? new Map<number, CheckpointVote>();
    this.votes.set(vote.height, votes);
    // The first word counts: whoever says two roots for one height cannot be in two quorums.
    if (!votes.has(vote.replica)) votes.set(vote.replica, vote);
    if (this.votes.size <= HEIGHTS_MAX) return;
    this.votes.delete(Math.min(...this.votes.keys()));
  }

  /** Keeps the certificate if a quorum said the root of the own snapshot of that height. */
  private settle(height: number): void {
    const { configuration } = this;
    const { snapshots } = this.options;
    const snapshot = snapshots.newestFirst.find((candidate) => candidate.state.height === height);
    const votes = [...(this.votes.get(height)?.values() ?? [])].sort((left, right) => left.replica - right.replica);
    if (snapshot === undefined || snapshot.certificate !== null) return;
    const needed = quorum(configuration.replicas.length);
    const agreeing = votes.filter(({ stateRoot }) => equalBytes(stateRoot, snapshot.stateRoot));
    if (agreeing.length < needed) {
      this.assertNotAlone(height, votes, snapshot);
      return;
    }
    const certificate = {
      epoch: configuration.epoch,
      height,
      stateRoot: snapshot.stateRoot,
      signers: agreeing.map(({ replica }) => replica),
      signatures: agreeing.map(({ signature }) => signature),
    };
    for (const known of this.votes.keys()) if (known <= height) this.votes.delete(known);
    snapshots.certify(snapshot, certificate).catch((error: unknown) => this.failed(error));
  }

  /** A quorum that has another state means that this replica's is wrong: it must not go on. */
  private assertNotAlone(height: number, votes: readonly CheckpointVote[], { stateRoot }: StoredSnapshot): void {
    const counts = new Map<string, number>();
    for (const vote of votes) counts.set(hex(vote.stateRoot), (counts.get(hex(vote.stateRoot)) ?? 0) + 1);
    counts.delete(hex(stateRoot));
    const most = Math.max(0, ...counts.values());
    if (most < quorum(this.configuration.replicas.length)) return;
    this.options.onFault(
      new ReplicaError('REPLICA_STATE_DIVERGED', `the state after block ${height} is not that of a quorum`, { height }),
    );
  }
}
