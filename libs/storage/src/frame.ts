import { sha256 } from '@quorate/crypto';

/**
 * One journal frame; docs/spec/storage.md §Format. Big-endian:
 *
 *   0 magic u32 | 4 version u8 | 5 kind u8 | 6 zero u16 | 8 payload length u32 | 12 batch offset u32
 *   16 sequence u64 | 24 ledger id 16 | 40 checksum 16 | 56 payload
 *
 * The checksum is the first half of SHA-256(salt ‖ bytes 0..39 ‖ SHA-256(payload)). The salt is secret to the journal, so
 * that nobody can submit content that looks like a frame.
 */
export const FRAME_HEADER_BYTES = 56;
export const SALT_BYTES = 16;
export const LEDGER_ID_BYTES = 16;
export const FRAME_MAGIC = 0x51525446;

const FRAME_VERSION = 1;
const CHECKSUM_OFFSET = 40;
const CHECKSUM_BYTES = 16;

/** What a frame's checksum is bound to. */
export interface JournalIdentity {
  readonly ledgerId: Uint8Array;
  readonly salt: Uint8Array;
}

/** Where a frame stands: `batchOffset` is the segment offset at which the batch begins that it was written with. */
export interface FramePlace {
  readonly sequence: number;
  readonly batchOffset: number;
}

/** A frame found intact. `payload` is a view on the segment's bytes. */
export interface Frame extends FramePlace {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** The header that goes before `payload`. */
export function frameHeader(
  identity: JournalIdentity,
  kind: number,
  payload: Uint8Array,
  place: FramePlace,
): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, FRAME_MAGIC);
  view.setUint8(4, FRAME_VERSION);
  view.setUint8(5, kind);
  view.setUint32(8, payload.length);
  view.setUint32(12, place.batchOffset);
  view.setBigUint64(16, BigInt(place.sequence));
  header.set(identity.ledgerId, 24);
  header.set(checksum(identity.salt, header, payload), CHECKSUM_OFFSET);
  return header;
}

/** The frame at `offset` of a segment, whichever ledger it names; null unless it is intact. */
export function readFrame(
  segment: Uint8Array,
  offset: number,
  salt: Uint8Array,
): (Frame & { readonly ledgerId: Uint8Array }) | null {
  if (offset + FRAME_HEADER_BYTES > segment.length) return null;
  const view = new DataView(segment.buffer, segment.byteOffset + offset, FRAME_HEADER_BYTES);
  if (view.getUint32(0) !== FRAME_MAGIC || view.getUint8(4) !== FRAME_VERSION) return null;
  const length = view.getUint32(8);
  const start = offset + FRAME_HEADER_BYTES;
  if (start + length > segment.length) return null;
  const header = segment.subarray(offset, start);
  const payload = segment.subarray(start, start + length);
  const expected = checksum(salt, header, payload);
  for (let index = 0; index < CHECKSUM_BYTES; index += 1)
    if (header[CHECKSUM_OFFSET + index] !== expected[index]) return null;
  return {
    kind: view.getUint8(5),
    payload,
    sequence: Number(view.getBigUint64(16)),
    batchOffset: view.getUint32(12),
    ledgerId: header.subarray(24, 24 + LEDGER_ID_BYTES),
  };
}

function checksum(salt: Uint8Array, header: Uint8Array, payload: Uint8Array): Uint8Array {
  const bound = new Uint8Array(SALT_BYTES + CHECKSUM_OFFSET + 32);
  bound.set(salt);
  bound.set(header.subarray(0, CHECKSUM_OFFSET), SALT_BYTES);
  bound.set(sha256(payload), SALT_BYTES + CHECKSUM_OFFSET);
  return sha256(bound).subarray(0, CHECKSUM_BYTES);
}
