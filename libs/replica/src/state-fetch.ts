import { CodedError } from '@quorate/errors';
import type { Genesis } from '@quorate/protocol';
import type { Directory, Timers } from '@quorate/runtime';
import { SnapshotStore, type Vault } from '@quorate/storage';
import type { ChainSource } from './chain-source';
import type { FetchPlace } from './fetch-place';
import { ReplicaError } from './replica-error';
import { importBeginning, importState } from './state-import';
import type { ReplicaStatus } from './status';

/** Executing fewer blocks than these takes no longer than fetching a state. */
const BLOCKS_AHEAD_MIN = 1_024;

/** Peers may not have been told yet whom they have to let in. */
const ROUNDS_MAX = 10;
const ROUND_MS = 500;

/** A fork's replica is nothing without the state it begins with, so it waits longer; then its process ends and is started again. */
const BEGINNING_ROUNDS_MAX = 120;

/** Of which ledger a state is fetched, and from whom. */
export interface FetchOptions {
  readonly genesis: Genesis;
  readonly vault: Vault;
  readonly timers: Timers;
  /** The chains of the peers to which there are links now. */
  readonly chains: () => readonly ChainSource[];
}

/** Fetches a peer's newest certified state beside the replica's own; null if none is far enough ahead. */
export async function fetchState(
  options: FetchOptions,
  place: FetchPlace,
  status: () => ReplicaStatus,
): Promise<number | null> {
  for (let round = 0; round < ROUNDS_MAX && status().self === null; round += 1) {
    for (const chain of options.chains()) {
      const height = await attempt(options, await place.empty(), null, (snapshots) =>
        importState(options.genesis, chain, snapshots, status().executedHeight + BLOCKS_AHEAD_MIN),
      );
      if (height !== null) return height;
    }
    await pause(options.timers);
  }
  await place.discard();
  return null;
}

/**
 * Fetches the state with which a fork began into the replica's own directory of snapshots; what else is there stays. Throws ReplicaError
 * REPLICA_PARENT_STATE_MISSING if no peer gives it.
 */
export async function fetchBeginning(
  options: FetchOptions,
  directory: Directory,
  isWanted: () => boolean,
): Promise<void> {
  const { genesis } = options;
  for (let round = 0; round < BEGINNING_ROUNDS_MAX && isWanted(); round += 1) {
    for (const chain of options.chains()) {
      const isHere = await attempt(options, directory, false, (snapshots) =>
        importBeginning(genesis, chain, snapshots),
      );
      if (isHere) return;
    }
    await pause(options.timers);
  }
  throw new ReplicaError('REPLICA_PARENT_STATE_MISSING', 'no peer gave the state with which the fork begins');
}

/** Another peer may do better than one that fails: then the result is `otherwise`. */
async function attempt<Result>(
  { vault, genesis }: FetchOptions,
  directory: Directory,
  otherwise: Result,
  work: (snapshots: SnapshotStore) => Promise<Result>,
): Promise<Result> {
  const snapshots = await SnapshotStore.open({ directory, vault, keptRoot: genesis.parent?.stateRoot });
  try {
    return await work(snapshots);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return otherwise;
  } finally {
    await snapshots.close();
  }
}

function pause(timers: Timers): Promise<void> {
  return new Promise((resolve) => timers.after(ROUND_MS, resolve));
}
