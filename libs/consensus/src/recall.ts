import { equalBytes } from '@quorate/crypto';
import { compareRank } from './rank';
import type { CoreState } from './state';
import type { CountedVote } from './tallies';
import type { Echo, SignedVote, VoteState } from './types';

/** Keeps the newest vote of another member, so that it can be told of it. */
export function noteNewest(core: CoreState, vote: CountedVote): void {
  if (vote.replica === core.self) return;
  const { newest } = core.peer(vote.replica);
  if (compareRank(vote, newest[vote.kind]) <= 0) return;
  const { term, slot, blockId, signature } = vote;
  newest[vote.kind] = { term, slot, blockId, signature };
}

/** C-9: the newest promises of a member that this replica holds. */
export function echoFor(core: CoreState, replica: number): Echo {
  const { newest } = core.peer(replica);
  const timeout = core.timeouts[replica];
  return {
    ...newest,
    timeout: timeout === null ? null : { term: timeout.term, high: timeout.high, signature: timeout.signature },
  };
}

/**
 * C-9: before its first vote since it started, a replica hears of q − 1 others what it has signed. If that is more than it remembers, its disk
 * is not the one that it voted with, and it must never vote again. It costs no time: without q replicas there is no progress anyway.
 */
export function onEcho(core: CoreState, from: number, echo: Echo): void {
  if (core.recall === null || !core.committee.isMember || from >= core.committee.size) return;
  if (isForgotten(core, core.bootVote, echo))
    return core.alarm('VOTES_LOST', `replica ${from} holds votes of this replica that its disk does not`, true);
  core.recall.add(from);
  if (core.recall.size < core.committee.quorum - 1) return;
  core.recall = null;
  core.changed();
}

function isForgotten(core: CoreState, known: VoteState, echo: Echo): boolean {
  const { prepare, commit, timeout } = echo;
  // A leader proposes ahead of its disk in a term that it knows to have led, and gives it up when it starts (C-12).
  const led = prepare !== null && known.ledTerm === prepare.term;
  if (
    prepare !== null &&
    !led &&
    beyond(known, prepare, known.preparedSlot, known.preparedId) &&
    own(core, 'prepare', prepare)
  )
    return true;
  if (commit !== null && beyond(known, commit, known.committedSlot, known.committedId) && own(core, 'commit', commit))
    return true;
  if (timeout === null || timeout.term < known.term || (timeout.term === known.term && known.abandoned)) return false;
  return core.committee.verifyTimeout(core.self, timeout.term, timeout.high, timeout.signature);
}

function beyond(known: VoteState, vote: SignedVote, slot: number, id: Uint8Array | null): boolean {
  if (vote.term !== known.term) return vote.term > known.term;
  return vote.slot > slot || (vote.slot === slot && id !== null && !equalBytes(vote.blockId, id));
}

/** Only an own signature proves anything: a peer may say what it likes. */
function own(core: CoreState, kind: 'prepare' | 'commit', vote: SignedVote): boolean {
  return core.committee.verifyVote(kind, core.self, vote, vote.signature);
}
