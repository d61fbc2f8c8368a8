import { CodecError } from '@quorate/codec';
import { CodedError } from '@quorate/errors';
import type { Clock, ObjectStore, Timer, Timers } from '@quorate/runtime';
import {
  type Archive,
  ArchiveWriter,
  BLOCKS_BYTES_ENOUGH,
  lastOfBucket,
  type ArchivedBlock,
  type SnapshotStore,
  type StoredSnapshot,
  type Vault,
} from '@quorate/storage';
import type { BlockStore } from './block-store';
import type { Executor } from './executor';
import { ReplicaError } from './replica-error';

/** What is final is put this often: each time at most some objects more are made, and so much may be missing from a backup. */
const SHIP_EVERY_MS = 5_000;

/** A replica that does not ship looks this often how far the archive is: it drops what is there. */
const OBSERVE_EVERY_MS = 60_000;

/** A snapshot is put when the blocks behind the last one weigh as much as it does, or are this many: restoring stays bounded. */
const SNAPSHOT_BLOCKS = 65_536;
const SNAPSHOT_BYTES_MIN = 67_108_864;

const NS_PER_SECOND = 1_000_000_000n;

/** The archive of a replica's ledger. */
export interface ArchiveAccess {
  readonly store: ObjectStore;
  /** Holds the ledger's archive keys. */
  readonly vault: Vault;
}

/** How far the archive is behind. */
export interface ShippingStatus {
  /** Newest height that is in the archive. */
  readonly height: number;
  readonly snapshotHeight: number;
  readonly lagBlocks: number;
  /** Age of the oldest final block that is not there; 0 if all are. */
  readonly lagSeconds: number;
  /** Code of what kept it from going on the last time it tried; null if nothing did. */
  readonly error: string | null;
}

/** What is shipped, and from where. */
export interface ShipperOptions {
  readonly access: ArchiveAccess;
  readonly archive: Archive;
  readonly genesisBytes: Uint8Array;
  /** The first block follows this height. */
  readonly genesisHeight: number;
  readonly store: BlockStore;
  readonly executor: Executor;
  readonly snapshots: SnapshotStore;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A record of this replica's own journal cannot be read. */
  readonly onFault: (error: unknown) => void;
  /** The archive holds every block up to a height. */
  readonly onArchived: (height: number) => Promise<void>;
}

/**
 * Puts final blocks and snapshots into the archive, behind execution. A store that is slow, full or away only makes the lag grow. Nothing is noted
 * locally: where to go on is what the archive holds, so that a crash, or another replica that ships too, does no harm.
 */
export class Shipper {
  private readonly archive: Archive;
  private readonly writer: ArchiveWriter;
  private ships = false;
  private closed = false;
  private timer: Timer | null = null;
  private work: Promise<void> = Promise.resolve();
  private begun = false;
  private shippedHeight = 0;
  private snapshotHeight = 0;
  private bytesSinceSnapshot = 0;
  private oldestTimeNs: bigint | null = null;
  private error: string | null = null;

  constructor(private readonly options: ShipperOptions) {
    this.archive = options.archive;
    this.writer = new ArchiveWriter(options.access, this.archive);
  }

  /** Height up to which the archive is known to hold every block; 0 if that is not known. */
  get height(): number {
    return this.shippedHeight;
  }

  /** Null while another replica ships. */
  get status(): ShippingStatus | null {
    if (!this.ships) return null;
    const { executor, clock } = this.options;
    const oldest = this.oldestTimeNs;
    const age = oldest === null ? 0n : clock.wallNs() - oldest;
    return {
      height: this.height,
      snapshotHeight: this.snapshotHeight,
      lagBlocks: Math.max(0, executor.height - this.height),
      lagSeconds: Number((age > 0n ? age : 0n) / NS_PER_SECOND),
      error: this.error,
    };
  }

  /** Whether this replica is the one that ships. */
  use(ships: boolean): void {
    if (this.closed) return;
    if (this.timer === null || (ships && !this.ships)) this.tickIn(0);
    this.ships = ships;
  }

  /** Puts everything that is final now, and the newest certified snapshot. Rejects with what the store throws. */
  shipNow(): Promise<{ readonly height: number; readonly snapshotHeight: number }> {
    const shipped = this.work.then(async () => {
      await this.shipAll(true);
      await this.options.onArchived(this.height);
    });
    this.work = shipped.catch(() => undefined);
    return shipped.then(() => ({ height: this.height, snapshotHeight: this.snapshotHeight }));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.work;
  }

  private tickIn(delayMs: number): void {
    this.timer?.cancel();
    this.timer = this.options.timers.after(delayMs, () => {
      this.work = this.work.then(() => this.tick());
    });
  }

