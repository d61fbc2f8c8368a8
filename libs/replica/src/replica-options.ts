import type { CoreParameters } from '@quorate/consensus';
import type { CodedError } from '@quorate/errors';
import type { Genesis } from '@quorate/protocol';
import type { Clock, Directory, Timers } from '@quorate/runtime';
import type { Vault } from '@quorate/storage';
import type { CheckpointSpacing } from './checkpoints';
import type { BlockSource } from './history-mender';

/** What a replica is made of. `sign` and `verify` are the consensus keys' (Ed25519). */
export interface ReplicaOptions {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly self: number;
  readonly directory: Directory;
  /** Of the snapshots. */
  readonly snapshots: Directory;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly vault: Vault;
  /** Gives the blocks that the journal lost. */
  readonly source: BlockSource;
  readonly memoryBytes: () => number;
  readonly sign: (preimage: Uint8Array) => Uint8Array;
  readonly verify: (replica: number, preimage: Uint8Array, signature: Uint8Array) => boolean;
  readonly parameters?: Partial<CoreParameters>;
  /** Distance of checkpoints, where it is not the usual one. */
  readonly spacing?: CheckpointSpacing;
  /** The replica voted in an earlier life: a journal without its votes is a loss, not a beginning. */
  readonly hasVoted: boolean;
  /** The first vote is durable. Called once, unless `hasVoted`. */
  readonly onFirstVote: () => void;
  /** The replica must stop at once: its disk failed, or agreement is broken. Nothing may be sent after it. */
  readonly onHalt: (error: CodedError) => void;
}
