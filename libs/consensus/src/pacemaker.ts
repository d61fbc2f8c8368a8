import { equalBytes } from '@quorate/crypto';
import { FIRST_EPOCH } from '@quorate/protocol';
import { applyTimeoutCertificate } from './acceptance';
import { buildTimeoutCertificate, timeoutConsistent } from './certificates';
import { fetchDueMs } from './catch-up';
import { compareTimeouts, leaderAccused, repeatEvidence } from './evidence';
import { fenceDueMs, repeatFence } from './fence';
import { isCatchingUp } from './finality';
import { timeoutMs } from './pace';
import { compareRank } from './rank';
import { isSuccessionDue, readyDueMs } from './reconfiguration';
import type { CoreState, Pacemaker } from './state';
import { sendStatus } from './status';
import { abandonTerm, enterTerm } from './terms';
import type { TimeoutMessage } from './types';

/** A TIMEOUT of another replica (C-13): its certificate is used, and the newest one per replica is kept. */
export function onTimeoutMessage(core: CoreState, message: TimeoutMessage): void {
  const known = core.timeouts[message.replica];
  if (known !== null && known.term > message.term) return;
  compareTimeouts(core, message.replica, message);
  if (known?.term === message.term) return;
  if (!timeoutConsistent(message)) return core.alarm('SIGNATURE_INVALID', `timeout of replica ${message.replica}`);
  const highCertificate = message.highCertificate === null ? null : core.certificates.verify(message.highCertificate);
  const proven = message.highCertificate === null || highCertificate !== null;
  if (!proven || !core.committee.verifyTimeout(message.replica, message.term, message.high, message.signature)) {
    return core.alarm('SIGNATURE_INVALID', `timeout of replica ${message.replica}`);
  }
  core.timeouts[message.replica] = { ...message, highCertificate };
  core.changed();
}

/** C-14: a quorum of TIMEOUTs ends a term; fewer make this replica join. */
export function judgeTimeouts(core: CoreState): void {
  if (core.halted) return;
  const held = core.timeouts.filter(
    (message): message is TimeoutMessage => message !== null && message.term >= core.vote.term,
  );
  if (held.length === 0) return;
  for (const { term } of held) {
    const ofTerm = held.filter((message) => message.term === term);
    if (ofTerm.length >= core.committee.quorum) return applyTimeoutCertificate(core, buildTimeoutCertificate(ofTerm));
  }
  join(core, held);
}

/** C-14: follow f + 1 replicas to their term; in the own term give up when it can no longer have a quorum, or when its leader gave up. */
function join(core: CoreState, held: readonly TimeoutMessage[]): void {
  const { committee, vote } = core;
  const terms = held.map((message) => message.term).sort((left, right) => right - left);
  const common = terms[committee.faults];
  if (common !== undefined && common > vote.term) {
    enterTerm(core, common, null);
    abandonTerm(core);
    return;
  }
  if (vote.abandoned) return;
  const leaderGaveUp = held.some((message) => message.replica === core.leader && message.term === vote.term);
  if (leaderGaveUp || held.length >= committee.size - committee.quorum + 1) abandonTerm(core);
}

/** C-43: nobody waits for a leader that is known to lie. */
export function dismissLeader(core: CoreState): void {
  if (core.vote.abandoned || !core.mayVote || !leaderAccused(core)) return;
  abandonTerm(core);
  // It is no sign of a timeout that is too short.
  core.pacemaker.backoff = Math.max(0, core.pacemaker.backoff - 1);
}

/** Whether anything waits for the current term to make progress. */
function workIsKnown(core: CoreState): boolean {
  // The replicas of the former epoch may only leave once this one is known to work (C-40).
  if (core.committee.epoch > FIRST_EPOCH && core.commitSeen === null) return true;
  if (core.pending.operations > 0 || isSuccessionDue(core)) return true;
  const { high } = core.vote;
  const { finalCertificate, finalTip } = core.chain;
  if (high !== null && compareRank(high, finalCertificate) > 0 && !equalBytes(high.blockId, finalTip.id)) return true;
  const { height } = finalTip.header;
  for (const [slot, state] of core.slots)
    if (slot > 1 && state.proposal !== null && state.proposal.block.header.height > height) return true;
  return false;
}