  private async tick(): Promise<void> {
    if (this.closed) return;
    try {
      if (this.ships) {
        await this.noteOldest();
        await this.shipAll(false);
      } else this.shippedHeight = await this.archive.lastHeight();
      this.error = null;
      await this.options.onArchived(this.height);
    } catch (error) {
      this.failed(error);
    }
    if (!this.closed) this.tickIn(this.ships ? SHIP_EVERY_MS : OBSERVE_EVERY_MS);
  }

  private failed(error: unknown): void {
    if (this.closed) return;
    const coded = error instanceof CodedError;
    this.error = coded ? error.code : 'REPLICA_FAILED';
    // Damage in a journal has a segment, damage in the archive the name of an object.
    if (!coded || 'segment' in error.facts) this.options.onFault(error);
  }

  private async shipAll(snapshotToo: boolean): Promise<void> {
    if (!this.begun) await this.begin();
    const { store, executor } = this.options;
    for (;;) {
      const certified = store.heldCertificates().at(-1)?.height ?? 0;
      const to = Math.min(certified, executor.height, store.finalHeight);
      if (this.closed || this.height >= to) break;
      await this.shipObject(to);
    }
    await this.noteOldest();
    const newest = this.options.snapshots.newestCertified;
    if (newest !== null && !this.closed && this.wantsSnapshot(newest, snapshotToo)) await this.shipSnapshot(newest);
  }

  /** Finds out where to go on, and that what is there is of this ledger's history. */
  private async begin(): Promise<void> {
    const { store, genesisBytes, genesisHeight } = this.options;
    await this.writer.putGenesis(genesisBytes);
    const last = await this.archive.lastHeight();
    const common = Math.min(last, store.finalHeight);
    if (common >= store.firstHeight && store.holds(common)) {
      const archived = await this.archive.block(common);
      if (archived?.block.key !== (await store.finalBlock(common)).key)
        throw new ReplicaError('REPLICA_ARCHIVE_FOREIGN', `block ${common} in the archive is not that of this ledger`, {
          height: common,
        });
    }
    this.snapshotHeight = (await this.archive.snapshotHeights()).at(-1) ?? 0;
    this.shippedHeight = last === 0 ? genesisHeight : last;
    // Without the state that it began with, a fork's blocks lead nowhere.
    const beginning = this.options.snapshots.newestFirst.find(({ isKept }) => isKept);
    if (this.snapshotHeight === 0 && beginning !== undefined) await this.shipSnapshot(beginning);
    this.begun = true;
  }

  /** Puts one object of blocks behind what is there. */
  private async shipObject(to: number): Promise<void> {
    const { store, executor, timers } = this.options;
    const from = this.height + 1;
    const last = Math.min(to, lastOfBucket(from));
    const certificates = new Map(store.heldCertificates().map((held) => [held.height, held.certificate]));
    const blocks: ArchivedBlock[] = [];
    let bytes = 0;
    for (let height = from; height <= last && bytes < BLOCKS_BYTES_ENOUGH; height += 1) {
      const block = await store.finalBlock(height);
      const outcome = await executor.encodedOutcome(height);
      blocks.push({ block, certificate: certificates.get(height) ?? null, outcome });
      bytes += block.body.length + (outcome?.length ?? 0);
      await new Promise<void>((resolve) => timers.soon(resolve));
    }
    if (await this.writer.putBlocks(blocks)) {
      this.bytesSinceSnapshot += bytes;
      this.shippedHeight = from + blocks.length - 1;
      return;
    }
    // Another replica ships as well.
    const known = await this.archive.lastHeight();
    if (known < from) throw new CodecError('CODEC_INVALID', 'an object of the archive is empty', { height: from });
    this.shippedHeight = known;
  }

  private async noteOldest(): Promise<void> {
    const { store } = this.options;
    const next = Math.max(this.height + 1, store.firstHeld);
    this.oldestTimeNs = next > store.finalHeight ? null : (await store.finalBlock(next)).header.timeNs;
  }

  private wantsSnapshot({ state }: StoredSnapshot, forced: boolean): boolean {
    if (state.height <= this.snapshotHeight || state.height > this.height) return false;
    if (forced || this.snapshotHeight === 0) return true;
    const bytes = state.sections.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    const enough = Math.max(bytes, SNAPSHOT_BYTES_MIN);
    return state.height - this.snapshotHeight >= SNAPSHOT_BLOCKS || this.bytesSinceSnapshot >= enough;
  }

  private async shipSnapshot(snapshot: StoredSnapshot): Promise<void> {
    await this.writer.putSnapshot(this.options.snapshots, snapshot);
    this.snapshotHeight = snapshot.state.height;
    this.bytesSinceSnapshot = 0;
  }
}
