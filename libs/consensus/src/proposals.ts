import { equalBytes, hex } from '@quorate/crypto';
import { blockId } from '@quorate/protocol';
import { acceptCertificate, acceptTimeoutCertificate, applyCertificate, countVote } from './acceptance';
import { baseOf } from './certificates';
import { makeBlock } from './committee';
import { accuse } from './evidence';
import { EARLY_SYNC_BYTES_MIN } from './limits';
import { readOrNull } from './malformed';
import type { CoreState, Proposal } from './state';
import type { Block, ProposeMessage } from './types';
import { contentValid } from './validity';

const NO_BODY = new Uint8Array(0);

/** A proposal from the leader, or repeated by anybody: the leader's signature counts, not the channel (C-11). */
export function onProposal(core: CoreState, message: ProposeMessage): void {
  // Attachments first: they are what lets a replica that fell behind use the rest (C-19).
  if (message.timeoutCertificate !== null && !acceptTimeoutCertificate(core, message.timeoutCertificate))
    return refuse(core, 'its timeout certificate is not valid');
  if (message.final !== null && !acceptCertificate(core, message.final))
    return refuse(core, 'its commit certificate is not valid');
  const { term, slot } = message;
  if (term !== core.vote.term || !core.inWindow(slot)) return;
  const known = core.slots.get(slot)?.proposal;
  if (known) return compareProposals(core, known, message);
  const block = parse(message);
  if (block === null) return refuse(core, 'its header is malformed');
  const leader = core.committee.leaderOf(term);
  if (!core.committee.verifyVote('prepare', leader, { term, slot, blockId: block.id }, message.signature)) {
    return core.alarm('SIGNATURE_INVALID', `proposal of term ${term} slot ${slot}`);
  }
  const peer = core.peer(leader);
  peer.executedHeight = Math.max(peer.executedHeight, message.executedHeight);
  if (slot === 1 ? !isBase(core, message, block) : !contentValid(core, block.header, block.body))
    return refuse(core, 'its content is not valid');
  keepProposal(core, message, block);
  countVote(core, {
    kind: 'prepare',
    term,
    slot,
    blockId: block.id,
    replica: leader,
    signature: message.signature,
    verified: true,
  });
}

/** C-41: the first proposal stands (C-11); another one is evidence. */
function compareProposals(
  core: CoreState,
  known: Proposal,
  { term, slot, headerBytes, signature }: ProposeMessage,
): void {
  if (core.isLeader || equalBytes(known.block.headerBytes, headerBytes)) return;
  const statement = { kind: 'prepare' as const, term, slot };
  accuse(
    core,
    core.leader,
    { ...statement, blockId: known.block.id, signature: known.message.signature },
    { ...statement, blockId: blockId(headerBytes), signature },
  );
}

function refuse(core: CoreState, reason: string): void {
  core.alarm('PROPOSAL_INVALID', reason);
}

function parse(message: ProposeMessage): Block | null {
  return readOrNull(() => makeBlock(message.headerBytes, message.body ?? NO_BODY));
}

/** Slot 1 is judged by the timeout certificate that came with it, not by the one this replica happens to hold (C-7). */
function isBase(core: CoreState, message: ProposeMessage, block: Block): boolean {
  const { timeoutCertificate } = message;
  if (timeoutCertificate === null) return equalBytes(block.id, core.committee.genesis.id);
  if (timeoutCertificate.term + 1 !== message.term) return false;
  const verified = core.certificates.verifyTimeoutCertificate(timeoutCertificate, core.timeouts);
  if (verified === null) return false;
  if (verified.highCertificate !== null) applyCertificate(core, verified.highCertificate);
  return equalBytes(block.id, baseOf(verified) ?? core.committee.genesis.id);
}

function keepProposal(core: CoreState, message: ProposeMessage, block: Block): void {
  const { clockAheadNsMax, clockBehindNsMax } = core.parameters;
  core.slot(message.slot).proposal = {
    message,
    block,
    late: block.header.timeNs < core.now.timeNs - clockBehindNsMax,
    notBeforeNs: block.header.timeNs - clockAheadNsMax,
    atMs: core.now.nowMs,
    refused: false,
  };
  if (message.slot > 1) storeBlock(core, block);
  core.changed();
}

/** Writes a block to the journal once; large bodies at once, so that the vote later needs only a small record. */
export function storeBlock(core: CoreState, block: Block): void {
  if (core.chain.isFull) core.chain.retain(wantedBlocks(core));
  if (core.chain.add(block)) core.record.addBlock(block, block.body.length >= EARLY_SYNC_BYTES_MIN);
}

/** Blocks that the current term still speaks of, with their ancestors. */
export function wantedBlocks(core: CoreState): Set<string> {
  const wanted = new Set<string>();
  const note = (start: string | undefined): void => {
    for (let key = start; key !== undefined;) {
      const block = core.chain.block(key);
      if (block === undefined || wanted.has(key)) return;
      wanted.add(key);
      key = hex(block.header.parentId);
    }
  };
  for (const slot of core.slots.values()) {
    note(slot.proposal?.block.key);
    note(slot.certificate === null ? undefined : hex(slot.certificate.blockId));
  }
  for (const certificate of [core.vote.high, core.commitSeen])
    note(certificate === null ? undefined : hex(certificate.blockId));
  return wanted;
}
