import { CodecError } from './codec-error';

const U64_MAX = (1n << 64n) - 1n;
const U128_MAX = (1n << 128n) - 1n;
const textEncoder = new TextEncoder();

function assertInteger(value: number, max: number, type: string): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new CodecError('CODEC_RANGE', `${value} is not a ${type}`, { value });
}

/** Writes fixed-width big-endian fields into a buffer that grows as needed. */
export class Writer {
  private bytes: Uint8Array;
  private view: DataView;
  private length = 0;

  constructor(capacityBytes = 256) {
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room before any write: growing replaces `bytes` and `view`. */
  private reserve(count: number): number {
    const offset = this.length;
    const needed = offset + count;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.length = needed;
    return offset;
  }

  u8(value: number): this {
    assertInteger(value, 0xff, 'u8');
    const offset = this.reserve(1);
    this.view.setUint8(offset, value);
    return this;
  }

  u16(value: number): this {
    assertInteger(value, 0xffff, 'u16');
    const offset = this.reserve(2);
    this.view.setUint16(offset, value);
    return this;
  }

  u32(value: number): this {
    assertInteger(value, 0xffff_ffff, 'u32');
    const offset = this.reserve(4);
    this.view.setUint32(offset, value);
    return this;
  }

  /** A safe integer as u64: heights, terms, slots. */
  uint(value: number): this {
    assertInteger(value, Number.MAX_SAFE_INTEGER, 'safe integer');
    const offset = this.reserve(8);
    this.view.setUint32(offset, Math.floor(value / 0x1_0000_0000));
    this.view.setUint32(offset + 4, value % 0x1_0000_0000);
    return this;
  }

  u64(value: bigint): this {
    if (value < 0n || value > U64_MAX) throw new CodecError('CODEC_RANGE', 'not a u64', { value });
    const offset = this.reserve(8);
    this.view.setBigUint64(offset, value);
    return this;
  }

  u128(value: bigint): this {
    if (value < 0n || value > U128_MAX) throw new CodecError('CODEC_RANGE', 'not a u128', { value });
    const offset = this.reserve(16);
    this.view.setBigUint64(offset, value >> 64n);
    this.view.setBigUint64(offset + 8, value & U64_MAX);
    return this;
  }

  /** Bytes of a length both sides know. */
  fixed(value: Uint8Array, length: number): this {
    if (value.length !== length) throw new CodecError('CODEC_RANGE', `expected ${length} bytes, got ${value.length}`);
    const offset = this.reserve(length);
    this.bytes.set(value, offset);
    return this;
  }

  /** Bytes behind a u32 length. */
  blob(value: Uint8Array): this {
    this.u32(value.length);
    const offset = this.reserve(value.length);
    this.bytes.set(value, offset);
    return this;
  }

  /** UTF-8 text behind a u16 length in bytes. */
  text(value: string): this {
    const encoded = textEncoder.encode(value);
    this.u16(encoded.length);
    const offset = this.reserve(encoded.length);
    this.bytes.set(encoded, offset);
    return this;
  }

  /** The bytes written so far, which later writes do not touch: a full buffer is never written to again, any other one is copied. */
  finish(): Uint8Array {
    return this.length === this.bytes.length ? this.bytes : this.bytes.slice(0, this.length);
  }
}
