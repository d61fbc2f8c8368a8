import type { CoreParameters } from './types';

/** Parameters for one region. */
export const DEFAULT_PARAMETERS: CoreParameters = {
  windowBlocks: 8,
  streamedBytesMin: 65_536,
  executionLagBlocksMax: 16,
  timeoutMs: 250,
  paceMsMax: 2_000,
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

/** The timeout of a term is this many times the longest recent wait for a final block (C-26). */
export const PACE_FACTOR = 4;
/** A wait counts half as much for the timeout after this time, ms. */
export const PACE_HALF_LIFE_MS = 5_000;

/** Body bytes in one range answer, counted before its last block: keeps a catch-up reply near 1 MiB. */
export const RANGE_BYTES_MAX = 1_048_576;
/** Blocks in one range answer. */
export const RANGE_BLOCKS_MAX = 256;
/** Headers after the last block of a range answer: the distance to the next stored commit certificate. */
export const RANGE_TAIL_MAX = 640;

/** Final headers kept in memory: enough for window, execution lag and one range answer. */
export const RECENT_HEADERS_MAX = 512;

/** Largest message: a range answer with one oversized last block, or a proposal with a full body and its certificates. */
export const MESSAGE_BYTES_MAX = 4 * 1_048_576;

/** Largest evidence: two statements. */
export const EVIDENCE_BYTES_MAX = 512;

/** Blocks above the final tip held in memory; beyond it unknown blocks are not taken in (they can be fetched again). */
export const UNFINALISED_BLOCKS_MAX = 64;

/** While catching up, at most this much may be final but not executed before more is fetched. */
export const CATCH_UP_LAG_BLOCKS_MAX = 256;
export const CATCH_UP_LAG_BYTES_MAX = 8 * 1_048_576;

/** Certificates remembered as verified, so that none is verified twice. */
export const VERIFIED_CERTIFICATES_MAX = 256;

/** Numbers that the host may give to peers: members, joiners and those that left. */
export const PEERS_MAX = 64;

/** A READY is of use for an epoch's end at most this many blocks and this much ledger time above it (C-36). */
export const READY_BLOCKS_MAX = 256;
export const READY_NS_MAX = 30_000_000_000n;

/** The own READY is made anew when the final tip is this much further, well before the old one is of no use. */
export const READY_RENEW_BLOCKS = 64;
export const READY_RENEW_NS = 5_000_000_000n;

/** One answer to a peer's STATUS (or outdated promise) per this many ms. */
export const STATUS_ANSWER_MS_MIN = 20;

/** A large proposal is repeated after this many periods of repetition at the earliest: below the timeout, and time enough for it to arrive. */
export const LARGE_REPEAT_FACTOR = 3;

/** Bodies of at least this size are synced as soon as they arrive, ahead of the vote that needs them durable. */
export const EARLY_SYNC_BYTES_MIN = 65_536;

/** Rounds of rule evaluation per event; each round needs a state change, of which an event can cause only a few. */
export const SETTLE_ROUNDS_MAX = 64;
