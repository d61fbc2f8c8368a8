import { equalBytes } from '@quorate/crypto';
import { LIMITS, ZERO_HASH, bodyRoot, encodeHeader, type BlockHeader, type BlockKind } from '@quorate/protocol';
import { countVote } from './acceptance';
import { baseOf } from './certificates';
import { EMPTY_BODY_ROOT, makeBlock } from './committee';
import { evidenceBody } from './evidence';
import { storeBlock } from './proposals';
import { permitProposal, type LeadPermit } from './record';
import { epochEndBody, nextConfigHash, wantsTimeKeeping } from './reconfiguration';
import type { CoreState, Leadership } from './state';
import { announceTerm } from './terms';
import type { Block, HeaderLink, ProposeMessage } from './types';
import { earliestTimeNs, flushesResults } from './validity';

const NO_BODY = new Uint8Array(0);

/** Does what the leader of the current term may do now. */
export function lead(core: CoreState): void {
  if (!core.isLeader || core.vote.abandoned || !core.mayVote) return;
  if (core.vote.ledTerm < core.vote.term) beginTerm(core);
  else if (core.leadership !== null) propose(core, core.leadership);
}

/** C-12: slot 1 leaves with the record that says this term was led; nothing of the term leaves before it is durable. */
function beginTerm(core: CoreState): void {
  const base = findBase(core);
  if (base === null) return;
  const { vote } = core;
  vote.ledTerm = vote.term;
  vote.preparedSlot = 1;
  vote.preparedId = base.id;
  core.record.addLedTerm(vote.term);
  const message = makeProposal(core, 1, base, null);
  core.slot(1).proposal = { message, block: base, late: false, notBeforeNs: 0n, atMs: core.now.nowMs, refused: false };
  core.promise(message);
  core.changed();
}

/** The block with which this term must begin, once it is held with its chain; null before that, or if this replica must not lead the term. */
function findBase(core: CoreState): HeaderLink | null {
  const { entry, term } = core.vote;
  let id: Uint8Array = core.committee.genesis.id;
  if (term > 1) {
    if (entry === null || entry.kind !== 'timeout-certificate' || entry.certificate.term + 1 !== term) return null;
    id = baseOf(entry.certificate) ?? id;
  }
  const path = core.chain.pathTo(id);
  return path.kind === 'linked' ? (path.blocks.at(-1) ?? core.chain.finalTip) : null;
}

/** The record that names this term as led is durable: proposals may flow. */
export function takeLead(core: CoreState, permit: LeadPermit): void {
  const base = core.slots.get(1)?.proposal?.block;
  if (permit.term !== core.vote.term || core.vote.abandoned || base === undefined) return;
  core.leadership = { permit, tip: base, nextSlot: 2, request: null };
  announceTerm(core);
  core.changed();
}

function propose(core: CoreState, leadership: Leadership): void {
  if (leadership.request !== null || endsEpoch(core, leadership.tip) || !mayExtend(core, leadership)) return;
  const path = core.chain.pathTo(leadership.tip.id);
  // What a block above it may hold depends on all below it.
  if (path.kind !== 'linked') return;
  const evidence = evidenceBody(core, path.blocks);
  if (evidence !== null) return proposeBlock(core, leadership, evidence, 1, 'evidence');
  const end = epochEndBody(core, leadership.tip);
  if (end !== null) return proposeEpochEnd(core, leadership, end);
  if (core.pending.operations > 0) {
    if (shouldPropose(core, leadership)) requestBatch(core, leadership, path.blocks);
  } else if (shouldFlush(core, leadership)) {
    proposeBlock(core, leadership, NO_BODY, 0);
  }
}

/** Nothing of this epoch follows the block that ends it (C-37). */
function endsEpoch(core: CoreState, tip: HeaderLink): boolean {
  return tip.header.kind === 'epoch_end' && tip.key !== core.committee.genesis.key;
}

/** C-37: first everything is final and executed by a quorum, so that the epoch's end proves all results of the epoch. */
function proposeEpochEnd(core: CoreState, leadership: Leadership, body: Uint8Array): void {
  const { tip } = leadership;
  if (!equalBytes(tip.id, core.chain.finalTip.id) || executionHeight(core, tip) !== tip.header.height) return;
  proposeBlock(core, leadership, body, 0, 'epoch_end');
}

/** C-17: the window over finality, the lag over execution, and the term's length bound the leader. */
function mayExtend(core: CoreState, { tip, nextSlot }: Leadership): boolean {
  const height = tip.header.height + 1;
  if (
    nextSlot > core.parameters.termSlotsMax ||
    height - core.chain.finalTip.header.height > core.parameters.windowBlocks
  )
    return false;
  return height - executionHeight(core, tip) <= core.parameters.executionLagBlocksMax;
}

/**
 * An idle leader proposes at once. Under load the pace of small blocks is the finality of the block before, that of larger ones its
 * certificate, so that batches grow with the load instead of the number of blocks; full blocks stream ahead of certificates. Nothing waits
 * for the finality of an empty block: nobody would come back for its sake.
 */
function shouldPropose(core: CoreState, { tip, nextSlot }: Leadership): boolean {
  const { operations, bytes } = core.pending;
  const previous = nextSlot - 1;
  if (previous === 1 || previous <= core.finalisedSlot) return true;
  if (operations >= LIMITS.blockOperationsMax || bytes >= LIMITS.blockBodyBytesMax) return true;
  const streams = bytes >= core.parameters.streamedBytesMin || tip.header.operationCount === 0;
  return streams && !!core.slots.get(previous)?.certificate;
}

