import { CodecError } from '@quorate/codec';
import { Core, decodeMessage, type Block, type CoreEvent, type Effect, type PersistEffect } from '@quorate/consensus';
import { equalBytes, hex } from '@quorate/crypto';
import { invariant, type CodedError } from '@quorate/errors';
import type { BlockOutcome } from '@quorate/ledger';
import {
  decodeCheckpointVote,
  firstConfiguration,
  scanEnvelope,
  type Certificate,
  type Configuration,
  type GovernanceSignature,
} from '@quorate/protocol';
import type { Link, LinkEvents, Links, Timer } from '@quorate/runtime';
import { SnapshotStore, type JournalSpace } from '@quorate/storage';
import type { ReplicaAnswer, ReplicaQuery } from '@quorate/transport';
import { Archiving } from './archiving';
import { BatchGate, type BatchRequest } from './batch-gate';
import { BlockService } from './block-service';
import { BlockStore, type StoredState } from './block-store';
import { Checkpoints } from './checkpoints';
import type { ChainSource } from './chain-source';
import { ClientDesk } from './client-desk';
import { Fences } from './fences';
import { ExecutionQueue } from './execution-queue';
import { ExecutionReports } from './execution-reports';
import { Executor } from './executor';
import { FinalTip } from './final-tip';
import type { EventBody } from './event-body';
import { LocalChain } from './local-chain';
import { makeQueries } from './make-queries';
import { OutcomeLog } from './outcome-log';
import { PEER_FRAMES, decodeEnvelopeRefused, encodeEnvelopeRefused } from './peer-frames';
import { PoolReporter } from './pool-reporter';
import type { Queries } from './queries';
import { Peers } from './peers';
import { newestState, replay } from './replay';
import { ReplicaError } from './replica-error';
import type { ReplicaOptions } from './replica-options';
import { replicaStatus, type ReplicaStatus } from './status';
import { Submissions, type Answer } from './submissions';

/**
 * One running replica: carries out the consensus core's effects on disk, network, pool and ledger, and gives back what happened.
 * All decisions about agreement are the core's; this class owns order: what is durable before what is said.
 */
export class Replica implements LinkEvents {
  /** What this replica holds of its ledger, for whoever restores it elsewhere. */
  readonly chain: ChainSource;
  private readonly executor: Executor;
  private readonly submissions: Submissions;
  private readonly queries: Queries;
  private readonly fences: Fences;
  private readonly desk: ClientDesk;
  readonly peers: Peers;
  private readonly events: EventBody[] = [];
  private stepping = false;
  private halted = false;
  private timer: Timer | null = null;
  private readonly checkpoints: Checkpoints;
  private readonly tip: FinalTip;
  private readonly execution: ExecutionQueue;
  private readonly pool: PoolReporter;
  private readonly gate: BatchGate;
  private readonly reports: ExecutionReports;
  private readonly blocks: BlockService;
  private voted: boolean;
  private space: JournalSpace = 'ample';
  private term = 1;
  private leader = -1;
  /** Index in the current configuration; null = not a member. */
  private self: number | null = null;

  private constructor(
    private readonly options: ReplicaOptions,
    private readonly store: BlockStore,
    private readonly core: Core,
    executor: Executor,
    { snapshots, configuration }: { readonly snapshots: SnapshotStore; readonly configuration: Configuration },
    readonly archiving: Archiving,
  ) {
    this.executor = executor;
    this.voted = options.hasVoted;
    this.self = core.status().self;
    this.peers = new Peers({
      self: options.certificateHash,
      configuration: core.status().configuration,
      store,
    });
    this.submissions = new Submissions({
      executor,
      clock: options.clock,
      timers: options.timers,
      forward: (envelope) => this.forward(envelope),
      spread: (envelope) => this.peers.spread(PEER_FRAMES.envelope, envelope),
      leaderReachable: () => this.leader === this.self || this.peers.isLinked(this.leader),
      changed: () => this.pool.reportSoon(),
      onFault: (error) => this.fault(error),
    });
    this.pool = new PoolReporter(
      options.timers,
      () => this.submissions.open,
      (open) => this.dispatch({ kind: 'pending', ...open }),
      () => this.gate.arrived(),
    );
    this.blocks = new BlockService({
      store,
      send: (peer, message) => void (this.halted || this.peers.send(this.core.status().epoch, peer, message)),
      onFault: (error) => this.fault(error),
    });
    this.checkpoints = new Checkpoints({
      ...options,
      configuration,
      snapshots,
      store,
      executor,
      spread: (vote) => this.peers.spread(PEER_FRAMES.checkpointVote, vote),
      onFault: (error) => this.fault(error),
    });
    archiving.attach({ store, executor, snapshots, onFault: (error) => this.fault(error) });
    this.tip = new FinalTip(options.timers, () => this.reports.tellNow());
    this.chain = new LocalChain(store, snapshots, () => this.tip.current);
    this.execution = new ExecutionQueue({
      executor,
      clock: options.clock,
      timers: options.timers,
      executed: (block, outcome) => this.executed(block, outcome),
      onFault: (error) => this.fault(error),
    });
    this.reports = this.makeReports();
    this.gate = this.makeGate();
    this.fences = new Fences((id) => this.dispatch({ kind: 'fence', id }), options);
    this.queries = makeQueries({
      genesis: options.genesis,
      store,
      executor,
      provingTip: () => this.tip.current,
      nextTip: () => this.tip.next(),
      status: () => this.status(),
      fence: () => this.fences.pass(),
    });
    this.desk = new ClientDesk(this.submissions, this.queries, this.chain, (error) => this.fault(error));
  }

