import { invariant } from '@quorate/errors';
import { FIRST_EPOCH, blockId } from '@quorate/protocol';
import { answerOutdated, askAhead, onStatus, sendStatus } from './status';
import { acceptCertificate, applyCertificate, countVote } from './acceptance';
import { fetchMissing, onBlock, onGetBlock, onGetRange, onRange } from './catch-up';
import { answerFormerEpoch, nextEpoch, onEpochEnd, resumeEpoch } from './epochs';
import { onEvidence, onTestimony, repeatEvidence } from './evidence';
import { beginFence, judgeFence, onAskHigh, onHigh } from './fence';
import { advanceFinality, noteExecuted } from './finality';
import { countOwnProposal, lead, onBatch, takeLead } from './leader';
import { SETTLE_ROUNDS_MAX } from './limits';
import { dismissLeader, judgeTimeouts, keepTime, nextDeadlineMs, onTimeoutMessage } from './pacemaker';
import { onProposal, wantedBlocks } from './proposals';
import { keepReady, onReady, onReconfigure } from './reconfiguration';
import { fromDisk } from './record';
import { CoreState } from './state';
import { abandonTerm, announceTerm, ownTimeoutMessage } from './terms';
import type {
  BootEvent,
  CoreEvent,
  CoreOptions,
  CoreStatus,
  Durable,
  Effect,
  EpochMessage,
  Message,
  PromiseMessage,
  VoteMessage,
} from './types';
import { decodeVoteState, initialVoteState } from './vote-state';
import { castVotes, makeVote } from './voting';

/**
 * One replica's consensus: a deterministic function from events to effects. No clock, no randomness, no IO.
 *
 * Chained PBFT with a stable leader: see docs/spec/consensus.md, whose rule numbers (C-…) the modules cite.
 */
export class Core {
  private core: CoreState;
  private timerMs: number | null = null;

  constructor(options: CoreOptions) {
    this.core = new CoreState(options);
  }

  /** Takes one event; gives back what the host must do, in order. */
  step(event: CoreEvent): Effect[] {
    const { core } = this;
    core.now = { nowMs: Math.max(core.now.nowMs, event.nowMs), timeNs: event.timeNs };
    invariant(core.booted !== (event.kind === 'boot'), 'boot is the first event, and only the first');
    const { version } = core;
    this.take(event);
    // Most votes only add to a tally: no rule applies that did not before, and no time has come.
    const settled =
      isVote(event) && core.version === version && event.nowMs < (this.timerMs ?? Number.POSITIVE_INFINITY);
    if (!settled) this.settle();
    return this.collect();
  }

  status(): CoreStatus {
    const { vote, chain, leadership, leader, committee, succession, commitSeen } = this.core;
    return {
      epoch: committee.epoch,
      configuration: committee.configuration,
      configHash: committee.configHash,
      self: committee.isMember ? committee.self : null,
      handedOver: committee.epoch === FIRST_EPOCH || commitSeen !== null,
      pending: succession?.committee ?? null,
      ready: succession?.readys.has(succession.committee.self) === true,
      term: vote.term,
      leader,
      leading: leadership !== null,
      abandoned: vote.abandoned,
      finalHeight: chain.finalTip.header.height,
      executedHeight: chain.executedHeight,
      provenHeight: chain.finalTip.header.execHeight,
      unfinalisedBlocks: leadership === null ? 0 : leadership.tip.header.height - chain.finalTip.header.height,
    };
  }

  private take(event: CoreEvent): void {
    const { core } = this;
    switch (event.kind) {
      case 'boot':
        this.core = boot(core, event);
        return;
      case 'message':
        return onMessage(core, event.from, event.epoch, event.message);
      case 'reconfigure':
        return onReconfigure(core, event.configuration, event.signatures);
      case 'persisted':
        return onPersisted(core, event.token);
      case 'executed':
        noteExecuted(core, event.height, event.execRoot);
        return reportExecuted(core);
      case 'connected':
        return onConnected(core, event.peer);
      case 'disconnected':
        core.peer(event.peer).connected = false;
        core.peer(event.peer).ahead = false;
        return;
      case 'pending':
        core.pending = { operations: event.operations, bytes: event.bytes };
        return;
      case 'batch':
        return onBatch(core, event.request, event.body, event.operations);
      case 'suspect':
        if (event.term === core.vote.term && core.committee.size > 1) abandonTerm(core);
        return;
      case 'fence':
        return beginFence(core, event.id);
      case 'tick':
        return;
    }
  }

