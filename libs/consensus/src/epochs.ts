import { equalBytes } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import { decodeEpochEnd } from '@quorate/protocol';
import { applyCertificate } from './acceptance';
import { makeBlock } from './committee';
import { resumeFence } from './fence';
import { STATUS_ANSWER_MS_MIN } from './limits';
import { onReconfigure } from './reconfiguration';
import { CoreState } from './state';
import { announceTerm } from './terms';
import type { Block, EpochEndMessage } from './types';

const NO_BODY = new Uint8Array(0);

/**
 * C-38: the final block `end` is where another epoch begins: nothing of the votes, certificates and terms before it means anything any more. The chain, and the journal
 * record under way, go on.
 */
export function nextEpoch(former: CoreState, end: Block): CoreState {
  const { configuration } = decodeEpochEnd(end.body);
  invariant(configuration.epoch === former.committee.epoch + 1, 'epochs follow one another');
  const { chain, record, now } = former;
  chain.beginEpoch();
  const core = new CoreState(former.options, { configuration, genesis: end, chain, record, now });
  core.booted = true;
  core.halted = former.halted;
  core.lastRequest = former.lastRequest;
  core.pending = former.pending;
  // Who has not yet made sure of what it signed has to hear it from the members of this epoch.
  core.recall = former.recall === null || core.committee.size === 1 ? null : new Set();
  core.pacemaker.termEnteredMs = now.nowMs;
  // The machines are the same, and so is their pace.
  core.pacemaker.longestMs = former.pacemaker.longestMs;
  core.pacemaker.longestAtMs = former.pacemaker.longestAtMs;
  core.pacemaker.resendAtMs = now.nowMs + core.parameters.resendMs;
  core.pacemaker.heartbeatAtMs = now.nowMs + core.parameters.heartbeatMs;
  for (const effect of former.takeEffects()) core.emit(effect);
  core.emit({ kind: 'epoch', configuration, self: core.committee.isMember ? core.self : null });
  announceTerm(core);
  resumeFence(core, former);
  if (former.wanted !== null) onReconfigure(core, former.wanted.bytes, former.wanted.signatures);
  core.changed();
  return core;
}

/** The state of the epoch that follows `end`, for a replica that starts. */
export function resumeEpoch(former: CoreState, end: Block): CoreState {
  const { configuration } = decodeEpochEnd(end.body);
  const core = new CoreState(former.options, {
    configuration,
    genesis: end,
    chain: former.chain,
    record: former.record,
    now: former.now,
  });
  core.emit({ kind: 'epoch', configuration, self: core.committee.isMember ? core.self : null });
  return core;
}

/** C-39: the sender is still in an epoch that is over. */
export function answerFormerEpoch(core: CoreState, from: number, epoch: number): void {
  const peer = core.peer(from);
  if (core.now.nowMs - peer.answerSentMs < STATUS_ANSWER_MS_MIN) return;
  peer.answerSentMs = core.now.nowMs;
  core.emit({ kind: 'serve-epoch-end', to: from, epoch });
}

/** C-39: the block that ended this replica's epoch, shown by whoever is further. Its certificate is one of this epoch. */
export function onEpochEnd(core: CoreState, from: number, message: EpochEndMessage): void {
  const { certificate } = message;
  if (certificate.epoch !== core.committee.epoch || certificate.kind !== 'commit') return;
  const { header, id } = makeBlock(message.headerBytes, NO_BODY);
  if (header.kind !== 'epoch_end' || !equalBytes(id, certificate.blockId)) return;
  const verified = core.certificates.verify(certificate);
  if (verified === null)
    return core.alarm('SIGNATURE_INVALID', `end of epoch ${certificate.epoch} from replica ${from}`);
  const peer = core.peer(from);
  peer.finalHeight = Math.max(peer.finalHeight, header.height);
  applyCertificate(core, verified);
}