  private makeReports(): ExecutionReports {
    return new ExecutionReports({
      timers: this.options.timers,
      leads: () => this.leader === this.self,
      isAwaited: () => this.tip.isAwaited,
      tell: (height) => this.dispatch({ kind: 'executed', height, execRoot: this.executor.execRoot(height) }),
    });
  }

  private makeGate(): BatchGate {
    return new BatchGate({
      clock: this.options.clock,
      timers: this.options.timers,
      waiting: () => this.submissions.open,
      finalityMs: () => this.execution.finalityMs,
      give: (request) => this.giveBatch(request),
    });
  }

  /** Opens the journal, executes all final blocks again, and is then ready to be given its links. Throws StorageError or ReplicaError. */
  static async open(options: ReplicaOptions): Promise<Replica> {
    const { genesis, genesisBytes, directory, vault, timers } = options;
    let noteSpace: (space: JournalSpace) => void = () => undefined;
    const configuration = firstConfiguration(genesis);
    const snapshots = await SnapshotStore.open({
      directory: options.snapshots,
      vault,
      keptRoot: genesis.parent?.stateRoot,
    });
    const state = await newestState(snapshots, genesis, options.verify);
    if (state === null && genesis.parent !== undefined)
      throw new ReplicaError('REPLICA_PARENT_STATE_MISSING', 'the state with which the fork begins is not here');
    const archiving = new Archiving(options);
    const { store, stored } = await BlockStore.open({
      archive: archiving.history,
      base: state?.base ?? null,
      directory,
      genesis,
      genesisBytes,
      vault,
      timers,
      source: options.source,
      onFault: (error) => options.onHalt(error),
      onSpace: (space) => noteSpace(space),
    });
    if (options.hasVoted && stored.voteState === null) {
      throw new ReplicaError('REPLICA_VOTES_LOST', 'the journal does not hold the votes that this replica has cast');
    }
    const outcomes = await OutcomeLog.open({ directory, vault });
    const executor = new Executor(genesis, outcomes, state, archiving.history);
    const core = new Core({
      genesis,
      parameters: options.parameters,
      signer: options.signer,
      verify: options.verify,
      countOperations: (body) => executor.scans.countOperations(body),
    });
    const replica = new Replica(options, store, core, executor, { snapshots, configuration }, archiving);
    noteSpace = (space) => replica.noteSpace(space);
    await replica.boot(stored);
    return replica;
  }

  /** Takes part from now on. */
  useLinks(links: Links): void {
    this.peers.useLinks(links);
    for (const peer of this.peers.linked) this.dispatch({ kind: 'connected', peer });
  }

  /** Governance wants this configuration to follow the current one. Nothing happens before a quorum of its members is ready. */
  reconfigure(configuration: Uint8Array, signatures: readonly GovernanceSignature[]): void {
    this.dispatch({ kind: 'reconfigure', configuration, signatures });
    this.admitPending();
  }

  submit(envelope: Uint8Array, answer: Answer): void {
    this.submissions.submit(envelope, true, answer);
  }

  query(query: ReplicaQuery): Promise<ReplicaAnswer> {
    return this.queries.answer(query);
  }

  status(): ReplicaStatus {
    return replicaStatus(this.core.status(), {
      pendingEnvelopes: this.submissions.size,
      isLinked: (index) => this.peers.isLinked(index),
      executor: this.executor,
      snapshotHeight: this.checkpoints.certifiedHeight,
      archive: this.archiving.status,
      finalityMs: this.execution.finalityMs,
      journalBytes: this.store.sizeBytes,
      journalSpace: this.space,
      journalDamage: this.store.damage.length,
      memoryBytes: this.options.memoryBytes(),
    });
  }

