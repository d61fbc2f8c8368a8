import { invariant } from '@quorate/errors';
import type { StoredFile } from '@quorate/runtime';
import { FRAME_HEADER_BYTES, SALT_BYTES, readFrame, type JournalIdentity } from './frame';
import { corrupt, isZero, scanSegment, type PlacedFrame, type SegmentContent } from './segment-scan';
import type { Segments } from './segments';
import { StorageError } from './storage-error';

/** Kind of the journal's first frame, which carries the salt and is checked with a salt of zeros. */
export const FOUNDATION_KIND = 0;
export const ZERO_SALT = new Uint8Array(SALT_BYTES);

const FOUNDATION_BYTES = FRAME_HEADER_BYTES + SALT_BYTES;

/** Where writing goes on. */
export interface JournalEnd {
  readonly segment: number;
  readonly offset: number;
  readonly nextSequence: number;
}

/** The salt of an existing journal; null when its first batch never became durable, so that nothing was ever promised. */
export async function readFoundation(segments: Segments, ledgerId: Uint8Array): Promise<Uint8Array | null> {
  if (segments.count === 0) return null;
  const file = segments.file(1);
  const bytes = await file.read(0, file.sizeBytes);
  const frame = readFrame(bytes, 0, ZERO_SALT);
  if (frame !== null && frame.kind === FOUNDATION_KIND && frame.payload.length === SALT_BYTES) {
    if (!frame.ledgerId.every((byte, index) => byte === ledgerId[index])) {
      throw new StorageError('STORAGE_FOREIGN', 'the journal belongs to another ledger', {
        segment: 1,
        offsetBytes: 0,
      });
    }
    return frame.payload.slice();
  }
  if (segments.count > 1 || !isZero(bytes, FOUNDATION_BYTES)) throw corrupt(1, 0, 'the first frame is not intact');
  await file.write(0, [new Uint8Array(FOUNDATION_BYTES)]);
  return null;
}

/**
 * Reads every frame in order, cuts a torn tail and writes the last batch again: bytes read back after a failed write may be in
 * the system's cache only, and must be on the medium before anything is said that rests on them.
 */
export async function replaySegments(
  segments: Segments,
  identity: JournalIdentity,
  visit: (segment: number, frame: PlacedFrame) => void,
): Promise<JournalEnd> {
  let nextSequence = 1;
  let end: JournalEnd | null = null;
  for (let segment = 1; segment <= segments.count; segment += 1) {
    const file = segments.file(segment);
    const bytes = await file.read(0, file.sizeBytes);
    const firstOffset = segment === 1 ? FOUNDATION_BYTES : 0;
    const content = scanSegment(bytes, { segment, offset: firstOffset, sequence: nextSequence }, identity);
    if (content.frames.length === 0 && !content.torn && segment > 1) {
      await assertUnused(segments, segment + 1);
      break;
    }
    if (content.torn) await assertUnused(segments, segment + 1);
    for (const frame of content.frames) visit(segment, frame);
    nextSequence += content.frames.length;
    await settleTail(file, bytes, content);
    end = { segment, offset: content.endOffset, nextSequence };
    if (content.torn) break;
  }
  invariant(end !== null, 'a journal has at least one segment');
  return end;
}

async function settleTail(file: StoredFile, bytes: Uint8Array, content: SegmentContent): Promise<void> {
  const last = content.frames.at(-1);
  const { endOffset } = content;
  if (last !== undefined) await file.write(last.batchOffset, [bytes.subarray(last.batchOffset, endOffset)]);
  if (content.torn) await file.write(endOffset, [new Uint8Array(bytes.length - endOffset)]);
}

/** A segment after the end of the journal may exist (made ahead of need) but must be empty. */
async function assertUnused(segments: Segments, firstSegment: number): Promise<void> {
  for (let segment = firstSegment; segment <= segments.count; segment += 1) {
    const file = segments.file(segment);
    if (!isZero(await file.read(0, file.sizeBytes), 0))
      throw corrupt(segment - 1, 0, 'an earlier segment ends before this one begins');
  }
}
