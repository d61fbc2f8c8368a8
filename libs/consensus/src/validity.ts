import { equalBytes } from '@quorate/crypto';
import { LIMITS, ZERO_HASH, bodyRoot, decodeBody, scanEnvelope, type BlockHeader } from '@quorate/protocol';
import { EMPTY_BODY_ROOT } from './committee';
import { evidenceContentValid } from './evidence';
import { readOrNull } from './malformed';
import { epochEndContentValid } from './reconfiguration';
import type { CoreState } from './state';
import type { HeaderLink, Judgement } from './types';

/** Earliest legal time of a child: events take parent.timeNs + index, so no two events of the ledger share a time (C-23). */
export function earliestTimeNs(parent: BlockHeader): bigint {
  return parent.timeNs + BigInt(Math.max(1, parent.operationCount));
}

/** Operations in a body; null if the syntax is wrong. */
export function countOperations(body: Uint8Array): number | null {
  return readOrNull(() =>
    decodeBody(body).reduce((count, envelope) => count + scanEnvelope(envelope).operationCount, 0),
  );
}

/** Everything that can be judged without the parent (C-21). */
export function contentValid(core: CoreState, header: BlockHeader, body: Uint8Array): boolean {
  const { committee } = core;
  if (!equalBytes(header.ledgerId, committee.ledgerId) || header.epoch !== committee.epoch) return false;
  if (!equalBytes(header.configHash, committee.configHash)) return false;
  if (header.bodyLength !== body.length || header.execHeight >= header.height) return false;
  if (header.kind === 'epoch_end')
    return equalBytes(header.bodyRoot, bodyRoot(body)) && epochEndContentValid(core, header, body);
  if (!equalBytes(header.nextConfigHash, ZERO_HASH)) return false;
  if (header.kind === 'evidence')
    return equalBytes(header.bodyRoot, bodyRoot(body)) && evidenceContentValid(core, header, body);
  if (header.kind === 'empty')
    return body.length === 0 && header.operationCount === 0 && equalBytes(header.bodyRoot, EMPTY_BODY_ROOT);
  if (header.kind !== 'data' || header.operationCount < 1 || header.operationCount > LIMITS.blockOperationsMax)
    return false;
  if (!equalBytes(header.bodyRoot, bodyRoot(body))) return false;
  return (core.countOperations ?? countOperations)(body) === header.operationCount;
}

/** Whether the body is the one the header names: enough for a block that a quorum certified (C-22). */
export function bodyMatches(header: BlockHeader, body: Uint8Array): boolean {
  return header.bodyLength === body.length && equalBytes(header.bodyRoot, bodyRoot(body));
}

/** Everything that needs the parent, which is linked to the final tip (C-21). Missing knowledge is a reason to wait, never to refuse. */
export function judgeChild(core: CoreState, parent: HeaderLink, child: BlockHeader): Judgement {
  if (child.height !== parent.header.height + 1 || child.timeNs < earliestTimeNs(parent.header)) return 'invalid';
  if (parent.header.kind === 'epoch_end' && parent.key !== core.committee.genesis.key) return 'invalid';
  if (child.height - child.execHeight > core.parameters.executionLagBlocksMax) return 'invalid';
  const execution = judgeExecution(core, parent.header, child);
  if (execution !== 'valid') return execution;
  if (child.height - core.chain.finalTip.header.height > core.parameters.windowBlocks) return 'wait';
  return child.kind === 'empty' ? judgeEmpty(core, parent.header, child) : 'valid';
}

/** The results a header carries are the parent's, or newer ones that this replica has too (C-24). */
function judgeExecution(core: CoreState, parent: BlockHeader, child: BlockHeader): Judgement {
  if (child.execHeight < parent.execHeight) return 'invalid';
  if (child.execHeight === parent.execHeight) return equalBytes(child.execRoot, parent.execRoot) ? 'valid' : 'invalid';
  if (child.execHeight > core.chain.executedHeight) return 'wait';
  const own = core.chain.execRoot(child.execHeight);
  if (own === undefined) return 'wait';
  return equalBytes(own, child.execRoot) ? 'valid' : 'invalid';
}

/** An empty block must make results provable or keep time (C-23), so that a leader cannot grind disks. */
function judgeEmpty(core: CoreState, parent: BlockHeader, child: BlockHeader): Judgement {
  if (child.timeNs >= parent.timeNs + core.parameters.emptyBlockNsMin) return 'valid';
  return flushesResults(core, parent.execHeight, child.execHeight) ? 'valid' : 'invalid';
}

/** Whether a final block in (from, to] has results that no header carries yet. */
export function flushesResults(core: CoreState, fromHeight: number, toHeight: number): boolean {
  return core.chain
    .finalHeadersFrom(fromHeight + 1)
    .some((link) => link.header.height <= toHeight && link.header.operationCount > 0);
}
