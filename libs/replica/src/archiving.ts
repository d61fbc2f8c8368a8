import { genesisHeader } from '@quorate/protocol';
import { Archive, type SnapshotStore } from '@quorate/storage';
import { ArchivedHistory } from './archived-history';
import type { BlockStore } from './block-store';
import type { Executor } from './executor';
import { USUAL_RETENTION, pruneHistory } from './pruning';
import type { ReplicaOptions } from './replica-options';
import { Shipper, type ShippingStatus } from './shipper';

/** What of a replica is archived. */
interface ArchivedParts {
  readonly store: BlockStore;
  readonly executor: Executor;
  readonly snapshots: SnapshotStore;
  readonly onFault: (error: unknown) => void;
}

/** The archive of a replica's ledger, if there is one: read from the start, written and pruned for once the replica runs. */
export class Archiving {
  /** Null without an archive. */
  readonly history: ArchivedHistory | null;
  private readonly archive: Archive | null;
  private shipper: Shipper | null = null;

  constructor(private readonly options: ReplicaOptions) {
    this.archive = options.archive === undefined ? null : new Archive(options.archive);
    this.history = this.archive === null ? null : new ArchivedHistory(this.archive);
  }

  /** What there is to ship is known from now on. */
  attach({ store, executor, snapshots, onFault }: ArchivedParts): void {
    const { archive, options } = this;
    const { retention = USUAL_RETENTION } = options;
    if (archive === null || options.archive === undefined) return;
    this.shipper = new Shipper({
      ...options,
      archive,
      access: options.archive,
      genesisHeight: genesisHeader(options.genesis).height,
      store,
      executor,
      snapshots,
      onFault,
      onArchived: (height) => pruneHistory({ store, executor, snapshots, retention }, height),
    });
  }

  /** Null while this replica does not ship. */
  get status(): ShippingStatus | null {
    return this.shipper?.status ?? null;
  }

  /** Whether this replica is the one of its ledger that ships. */
  ship(ships: boolean): void {
    this.shipper?.use(ships);
  }

  /** Puts everything that is final into the archive; null without one. Rejects with what the store throws. */
  shipNow(): Promise<{ readonly height: number; readonly snapshotHeight: number }> | null {
    return this.shipper?.shipNow() ?? null;
  }

  async close(): Promise<void> {
    await this.shipper?.close();
  }
}
