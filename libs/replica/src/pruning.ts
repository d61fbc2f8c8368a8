import type { SnapshotStore } from '@quorate/storage';
import type { BlockStore } from './block-store';
import type { Executor } from './executor';
import { markOf } from './state-sections';

/** How much history a replica keeps on its own disk, whatever the archive holds. */
export interface Retention {
  readonly blocks: number;
  /** Of the journal. */
  readonly bytes: number;
}

/** A disk of some gigabytes suffices for a replica; what is asked for most was final lately. */
export const USUAL_RETENTION: Retention = { blocks: 65_536, bytes: 1_073_741_824 };

/** What is pruned. */
export interface PruningOptions {
  readonly store: BlockStore;
  readonly executor: Executor;
  readonly snapshots: SnapshotStore;
  readonly retention: Retention;
}

/**
 * Drops what the archive holds up to `archivedHeight`, as far as no kept snapshot needs it to start from and the retention allows. State stays:
 * repetitions of ids are refused as before.
 */
export async function pruneHistory(
  { store, executor, snapshots, retention }: PruningOptions,
  archivedHeight: number,
): Promise<void> {
  const certified = snapshots.newestFirst.filter(({ certificate }) => certificate !== null);
  if (certified.length === 0 || store.sizeBytes <= retention.bytes) return;
  const oldest = Math.min(...certified.map(({ state }) => state.height));
  const height = Math.min(oldest, archivedHeight, store.finalHeight - retention.blocks);
  if (height <= 0) return;
  const before = store.firstHeld;
  await store.prune(height, Math.min(...certified.map(markOf)), retention.bytes);
  if (store.firstHeld > before) await executor.pruneOutcomes(store.firstHeld);
}
