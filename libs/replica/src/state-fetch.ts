import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@quorate/errors';
import { decodeGenesis } from '@quorate/protocol';
import { openNodeDirectory } from '@quorate/runtime-node';
import { SnapshotStore, type Vault } from '@quorate/storage';
import type { PeerReads } from './peer-reads';
import { importState } from './state-import';
import type { ReplicaStatus } from './status';

/** Executing fewer blocks than these takes no longer than fetching a state. */
const BLOCKS_AHEAD_MIN = 1_024;

/** Peers may not have been told yet whom they have to let in. */
const ROUNDS_MAX = 10;
const ROUND_MS = 500;

const FETCHED = 'fetched';

/** Where a state is fetched to, and from whom. */
export interface FetchOptions {
  readonly directory: string;
  readonly genesis: Uint8Array;
  readonly vault: Vault;
  readonly reads: PeerReads;
  readonly status: () => ReplicaStatus;
}

/** Fetches a peer's newest certified state beside the replica's own; null if none is far enough ahead. */
export async function fetchState(options: FetchOptions): Promise<number | null> {
  const genesis = decodeGenesis(new Uint8Array(options.genesis));
  const path = join(options.directory, FETCHED);
  for (let round = 0; round < ROUNDS_MAX && options.status().self === null; round += 1) {
    for (const chain of options.reads.chains) {
      await rm(path, { recursive: true, force: true });
      const snapshots = await SnapshotStore.open({ directory: await openNodeDirectory(path), vault: options.vault });
      try {
        const heightMin = options.status().executedHeight + BLOCKS_AHEAD_MIN;
        const height = await importState(genesis, chain, snapshots, heightMin);
        if (height !== null) return height;
      } catch (error) {
        // Another peer may do better; without any, the history is executed.
        if (!(error instanceof CodedError)) throw error;
      } finally {
        await snapshots.close();
      }
    }
    await sleep(ROUND_MS);
  }
  await rm(path, { recursive: true, force: true });
  return null;
}

/** The fetched state takes the place of the replica's own, which has promised nothing yet. A crash in between leaves an empty replica. */
export async function takeFetchedState(directory: string): Promise<void> {
  await rm(join(directory, 'journal'), { recursive: true, force: true });
  await rm(join(directory, 'snapshots'), { recursive: true, force: true });
  await rename(join(directory, FETCHED), join(directory, 'snapshots'));
}
