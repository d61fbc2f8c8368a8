import { CHUNK_BYTES, hashPairsInto } from '@quorate/crypto';

const CHUNK_WORDS = CHUNK_BYTES / 4;

/** Chunks of one layer of hashing, one behind the other; as bytes, as words for copying, and as a view for big-endian numbers. */
export class HashLayer {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly view: DataView;

  constructor(chunks: number) {
    this.bytes = new Uint8Array(chunks * CHUNK_BYTES);
    this.words = new Uint32Array(this.bytes.buffer);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Hashes the first `pairs` pairs of chunks into the first chunks of `above`. */
  hashInto(above: HashLayer, pairs: number): void {
    hashPairsInto(this.bytes.subarray(0, pairs * 2 * CHUNK_BYTES), above.bytes.subarray(0, pairs * CHUNK_BYTES));
  }

  /** Copies chunk `from` of another layer to chunk `to`. */
  copy(to: number, source: HashLayer, from: number): void {
    const target = this.words;
    const { words } = source;
    const at = to * CHUNK_WORDS;
    const start = from * CHUNK_WORDS;
    for (let word = 0; word < CHUNK_WORDS; word += 1) target[at + word] = words[start + word];
  }

  clear(chunk: number): void {
    this.words.fill(0, chunk * CHUNK_WORDS, (chunk + 1) * CHUNK_WORDS);
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
