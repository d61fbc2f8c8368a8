import { EVIDENCE_RULES_VERSION } from '@quorate/protocol';
import { compareRank } from './rank';
import type { CoreState } from './state';
import type { AskHighMessage, HighMessage } from './types';

/** C-45: the host wants to know when everything that was acknowledged until now is executed here. A new question replaces the former one. */
export function beginFence(core: CoreState, id: number): void {
  core.fence = { id, answered: new Set(), high: core.vote.high, askedAtMs: core.now.nowMs };
  if (core.committee.isMember) core.fence.answered.add(core.self);
  ask(core, id);
  core.changed();
}

/** C-44: under the first rules there may be software that does not know the question; a fence of several replicas then waits for another epoch. */
function ask(core: CoreState, id: number): void {
  if (core.committee.configuration.rulesVersion >= EVIDENCE_RULES_VERSION) core.send('all', { kind: 'ask-high', id });
}

/** C-45: a member says what it knows to be certified. It has stored that with each of its COMMITs (C-8). */
export function onAskHigh(core: CoreState, from: number, { id }: AskHighMessage): void {
  if (core.mayVote) core.send(from, { kind: 'high', id, high: core.vote.high });
}

/** C-45: one answer for each member; its certificate has been verified and used already, or it is refused. */
export function onHigh(core: CoreState, from: number, message: HighMessage, accepted: boolean): void {
  const { fence } = core;
  if (fence === null || fence.id !== message.id || from >= core.committee.size) return;
  if (!accepted) return core.alarm('SIGNATURE_INVALID', `answer to a fence from replica ${from}`);
  fence.answered.add(from);
  if (compareRank(message.high, fence.high) > 0) fence.high = message.high;
  core.changed();
}

/**
 * C-45: with the answers of a quorum, everything acknowledged before the question is at or below the highest certificate named: so it is
 * executed here once a commit certificate of that rank or a higher one has made its block final and the final tip is executed.
 */
export function judgeFence(core: CoreState): void {
  const { fence, chain } = core;
  if (fence === null || fence.answered.size < core.committee.quorum) return;
  if (compareRank(chain.finalCertificate, fence.high) < 0) return;
  fence.height ??= chain.finalTip.header.height;
  if (chain.executedHeight < fence.height) return;
  core.emit({ kind: 'fenced', id: fence.id });
  core.fence = null;
}

/** C-45: in another epoch the question is put again to its members; nothing that the former ones said counts. */
export function resumeFence(core: CoreState, former: CoreState): void {
  if (former.fence !== null) beginFence(core, former.fence.id);
}

/** C-29: a question whose answers are missing goes out again. */
export function repeatFence(core: CoreState): void {
  const { fence } = core;
  if (fence === null || core.now.nowMs < fence.askedAtMs + core.parameters.resendMs) return;
  fence.askedAtMs = core.now.nowMs;
  ask(core, fence.id);
}

/** When the question goes out again; null if there is none. */
export function fenceDueMs(core: CoreState): number | null {
  return core.fence === null ? null : core.fence.askedAtMs + core.parameters.resendMs;
}
