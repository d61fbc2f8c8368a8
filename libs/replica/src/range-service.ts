import { RANGE_BLOCKS_MAX, RANGE_BYTES_MAX, RANGE_TAIL_MAX, type RangeMessage } from '@quorate/consensus';
import type { BlockStore } from './block-store';

/**
 * Final blocks from a height on, with the headers up to the next block whose commit certificate is held. Null if there is nothing to
 * give. Reads a bounded number of blocks.
 */
export async function readRange(store: BlockStore, fromHeight: number): Promise<RangeMessage | null> {
  if (fromHeight < 1 || fromHeight > store.finalHeight) return null;
  const blocks: { headerBytes: Uint8Array; body: Uint8Array }[] = [];
  let bytes = 0;
  let height = fromHeight;
  for (; height <= store.finalHeight && blocks.length < RANGE_BLOCKS_MAX && bytes < RANGE_BYTES_MAX; height += 1) {
    const { headerBytes, body } = await store.finalBlock(height);
    blocks.push({ headerBytes, body });
    bytes += body.length;
  }
  const proof = store.certificateFrom(height - 1);
  if (proof === null || proof.height > store.finalHeight || proof.height - height >= RANGE_TAIL_MAX) return null;
  const tailHeaders: Uint8Array[] = [];
  for (; height <= proof.height; height += 1) tailHeaders.push((await store.finalBlock(height)).headerBytes);
  return { kind: 'range', blocks, tailHeaders, certificate: proof.certificate };
}
