// From a 128-bit id to the number of its row (../engine/id-index.ts says how). The ids stay in the rows, where what was found by its
// hash is compared.
import { invariant } from '@quorate/errors';
import {
  BUCKET_BYTES,
  INDEX_TABLES,
  INDEX_TABLE_BITS,
  INDEX_USED,
  PROBE,
  TABLE_BUCKETS,
  TABLE_BYTES,
} from './engine-layout';
import type { LedgerMemory } from './ledger-memory';

/** Rows that begin with their id: row r is in segment `r >>> shift`, with `stride` words for each row. */
export interface IdRows {
  readonly segments: Uint32Array[];
  readonly shift: number;
  readonly stride: number;
}

const PROBE_WORD = PROBE / 4;
const TABLE_WORDS = TABLE_BYTES / 4;

/**
 * Row numbers by id. About 7.8 bytes for each id on average. Holds nothing that cannot be made again from the rows, as it is whenever
 * the memory moves.
 */
export class IdIndex {
  private readonly rowMask: number;
  private missedHash = 0;
  private missed = false;

  /** `index` is where its description is in the header of the memory. */
  constructor(
    private readonly memory: LedgerMemory,
    private readonly rows: IdRows,
    private readonly index: number,
  ) {
    this.rowMask = 2 ** rows.shift - 1;
  }

  get size(): number {
    return this.memory.header[(this.index + INDEX_USED) / 4];
  }

  /** Memory that its tables take. */
  get bytes(): number {
    return this.tables().reduce((total, buckets) => total + buckets * BUCKET_BYTES, 0);
  }

  hash(words: Uint32Array, at: number): number {
    const { header, engine } = this.memory;
    header[PROBE_WORD] = words[at];
    header[PROBE_WORD + 1] = words[at + 1];
    header[PROBE_WORD + 2] = words[at + 2];
    header[PROBE_WORD + 3] = words[at + 3];
    return engine.hashOf(PROBE);
  }

  /** The row of the id at `words[at..at+3]`, or -1. */
  get(words: Uint32Array, at: number): number {
    return this.find(this.hash(words, at), words, at);
  }

  /** As `get`, with the id's hash known; when it finds nothing, `addMissed` adds the id. */
  getOrMiss(hash: number, words: Uint32Array, at: number): number {
    const row = this.find(hash, words, at);
    this.missedHash = hash;
    this.missed = row < 0;
    return row;
  }

  /** Adds the id that the last `getOrMiss` did not find. */
  addMissed(row: number): void {
    if (!this.missed) invariant(false, 'an id is added after it was missed');
    this.missed = false;
    this.memory.engine.insert(this.index, this.missedHash, row);
  }

  /** Adds an id that is not in the index. */
  add(words: Uint32Array, at: number, row: number): void {
    invariant(this.getOrMiss(this.hash(words, at), words, at) < 0, 'an id is indexed once');
    this.addMissed(row);
  }

  /**
   * Fills an empty index with rows 0 to count - 1, whose ids are all different. Many times faster than one by one: rows are
   * sorted by table first, so that each table is at hand while it is filled.
   */
  addRows(count: number): void {
    invariant(this.size === 0, 'only an empty index is filled at once');
    const { engine, header } = this.memory;
    const bits = header[(this.index + INDEX_TABLE_BITS) / 4];
    const { segments, shift, stride } = this.rows;
    const hashes = new Int32Array(count);
    const ends = new Uint32Array(2 ** bits + 1);
    for (let row = 0; row < count; row += 1) {
      const hash = this.hash(segments[row >>> shift], (row & this.rowMask) * stride);
      hashes[row] = hash;
      ends[(hash >>> (32 - bits)) + 1] += 1;
    }
    for (let number = 0; number < 2 ** bits; number += 1) ends[number + 1] += ends[number];
    const sorted = new Uint32Array(count);
    const next = ends.slice();
    for (let row = 0; row < count; row += 1) {
      const number = hashes[row] >>> (32 - bits);
      sorted[next[number]] = row;
      next[number] += 1;
    }
    for (let number = 0; number < 2 ** bits; number += 1)
      engine.sizeTable(this.index, number, ends[number + 1] - ends[number]);
    for (const row of sorted) engine.insert(this.index, hashes[row], row);
  }

  /** Removes an indexed id. */
  remove(words: Uint32Array, at: number): void {
    const hash = this.hash(words, at);
    const row = this.find(hash, words, at);
    this.missed = false;
    invariant(row >= 0 && this.memory.engine.remove(this.index, hash, row) !== 0, 'only an indexed id can be removed');
  }

  private find(hash: number, words: Uint32Array, at: number): number {
    const { engine } = this.memory;
    let row = engine.firstMatch(this.index, hash);
    while (row >= 0 && !this.holds(row, words, at)) row = engine.nextMatch(this.index, hash);
    return row;
  }

  private holds(row: number, words: Uint32Array, at: number): boolean {
    const { segments, shift, stride } = this.rows;
    const segment = segments[row >>> shift];
    const from = (row & this.rowMask) * stride;
    return (
      segment[from] === words[at] &&
      segment[from + 1] === words[at + 1] &&
      segment[from + 2] === words[at + 2] &&
      segment[from + 3] === words[at + 3]
    );
  }

  /** Buckets of each table. */
  private tables(): number[] {
    const { header } = this.memory;
    const count = 2 ** header[(this.index + INDEX_TABLE_BITS) / 4];
    const from = header[(this.index + INDEX_TABLES) / 4];
    const words = new Uint32Array(header.buffer, from, count * TABLE_WORDS);
    return Array.from({ length: count }, (_, number) => words[number * TABLE_WORDS + TABLE_BUCKETS / 4]);
  }
}
