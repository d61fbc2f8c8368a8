/** How much one ledger may hold. Part of its rules: all replicas of a ledger must use the same numbers. */
export interface LedgerLimits {
  readonly partiesMax: number;
  readonly assetsMax: number;
  readonly accountsMax: number;
  /** Parties on the allow-lists of all assets together. */
  readonly allowListEntriesMax: number;
  /** Mandates ever put. */
  readonly mandatesMax: number;
  /** Mandates on one account that are not revoked: every use looks through them. */
  readonly mandatesPerAccountMax: number;
  /** Freezes ever made; each stays on record. */
  readonly freezesMax: number;
  readonly recordsMax: number;
  /** Evidence against replicas, one of each epoch at most. */
  readonly evidenceMax: number;
  /** Applied and failed transfers together; each uses up an id for ever. */
  readonly transfersMax: number;
  /** Newest transfers, applied and failed together, that a block compares retries with field by field. */
  readonly recentTransfersMax: number;
  /** Pending transfers that wait, and those resolved of which a recent transfer tells. */
  readonly pendingTransfersMax: number;
  /** Pending transfers that expire at the start of one block; those left over follow in the next blocks. */
  readonly expiriesPerBlockMax: number;
  /** Envelopes remembered until they expire, at most an hour. */
  readonly envelopesMax: number;
}

/**
 * The limits of every ledger of this version. In memory an id takes 24 bytes for ever, a recent transfer 92 more, a pending one
 * 104 more while it is asked for, and an account 112, with pending sums 32 more and with user data 28.
 */
export const LEDGER_LIMITS: LedgerLimits = Object.freeze({
  partiesMax: 65_536,
  assetsMax: 65_536,
  accountsMax: 2 ** 24,
  allowListEntriesMax: 2 ** 20,
  mandatesMax: 2 ** 18,
  mandatesPerAccountMax: 64,
  freezesMax: 2 ** 18,
  recordsMax: 2 ** 20,
  evidenceMax: 2 ** 16,
  transfersMax: 2 ** 27 - 1,
  recentTransfersMax: 2 ** 20 - 2 ** 14,
  pendingTransfersMax: 2 ** 22,
  expiriesPerBlockMax: 8_192,
  envelopesMax: 2 ** 20,
});

/** Rows that one page of a filtered list looks at; the cursor goes on behind them. */
export const PAGE_ROWS_MAX = 20_000;

/** Entries in one page of a query. */
export const PAGE_ENTRIES_MAX = 1_000;