/** An empty block makes results provable when nothing else will (C-23). */
function shouldFlush(core: CoreState, { tip }: Leadership): boolean {
  if (!equalBytes(tip.id, core.chain.finalTip.id)) return false;
  if (wantsTimeKeeping(core, tip)) return true;
  const height = executionHeight(core, tip);
  // One empty block after the last execution, not one after each.
  const complete = !flushesResults(core, height, tip.header.height);
  return complete && flushesResults(core, tip.header.execHeight, height);
}

/** C-24: the newest executed height that a quorum is known to have executed too, so that no vote waits for a slow executor. */
function executionHeight(core: CoreState, tip: HeaderLink): number {
  const heights = core.peers
    .slice(0, core.committee.size)
    .map((peer, index) => (index === core.self ? core.chain.executedHeight : peer.executedHeight));
  heights.sort((left, right) => right - left);
  const common = Math.min(core.chain.executedHeight, heights[core.committee.quorum - 1]);
  const usable = common > tip.header.execHeight && core.chain.execRoot(common) !== undefined;
  return usable ? common : tip.header.execHeight;
}

function requestBatch(core: CoreState, leadership: Leadership, unfinalised: readonly Block[]): void {
  core.lastRequest += 1;
  leadership.request = { id: core.lastRequest, parentKey: leadership.tip.key, slot: leadership.nextSlot };
  core.emit({
    kind: 'request-batch',
    request: core.lastRequest,
    bytesMax: LIMITS.blockBodyBytesMax,
    operationsMax: LIMITS.blockOperationsMax,
    unfinalised,
  });
}

/** The host's answer to request-batch. An answer to a request of a lost term is dropped: its envelopes are still the host's. */
export function onBatch(core: CoreState, request: number, body: Uint8Array | null, operations: number): void {
  const { leadership } = core;
  if (leadership === null || leadership.request === null || leadership.request.id !== request) return;
  leadership.request = null;
  core.changed();
  if (core.halted) return;
  if (body === null || operations === 0) {
    core.pending = { operations: 0, bytes: 0 };
    return;
  }
  proposeBlock(core, leadership, body, operations);
}

function proposeBlock(
  core: CoreState,
  leadership: Leadership,
  body: Uint8Array,
  operationCount: number,
  kind: BlockKind = operationCount > 0 ? 'data' : 'empty',
): void {
  const block = makeBlock(encodeHeader(childHeader(core, leadership.tip, { kind, body, operationCount })), body);
  const slot = leadership.nextSlot;
  const message = makeProposal(core, slot, block, body);
  leadership.tip = block;
  leadership.nextSlot = slot + 1;
  core.vote.preparedSlot = slot;
  core.vote.preparedId = block.id;
  core.slot(slot).proposal = { message, block, late: false, notBeforeNs: 0n, atMs: core.now.nowMs, refused: false };
  // The permit's record already says that this replica may have voted here, so the network need not wait for the disk.
  core.send('all', permitProposal(leadership.permit, message));
  storeBlock(core, block);
  countOwnProposal(core, message, block.id);
  core.changed();
}

/** A proposal is its leader's PREPARE vote. */
export function countOwnProposal(core: CoreState, message: ProposeMessage, id: Uint8Array): void {
  const { term, slot, signature } = message;
  countVote(core, { kind: 'prepare', term, slot, blockId: id, replica: core.self, signature, verified: true });
}

interface Content {
  readonly kind: BlockKind;
  readonly body: Uint8Array;
  readonly operationCount: number;
}

function childHeader(core: CoreState, tip: HeaderLink, { kind, body, operationCount }: Content): BlockHeader {
  const earliestNs = earliestTimeNs(tip.header);
  const execHeight = executionHeight(core, tip);
  const newer = execHeight > tip.header.execHeight ? core.chain.execRoot(execHeight) : undefined;
  return {
    kind,
    ledgerId: core.committee.ledgerId,
    epoch: core.committee.epoch,
    height: tip.header.height + 1,
    parentId: tip.id,
    timeNs: core.now.timeNs > earliestNs ? core.now.timeNs : earliestNs,
    bodyRoot: body.length === 0 ? EMPTY_BODY_ROOT : bodyRoot(body),
    bodyLength: body.length,
    operationCount,
    configHash: core.committee.configHash,
    execHeight: newer === undefined ? tip.header.execHeight : execHeight,
    execRoot: newer ?? tip.header.execRoot,
    nextConfigHash: kind === 'epoch_end' ? nextConfigHash(body) : ZERO_HASH,
  };
}

function makeProposal(
  core: CoreState,
  slot: number,
  block: HeaderLink | Block,
  body: Uint8Array | null,
): ProposeMessage {
  const { term, entry } = core.vote;
  const position = { term, slot, blockId: block.id };
  return {
    kind: 'propose',
    term,
    slot,
    headerBytes: block.headerBytes,
    body,
    timeoutCertificate: slot === 1 && term > 1 && entry?.kind === 'timeout-certificate' ? entry.certificate : null,
    final: core.chain.finalCertificate,
    finalHeight: core.chain.finalTip.header.height,
    executedHeight: core.chain.executedHeight,
    signature: core.committee.signVote('prepare', position),
  };
}