  async close(): Promise<void> {
    this.halted = true;
    await this.archiving.close();
    await this.checkpoints.close();
    this.timer?.cancel();
    this.reports.close();
    this.gate.forget();
    this.peers.close();
    await Promise.all([this.store.close(), this.executor.close()]);
  }

  opened(link: Link): void {
    if (link.party.kind !== 'peer') return;
    const peer = this.peers.numberOf(link.party.peer);
    if (peer === null) {
      link.close();
      return;
    }
    this.dispatch({ kind: 'connected', peer });
    const vote = this.checkpoints.newestVote;
    if (vote !== null) link.send(PEER_FRAMES.checkpointVote, vote);
    if (peer === this.leader) this.submissions.forwardAll();
  }

  closed(link: Link): void {
    if (link.party.kind === 'client') {
      this.desk.closed(link);
      return;
    }
    const peer = this.peers.numberOf(link.party.peer);
    if (peer === null) return;
    this.dispatch({ kind: 'disconnected', peer });
    if (peer === this.leader) this.submissions.watchOldest();
  }

  frame(link: Link, kind: number, payload: Uint8Array): void {
    if (this.halted) return;
    try {
      const known =
        link.party.kind === 'peer'
          ? this.peerFrame(link.party.peer, kind, payload)
          : this.desk.frame(link, kind, payload);
      if (!known) link.close();
    } catch (error) {
      // Bytes that no correct end would send.
      if (error instanceof CodecError || error instanceof SyntaxError || error instanceof TypeError) link.close();
      else this.fault(error);
    }
  }

  private peerFrame(name: string, kind: number, payload: Uint8Array): boolean {
    const peer = this.peers.numberOf(name);
    if (peer === null) return false;
    switch (kind) {
      case PEER_FRAMES.message: {
        const { epoch, message } = decodeMessage(payload);
        // Nothing more can be promised; for the peers it is as if the message had been lost. Their questions are answered.
        if (this.space === 'none') this.blocks.answer(peer, message);
        else this.dispatch({ kind: 'message', from: peer, epoch, message });
        return true;
      }
      case PEER_FRAMES.envelope: {
        this.submissions.submit(payload, false, (reply) => {
          if (reply.kind === 'final') return;
          const { hash } = scanEnvelope(payload);
          const refused = encodeEnvelopeRefused(hash, reply.retryAfterMs ?? 0);
          const number = this.peers.numberOf(name);
          if (number !== null) this.peers.sendFrame(number, PEER_FRAMES.envelopeRefused, refused);
        });
        return true;
      }
      case PEER_FRAMES.checkpointVote:
        this.checkpoints.vote(peer, decodeCheckpointVote(payload));
        return true;
      case PEER_FRAMES.envelopeRefused: {
        const { hash, retryAfterMs } = decodeEnvelopeRefused(payload);
        if (peer === this.leader) this.submissions.leaderRefused(hex(hash), retryAfterMs);
        return true;
      }
      default:
        return false;
    }
  }

  private async boot(stored: StoredState): Promise<void> {
    const { voteState, finalCertificate, epochEnd, unfinalised: blocks } = stored;
    const chain = await replay(this.options.genesis, epochEnd, this.store, this.executor, this.checkpoints);
    const newest = chain.finalHeaders.at(-1);
    if (newest !== undefined && finalCertificate !== null)
      this.tip.move(newest, finalCertificate, this.store.epochSteps(finalCertificate.epoch));
    this.dispatch({ kind: 'boot', voteState, epochEnd, finalCertificate, blocks, ...chain });
  }

