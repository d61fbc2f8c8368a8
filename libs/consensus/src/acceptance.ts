import type { Certificate } from '@quorate/protocol';
import { accuse, compareEntries, compareWithCertificate, compareWithTimeout, testify } from './evidence';
import { notePace } from './pace';
import { compareRank } from './rank';
import { noteNewest } from './recall';
import type { CoreState } from './state';
import type { CountedVote } from './tallies';
import { abandonTerm, enterTerm } from './terms';
import type { TimeoutCertificate } from './types';

/** Uses a certificate from anywhere. False if its signatures are wrong. */
export function acceptCertificate(core: CoreState, certificate: Certificate): boolean {
  if (!isNews(core, certificate)) return true;
  const verified = core.certificates.verify(certificate);
  if (verified === null) return false;
  compareWithCertificate(core, verified);
  applyCertificate(core, verified);
  return true;
}

/** Whether a certificate could change anything: spares the verification of what is known. */
function isNews(core: CoreState, certificate: Certificate): boolean {
  if (certificate.term > core.vote.term || compareRank(certificate, core.vote.high) > 0) return true;
  if (certificate.kind === 'commit') return compareRank(certificate, core.commitSeen) > 0;
  return (
    certificate.term === core.vote.term &&
    core.inWindow(certificate.slot) &&
    !core.slots.get(certificate.slot)?.certificate
  );
}

/** Uses a verified certificate (C-8, C-14). */
export function applyCertificate(core: CoreState, certificate: Certificate): void {
  if (compareRank(certificate, core.vote.high) > 0) core.vote.high = certificate;
  if (certificate.term > core.vote.term) enterTerm(core, certificate.term, { kind: 'certificate', certificate });
  if (certificate.term === core.vote.term && certificate.slot >= core.finalisedSlot)
    core.slot(certificate.slot).certificate ??= certificate;
  if (certificate.kind === 'commit' && compareRank(certificate, core.commitSeen) > 0) noteCommit(core, certificate);
  core.changed();
}

function noteCommit(core: CoreState, certificate: Certificate): void {
  core.commitSeen = certificate;
  // Any commit certificate of higher rank is progress, whether or not its bodies are here (C-26).
  notePace(core.pacemaker, core.now.nowMs);
  core.pacemaker.waiting = null;
  core.pacemaker.resendAtMs = core.now.nowMs + core.repeatMs;
  if (certificate.term === core.vote.term) {
    // The slot that is final stays: its id is the next proposal's certified parent.
    for (const slot of core.slots.keys()) if (slot < certificate.slot) core.slots.delete(slot);
    for (const slot of core.ownVotes.keys()) if (slot < certificate.slot) core.ownVotes.delete(slot);
    core.tallies.prune(certificate.term, certificate.slot);
    rotateIfDue(core, certificate.slot);
  }
}

/** A term ends by age or by slots (C-27), so that no leader stays for ever. */
function rotateIfDue(core: CoreState, slot: number): void {
  if (core.committee.size === 1) return;
  const ageMs = core.now.nowMs - core.pacemaker.termEnteredMs;
  if (ageMs >= core.parameters.termMsMax || slot >= core.parameters.termSlotsMax) {
    abandonTerm(core);
    // An agreed change is no failure of the term.
    core.pacemaker.backoff = Math.max(0, core.pacemaker.backoff - 1);
  }
}

/** Uses a timeout certificate from anywhere (C-14). False if it is not valid. */
export function acceptTimeoutCertificate(core: CoreState, certificate: TimeoutCertificate): boolean {
  if (certificate.term + 1 < core.vote.term || (certificate.term + 1 === core.vote.term && core.vote.entry !== null))
    return true;
  const verified = core.certificates.verifyTimeoutCertificate(certificate, core.timeouts);
  if (verified === null) return false;
  compareEntries(core, verified);
  applyTimeoutCertificate(core, verified);
  return true;
}

/** Uses a verified timeout certificate of the current term or a later one, or what the current one lacks as its entry. */
export function applyTimeoutCertificate(core: CoreState, certificate: TimeoutCertificate): void {
  if (certificate.highCertificate !== null) applyCertificate(core, certificate.highCertificate);
  const entry = { kind: 'timeout-certificate' as const, certificate };
  if (certificate.term + 1 > core.vote.term) enterTerm(core, certificate.term + 1, entry);
  else core.vote.entry = entry;
  core.changed();
}

/** Counts a vote of this or another replica (C-18). */
export function countVote(core: CoreState, vote: CountedVote): void {
  noteNewest(core, vote);
  if (vote.replica !== core.self) compareWithTimeout(core, vote);
  const outcome = core.tallies.add(vote);
  if (outcome.kind === 'counted') testify(core, vote);
  if (outcome.kind === 'equivocation') {
    const { kind, term, slot, blockId, signature, replica } = vote;
    accuse(core, replica, outcome.earlier, { kind, term, slot, blockId, signature });
  } else if (outcome.kind === 'certificate') {
    core.certificates.remember(outcome.certificate);
    applyCertificate(core, outcome.certificate);
  }
}
