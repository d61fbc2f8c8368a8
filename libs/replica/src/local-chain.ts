import type { RangeMessage } from '@quorate/consensus';
import type { BlockHeader } from '@quorate/protocol';
import type { SnapshotStore, StoredSnapshot } from '@quorate/storage';
import { readRange } from './block-service';
import type { BlockStore } from './block-store';
import type { ChainSource, ChainTip, OfferedState } from './chain-source';
import type { ProvingTip } from './receipts';

/** What a running replica holds of its ledger, for whoever restores it elsewhere. */
export class LocalChain implements ChainSource {
  constructor(
    private readonly store: BlockStore,
    private readonly snapshots: SnapshotStore,
    private readonly provingTip: () => ProvingTip | null,
  ) {}

  tip(): Promise<ChainTip | null> {
    const tip = this.provingTip();
    if (tip === null) return Promise.resolve(null);
    const { header, headerBytes, certificate, epochs } = tip;
    return Promise.resolve({ header, headerBytes, proof: { ...certificate, epochs } });
  }

  async header(height: number): Promise<BlockHeader | null> {
    return this.store.holds(height) ? (await this.store.finalBlock(height)).header : null;
  }

  newestState(heightMax: number): Promise<OfferedState | null> {
    const isUsable = ({ state, certificate, isKept }: StoredSnapshot): boolean =>
      state.height <= heightMax && (certificate !== null || isKept);
    return Promise.resolve(this.snapshots.newestFirst.find(isUsable) ?? null);
  }

  chunkHashes(height: number, section: number): Promise<Uint8Array | null> {
    return Promise.resolve(this.at(height)?.tables.get(section)?.hashes ?? null);
  }

  async chunk(height: number, section: number, index: number): Promise<Uint8Array | null> {
    const snapshot = this.at(height);
    const held = snapshot?.tables.get(section)?.places[index] !== undefined;
    return snapshot !== undefined && held ? this.snapshots.chunk(snapshot, section, index) : null;
  }

  range(fromHeight: number): Promise<RangeMessage | null> {
    return readRange(this.store, fromHeight);
  }

  private at(height: number): StoredSnapshot | undefined {
    return this.snapshots.newestFirst.find(({ state }) => state.height === height);
  }
}
