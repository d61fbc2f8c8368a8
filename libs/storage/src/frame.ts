import { invariant } from '@quorate/errors';
import type { FrameCipher } from '@quorate/runtime';
import { crc32 } from './crc32';
import { LEDGER_ID_BYTES, type FileLabel, type Vault } from './vault';

/**
 * One sealed frame; docs/spec/storage.md §Format. Big-endian:
 *
 *   0 magic u32 | 4 version u8 | 5 kind u8 | 6 key generation u16 | 8 payload length u32 | 12 batch offset u32
 *   16 sequence u64 | 24 nonce 12 | 36 previous 8 | 44 header check u32 | 48 sealed payload | tag 16
 *
 * Associated data: ledger id 16 | file kind u8 | file number u32 | zero 3 | offset u64 | header bytes 0..43. The header check is the
 * CRC-32 of the same bytes.
 */
export const FRAME_HEADER_BYTES = 48;
export const TAG_BYTES = 16;
/** Bytes that a frame adds to its payload. */
export const FRAME_OVERHEAD_BYTES = FRAME_HEADER_BYTES + TAG_BYTES;
export const FRAME_MAGIC = 0x51525446;

/** Half of the tag of the frame before: what a frame says of its predecessor. */
export const LINK_BYTES = 8;
export const NO_LINK = new Uint8Array(LINK_BYTES);

const FRAME_VERSION = 2;
const NONCE_AT = 24;
const NONCE_BYTES = 12;
const NONCE_PREFIX_BYTES = 8;
const LINK_AT = 36;
const CHECK_AT = 44;
const PLACE_BYTES = LEDGER_ID_BYTES + 16;
const COUNTER_MAX = 0xffffffff;

/** Where a frame stands: `batchOffset` is the file offset at which the batch begins that it was written with. */
export interface FramePlace {
  readonly sequence: number;
  readonly batchOffset: number;
  /** `link` of the frame before it; zeros for the first. */
  readonly previous: Uint8Array;
}

/** The header of a frame that stands where it was written. Its payload may be damaged all the same. */
export interface FrameHead extends FramePlace {
  readonly kind: number;
  readonly generation: number;
  readonly payloadBytes: number;
}

/** An intact frame. */
export interface Frame extends FrameHead {
  readonly payload: Uint8Array;
  readonly link: Uint8Array;
}

/**
 * Seals and opens the frames of one file.
 *
 * Invariant: no nonce is used twice under the file's key. The first eight bytes are drawn at random for each writer, the others count.
 */
export class FrameCodec {
  private readonly ciphers = new Map<number, FrameCipher>();
  /** Associated data of the frame at hand: place, then header without its check. */
  private readonly associated = new Uint8Array(PLACE_BYTES + CHECK_AT);
  private readonly view = new DataView(this.associated.buffer);
  private noncePrefix: Uint8Array | null = null;
  private nonceCounter = 0;

  constructor(
    private readonly vault: Vault,
    label: FileLabel,
    /** Key generation that new frames are sealed under. */
    private readonly generation = vault.generation,
  ) {
    this.label = label;
    this.associated.set(vault.ledgerId);
    this.view.setUint8(LEDGER_ID_BYTES, label.kind);
    this.view.setUint32(LEDGER_ID_BYTES + 1, label.number);
  }

  private readonly label: FileLabel;

