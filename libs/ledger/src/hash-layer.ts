import { CHUNK_BYTES, hashPairsInto } from '@quorate/crypto';

/** Eight bytes each. */
const CHUNK_LONGS = CHUNK_BYTES / 8;
const CHUNK_WORDS = CHUNK_BYTES / 4;

/** Chunks of one layer of hashing, one behind the other; as bytes, as words and longs for copying, and as a view for big-endian numbers. */
export class HashLayer {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly longs: BigUint64Array;
  readonly view: DataView;

  constructor(chunks: number) {
    this.bytes = new Uint8Array(chunks * CHUNK_BYTES);
    this.words = new Uint32Array(this.bytes.buffer);
    this.longs = new BigUint64Array(this.bytes.buffer);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Hashes the first `pairs` pairs of chunks into the first chunks of `above`. */
  hashInto(above: HashLayer, pairs: number): void {
    hashPairsInto(this.bytes.subarray(0, pairs * 2 * CHUNK_BYTES), above.bytes.subarray(0, pairs * CHUNK_BYTES));
  }

  /** Copies chunk `from` of another layer to chunk `to`. */
  copy(to: number, source: HashLayer, from: number): void {
    const target = this.longs;
    const { longs } = source;
    const at = to * CHUNK_LONGS;
    const start = from * CHUNK_LONGS;
    target[at] = longs[start];
    target[at + 1] = longs[start + 1];
    target[at + 2] = longs[start + 2];
    target[at + 3] = longs[start + 3];
  }

  clear(chunk: number): void {
    const { words } = this;
    for (let word = chunk * CHUNK_WORDS; word < (chunk + 1) * CHUNK_WORDS; word += 1) words[word] = 0;
  }

  /** Writes a 128-bit number of limbs, lowest first, as 16 big-endian bytes. */
  writeU128(offset: number, limbs: Uint32Array, at: number): void {
    const { view } = this;
    view.setUint32(offset, limbs[at + 3]);
    view.setUint32(offset + 4, limbs[at + 2]);
    view.setUint32(offset + 8, limbs[at + 1]);
    view.setUint32(offset + 12, limbs[at]);
  }
}
