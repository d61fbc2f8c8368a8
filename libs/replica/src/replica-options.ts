import type { Block, CoreParameters, Signer } from '@quorate/consensus';
import type { CodedError } from '@quorate/errors';
import type { BlockOutcome } from '@quorate/ledger';
import type { Certificate, Configuration, Genesis, VerifyKey } from '@quorate/protocol';
import type { Clock, Directory, Timers } from '@quorate/runtime';
import type { Vault } from '@quorate/storage';
import type { CheckpointSpacing } from './checkpoints';
import type { BlockSource } from './history-mender';
import type { Retention } from './pruning';
import type { ArchiveAccess } from './shipper';

/** Sees what happens to the chain at this replica, before any client does. */
export interface ReplicaObserver {
  /** The blocks became final here, the last of them or one above it by this certificate. */
  final(blocks: readonly Block[], certificate: Certificate): void;
  /** `execRoot`: of all results up to this block. */
  executed(block: Block, outcome: BlockOutcome, execRoot: Uint8Array): void;
}

/** What a replica is made of. */
export interface ReplicaOptions {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  /** Hash of the own certificate, lowercase hex: the name under which peers know this replica. */
  readonly certificateHash: string;
  readonly directory: Directory;
  /** Of the snapshots. */
  readonly snapshots: Directory;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly vault: Vault;
  /** Gives the blocks that the journal lost. */
  readonly source: BlockSource;
  /** Where final blocks and snapshots are kept besides; nothing is ever pruned without it. */
  readonly archive?: ArchiveAccess;
  /** What stays here though it is archived; USUAL_RETENTION unless given. */
  readonly retention?: Retention;
  readonly memoryBytes: () => number;
  /** Signs with the private half of a consensus key, if this replica has it. */
  readonly signer: (consensusKey: Uint8Array) => Signer | null;
  readonly verify: VerifyKey;
  readonly parameters?: Partial<CoreParameters>;
  /** Distance of checkpoints, where it is not the usual one. */
  readonly spacing?: CheckpointSpacing;
  readonly observer?: ReplicaObserver;
  /** The replica voted in an earlier life: a journal without its votes is a loss, not a beginning. */
  readonly hasVoted: boolean;
  /** The first vote is durable. Called once, unless `hasVoted`. */
  readonly onFirstVote: () => void;
  /** Another epoch began, or is the one in which the replica starts. */
  readonly onEpoch: (configuration: Configuration) => void;
  /** A configuration was not taken. */
  readonly onRefused: (detail: string) => void;
  /** The replica must stop at once: its disk failed, or agreement is broken. Nothing may be sent after it. */
  readonly onHalt: (error: CodedError) => void;
}
