import { FRAME_MAGIC, FRAME_OVERHEAD_BYTES, type Frame, type FrameCodec } from './frame';
import { StorageError } from './storage-error';

/** A frame and its offset in the segment. */
export interface PlacedFrame extends Frame {
  readonly offset: number;
}

/** The first intact frame at or behind `from` whose batch begins behind `batchAfter` (any batch: -1); null if there is none. */
export function findFrame(
  segment: Uint8Array,
  codec: FrameCodec,
  from: number,
  batchAfter: number,
): PlacedFrame | null {
  const last = segment.length - FRAME_OVERHEAD_BYTES;
  const first = FRAME_MAGIC >>> 24;
  for (let at = segment.indexOf(first, from); at >= 0 && at <= last; at = segment.indexOf(first, at + 1)) {
    const head = codec.head(segment, at, at);
    if (head === null || head.batchOffset <= batchAfter) continue;
    const frame = codec.open(segment, at, at);
    if (frame !== null) return { ...frame, offset: at };
  }
  return null;
}

/** The error of damage in bytes that had been durable. */
export function corrupt(segment: number, offsetBytes: number, detail: string): StorageError {
  return new StorageError(
    'STORAGE_CORRUPT',
    `journal segment ${segment} is damaged at byte ${offsetBytes}: ${detail}`,
    { segment, offsetBytes },
  );
}

/** Whether all bytes from `offset` on are zero. */
export function isZero(bytes: Uint8Array, offset: number): boolean {
  const aligned = Math.min(bytes.length, Math.ceil((bytes.byteOffset + offset) / 4) * 4 - bytes.byteOffset);
  for (let index = offset; index < aligned; index += 1) if (bytes[index] !== 0) return false;
  // Of a file that was cut the end need not be aligned.
  if (aligned === bytes.length) return true;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + aligned, (bytes.length - aligned) >> 2);
  for (let index = 0; index < words.length; index += 1) if (words[index] !== 0) return false;
  for (let index = aligned + words.length * 4; index < bytes.length; index += 1) if (bytes[index] !== 0) return false;
  return true;
}
