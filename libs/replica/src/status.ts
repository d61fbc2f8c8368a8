/** How one replica stands; reported twice a second by its process and answered to the `status` query. */
export interface ReplicaStatus {
  readonly self: number;
  readonly term: number;
  readonly leader: number;
  /** Height of the newest final block. */
  readonly height: number;
  readonly executedHeight: number;
  /** Height of the snapshot that execution began with at the last start; 0 for the genesis. */
  readonly baseHeight: number;
  /** Height of the newest snapshot that a quorum signed; 0 without one. */
  readonly snapshotHeight: number;
  /** Highest block whose results a commit certificate proves. */
  readonly provenHeight: number;
  readonly pendingEnvelopes: number;
  readonly peers: readonly { readonly index: number; readonly connected: boolean }[];
  /** From a batch's proposal to its execution at this replica when it last led; null if it never did. */
  readonly finalityMs: number | null;
  readonly journalBytes: number;
  /** `short`: the disk has no room for the next segment of the journal, and clients' writes are refused. `none`: it does not take part. */
  readonly journalSpace: 'ample' | 'short' | 'none';
  /** Places of the journal that were damaged when it was opened; what was in them has been replaced. */
  readonly journalDamage: number;
  readonly memoryBytes: number;
}
