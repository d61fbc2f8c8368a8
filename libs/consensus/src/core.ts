import { invariant } from '@quorate/errors';
import { answerOutdated, askAhead, onStatus, sendStatus } from './status';
import { applyCertificate, countVote } from './acceptance';
import { fetchMissing, onBlock, onGetBlock, onGetRange, onRange } from './catch-up';
import { advanceFinality, noteExecuted } from './finality';
import { countOwnProposal, lead, onBatch, takeLead } from './leader';
import { SETTLE_ROUNDS_MAX } from './limits';
import { judgeTimeouts, keepTime, nextDeadlineMs, onTimeoutMessage } from './pacemaker';
import { onProposal, wantedBlocks } from './proposals';
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
  Message,
  PromiseMessage,
  VoteMessage,
} from './types';
import { INITIAL_VOTE_STATE, decodeVoteState } from './vote-state';
import { castVotes, makeVote } from './voting';

/**
 * One replica's consensus: a deterministic function from events to effects. No clock, no randomness, no IO.
 *
 * Chained PBFT with a stable leader: see docs/spec/consensus.md, whose rule numbers (C-…) the modules cite.
 */
export class Core {
  private readonly core: CoreState;
  private timerMs: number | null = null;

  constructor(options: CoreOptions) {
    this.core = new CoreState(options);
  }

  /** Takes one event; gives back what the host must do, in order. */
  step(event: CoreEvent): Effect[] {
    const { core } = this;
    core.now = { nowMs: Math.max(core.now.nowMs, event.nowMs), timeNs: event.timeNs };
    invariant(core.booted !== (event.kind === 'boot'), 'boot is the first event, and only the first');
    this.take(event);
    this.settle();
    return this.collect();
  }

  status(): CoreStatus {
    const { vote, chain, leadership, leader } = this.core;
    return {
      term: vote.term,
      leader,
      leading: leadership !== null,
      abandoned: vote.abandoned,
      finalHeight: chain.finalTip.header.height,
      executedHeight: chain.executedHeight,
      provenHeight: chain.finalCertificate === null ? 0 : chain.finalTip.header.execHeight,
      unfinalisedBlocks: leadership === null ? 0 : leadership.tip.header.height - chain.finalTip.header.height,
    };
  }

  private take(event: CoreEvent): void {
    const { core } = this;
    switch (event.kind) {
      case 'boot':
        return boot(core, event);
      case 'message':
        return onMessage(core, event.from, event.message);
      case 'persisted':
        return onPersisted(core, event.token);
      case 'executed':
        noteExecuted(core, event.height, event.execRoot);
        return reportExecuted(core);
      case 'connected':
        return onConnected(core, event.peer);
      case 'disconnected':
        core.peers[event.peer].connected = false;
        core.peers[event.peer].ahead = false;
        return;
      case 'pending':
        core.pending = { operations: event.operations, bytes: event.bytes };
        return;
      case 'batch':
        return onBatch(core, event.request, event.body, event.operations);
      case 'suspect':
        if (event.term === core.vote.term && core.committee.size > 1) abandonTerm(core);
        return;
      case 'tick':
        return;
    }
  }

  /** Applies the rules until none of them changes anything. */
  private settle(): void {
    const { core } = this;
    for (let round = 0; ; round += 1) {
      invariant(round < SETTLE_ROUNDS_MAX, 'the rules come to rest', { round });
      const { version } = core;
      judgeTimeouts(core);
      advanceFinality(core);
      castVotes(core);
      lead(core);
      if (core.version !== version) continue;
      keepTime(core);
      fetchMissing(core);
      if (core.version === version) return;
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

/** C-33: goes on from what is on disk, saying again only what was said before. */
function boot(core: CoreState, event: BootEvent): void {
  core.booted = true;
  core.chain.boot(event);
  core.vote = { ...(event.voteState === null ? INITIAL_VOTE_STATE : decodeVoteState(event.voteState)) };
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
  if (vote.abandoned) return onOwnTimeout(core);
  // A leader may have proposed more than its disk remembers, so it never speaks again in a term that it led (C-12).
  if (core.isLeader && vote.ledTerm >= vote.term) return abandonTerm(core);
  repeatDurableVotes(core);
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

function onMessage(core: CoreState, from: number, message: Message): void {
  if (core.halted) return;
  switch (message.kind) {
    case 'propose':
      if (message.term < core.vote.term) answerOutdated(core, from);
      return onProposal(core, message);
    case 'prepare':
    case 'commit':
      return onVote(core, from, message);
    case 'timeout':
      if (message.replica !== from) return;
      if (message.term < core.vote.term) answerOutdated(core, from);
      return onTimeoutMessage(core, message);
    case 'status':
      return onStatus(core, from, message);
    case 'executed':
      core.peers[from].executedHeight = Math.max(core.peers[from].executedHeight, message.executedHeight);
      return core.changed();
    case 'get-block':
      return onGetBlock(core, from, message.blockId);
    case 'block':
      return onBlock(core, message);
    case 'get-range':
      return onGetRange(core, from, message.fromHeight);
    case 'range':
      return onRange(core, from, message);
  }
}

function onVote(core: CoreState, from: number, message: VoteMessage): void {
  if (message.replica !== from) return;
  core.peers[from].executedHeight = Math.max(core.peers[from].executedHeight, message.executedHeight);
  const { term } = core.vote;
  if (message.term < term) return answerOutdated(core, from);
  const inWindow =
    message.term === term
      ? core.inWindow(message.slot)
      : message.term === term + 1 && message.slot <= core.parameters.windowBlocks;
  if (inWindow) return countVote(core, { ...message, verified: false });
  if (message.term > term || message.slot > core.certifiedSlot) askAhead(core, from);
}

function onConnected(core: CoreState, peer: number): void {
  core.peers[peer].connected = true;
  core.peers[peer].answerSentMs = Number.NEGATIVE_INFINITY;
  if (core.ownTimeout !== null) core.send(peer, core.ownTimeout);
  sendStatus(core, peer, true);
}

/** C-24: tells the leader of results that no vote will carry soon, because nothing is open or because it waits for them. */
function reportExecuted(core: CoreState): void {
  const { executedHeight, finalTip } = core.chain;
  const caughtUp = executedHeight === finalTip.header.height;
  if (core.isLeader || (!caughtUp && executedHeight < core.reportedExecuted + core.parameters.windowBlocks / 2)) return;
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
  else if (promise.kind === 'propose') ownProposalDurable(core, promise.slot);
  else onOwnVote(core, promise);
}

function ownProposalDurable(core: CoreState, slot: number): void {
  const proposal = core.slots.get(slot)?.proposal;
  if (proposal) countOwnProposal(core, proposal.message, proposal.block);
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
