import { CodedError, type ErrorFacts } from '@quorate/errors';

/**
 * REPLICA_GENESIS_DIFFERS: the directory belongs to another ledger. REPLICA_HISTORY_INCOMPLETE: a final block is not in the journal.
 * REPLICA_HISTORY_LOST: damaged blocks that no other replica could give. REPLICA_KEYS_INVALID: the key file cannot be read. REPLICA_NOT_PREPARED: start before prepare. REPLICA_HALTED: the consensus core stopped for good.
 * REPLICA_VOTES_LOST: it has voted, and its journal does not hold all its votes: it would contradict itself (docs/spec/consensus.md).
 * REPLICA_PARENT_STATE_MISSING: a fork without the state with which it begins. PARENT_POINT_AHEAD: the parent has not come to the wanted height or time. PARENT_STATE_NOT_HELD: the source
 * does not hold what leads to the wanted height. PARENT_PROOF_WRONG: what the source gave is not proved by the parent's genesis.
 * REPLICA_ARCHIVE_FOREIGN: the archive holds another history. REPLICA_ARCHIVE_UNREACHABLE: a block that is only there cannot be read now.
 * PARENT_UNREACHABLE: no replica of the parent answers.
 * REPLICA_FENCE_TIMEOUT: a quorum did not confirm in time that the replica is up to date; only the one query fails.
 * REPLICA_PEER_SILENT: a peer that was asked for its state did not answer.
 * REPLICA_STATE_DIVERGED: a quorum signed another state for a height than this replica has.
 */
export type ReplicaErrorCode =
  | 'REPLICA_ARCHIVE_FOREIGN'
  | 'REPLICA_ARCHIVE_UNREACHABLE'
  | 'REPLICA_FENCE_TIMEOUT'
  | 'REPLICA_GENESIS_DIFFERS'
  | 'REPLICA_HISTORY_INCOMPLETE'
  | 'REPLICA_HISTORY_LOST'
  | 'REPLICA_KEYS_INVALID'
  | 'REPLICA_NOT_PREPARED'
  | 'REPLICA_PEER_SILENT'
  | 'REPLICA_HALTED'
  | 'REPLICA_PARENT_STATE_MISSING'
  | 'PARENT_POINT_AHEAD'
  | 'PARENT_STATE_NOT_HELD'
  | 'PARENT_PROOF_WRONG'
  | 'PARENT_UNREACHABLE'
  | 'REPLICA_STATE_DIVERGED'
  | 'REPLICA_VOTES_LOST';

/** A replica cannot run, or cannot run on. */
export class ReplicaError extends CodedError {
  constructor(code: ReplicaErrorCode, message: string, facts: ErrorFacts = {}) {
    super(code, message, facts);
  }
}

/** What a question gets whose answer is in a block that this replica does not hold. */
export function historyIncomplete(height: number): ReplicaError {
  return new ReplicaError('REPLICA_HISTORY_INCOMPLETE', `block ${height} is not held here`, { height });
}