  /** Applies the rules until none of them changes anything. */
  private settle(): void {
    for (let round = 0; ; round += 1) {
      invariant(round < SETTLE_ROUNDS_MAX, 'the rules come to rest', { round });
      if (this.core.epochEnd !== null) this.core = nextEpoch(this.core, this.core.epochEnd);
      const { core } = this;
      const { version } = core;
      judgeTimeouts(core);
      dismissLeader(core);
      advanceFinality(core);
      castVotes(core);
      judgeFence(core);
      keepReady(core);
      abandonLedTerm(core);
      lead(core);
      if (core.version !== version || core.epochEnd !== null) continue;
      keepTime(core);
      fetchMissing(core);
      if (core.version === version && core.epochEnd === null) return;
    }
  }

  private collect(): Effect[] {
    const { core } = this;
    const effects = core.takeEffects();
    const record = core.record.flush(core.vote);
    if (record !== null) effects.push(record);
    const timerMs = nextDeadlineMs(core);
    if (timerMs !== this.timerMs) effects.push({ kind: 'timer', atMs: timerMs });
    this.timerMs = timerMs;
    return effects;
  }
}

function isVote(event: CoreEvent): boolean {
  return event.kind === 'message' && (event.message.kind === 'prepare' || event.message.kind === 'commit');
}

/** C-33: goes on from what is on disk, saying again only what was said before. */
function boot(fresh: CoreState, event: BootEvent): CoreState {
  const core = event.epochEnd === null ? fresh : resumeEpoch(fresh, event.epochEnd);
  core.booted = true;
  for (const replica of event.convicted) core.convicted.add(replica);
  core.chain.boot(event, core.committee.epoch);
  readVoteState(core, event.voteState);
  // One replica alone has nobody to ask (C-9).
  core.recall = core.committee.size === 1 && core.committee.isMember ? null : new Set();
  const { vote, now, parameters, pacemaker } = core;
  pacemaker.termEnteredMs = now.nowMs;
  pacemaker.resendAtMs = now.nowMs + parameters.resendMs;
  pacemaker.heartbeatAtMs = now.nowMs + parameters.heartbeatMs;
  for (const certificate of [core.chain.finalCertificate, vote.high]) {
    if (certificate === null) continue;
    core.certificates.remember(certificate);
    applyCertificate(core, certificate);
  }
  // Blocks of failed terms are of no use any more.
  if (core.chain.isFull) core.chain.retain(wantedBlocks(core));
  announceTerm(core);
  if (vote.abandoned) onOwnTimeout(core);
  else repeatDurableVotes(core);
  return core;
}

/** A vote state of an earlier epoch means nothing (C-38): the journal holds the end of that epoch, but no vote since. */
function readVoteState(core: CoreState, bytes: Uint8Array | null): void {
  const stored = bytes === null ? initialVoteState(core.committee.epoch) : decodeVoteState(bytes);
  if (stored.epoch > core.committee.epoch)
    core.alarm('VOTES_LOST', `votes of epoch ${stored.epoch}, blocks up to epoch ${core.committee.epoch}`, true);
  if (stored.epoch !== core.committee.epoch) return;
  core.vote = { ...stored };
  core.bootVote = stored;
}

/** A leader may have proposed more than its disk remembers, so it never speaks again in a term that it led before it started (C-12). */
function abandonLedTerm(core: CoreState): void {
  const { vote, bootVote } = core;
  if (core.isLeader && bootVote.ledTerm >= vote.term) abandonTerm(core);
}

function repeatDurableVotes(core: CoreState): void {
  const { vote } = core;
  if (vote.preparedId !== null && vote.preparedSlot > 0) {
    onOwnVote(
      core,
      fromDisk(makeVote(core, 'prepare', { term: vote.term, slot: vote.preparedSlot, blockId: vote.preparedId })),
    );
  }
  if (vote.committedId !== null && vote.committedSlot > 0) {
    onOwnVote(
      core,
      fromDisk(makeVote(core, 'commit', { term: vote.term, slot: vote.committedSlot, blockId: vote.committedId })),
    );
  }
}

