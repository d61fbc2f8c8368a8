import { equalBytes } from '@quorate/crypto';
import { FRAME_HEADER_BYTES, FRAME_MAGIC, readFrame, type Frame, type JournalIdentity } from './frame';
import { StorageError } from './storage-error';

/** A frame and its offset in the segment. */
export interface PlacedFrame extends Frame {
  readonly offset: number;
}

/** What a segment holds. `endOffset` is behind the last intact frame; `torn` when bytes that are not zero follow it. */
export interface SegmentContent {
  readonly frames: readonly PlacedFrame[];
  readonly endOffset: number;
  readonly torn: boolean;
}

/** What a segment must continue: the sequence number of its first frame, and where that frame stands. */
export interface SegmentStart {
  readonly segment: number;
  readonly offset: number;
  readonly sequence: number;
}

/**
 * Reads the frames of a segment from `start` on.
 *
 * Damage counts as a torn tail only if no frame of a later batch follows it: a later batch proves that the damaged one had been
 * durable. Then, and for another ledger's frames, a StorageError with segment and offset is thrown.
 */
export function scanSegment(bytes: Uint8Array, start: SegmentStart, identity: JournalIdentity): SegmentContent {
  const { segment } = start;
  const frames: PlacedFrame[] = [];
  let { offset, sequence } = start;
  for (;;) {
    const frame = readFrame(bytes, offset, identity.salt);
    if (frame === null) break;
    if (!equalBytes(frame.ledgerId, identity.ledgerId)) throw foreign(segment, offset);
    if (frame.sequence !== sequence) throw corrupt(segment, offset, 'a frame is missing before this one');
    frames.push({ ...frame, offset });
    offset += FRAME_HEADER_BYTES + frame.payload.length;
    sequence += 1;
  }
  const torn = !isZero(bytes, offset);
  if (torn && laterBatchFollows(bytes, offset, identity))
    throw corrupt(segment, offset, 'a damaged frame is followed by a later batch');
  return { frames, endOffset: offset, torn };
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
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + aligned, (bytes.length - aligned) >> 2);
  for (let index = 0; index < words.length; index += 1) if (words[index] !== 0) return false;
  for (let index = aligned + words.length * 4; index < bytes.length; index += 1) if (bytes[index] !== 0) return false;
  return true;
}

function foreign(segment: number, offsetBytes: number): StorageError {
  return new StorageError('STORAGE_FOREIGN', `journal segment ${segment} holds another ledger's frame`, {
    segment,
    offsetBytes,
  });
}

function laterBatchFollows(bytes: Uint8Array, damagedOffset: number, identity: JournalIdentity): boolean {
  const first = FRAME_MAGIC >>> 24;
  for (let offset = damagedOffset; offset + FRAME_HEADER_BYTES <= bytes.length; offset += 1) {
    if (bytes[offset] !== first) continue;
    const frame = readFrame(bytes, offset, identity.salt);
    if (frame !== null && frame.batchOffset > damagedOffset) return true;
  }
  return false;
}
