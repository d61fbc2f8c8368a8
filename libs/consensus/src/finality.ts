import { equalBytes } from '@quorate/crypto';
import type { Certificate } from '@quorate/protocol';
import { noteConvicted } from './evidence';
import { compareRank } from './rank';
import type { CoreState } from './state';
import type { Block } from './types';

/** Makes final what the highest commit certificate covers, as soon as all of it is held (C-20). */
export function advanceFinality(core: CoreState): void {
  const certificate = core.commitSeen;
  if (certificate === null || compareRank(certificate, core.chain.finalCertificate) <= 0) return;
  const path = core.chain.pathTo(certificate.blockId);
  if (path.kind === 'conflict')
    core.alarm('FINALITY_CONFLICT', `certificate of term ${certificate.term} slot ${certificate.slot}`, true);
  if (path.kind === 'linked') makeFinal(core, path.blocks, certificate);
}

/**
 * Makes a linked path final and hands it to execution. `named` = the certificate names the path's last block; while catching up it
 * may name a later one, which is not held yet.
 */
export function makeFinal(core: CoreState, path: readonly Block[], certificate: Certificate, named = true): void {
  core.chain.finalize(path, named ? certificate : core.chain.finalCertificate);
  core.changed();
  if (path.length === 0) return;
  core.pacemaker.unanswered = 0;
  if (named) core.record.addCertificate(path[path.length - 1].header.height, certificate);
  core.emit({ kind: 'finalized', blocks: path, certificate });
  noteConvicted(core, path);
  const last = path[path.length - 1];
  // Nothing of this epoch is above it (C-37); the core goes on in the next one.
  if (last.header.kind === 'epoch_end') core.epochEnd = last;
  const { pacemaker, parameters } = core;
  pacemaker.finalSinceBackoff += path.length;
  if (pacemaker.finalSinceBackoff >= parameters.backoffBlocks) {
    pacemaker.backoff = Math.max(
      0,
      pacemaker.backoff - Math.floor(pacemaker.finalSinceBackoff / parameters.backoffBlocks),
    );
    pacemaker.finalSinceBackoff %= parameters.backoffBlocks;
  }
  for (const block of path) checkExecution(core, block.header.execHeight, block.header.execRoot);
}

/** Whether a final certificate is known whose blocks are not all held. */
export function isCatchingUp(core: CoreState): boolean {
  return compareRank(core.commitSeen, core.chain.finalCertificate) > 0;
}

/** The host executed a final block: its root must be the one that a quorum certified, if one did (C-24). */
export function noteExecuted(core: CoreState, height: number, execRoot: Uint8Array): void {
  core.chain.executed(height, execRoot);
  for (const link of core.chain.finalHeadersFrom(height + 1)) {
    if (link.header.execHeight === height) checkExecution(core, height, link.header.execRoot);
    if (link.header.execHeight >= height) break;
  }
  core.changed();
}

function checkExecution(core: CoreState, height: number, certifiedRoot: Uint8Array): void {
  const own = height === 0 ? undefined : core.chain.execRoot(height);
  if (own !== undefined && !equalBytes(own, certifiedRoot)) {
    core.alarm('EXECUTION_DIVERGED', `own results up to height ${height} differ from the certified ones`, true);
  }
}
