import { performance } from 'node:perf_hooks';
import type { Clock } from '@quorate/runtime';

/** The machine's clocks. Wall time is read from the system each time, so that a corrected clock is seen at once. */
export const nodeClock: Clock = {
  monotonicMs: () => performance.now(),
  wallNs: () => BigInt(Date.now()) * 1_000_000n,
};
