import type { CoreParameters } from './types';

/** Parameters for one region. */
export const DEFAULT_PARAMETERS: CoreParameters = {
  windowBlocks: 8,
  executionLagBlocksMax: 16,
  timeoutMs: 250,
  timeoutMsMax: 5_000,
  resendMs: 60,
  heartbeatMs: 2_000,
  backoffBlocks: 64,
  termMsMax: 60_000,
  termSlotsMax: 10_000,
  clockAheadNsMax: 500_000_000n,
  clockBehindNsMax: 60_000_000_000n,
  emptyBlockNsMin: 10_000_000_000n,
};

/** Replicas of one ledger: signer sets, tallies and certificates are sized for it. */
export const REPLICAS_MAX = 32;

/** Body bytes in one range answer, counted before its last block: keeps a catch-up reply near 1 MiB. */
export const RANGE_BYTES_MAX = 1_048_576;
/** Blocks in one range answer. */
export const RANGE_BLOCKS_MAX = 256;
/** Headers after the last block of a range answer: the distance to the next stored commit certificate. */
export const RANGE_TAIL_MAX = 640;

/** Final headers kept in memory: enough to judge execution heights and empty blocks (window + execution lag), with room to spare. */
export const RECENT_HEADERS_MAX = 128;

/** Largest message: a range answer with one oversized last block, or a proposal with a full body and its certificates. */
export const MESSAGE_BYTES_MAX = 4 * 1_048_576;

/** Blocks above the final tip held in memory; beyond it unknown blocks are not taken in (they can be fetched again). */
export const UNFINALISED_BLOCKS_MAX = 64;
