import { equalBytes } from '@quorate/crypto';
import type { CertifiedPosition } from '@quorate/protocol';
import type { CoreState, Proposal, SlotState } from './state';
import type { Judgement, VoteMessage } from './types';
import { isNewEvidence } from './evidence';
import { judgeEpochEnd } from './reconfiguration';
import { earliestTimeNs, judgeChild } from './validity';

/** Casts every vote that the rules now allow. */
export function castVotes(core: CoreState): void {
  if (core.vote.abandoned || !core.mayVote) return;
  castPrepares(core);
  castCommits(core);
}

/** A vote of this replica, ready to be promised. */
export function makeVote(core: CoreState, kind: 'prepare' | 'commit', position: CertifiedPosition): VoteMessage {
  core.reportedExecuted = core.chain.executedHeight;
  return {
    kind,
    ...position,
    replica: core.self,
    executedHeight: core.chain.executedHeight,
    signature: core.committee.signVote(kind, position),
  };
}

/** C-15: one PREPARE per slot, in ascending slots, over a certified parent. */
function castPrepares(core: CoreState): void {
  const { vote } = core;
  const last = core.certifiedSlot + 1;
  for (let slot = Math.max(vote.preparedSlot + 1, core.certifiedSlot, 1); slot <= last; slot += 1) {
    const proposal = core.slots.get(slot)?.proposal;
    if (!proposal || proposal.refused || !parentCertified(core, slot, proposal)) continue;
    const judgement = judge(core, slot, proposal);
    if (judgement === 'invalid') {
      proposal.refused = true;
      core.alarm('PROPOSAL_INVALID', `term ${vote.term} slot ${slot} height ${proposal.block.header.height}`);
    }
    if (judgement !== 'valid') continue;
    const position = { term: vote.term, slot, blockId: proposal.block.id };
    vote.preparedSlot = slot;
    vote.preparedId = proposal.block.id;
    core.promise(makeVote(core, 'prepare', position));
    core.changed();
  }
}

/** C-15: slot 1 stands on its timeout certificate; any other slot on the certificate of the slot before it. */
function parentCertified(core: CoreState, slot: number, proposal: Proposal): boolean {
  if (slot === 1) return true;
  const parent = core.slots.get(slot - 1)?.certificate;
  return !!parent && equalBytes(parent.blockId, proposal.block.header.parentId);
}

function judge(core: CoreState, slot: number, proposal: Proposal): Judgement {
  const { block } = proposal;
  // A body must be durable before it is voted for, and its whole chain be known (C-16).
  const path = core.chain.pathTo(block.id);
  if (path.kind !== 'linked') return 'wait';
  if (slot === 1) return 'valid';
  // A block that is final already needs no vote.
  if (path.blocks.length === 0) return 'wait';
  const parent = path.blocks.length === 1 ? core.chain.finalTip : path.blocks[path.blocks.length - 2];
  const judgement = judgeChild(core, parent, block.header);
  if (judgement !== 'valid') return judgement;
  if (block.header.kind === 'epoch_end') {
    const end = judgeEpochEnd(core, block.header, path.blocks[path.blocks.length - 1].body);
    if (end !== 'valid') return end;
  }
  if (
    block.header.kind === 'evidence' &&
    !isNewEvidence(core, path.blocks[path.blocks.length - 1].body, path.blocks.slice(0, -1))
  )
    return 'invalid';
  return timely(core, proposal, earliestTimeNs(parent.header)) ? 'valid' : 'wait';
}

/** C-25: the minimal legal time is always timely; otherwise the clock bounds hold, judged by the time of arrival. */
function timely(core: CoreState, proposal: Proposal, minimumNs: bigint): boolean {
  if (proposal.block.header.timeNs === minimumNs) return true;
  return !proposal.late && core.now.timeNs >= proposal.notBeforeNs;
}

/** C-16: COMMIT only for what is certified, and whose whole chain above the final tip is on this disk. */
function castCommits(core: CoreState): void {
  const { vote } = core;
  for (let slot = Math.max(vote.committedSlot, core.finalisedSlot) + 1; slot <= core.certifiedSlot; slot += 1) {
    const certificate = core.slots.get(slot)?.certificate;
    if (!certificate || !chainHeld(core, certificate)) continue;
    vote.committedSlot = slot;
    vote.committedId = certificate.blockId;
    core.promise(makeVote(core, 'commit', { term: vote.term, slot, blockId: certificate.blockId }));
    core.changed();
  }
}

function chainHeld(core: CoreState, certificate: NonNullable<SlotState['certificate']>): boolean {
  const path = core.chain.pathTo(certificate.blockId);
  if (path.kind === 'conflict')
    core.alarm('FINALITY_CONFLICT', `certified block of slot ${certificate.slot} beside the final chain`, true);
  return path.kind === 'linked';
}