  /** Writes a frame into `target` at `at`; in the file it will stand at `offset`. Returns its link. */
  seal(
    target: Uint8Array,
    at: number,
    offset: number,
    frame: FramePlace & { readonly kind: number; readonly payload: Uint8Array },
  ): Uint8Array {
    const { kind, payload } = frame;
    this.view.setBigUint64(LEDGER_ID_BYTES + 8, BigInt(offset));
    const head = PLACE_BYTES;
    this.view.setUint32(head, FRAME_MAGIC);
    this.view.setUint8(head + 4, FRAME_VERSION);
    this.view.setUint8(head + 5, kind);
    this.view.setUint16(head + 6, this.generation);
    this.view.setUint32(head + 8, payload.length);
    this.view.setUint32(head + 12, frame.batchOffset);
    this.view.setBigUint64(head + 16, BigInt(frame.sequence));
    const nonce = this.nextNonce();
    this.associated.set(nonce, head + NONCE_AT);
    this.associated.set(frame.previous, head + LINK_AT);
    target.set(this.associated.subarray(head), at);
    const check = crc32(this.associated, 0, this.associated.length);
    new DataView(target.buffer, target.byteOffset + at + CHECK_AT, 4).setUint32(0, check);
    this.cipher(this.generation).seal(nonce, this.associated, payload, target, at + FRAME_HEADER_BYTES);
    const tagAt = at + FRAME_HEADER_BYTES + payload.length;
    return target.slice(tagAt, tagAt + LINK_BYTES);
  }

  /** The header at `bytes[at]`, which stands at `offset` of the file; null unless it was written there and is intact. */
  head(bytes: Uint8Array, at: number, offset: number): FrameHead | null {
    if (at + FRAME_OVERHEAD_BYTES > bytes.length) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
    if (view.getUint32(0) !== FRAME_MAGIC || view.getUint8(4) !== FRAME_VERSION) return null;
    this.place(bytes, at, offset);
    if (view.getUint32(CHECK_AT) !== crc32(this.associated, 0, this.associated.length)) return null;
    return {
      kind: view.getUint8(5),
      generation: view.getUint16(6),
      payloadBytes: view.getUint32(8),
      batchOffset: view.getUint32(12),
      sequence: Number(view.getBigUint64(16)),
      previous: bytes.slice(at + LINK_AT, at + LINK_AT + LINK_BYTES),
    };
  }

  /** The frame at `bytes[at]`, which stands at `offset` of the file; null unless it is intact. Throws STORAGE_KEY_MISSING. */
  open(bytes: Uint8Array, at: number, offset: number): Frame | null {
    const head = this.head(bytes, at, offset);
    if (head === null) return null;
    const start = at + FRAME_HEADER_BYTES;
    const end = start + head.payloadBytes + TAG_BYTES;
    if (end > bytes.length) return null;
    const cipher = this.cipher(head.generation);
    this.place(bytes, at, offset);
    const nonce = bytes.subarray(at + NONCE_AT, at + NONCE_AT + NONCE_BYTES);
    const payload = cipher.open(nonce, this.associated, bytes.subarray(start, end));
    if (payload === null) return null;
    return { ...head, payload, link: bytes.slice(end - TAG_BYTES, end - TAG_BYTES + LINK_BYTES) };
  }

  private place(bytes: Uint8Array, at: number, offset: number): void {
    this.view.setBigUint64(LEDGER_ID_BYTES + 8, BigInt(offset));
    this.associated.set(bytes.subarray(at, at + CHECK_AT), PLACE_BYTES);
  }

  private cipher(generation: number): FrameCipher {
    let cipher = this.ciphers.get(generation);
    if (cipher === undefined) {
      cipher = this.vault.cipher(this.label, generation);
      this.ciphers.set(generation, cipher);
    }
    return cipher;
  }

  private nextNonce(): Uint8Array {
    if (this.noncePrefix === null || this.nonceCounter === COUNTER_MAX) {
      this.noncePrefix = this.vault.random(NONCE_PREFIX_BYTES);
      this.nonceCounter = 0;
    }
    invariant(this.noncePrefix.length === NONCE_PREFIX_BYTES, 'as many random bytes as asked for');
    const nonce = new Uint8Array(NONCE_BYTES);
    nonce.set(this.noncePrefix);
    new DataView(nonce.buffer).setUint32(NONCE_PREFIX_BYTES, this.nonceCounter);
    this.nonceCounter += 1;
    return nonce;
  }
}