function onMessage(core: CoreState, from: number, epoch: number, message: Message): void {
  if (core.halted) return;
  switch (message.kind) {
    // Blocks and what asks for them belong to the chain, not to an epoch (C-39).
    case 'get-block':
      return onGetBlock(core, from, message.blockId);
    case 'block':
      return onBlock(core, message);
    case 'get-range':
      return onGetRange(core, from, message.fromHeight);
    case 'range':
      return onRange(core, from, message);
    case 'epoch-end':
      return onEpochEnd(core, from, message);
    default:
      if (epoch < core.committee.epoch) return answerFormerEpoch(core, from, epoch);
      if (epoch > core.committee.epoch) return askAhead(core, from);
      return onEpochMessage(core, from, message);
  }
}

function onEpochMessage(core: CoreState, from: number, message: EpochMessage): void {
  switch (message.kind) {
    case 'propose':
      if (message.term < core.vote.term) answerOutdated(core, from);
      return onProposal(core, message);
    case 'prepare':
    case 'commit':
      return onVote(core, from, message);
    case 'timeout':
      if (message.replica !== from || from >= core.committee.size) return;
      if (message.term < core.vote.term) answerOutdated(core, from);
      return onTimeoutMessage(core, message);
    case 'status':
      return onStatus(core, from, message);
    case 'executed':
      return noteReported(core, from, message.executedHeight);
    case 'ready':
      return onReady(core, message);
    case 'evidence':
      return onEvidence(core, message);
    case 'testimony':
      return onTestimony(core, message);
    case 'ask-high':
      return onAskHigh(core, from, message);
    case 'high':
      return onHigh(core, from, message, message.high === null || acceptCertificate(core, message.high));
  }
}

function onVote(core: CoreState, from: number, message: VoteMessage): void {
  if (message.replica !== from || from >= core.committee.size) return;
  noteReported(core, from, message.executedHeight);
  const { term } = core.vote;
  if (message.term < term) return answerOutdated(core, from);
  const inWindow =
    message.term === term
      ? core.inWindow(message.slot)
      : message.term === term + 1 && message.slot <= core.parameters.windowBlocks;
  if (inWindow) return countVote(core, { ...message, verified: false });
  if (message.term > term || message.slot > core.certifiedSlot) askAhead(core, from);
}

/** C-24: what a peer says that it has executed decides what the leader may put into a header. */
function noteReported(core: CoreState, from: number, executedHeight: number): void {
  const peer = core.peer(from);
  if (executedHeight <= peer.executedHeight) return;
  peer.executedHeight = executedHeight;
  if (core.isLeader) core.changed();
}

function onConnected(core: CoreState, peer: number): void {
  core.peer(peer).connected = true;
  core.peer(peer).connectedMs = core.now.nowMs;
  core.peer(peer).answerSentMs = Number.NEGATIVE_INFINITY;
  if (core.ownTimeout !== null) core.send(peer, core.ownTimeout);
  sendStatus(core, peer, true);
  repeatEvidence(core, peer);
}

/** C-24: tells the leader of results that no vote will carry soon, because nothing is open or because it waits for them. */
function reportExecuted(core: CoreState): void {
  const { executedHeight, finalTip } = core.chain;
  const caughtUp = executedHeight === finalTip.header.height;
  if (
    core.isLeader ||
    !core.committee.isMember ||
    (!caughtUp && executedHeight < core.reportedExecuted + core.parameters.windowBlocks / 2)
  )
    return;
  core.reportedExecuted = executedHeight;
  core.send(core.leader, { kind: 'executed', executedHeight });
}

/** Promises of this replica count for itself only once they are durable (C-10). */
function onPersisted(core: CoreState, token: number): void {
  const { promises, permit } = core.record.persisted(token);
  for (const promise of promises) onOwnPromise(core, promise);
  if (permit !== null) takeLead(core, permit);
}

function onOwnPromise(core: CoreState, promise: Durable<PromiseMessage>): void {
  if (promise.term !== core.vote.term) return;
  if (promise.kind === 'timeout') onOwnTimeout(core);
  else if (promise.kind === 'propose') countOwnProposal(core, promise, blockId(promise.headerBytes));
  else onOwnVote(core, promise);
}

function onOwnVote(core: CoreState, vote: Durable<VoteMessage>): void {
  const votes = core.ownVotes.get(vote.slot) ?? {};
  votes[vote.kind] = vote;
  core.ownVotes.set(vote.slot, votes);
  countVote(core, { ...vote, verified: true });
}

function onOwnTimeout(core: CoreState): void {
  core.ownTimeout = fromDisk(ownTimeoutMessage(core));
  core.timeouts[core.self] = core.ownTimeout;
  core.changed();
}
