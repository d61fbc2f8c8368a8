import { equalBytes, hex } from '@quorate/crypto';
import type { Certificate } from '@quorate/protocol';
import { applyCertificate } from './acceptance';
import { claimedHeight } from './claims';
import { makeBlock } from './committee';
import { isCatchingUp, makeFinal } from './finality';
import { CATCH_UP_LAG_BLOCKS_MAX, CATCH_UP_LAG_BYTES_MAX } from './limits';
import { readOrNull } from './malformed';
import { storeBlock } from './proposals';
import type { CoreState } from './state';
import type { Block, BlockMessage, RangeMessage } from './types';
import { bodyMatches } from './validity';

/** Asks for what is certified but not held (C-31). One request at a time; another peer after each repetition interval. */
export function fetchMissing(core: CoreState): void {
  const want = wanted(core);
  if (want === null) {
    core.fetch = null;
    return;
  }
  const { nowMs } = core.now;
  if (core.fetch === null || core.fetch.key !== want.key) {
    core.fetch = { key: want.key, blockKey: hex(want.missing), sinceMs: nowMs, askedAtMs: null, attempts: 0 };
  }
  const { fetch } = core;
  const dueMs = fetchDueMs(core);
  if (dueMs === null || nowMs < dueMs) return;
  fetch.askedAtMs = nowMs;
  const to = source(core, want.certificate, fetch.attempts);
  if (to === null) return;
  // Peers may hold the block without knowing that it is final, so that a range does not bring it: every second request names the block.
  if (want.ranged && fetch.attempts % 2 === 0)
    core.send(to, { kind: 'get-range', fromHeight: core.chain.finalTip.header.height + 1 });
  else core.send(to, { kind: 'get-block', blockId: want.missing });
  fetch.attempts += 1;
}

/** When the outstanding fetch is to be (re)sent; null if none is. */
export function fetchDueMs(core: CoreState): number | null {
  const { fetch, parameters } = core;
  if (fetch === null) return null;
  if (fetch.askedAtMs !== null) return fetch.askedAtMs + core.repeatMs * 2;
  // What is missing is usually still on its way: votes overtake bodies.
  return farBehind(core) ? fetch.sinceMs : fetch.sinceMs + parameters.resendMs / 2;
}

interface Want {
  readonly key: string;
  readonly certificate: Certificate;
  /** First block that is missing on the way down from the certified one. */
  readonly missing: Uint8Array;
  /** Final blocks are missing: a range is the better answer. */
  readonly ranged: boolean;
}

function wanted(core: CoreState): Want | null {
  const { commitSeen, chain } = core;
  if (commitSeen !== null && isCatchingUp(core)) {
    const lag = chain.finalTip.header.height - chain.executedHeight;
    if (lag > CATCH_UP_LAG_BLOCKS_MAX || chain.unexecutedBytes(CATCH_UP_LAG_BYTES_MAX) >= CATCH_UP_LAG_BYTES_MAX)
      return null;
    const path = chain.pathTo(commitSeen.blockId);
    if (path.kind !== 'missing') return null;
    return {
      key: `range ${chain.finalTip.header.height} ${hex(path.id)}`,
      certificate: commitSeen,
      missing: path.id,
      ranged: true,
    };
  }
  for (const certificate of certifiedBlocks(core)) {
    const path = chain.pathTo(certificate.blockId);
    if (path.kind === 'missing' && !chain.isRecentFinal(hex(path.id))) {
      return { key: hex(path.id), certificate, missing: path.id, ranged: false };
    }
  }
  return null;
}

/** Certificates whose blocks this replica needs: the highest one, and those that fix the term's base. */
function certifiedBlocks(core: CoreState): Certificate[] {
  const { entry, high } = core.vote;
  const base = core.slots.get(1)?.proposal?.message.timeoutCertificate?.highCertificate;
  const certificates: Certificate[] = [];
  if (entry?.kind === 'timeout-certificate' && entry.certificate.highCertificate !== null)
    certificates.push(entry.certificate.highCertificate);
  if (high !== null) certificates.push(high);
  if (base) certificates.push(base);
  return certificates;
}

