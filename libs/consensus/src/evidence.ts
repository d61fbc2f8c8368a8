import { equalBytes } from '@quorate/crypto';
import {
  EVIDENCE_RULES_VERSION,
  contradictionOf,
  decodeEvidence,
  encodeEvidence,
  evidenceFault,
  makeEvidence,
  type BlockHeader,
  type Certificate,
  type Evidence,
  type SignedStatement,
} from '@quorate/protocol';
import { readOrNull } from './malformed';
import { compareRank } from './rank';
import type { CoreState } from './state';
import type { CountedVote } from './tallies';
import type { Block, EvidenceMessage, TestimonyMessage, TimeoutCertificate, TimeoutMessage } from './types';

type TimeoutContent = Pick<TimeoutMessage, 'term' | 'high' | 'signature'>;

/** C-41: keeps two statements of one replica if they contradict each other and both signatures hold, and tells everybody. */
export function accuse(core: CoreState, replica: number, one: SignedStatement, other: SignedStatement): void {
  take(core, makeEvidence(core.committee.epoch, replica, one, other));
}

/** C-41: the vote and the same replica's vote at the same position in a certificate. */
export function compareWithCertificate(core: CoreState, certificate: Certificate): void {
  const { kind, term, slot, blockId, signers, signatures } = certificate;
  for (const vote of core.tallies.opposing(certificate)) {
    const at = signers.indexOf(vote.replica);
    accuse(core, vote.replica, voteStatement(vote), { kind, term, slot, blockId, signature: signatures[at] });
  }
}

/** C-41: a COMMIT that is new here, and the replica's newest TIMEOUT. */
export function compareWithTimeout(core: CoreState, vote: CountedVote): void {
  const timeout = core.timeouts[vote.replica];
  if (vote.kind === 'commit' && timeout !== null && timeout.term >= vote.term && compareRank(timeout.high, vote) < 0)
    accuse(core, vote.replica, voteStatement(vote), timeoutStatement(timeout));
}

/** C-41: a TIMEOUT, the one of the same term that is known, and the replica's newest COMMIT. */
export function compareTimeouts(core: CoreState, replica: number, timeout: TimeoutContent): void {
  const known = core.timeouts[replica];
  if (known?.term === timeout.term) accuse(core, replica, timeoutStatement(known), timeoutStatement(timeout));
  const { commit } = core.peer(replica).newest;
  if (commit !== null) accuse(core, replica, { kind: 'commit', ...commit }, timeoutStatement(timeout));
}

/** C-41: the entries of a timeout certificate are TIMEOUTs too. */
export function compareEntries(core: CoreState, { term, entries }: TimeoutCertificate): void {
  for (const { replica, high, signature } of entries)
    if (replica !== core.self) compareTimeouts(core, replica, { term, high, signature });
}

/**
 * C-41: another replica voted for another block than the one proposed here: one of the two leaders' signatures is here, the other one there.
 * So this one goes there.
 */
export function testify(core: CoreState, vote: CountedVote): void {
  const proposal = core.slots.get(vote.slot)?.proposal;
  if (vote.kind !== 'prepare' || vote.term !== core.vote.term || !proposal || !isRecorded(core)) return;
  if (vote.replica === core.self || vote.replica === core.leader || equalBytes(vote.blockId, proposal.block.id)) return;
  const { term, slot, signature } = proposal.message;
  core.send(vote.replica, { kind: 'testimony', term, slot, blockId: proposal.block.id, signature });
}

/** C-41: the leader's signature under another proposal than the one that came here. */
export function onTestimony(core: CoreState, { term, slot, blockId, signature }: TestimonyMessage): void {
  const proposal = term === core.vote.term ? core.slots.get(slot)?.proposal : null;
  if (!proposal || core.leader === core.self) return;
  const own = {
    kind: 'prepare' as const,
    term,
    slot,
    blockId: proposal.block.id,
    signature: proposal.message.signature,
  };
  accuse(core, core.leader, own, { kind: 'prepare', term, slot, blockId, signature });
}

/** C-41: evidence that another replica found. */
export function onEvidence(core: CoreState, message: EvidenceMessage): void {
  const evidence = readEvidence(message.evidence);
  if (evidence !== null) take(core, evidence);
}

/** C-41: says again what is not on the ledger yet. */
export function repeatEvidence(core: CoreState, to: number | 'all'): void {
  for (const evidence of core.evidence.values())
    core.send(to, { kind: 'evidence', evidence: encodeEvidence(evidence) });
}

/** C-42: the body with which the leader records evidence above these blocks, one at a time; null if there is none to record now. */
export function evidenceBody(core: CoreState, unfinalised: readonly Block[]): Uint8Array | null {
  for (const evidence of core.evidence.values())
    return unfinalised.some(({ header }) => header.kind === 'evidence') ? null : encodeEvidence(evidence);
  return null;
}

/** C-42: everything about a block of evidence that can be judged without its parent. */
export function evidenceContentValid(core: CoreState, header: BlockHeader, body: Uint8Array): boolean {
  const evidence = header.operationCount === 1 ? readEvidence(body) : null;
  return evidence !== null && isRecorded(core) && isProven(core, evidence);
}

/** C-42: one block of evidence for each replica of an epoch, whoever leads. */
export function isNewEvidence(core: CoreState, body: Uint8Array, below: readonly Block[]): boolean {
  const accused = accusedIn(body);
  const already = below.some(({ header, body: other }) => header.kind === 'evidence' && accusedIn(other) === accused);
  return !already && !core.convicted.has(accused);
}

/** C-42: what became final is not said again. */
export function noteConvicted(core: CoreState, path: readonly Block[]): void {
  for (const { header, body } of path) {
    if (header.kind !== 'evidence') continue;
    const accused = accusedIn(body);
    core.convicted.add(accused);
    core.evidence.delete(accused);
  }
}

/** C-43: there is evidence against the leader, and no more replicas are accused than may lie. */
export function leaderAccused(core: CoreState): boolean {
  const accused = new Set([...core.convicted, ...core.evidence.keys()]);
  return accused.has(core.leader) && accused.size <= core.committee.faults;
}

function take(core: CoreState, evidence: Evidence): void {
  const { replica } = evidence;
  if (core.evidence.has(replica) || core.convicted.has(replica) || !isProven(core, evidence)) return;
  core.alarm('EQUIVOCATION_SEEN', `replica ${replica}: ${String(contradictionOf(evidence))}`);
  if (!isRecorded(core)) return;
  core.evidence.set(replica, evidence);
  core.send('all', { kind: 'evidence', evidence: encodeEvidence(evidence) });
  core.changed();
}

/** Older rules know no blocks of evidence, and older software no messages of it (C-44). */
function isRecorded(core: CoreState): boolean {
  return core.committee.configuration.rulesVersion >= EVIDENCE_RULES_VERSION;
}

function isProven(core: CoreState, evidence: Evidence): boolean {
  return evidenceFault(core.committee.configuration, evidence, core.options.verify) === null;
}

function voteStatement({ kind, term, slot, blockId, signature }: CountedVote): SignedStatement {
  return { kind, term, slot, blockId, signature };
}

function timeoutStatement({ term, high, signature }: TimeoutContent): SignedStatement {
  return { kind: 'timeout', term, high, signature };
}

function readEvidence(bytes: Uint8Array): Evidence | null {
  return readOrNull(() => decodeEvidence(bytes));
}

/** The replica that a block of evidence accuses: it was read before anybody voted for it. */
function accusedIn(body: Uint8Array): number {
  return decodeEvidence(body).replica;
}
