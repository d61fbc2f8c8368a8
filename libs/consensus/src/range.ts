import { decodeHeader, type Certificate } from '@quorate/protocol';
import { RANGE_BLOCKS_MAX, RANGE_BYTES_MAX, RANGE_TAIL_MAX } from './limits';
import type { RangeMessage } from './types';

/** What a range answer is cut from: the final chain in the journal. */
export interface RangeSource {
  readonly finalHeight: number;
  headerBytes(height: number): Uint8Array | undefined;
  body(height: number): Uint8Array | undefined;
  /** The stored commit certificate that names the block of this height, if there is one. */
  certificate(height: number): Certificate | undefined;
}

/**
 * Cuts the answer to get-range (C-32): as many blocks as fit, closed by the nearest certificate at or above the last of them.
 * Null if the journal does not hold what is asked for.
 */
export function cutRange(source: RangeSource, fromHeight: number): RangeMessage | null {
  const blocks: { headerBytes: Uint8Array; body: Uint8Array }[] = [];
  let bytes = 0;
  let height = fromHeight;
  for (; height <= source.finalHeight && blocks.length < RANGE_BLOCKS_MAX && bytes < RANGE_BYTES_MAX; height += 1) {
    const headerBytes = source.headerBytes(height);
    const body = source.body(height);
    if (headerBytes === undefined || body === undefined) break;
    blocks.push({ headerBytes, body });
    bytes += headerBytes.length + body.length;
    // Only the certificate of an epoch's end closes it: what follows is certified by others (C-39).
    if (endsEpoch(headerBytes)) return closeAt(source, blocks, height);
  }
  return blocks.length === 0 ? null : close(source, blocks, fromHeight);
}

/** Whether the encoded header is an epoch's end. */
export function endsEpoch(headerBytes: Uint8Array): boolean {
  return decodeHeader(headerBytes).kind === 'epoch_end';
}

function closeAt(source: RangeSource, blocks: RangeMessage['blocks'], height: number): RangeMessage | null {
  const certificate = source.certificate(height);
  return certificate === undefined ? null : { kind: 'range', blocks, tailHeaders: [], certificate };
}

function close(source: RangeSource, blocks: RangeMessage['blocks'], fromHeight: number): RangeMessage | null {
  const lastHeight = fromHeight + blocks.length - 1;
  // A certificate within the range keeps the answer short and stands alone at the asker.
  for (let height = lastHeight; height > lastHeight - Math.ceil(blocks.length / 2); height -= 1) {
    const certificate = source.certificate(height);
    if (certificate !== undefined)
      return { kind: 'range', blocks: blocks.slice(0, height - fromHeight + 1), tailHeaders: [], certificate };
  }
  const tailHeaders: Uint8Array[] = [];
  for (let height = lastHeight + 1; height <= source.finalHeight && tailHeaders.length < RANGE_TAIL_MAX; height += 1) {
    const headerBytes = source.headerBytes(height);
    if (headerBytes === undefined) break;
    tailHeaders.push(headerBytes);
    const certificate = source.certificate(height);
    if (certificate !== undefined) return { kind: 'range', blocks, tailHeaders, certificate };
    if (endsEpoch(headerBytes)) break;
  }
  for (let height = lastHeight - Math.ceil(blocks.length / 2); height >= fromHeight; height -= 1) {
    const certificate = source.certificate(height);
    if (certificate !== undefined)
      return { kind: 'range', blocks: blocks.slice(0, height - fromHeight + 1), tailHeaders: [], certificate };
  }
  return null;
}