/** Lets time act: progress timer, repetitions, heartbeat. */
export function keepTime(core: CoreState): void {
  if (core.isAlone || core.halted) return;
  const { pacemaker, parameters } = core;
  const { nowMs } = core.now;
  const working = workIsKnown(core);
  // A replica that lacks final blocks catches up; it has no reason to doubt the leader (C-26).
  const timed = working && !core.vote.abandoned && core.mayVote && core.committee.size > 1 && !isCatchingUp(core);
  if (!timed) pacemaker.waiting = null;
  else pacemaker.waiting ??= { sinceMs: nowMs, timeoutMs: timeoutMs(pacemaker, parameters, nowMs) };
  if (pacemaker.waiting !== null && nowMs >= waitEndsMs(pacemaker.waiting)) abandonTerm(core);
  repeat(core, working);
  repeatFence(core);
  if (nowMs >= pacemaker.heartbeatAtMs) {
    pacemaker.heartbeatAtMs = nowMs + parameters.heartbeatMs;
    sendStatus(core, 'all', false);
    repeatEvidence(core, 'all');
  }
}

function waitEndsMs({ sinceMs, timeoutMs: lengthMs }: NonNullable<Pacemaker['waiting']>): number {
  return sinceMs + lengthMs;
}

/** C-29: while stalled or abandoned, TIMEOUT and STATUS go out again, of those that are expected at a fixed pace. */
function repeat(core: CoreState, working: boolean): void {
  const { pacemaker } = core;
  const { nowMs } = core.now;
  if (!working && !isStalled(core)) {
    pacemaker.resendAtMs = nowMs + core.repeatMs;
    return;
  }
  if (nowMs < pacemaker.resendAtMs) return;
  if (!core.isExpected) pacemaker.unanswered += 1;
  pacemaker.resendAtMs = nowMs + core.repeatMs;
  if (core.ownTimeout !== null) core.send('all', core.ownTimeout);
  sendStatus(core, 'all', true);
}

/** Whether something besides work waits for others. */
function isStalled(core: CoreState): boolean {
  return core.vote.abandoned || core.recall !== null || core.peers.some((peer) => peer.ahead);
}

/** Earliest time at which keepTime, a waiting proposal or a fetch has something to do; null = never. */
export function nextDeadlineMs(core: CoreState): number | null {
  if (core.isAlone || core.halted) return null;
  const { pacemaker } = core;
  let deadline = pacemaker.heartbeatAtMs;
  if (workIsKnown(core) || isStalled(core)) deadline = Math.min(deadline, pacemaker.resendAtMs);
  if (pacemaker.waiting !== null) deadline = Math.min(deadline, waitEndsMs(pacemaker.waiting));
  const readyMs = readyDueMs(core);
  if (readyMs !== null) deadline = Math.min(deadline, readyMs);
  const fenceMs = fenceDueMs(core);
  if (fenceMs !== null) deadline = Math.min(deadline, fenceMs);
  const fetchMs = fetchDueMs(core);
  if (fetchMs !== null) deadline = Math.min(deadline, fetchMs);
  return Math.min(deadline, earlyProposalMs(core));
}

/** When the next proposal whose time lies ahead of this clock becomes acceptable (C-25). */
function earlyProposalMs(core: CoreState): number {
  const proposal = core.slots.get(core.certifiedSlot + 1)?.proposal;
  if (!proposal || proposal.notBeforeNs <= core.now.timeNs) return Number.POSITIVE_INFINITY;
  return (
    core.now.nowMs +
    Math.min(Number((proposal.notBeforeNs - core.now.timeNs) / 1_000_000n) + 1, core.parameters.timeoutMsMax)
  );
}
