import type { CoreStatus } from '@quorate/consensus';
import { hex } from '@quorate/crypto';
import type { Ledger } from '@quorate/ledger';
import type { ShippingStatus } from './shipper';

/** How much evidence a status names. */
const evidenceShownMax = 8;

/** A replica that contradicted itself, by what is on the ledger. */
export interface AccusedReplica {
  readonly epoch: number;
  /** Index in the configuration of that epoch. */
  readonly replica: number;
  readonly contradiction: string | null;
  readonly height: number;
}

/** How one replica stands; reported twice a second by its process and answered to the `status` query. */
export interface ReplicaStatus {
  readonly epoch: number;
  /** Of the current epoch's configuration, hex. */
  readonly configHash: string;
  /** Index in the current configuration; null = not a member (any more, or yet). */
  readonly self: number | null;
  readonly replicaCount: number;
  /** The current epoch is known to work: replicas that left with the former one may be stopped. */
  readonly handedOver: boolean;
  /** Of the configuration that is to follow, hex. */
  readonly pendingConfigHash: string | null;
  /** This replica has said that it is ready for the configuration that is to follow. */
  readonly ready: boolean;
  readonly term: number;
  /** Index in the current configuration. */
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
  /** How far the archive is behind; null if this replica does not ship. */
  readonly archive: ShippingStatus | null;
  readonly journalBytes: number;
  /** `short`: the disk has no room for the next segment of the journal, and clients' writes are refused. `none`: it does not take part. */
  readonly journalSpace: 'ample' | 'short' | 'none';
  /** Places of the journal that were damaged when it was opened; what was in them has been replaced. */
  readonly journalDamage: number;
  readonly memoryBytes: number;
  /** The newest evidence against replicas that is on the ledger, newest first, at most `evidenceShownMax`. */
  readonly evidence: readonly AccusedReplica[];
}

/** What a status holds besides the core's view. */
export interface HostStatus extends Pick<
  ReplicaStatus,
  | 'pendingEnvelopes'
  | 'snapshotHeight'
  | 'archive'
  | 'finalityMs'
  | 'journalBytes'
  | 'journalSpace'
  | 'journalDamage'
  | 'memoryBytes'
> {
  readonly isLinked: (index: number) => boolean;
  readonly executor: { readonly baseHeight: number; readonly ledger: Ledger };
}

/** What a status says of a ledger's evidence. */
function newestEvidence({ authority }: Ledger): readonly AccusedReplica[] {
  const { data } = authority.evidence({ limit: evidenceShownMax });
  return data.map(({ evidence: { epoch, replica }, contradiction, height }) => ({
    epoch,
    replica,
    contradiction,
    height,
  }));
}

/** Puts the core's and the host's view together. */
export function replicaStatus(core: CoreStatus, { isLinked, executor, ...host }: HostStatus): ReplicaStatus {
  const { epoch, self, handedOver, ready, term, leader, pending, configuration } = core;
  return {
    epoch,
    configHash: hex(core.configHash),
    self,
    replicaCount: configuration.replicas.length,
    handedOver,
    pendingConfigHash: pending === null ? null : hex(pending.configHash),
    ready,
    term,
    leader,
    height: core.finalHeight,
    executedHeight: core.executedHeight,
    provenHeight: core.provenHeight,
    peers: configuration.replicas.map((_, index) => ({ index, connected: index === self || isLinked(index) })),
    baseHeight: executor.baseHeight,
    evidence: newestEvidence(executor.ledger),
    ...host,
  };
}
