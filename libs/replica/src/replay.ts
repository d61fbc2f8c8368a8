import { CodecError } from '@quorate/codec';
import { RECENT_HEADERS_MAX, type Block, type BootEvent } from '@quorate/consensus';
import { equalBytes } from '@quorate/crypto';
import { SnapshotError } from '@quorate/ledger';
import { verifyEpochs } from '@quorate/light-client';
import {
  checkpointProven,
  firstConfiguration,
  genesisHeader,
  type Configuration,
  type EpochStep,
  type Genesis,
  type VerifyKey,
} from '@quorate/protocol';
import { StorageError, type SnapshotStore, type StoredSnapshot } from '@quorate/storage';
import type { BlockStore } from './block-store';
import type { Checkpoints } from './checkpoints';
import type { Executor } from './executor';
import { ReplicaError } from './replica-error';
import { readEpochs, restoreState, type RestoredState } from './state-sections';

/** Whether this is the root of the state with which the ledger began. */
export function isParentState({ parent }: Genesis, stateRoot: Uint8Array): boolean {
  return parent !== undefined && equalBytes(parent.stateRoot, stateRoot);
}

/**
 * The newest state whose root a quorum signed or the genesis names, and of which every byte is right. What turns out damaged is removed and an older one taken;
 * null if there is none, and the journal is read from its beginning.
 */
export async function newestState(
  snapshots: SnapshotStore,
  genesis: Genesis,
  verify: VerifyKey,
): Promise<RestoredState | null> {
  const configurations = await knownConfigurations(snapshots, genesis);
  for (const snapshot of snapshots.newestFirst) {
    const { certificate, stateRoot, state } = snapshot;
    const configuration = configurations.get(certificate?.epoch ?? 0);
    const proven =
      certificate !== null &&
      configuration !== undefined &&
      certificate.height === state.height &&
      equalBytes(certificate.stateRoot, stateRoot) &&
      checkpointProven(certificate, configuration, verify);
    if (!proven && !isParentState(genesis, stateRoot)) continue;
    try {
      return await restoreState(snapshots, snapshot, genesis);
    } catch (error) {
      const damaged = error instanceof StorageError || error instanceof CodecError || error instanceof SnapshotError;
      if (!damaged) throw error;
      await snapshots.discard(snapshot);
    }
  }
  return null;
}

/** The configurations that the changes of the replica set lead to which snapshots tell of, by epoch. */
async function knownConfigurations(snapshots: SnapshotStore, genesis: Genesis): Promise<Map<number, Configuration>> {
  const first = firstConfiguration(genesis);
  const known = new Map([[first.epoch, first]]);
  for (const snapshot of snapshots.newestFirst) {
    let current = first;
    for (const step of await stepsOf(snapshots, snapshot)) {
      const next = verifyEpochs(current, [step]);
      if (next === null) break;
      known.set(next.epoch, next);
      current = next;
    }
  }
  return known;
}

async function stepsOf(snapshots: SnapshotStore, snapshot: StoredSnapshot): Promise<EpochStep[]> {
  try {
    return await readEpochs(snapshots, snapshot);
  } catch (error) {
    if (error instanceof StorageError || error instanceof CodecError) return [];
    throw error;
  }
}

/** A quorum signed, with this block, the history up to a block before it: what was noted of that must lead to the same root. */
function assertHistory({ header: { height, execHeight, execRoot } }: Block, executor: Executor): void {
  if (execHeight <= executor.baseHeight || equalBytes(executor.execRoot(execHeight), execRoot)) return;
  throw new ReplicaError('REPLICA_STATE_DIVERGED', `the history up to block ${execHeight} is not that of a quorum`, {
    height,
  });
}

/** Executes again what is final above the state that execution began with; gives back what consensus goes on from. */
export async function replay(
  genesis: Genesis,
  epochEnd: Block | null,
  store: BlockStore,
  executor: Executor,
  checkpoints: Checkpoints,
): Promise<Pick<BootEvent, 'finalHeaders' | 'executed' | 'convicted'>> {
  const { finalHeight } = store;
  for (let height = executor.height + 1; height <= finalHeight; height += 1) {
    const block = await store.finalBlock(height);
    assertHistory(block, executor);
    await executor.executeAgain(block);
    checkpoints.replayed(block);
    store.replayed(block);
  }
  checkpoints.prepare();
  const finalHeaders = store.newestHeaders(finalHeight - RECENT_HEADERS_MAX + 1);
  const { height, execRoot } = genesisHeader(genesis);
  const executed = [{ height, execRoot }];
  for (const { header } of finalHeaders)
    executed.push({ height: header.height, execRoot: executor.execRoot(header.height) });
  const convicted = executor.ledger.authority.accusedSince((epochEnd?.header ?? genesisHeader(genesis)).height);
  return { finalHeaders, executed, convicted };
}
