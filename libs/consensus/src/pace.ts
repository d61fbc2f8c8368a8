import { LARGE_REPEAT_FACTOR, PACE_FACTOR, PACE_HALF_LIFE_MS } from './limits';
import type { Pacemaker } from './state';
import type { CoreParameters } from './types';

/** C-26: a final block came: how long this replica waited for it, if it is longer than what is left of the longest wait before. */
export function notePace(pacemaker: Pacemaker, nowMs: number): void {
  if (pacemaker.waiting === null) return;
  const waitedMs = nowMs - pacemaker.waiting.sinceMs;
  if (waitedMs < recentWaitMs(pacemaker, nowMs)) return;
  pacemaker.longestMs = waitedMs;
  pacemaker.longestAtMs = nowMs;
}

/** C-26: the timeout of a wait that begins now: the pace of this ledger on these machines, doubled for every failed term. */
export function timeoutMs(pacemaker: Pacemaker, parameters: CoreParameters, nowMs: number): number {
  const { timeoutMs: least, paceMsMax, timeoutMsMax } = parameters;
  const pace = Math.min(PACE_FACTOR * recentWaitMs(pacemaker, nowMs), paceMsMax);
  return Math.min(Math.max(least, pace) * 2 ** Math.min(pacemaker.backoff, 20), Math.max(least, timeoutMsMax));
}

/** When something large may be taken for lost: later than a block lately took, and well before the timeout. */
export function patienceMs(pacemaker: Pacemaker, { resendMs, paceMsMax }: CoreParameters, nowMs: number): number {
  return Math.max(resendMs * LARGE_REPEAT_FACTOR, Math.min(recentWaitMs(pacemaker, nowMs), paceMsMax / 2));
}

function recentWaitMs({ longestMs, longestAtMs }: Pacemaker, nowMs: number): number {
  return longestMs / 2 ** Math.floor((nowMs - longestAtMs) / PACE_HALF_LIFE_MS);
}
