import { acceptCertificate, acceptTimeoutCertificate } from './acceptance';
import { STATUS_ANSWER_MS_MIN } from './limits';
import { patienceMs } from './pace';
import { compareRank } from './rank';
import { echoFor, onEcho } from './recall';
import { fromDisk } from './record';
import type { CoreState, Peer } from './state';
import type { ProposeMessage, Recipient, StatusMessage } from './types';

/** C-29: where this replica stands. */
export function sendStatus(core: CoreState, to: Recipient, want: boolean): void {
  const { vote, chain } = core;
  core.send(to, {
    kind: 'status',
    term: vote.term,
    entry: vote.entry,
    preparedSlot: vote.preparedSlot,
    committedSlot: vote.committedSlot,
    high: vote.high,
    final: core.commitSeen,
    finalHeight: chain.finalTip.header.height,
    executedHeight: chain.executedHeight,
    want,
    recall: core.recall !== null,
    echo: to !== 'all' && to < core.committee.size ? echoFor(core, to) : null,
  });
  const { nowMs } = core.now;
  for (const [index, peer] of core.peers.entries()) if (to === 'all' || to === index) peer.statusSentMs = nowMs;
}

/** C-30: uses what a peer knows, and gives it what it lacks. */
export function onStatus(core: CoreState, from: number, message: StatusMessage): void {
  const peer = core.peer(from);
  if (message.echo !== null) onEcho(core, from, message.echo);
  peer.finalHeight = Math.max(peer.finalHeight, message.finalHeight);
  peer.executedHeight = Math.max(peer.executedHeight, message.executedHeight);
  const useful = useStatus(core, message);
  if (!useful) return core.alarm('SIGNATURE_INVALID', `status of replica ${from}`);
  const order = compareStanding(core, message);
  peer.ahead = order < 0;
  if (order > 0 || message.want || message.recall) answer(core, from, message, order > 0 || message.recall);
}

function useStatus(core: CoreState, message: StatusMessage): boolean {
  if (message.entry?.kind === 'timeout-certificate' && !acceptTimeoutCertificate(core, message.entry.certificate))
    return false;
  if (message.entry?.kind === 'certificate' && !acceptCertificate(core, message.entry.certificate)) return false;
  if (message.high !== null && !acceptCertificate(core, message.high)) return false;
  return message.final === null || acceptCertificate(core, message.final);
}

/** Positive if this replica is ahead of the peer in term, certificates or finality. */
function compareStanding(core: CoreState, message: StatusMessage): number {
  const { vote, chain } = core;
  const finals = compareRank(core.commitSeen, message.final);
  const heights = chain.finalTip.header.height - message.finalHeight;
  if (vote.term > message.term || compareRank(vote.high, message.high) > 0 || finals > 0 || heights > 0) return 1;
  return vote.term < message.term || finals < 0 || heights < 0 ? -1 : 0;
}

function answer(core: CoreState, to: number, message: StatusMessage, ahead: boolean): void {
  const peer = core.peer(to);
  if (core.now.nowMs - peer.answerSentMs < STATUS_ANSWER_MS_MIN) return;
  peer.answerSentMs = core.now.nowMs;
  if (ahead) sendStatus(core, to, false);
  if (core.ownTimeout !== null && core.vote.term >= message.term) core.send(to, core.ownTimeout);
  if (message.term === core.vote.term) repeatVotes(core, to, message);
}

/** Repeats this replica's own promises of the term above the peer's position: messages get lost, and nothing else brings them back. */
function repeatVotes(core: CoreState, to: number, message: StatusMessage): void {
  const certified = message.high?.term === core.vote.term ? message.high.slot : 0;
  const final = message.final?.term === core.vote.term ? message.final.slot : 0;
  if (core.isLeader) repeatProposals(core, to, Math.max(certified, final));
  for (const [slot, votes] of core.ownVotes) {
    if (votes.prepare !== undefined && slot > certified) core.send(to, votes.prepare);
    if (votes.commit !== undefined && slot > final) core.send(to, votes.commit);
  }
}

/**
 * A body of a megabyte that is still on its way must not be sent again because a block takes longer than the pace of repetitions: on busy
 * machines that made every block slower still.
 */
function repeatProposals(core: CoreState, to: number, above: number): void {
  if (core.leadership === null) return;
  const peer = core.peer(to);
  const repeated = peer.largeRepeatedMs;
  for (let slot = above + 1; slot < core.leadership.nextSlot; slot += 1) {
    const proposal = core.slots.get(slot)?.proposal;
    if (!proposal) continue;
    const large = (proposal.message.body?.length ?? 0) >= core.parameters.streamedBytesMin;
    if (large && !isDueAgain(core, peer, Math.max(proposal.atMs, repeated))) continue;
    if (large) peer.largeRepeatedMs = core.now.nowMs;
    // Slot 1 was durable before the leadership began, higher slots under its permit.
    core.send(to, fromDisk<ProposeMessage>(proposal.message));
  }
}

/** Whether something that left for the peer at a time may be taken for lost. */
function isDueAgain(core: CoreState, peer: Peer, leftMs: number): boolean {
  const { nowMs } = core.now;
  return peer.connectedMs > leftMs || nowMs - leftMs >= patienceMs(core.pacemaker, core.parameters, nowMs);
}

/** Answers a peer whose promise belongs to a term that is over here. */
export function answerOutdated(core: CoreState, from: number): void {
  const peer = core.peer(from);
  if (core.now.nowMs - peer.answerSentMs < STATUS_ANSWER_MS_MIN) return;
  peer.answerSentMs = core.now.nowMs;
  sendStatus(core, from, false);
}

/** Asks a peer that is ahead (rate-limited). */
export function askAhead(core: CoreState, from: number): void {
  const peer = core.peer(from);
  peer.ahead = true;
  if (core.now.nowMs - peer.statusSentMs >= STATUS_ANSWER_MS_MIN) sendStatus(core, from, true);
}
