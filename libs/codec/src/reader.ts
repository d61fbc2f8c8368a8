import { CodecError } from './codec-error';

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads what Writer wrote; refuses truncated input, unsafe integers, invalid UTF-8 and (at `end`) trailing bytes. */
export class Reader {
  private readonly view: DataView;
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.position;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  private take(count: number): number {
    const offset = this.position;
    if (count > this.remaining)
      throw new CodecError('CODEC_TRUNCATED', `${count} bytes wanted at ${offset}, ${this.remaining} left`, {
        offset,
        count,
      });
    this.position += count;
    return offset;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2));
  }

  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  uint(): number {
    const offset = this.take(8);
    const high = this.view.getUint32(offset);
    if (high > 0x1f_ffff) throw new CodecError('CODEC_RANGE', `integer at ${offset} is above 2^53`, { offset });
    return high * 0x1_0000_0000 + this.view.getUint32(offset + 4);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.take(8));
  }

  u128(): bigint {
    const offset = this.take(16);
    return (this.view.getBigUint64(offset) << 64n) | this.view.getBigUint64(offset + 8);
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    this.take(length);
  }

  /** A view on `length` bytes; not a copy. */
  fixed(length: number): Uint8Array {
    const offset = this.take(length);
    return this.bytes.subarray(offset, offset + length);
  }

  /** A view on bytes behind a u32 length of at most `lengthMax`; not a copy. */
  blob(lengthMax: number): Uint8Array {
    const length = this.u32();
    if (length > lengthMax)
      throw new CodecError('CODEC_RANGE', `blob of ${length} bytes, at most ${lengthMax} allowed`, {
        length,
        lengthMax,
      });
    return this.fixed(length);
  }

  text(lengthMax: number): string {
    const length = this.u16();
    if (length > lengthMax)
      throw new CodecError('CODEC_RANGE', `text of ${length} bytes, at most ${lengthMax} allowed`, {
        length,
        lengthMax,
      });
    const offset = this.position;
    try {
      return textDecoder.decode(this.fixed(length));
    } catch (error) {
      if (error instanceof CodecError) throw error;
      throw new CodecError('CODEC_INVALID', `text at ${offset} is not UTF-8`, { offset });
    }
  }

  /** Ends reading: nothing may be left over. */
  end(): void {
    if (this.remaining !== 0)
      throw new CodecError('CODEC_TRAILING', `${this.remaining} bytes left over`, { remaining: this.remaining });
  }
}