  private dispatch(event: EventBody): void {
    if (this.halted) return;
    this.events.push(event);
    if (this.stepping) return;
    this.stepping = true;
    try {
      for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
        const { clock } = this.options;
        const effects = this.core.step({ ...next, nowMs: clock.monotonicMs(), timeNs: clock.wallNs() } as CoreEvent);
        for (const effect of effects) this.perform(effect);
      }
    } catch (error) {
      this.fault(error);
    } finally {
      this.stepping = false;
    }
  }

  private perform(effect: Effect): void {
    if (this.halted) return;
    switch (effect.kind) {
      case 'persist':
        this.persist(effect);
        return;
      case 'send':
        this.peers.send(effect.epoch, effect.to, effect.message);
        return;
      case 'finalized':
        this.finalized(effect.blocks, effect.certificate);
        return;
      case 'request-batch':
        this.gate.request(effect);
        return;
      case 'serve-block':
      case 'serve-range':
        this.blocks.serve(effect);
        return;
      case 'fenced':
        return this.fences.passed(effect.id);
      case 'serve-epoch-end':
        return this.peers.serveEpochEnd(effect.to, effect.epoch);
      case 'epoch':
        return this.epochBegan(effect);
      case 'timer':
        return this.setTimer(effect.atMs);
      case 'term':
        this.termChanged(effect);
        return;
      case 'alarm':
        this.alarm(effect);
        return;
    }
  }

  private persist(effect: PersistEffect): void {
    for (const block of effect.blocks) this.execution.noteSeen(block.key);
    this.store.persist(effect, () => {
      if (this.halted) return;
      for (const { epoch, to, message } of effect.then) this.peers.send(epoch, to, message);
      if (!this.voted && effect.voteState !== null) {
        this.voted = true;
        this.options.onFirstVote();
      }
      this.dispatch({ kind: 'persisted', token: effect.token });
    });
  }

  private finalized(blocks: readonly Block[], certificate: Certificate): void {
    this.options.observer?.final(blocks, certificate);
    const tip = blocks.at(-1);
    invariant(tip !== undefined, 'something became final');
    // While catching up, the certificate may name a later block that is not held yet: then it proves nothing here alone.
    const named = equalBytes(certificate.blockId, tip.id);
    this.store.finalize(blocks, named ? certificate : null);
    if (named) this.tip.move(tip, certificate, this.store.epochSteps(certificate.epoch));
    this.execution.add(blocks);
  }

  private executed(block: Block, outcome: BlockOutcome): void {
    if (this.halted) return;
    const { height, timeNs, operationCount } = block.header;
    this.options.observer?.executed(block, outcome, this.executor.execRoot(height));
    this.submissions.executed(block, outcome.envelopes);
    this.checkpoints.executed(block);
    this.reports.executed(height);
    if (!this.desk.hasSubscribers) return;
    const { term, leader, provenHeight } = this.core.status();
    this.desk.publish({ height, timeNs: timeNs.toString(), operationCount, provenHeight, term, leader });
  }

  private giveBatch(request: BatchRequest): number {
    const { bytesMax, operationsMax, unfinalised } = request;
    const { body, operations, envelopes } = this.submissions.batch(bytesMax, operationsMax, unfinalised);
    this.pool.tell();
    this.dispatch({ kind: 'batch', request: request.request, body, operations });
    return envelopes;
  }

  private termChanged(effect: Extract<Effect, { kind: 'term' }>): void {
    const changed = effect.term !== this.term;
    this.term = effect.term;
    this.leader = effect.leader;
    if (!changed) return;
    this.gate.forget();
    this.submissions.termChanged();
    if (this.leader !== this.self) this.submissions.forwardAll();
  }

  private forward(envelope: Uint8Array): void {
    if (this.leader >= 0 && this.leader !== this.self)
      this.peers.sendFrame(this.leader, PEER_FRAMES.envelope, envelope);
  }

  /** Peers have other numbers in every epoch; envelopes of the former one's last proposals are open again. */
  private epochBegan({ configuration, self }: Extract<Effect, { kind: 'epoch' }>): void {
    this.self = self;
    this.term = 0;
    this.peers.useConfiguration(configuration);
    this.checkpoints.useConfiguration(configuration);
    this.admitPending();
    this.options.onEpoch(configuration);
    for (const peer of this.peers.linked) this.dispatch({ kind: 'connected', peer });
  }

  private admitPending(): void {
    const { pending } = this.core.status();
    if (pending !== null) this.peers.expect(pending.configuration);
  }

  private alarm({ code, detail, fatal }: Extract<Effect, { kind: 'alarm' }>): void {
    if (code === 'CONFIGURATION_REFUSED') this.options.onRefused(detail);
    if (!fatal) return;
    this.fault(
      code === 'VOTES_LOST'
        ? new ReplicaError('REPLICA_VOTES_LOST', detail)
        : new ReplicaError('REPLICA_HALTED', `${code}: ${detail}`, { alarm: code }),
    );
  }

  private setTimer(atMs: number | null): void {
    this.timer?.cancel();
    this.timer = null;
    if (atMs === null) return;
    const delayMs = Math.max(0, Math.ceil(atMs - this.options.clock.monotonicMs()));
    this.timer = this.options.timers.after(delayMs, () => {
      if (this.space !== 'none') this.dispatch({ kind: 'tick' });
    });
  }

  /** Without room for the next segment no client may add work; without any room the replica does not take part until there is some. */
  private noteSpace(space: JournalSpace): void {
    const stood = this.space === 'none';
    this.space = space;
    this.submissions.acceptWrites(space === 'ample');
    if (stood) this.dispatch({ kind: 'tick' });
  }

  private fault(error: unknown): void {
    if (this.halted) return;
    this.halted = true;
    this.timer?.cancel();
    this.options.onHalt(error as CodedError);
  }
}
