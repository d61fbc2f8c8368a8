import { FRAME_OVERHEAD_BYTES, FrameCodec, NO_LINK } from './frame';
import { equalLinks, type SealedPosition } from './sealed-file';
import { StorageError } from './storage-error';
import type { FileLabel, Vault } from './vault';

/** A frame that goes into an object. */
export interface ObjectFrame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** The bytes of an object that consists of these frames, in order, and where each of them is. */
export function sealObject(
  vault: Vault,
  label: FileLabel,
  frames: readonly ObjectFrame[],
): { readonly bytes: Uint8Array; readonly positions: readonly SealedPosition[] } {
  const codec = new FrameCodec(vault, label);
  const bytes = new Uint8Array(frames.reduce((sum, { payload }) => sum + FRAME_OVERHEAD_BYTES + payload.length, 0));
  const positions: SealedPosition[] = [];
  let [offset, link]: [number, Uint8Array] = [0, NO_LINK];
  for (const [sequence, { kind, payload }] of frames.entries()) {
    link = codec.seal(bytes, offset, offset, { kind, payload, sequence, batchOffset: 0, previous: link });
    positions.push({ offset, payloadBytes: payload.length });
    offset += FRAME_OVERHEAD_BYTES + payload.length;
  }
  return { bytes, positions };
}

/** Gives every frame of an object to `visit`. Throws StorageError STORAGE_CORRUPT, with the name, unless they are all as they were sealed. */
export function openObject(
  vault: Vault,
  label: FileLabel,
  name: string,
  bytes: Uint8Array,
  visit: (kind: number, payload: Uint8Array, offset: number) => void,
): void {
  const codec = new FrameCodec(vault, label);
  let [offset, link]: [number, Uint8Array] = [0, NO_LINK];
  for (let sequence = 0; offset < bytes.length; sequence += 1) {
    const frame = codec.open(bytes, offset, offset);
    if (frame === null || frame.sequence !== sequence || !equalLinks(frame.previous, link))
      throw damagedObject(name, offset);
    visit(frame.kind, frame.payload, offset);
    link = frame.link;
    offset += FRAME_OVERHEAD_BYTES + frame.payloadBytes;
  }
}

/** What is said of an object that is not as it was put. */
export function damagedObject(name: string, offsetBytes: number): StorageError {
  return new StorageError('STORAGE_CORRUPT', `the archived object ${name} is damaged at byte ${offsetBytes}`, {
    file: name,
    offsetBytes,
  });
}