function farBehind(core: CoreState): boolean {
  return claimedHeight(core) > core.chain.finalTip.header.height + core.parameters.windowBlocks;
}

/** A connected peer that should have it: signers of the certificate and peers that say they are further, in turn. */
function source(core: CoreState, certificate: Certificate, attempt: number): number | null {
  const height = core.chain.finalTip.header.height;
  const candidates = core.peers
    .map((peer, index) => ({ peer, index }))
    .filter(
      ({ peer, index }) =>
        index !== core.self && peer.connected && (certificate.signers.includes(index) || peer.finalHeight > height),
    );
  return candidates.length === 0 ? null : candidates[(attempt + core.self + 1) % candidates.length].index;
}

/** Serves one block: from memory if it is not final yet, else by the host from its journal. */
export function onGetBlock(core: CoreState, from: number, blockId: Uint8Array): void {
  const block = core.chain.block(hex(blockId));
  if (block === undefined) core.emit({ kind: 'serve-block', to: from, blockId });
  else core.send(from, { kind: 'block', headerBytes: block.headerBytes, body: block.body });
}

export function onGetRange(core: CoreState, from: number, fromHeight: number): void {
  if (fromHeight >= 1 && fromHeight <= core.chain.finalTip.header.height)
    core.emit({ kind: 'serve-range', to: from, fromHeight });
}

/** C-31: a fetched block is taken only if it is the one that was asked for. */
export function onBlock(core: CoreState, message: BlockMessage): void {
  const block = parse(message);
  if (block === null || core.fetch?.blockKey !== block.key || !bodyMatches(block.header, block.body)) return;
  storeBlock(core, block);
  core.changed();
}

function parse(message: { headerBytes: Uint8Array; body: Uint8Array }): Block | null {
  return readOrNull(() => makeBlock(message.headerBytes, message.body));
}

/** C-32: final blocks, verified forward from the final tip by parent, and closed by one certificate. */
export function onRange(core: CoreState, from: number, message: RangeMessage): void {
  // What closes a range of another epoch is of no use before this one is over.
  if (!isCatchingUp(core) || message.certificate.epoch !== core.committee.epoch) return;
  const blocks = linkedRange(core, message);
  const certificate = blocks === null ? null : core.certificates.verify(message.certificate);
  if (blocks === null || certificate === null || certificate.kind !== 'commit') {
    return core.alarm('SIGNATURE_INVALID', `range of replica ${from}`);
  }
  if (blocks.length === 0) return;
  for (const block of blocks) core.record.addBlock(block, false);
  const named = message.tailHeaders.length === 0;
  applyCertificate(core, certificate);
  makeFinal(core, blocks, certificate, named);
  const peer = core.peer(from);
  peer.finalHeight = Math.max(peer.finalHeight, core.chain.finalTip.header.height);
  core.fetch = null;
  core.changed();
}

/** Blocks of the range above the final tip, or null if they do not lead from it to the certified block. */
function linkedRange(core: CoreState, message: RangeMessage): Block[] | null {
  const blocks: Block[] = [];
  let tip: { id: Uint8Array; height: number } = {
    id: core.chain.finalTip.id,
    height: core.chain.finalTip.header.height,
  };
  for (const part of message.blocks) {
    const block = parse(part);
    if (block === null) return null;
    // A repeated answer may start below what has become final meanwhile.
    if (block.header.height <= core.chain.finalTip.header.height) continue;
    if (
      block.header.height !== tip.height + 1 ||
      !equalBytes(block.header.parentId, tip.id) ||
      !bodyMatches(block.header, block.body)
    )
      return null;
    blocks.push(block);
    tip = { id: block.id, height: block.header.height };
  }
  if (blocks.length === 0) return blocks;
  for (const headerBytes of message.tailHeaders) {
    const link = parse({ headerBytes, body: headerBytes.subarray(0, 0) });
    if (link === null || link.header.height !== tip.height + 1 || !equalBytes(link.header.parentId, tip.id))
      return null;
    tip = { id: link.id, height: link.header.height };
  }
  return equalBytes(message.certificate.blockId, tip.id) ? blocks : null;
}
