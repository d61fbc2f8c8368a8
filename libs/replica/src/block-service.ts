import {
  RANGE_BLOCKS_MAX,
  RANGE_BYTES_MAX,
  RANGE_TAIL_MAX,
  type BlockMessage,
  type Effect,
  type Message,
  type RangeMessage,
} from '@quorate/consensus';
import { hex } from '@quorate/crypto';
import type { BlockStore } from './block-store';
import { ReplicaError } from './replica-error';

/** Range answers under way to one peer. */
const RANGES_PER_PEER_MAX = 1;

/** What the service works with. */
export interface BlockServiceOptions {
  readonly store: BlockStore;
  readonly send: (peer: number, message: BlockMessage | RangeMessage) => void;
  readonly onFault: (error: unknown) => void;
}

/** Gives peers the blocks that they ask for. */
export class BlockService {
  private readonly rangesUnderWay = new Map<number, number>();

  constructor(private readonly options: BlockServiceOptions) {}

  /** Answers a message if it asks for blocks. */
  answer(peer: number, message: Message): void {
    if (message.kind === 'get-block') void this.block(peer, message.blockId);
    if (message.kind === 'get-range') void this.range(peer, message.fromHeight);
  }

  /** Carries out what the core asks for. Each answers when it has read, and reports its own faults. */
  serve(effect: Extract<Effect, { kind: 'serve-block' | 'serve-range' }>): void {
    if (effect.kind === 'serve-block') void this.block(effect.to, effect.blockId);
    else void this.range(effect.to, effect.fromHeight);
  }

  async block(peer: number, id: Uint8Array): Promise<void> {
    try {
      const block = await this.options.store.block(hex(id));
      if (block !== null) this.options.send(peer, { kind: 'block', headerBytes: block.headerBytes, body: block.body });
    } catch (error) {
      this.options.onFault(error);
    }
  }

  async range(peer: number, fromHeight: number): Promise<void> {
    const underWay = this.rangesUnderWay.get(peer) ?? 0;
    if (underWay >= RANGES_PER_PEER_MAX) return;
    this.rangesUnderWay.set(peer, underWay + 1);
    try {
      const range = await readRange(this.options.store, fromHeight);
      if (range !== null) this.options.send(peer, range);
    } catch (error) {
      this.options.onFault(error);
    } finally {
      this.rangesUnderWay.set(peer, underWay);
    }
  }
}

/** A range of final blocks; null if there is nothing to give, or it is in an archive that is away. */
export async function readRange(store: BlockStore, fromHeight: number): Promise<RangeMessage | null> {
  try {
    return await rangeFrom(store, fromHeight);
  } catch (error) {
    if (error instanceof ReplicaError) return null;
    throw error;
  }
}

/**
 * Final blocks from a height on, with the headers up to the next block whose commit certificate is held. Null if there is nothing to
 * give. Reads a bounded number of blocks.
 */
async function rangeFrom(store: BlockStore, fromHeight: number): Promise<RangeMessage | null> {
  if (fromHeight < store.firstReadable || fromHeight > store.finalHeight) return null;
  const blocks: { headerBytes: Uint8Array; body: Uint8Array }[] = [];
  let bytes = 0;
  let height = fromHeight;
  for (; height <= store.finalHeight && blocks.length < RANGE_BLOCKS_MAX && bytes < RANGE_BYTES_MAX; height += 1) {
    const { header, headerBytes, body } = await store.finalBlock(height);
    blocks.push({ headerBytes, body });
    bytes += body.length;
    // Its own certificate closes an epoch (C-39): what follows is certified by others.
    if (header.kind === 'epoch_end') {
      const end = store.epochEnd(header.epoch);
      return end === null ? null : { kind: 'range', blocks, tailHeaders: [], certificate: end.certificate };
    }
  }
  const proof = store.certificateFrom(height - 1);
  if (proof === null || proof.height > store.finalHeight || proof.height - height >= RANGE_TAIL_MAX) return null;
  const tailHeaders: Uint8Array[] = [];
  for (; height <= proof.height; height += 1) tailHeaders.push((await store.finalBlock(height)).headerBytes);
  return { kind: 'range', blocks, tailHeaders, certificate: proof.certificate };
}
