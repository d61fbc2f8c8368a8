import type { CoreState } from './state';
import { positionOf } from './rank';
import type { TermEntry, TimeoutMessage } from './types';

/** Moves to a higher term (C-14). The entry becomes durable with the first promise of the term. */
export function enterTerm(core: CoreState, term: number, entry: TermEntry | null): void {
  core.vote.term = term;
  core.vote.entry = entry;
  core.vote.abandoned = false;
  core.vote.preparedSlot = 0;
  core.vote.preparedId = null;
  core.vote.committedSlot = 0;
  core.vote.committedId = null;
  core.vote.timeoutHigh = null;
  core.slots.clear();
  core.ownVotes.clear();
  core.ownTimeout = null;
  core.leadership = null;
  core.tallies.prune(term, 0);
  core.pacemaker.termEnteredMs = core.now.nowMs;
  core.pacemaker.waiting = null;
  announceTerm(core);
  core.changed();
}

/** Tells the host where envelopes go. */
export function announceTerm(core: CoreState): void {
  core.emit({
    kind: 'term',
    term: core.vote.term,
    leader: core.leader,
    leading: core.leadership !== null && !core.vote.abandoned,
    abandoned: core.vote.abandoned,
  });
}

/** The TIMEOUT of the current term as the vote state fixes it: the same bytes each time (C-13). */
export function ownTimeoutMessage(core: CoreState): TimeoutMessage {
  const high = positionOf(core.vote.timeoutHigh);
  return {
    kind: 'timeout',
    term: core.vote.term,
    replica: core.self,
    high,
    highCertificate: core.vote.timeoutHigh,
    signature: core.committee.signTimeout(core.vote.term, high),
  };
}

/** Gives up the current term: from here on no vote in it or in an earlier one (C-13). */
export function abandonTerm(core: CoreState): void {
  if (core.vote.abandoned || !core.mayVote) return;
  core.vote.abandoned = true;
  core.vote.timeoutHigh = core.vote.high;
  core.leadership = null;
  core.pacemaker.waiting = null;
  core.pacemaker.backoff += 1;
  core.pacemaker.finalSinceBackoff = 0;
  core.pacemaker.resendAtMs = core.now.nowMs + core.parameters.resendMs;
  core.promise(ownTimeoutMessage(core));
  announceTerm(core);
  core.changed();
}
