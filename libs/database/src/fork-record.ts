/** Where a fork begins: at a height, at the last block at or before a ledger time in nanoseconds, or at the newest block. */
export type ForkPoint = { readonly height: number } | { readonly timeNs: string } | 'newest';

/** What a replica told of the state that it made for a fork; the replica's process says what the fields mean. */
export interface AcquiredRecord {
  readonly genesisId: string;
  readonly height: number;
  readonly timeNs: string;
  readonly blockId: string;
  readonly execRoot: string;
  readonly stateRoot: string;
  readonly tipHeight: number;
  readonly tipTimeNs: string;
  readonly snapshotHeight: number;
  readonly blocksExecuted: number;
  readonly operationsExecuted: number;
  readonly stateBytes: number;
  readonly elapsedMs: number;
  readonly counts: {
    readonly parties: number;
    readonly assets: number;
    readonly accounts: number;
    readonly transfers: number;
  };
  readonly trialBalance: readonly {
    readonly asset: number;
    readonly accounts: number;
    readonly postedMinor: string;
    readonly pendingMinor: string;
  }[];
}
