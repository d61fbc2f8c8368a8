import { RANGE_BLOCKS_MAX, RANGE_BYTES_MAX, RANGE_TAIL_MAX, type RangeMessage } from '@quorate/consensus';
import { genesisHeader, type BlockHeader, type EpochStep, type Genesis } from '@quorate/protocol';
import type { Archive, ArchivedBlock, ArchivedSnapshot } from '@quorate/storage';
import type { ChainSource, ChainTip, ChunkVisit, OfferedState } from './chain-source';

/** Blocks at the end of the archive that may have no certificate yet. */
const UNPROVEN_MAX = 1_024;

/** The chain and the states of a ledger as its archive holds them. */
export class ArchivedChain implements ChainSource {
  private snapshot: ArchivedSnapshot | null = null;
  private newest: Promise<ChainTip | null> | null = null;

  constructor(
    private readonly genesis: Genesis,
    private readonly archive: Archive,
  ) {}

  /** The newest block that the archive proves; it stays the same while one restores. */
  tip(): Promise<ChainTip | null> {
    this.newest ??= this.findTip();
    return this.newest;
  }

  async header(height: number): Promise<BlockHeader | null> {
    return (await this.archive.block(height))?.block.header ?? null;
  }

  async newestState(heightMax: number): Promise<OfferedState | null> {
    const height = (await this.archive.snapshotHeights(heightMax)).at(-1);
    this.snapshot = height === undefined ? null : await this.archive.snapshot(height);
    return this.snapshot;
  }

  chunkHashes(height: number, section: number): Promise<Uint8Array | null> {
    return Promise.resolve(this.at(height)?.tables.get(section)?.hashes ?? null);
  }

  async chunk(height: number, section: number, index: number): Promise<Uint8Array | null> {
    let found: Uint8Array | null = null;
    const take: ChunkVisit = (number, at, chunk) => {
      if (number === section && at === index) found = chunk.slice();
    };
    await this.loadState(height, take, () => Promise.resolve());
    return found;
  }

  /** An object holds many chunks: all of them come in the order in which they lie. */
  async loadState(height: number, visit: ChunkVisit, room: () => Promise<void>): Promise<boolean> {
    const snapshot = this.at(height);
    if (snapshot === null) return false;
    await this.archive.loadSnapshot(snapshot, ({ number }, index, chunk) => visit(number, index, chunk), room);
    return true;
  }

  async range(fromHeight: number): Promise<RangeMessage | null> {
    const blocks: { headerBytes: Uint8Array; body: Uint8Array }[] = [];
    const tailHeaders: Uint8Array[] = [];
    let bytes = 0;
    let proven: RangeMessage | null = null;
    for (let height = fromHeight; tailHeaders.length < RANGE_TAIL_MAX; height += 1) {
      const archived = await this.archive.block(height);
      // What no certificate covers yet is not given.
      if (archived === null) return proven;
      const { block, certificate } = archived;
      const full = blocks.length >= RANGE_BLOCKS_MAX || bytes >= RANGE_BYTES_MAX;
      if (full) tailHeaders.push(block.headerBytes);
      else blocks.push({ headerBytes: block.headerBytes, body: block.body });
      bytes += block.body.length;
      if (certificate === null) continue;
      proven = { kind: 'range', blocks: [...blocks], tailHeaders: [...tailHeaders], certificate };
      if (full || block.header.kind === 'epoch_end') return proven;
    }
    return proven;
  }

  private at(height: number): ArchivedSnapshot | null {
    return this.snapshot?.state.height === height ? this.snapshot : null;
  }

  private async findTip(): Promise<ChainTip | null> {
    const last = await this.archive.lastHeight();
    const lowest = Math.max(genesisHeader(this.genesis).height + 1, last - UNPROVEN_MAX);
    for (let height = last; height >= lowest; height -= 1) {
      const archived = await this.archive.block(height);
      if (archived === null || archived.certificate === null) continue;
      const { header, headerBytes } = archived.block;
      const epochs = await this.epochsBefore(header.epoch, height);
      return { header, headerBytes, proof: { ...archived.certificate, epochs } };
    }
    return null;
  }

  /** The ends of the epochs before this one. Epochs ascend with heights. */
  private async epochsBefore(epoch: number, tipHeight: number): Promise<EpochStep[]> {
    const steps: EpochStep[] = [];
    let from = genesisHeader(this.genesis).height + 1;
    for (let ending = 1; ending < epoch; ending += 1) {
      let [low, high] = [from, tipHeight];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        const header = await this.header(middle);
        if (header !== null && header.epoch <= ending) low = middle;
        else high = middle - 1;
      }
      const step = stepOf(await this.archive.block(low));
      if (step !== null) steps.push(step);
      from = low + 1;
    }
    return steps;
  }
}

function stepOf(archived: ArchivedBlock | null): EpochStep | null {
  if (archived === null || archived.certificate === null) return null;
  const { block, certificate } = archived;
  return { header: block.header, body: block.body, certificate };
}
