// Hashes the leaves of a block's results (protocol, `resultLeaf`, is the plain form of it), a few hundred results together: layer by
// layer, so that many hashes are made in one call, and few enough that all layers stay in the processor's own memory. The layers are
// laid out by ../engine/leaves.ts.
import { CHUNK_BYTES, PAIR_BYTES, hashPairsInto, pairHash } from '@quorate/crypto';
import { Writer } from '@quorate/codec';
import { invariant } from '@quorate/errors';
import { operationRoot } from '@quorate/protocol';
import * as layout from './engine-layout';
import type { LedgerMemory } from './ledger-memory';
import { CAPTURE_WORDS, CAPTURED_PENDING_WORDS, expiryOf, type CapturedResults } from './result-capture';
import type { ResultBlock, ScannedEnvelope } from './results';

// Imported numbers are looked up at each use.
const CHUNK = CHUNK_BYTES;
const PAIR = PAIR_BYTES;

/** What is hashed of a block. */
interface Hashed {
  readonly envelopes: readonly ScannedEnvelope[];
  readonly codes: Uint16Array;
  readonly captured: CapturedResults;
}

/** Layers of hashing, used again for every group of results. Each is what the next one hashes in pairs. */
export class ResultHasher {
  /** The envelope of the next operation, its place there, and whose origin and bytes are at hand. */
  private envelope = 0;
  private operation = 0;
  private loaded = -1;

  constructor(private readonly memory: LedgerMemory) {}

  /** Leaves of the block's results tree, 32 bytes each. The memory must have room for the largest envelope. */
  leaves(
    block: ResultBlock,
    envelopes: readonly ScannedEnvelope[],
    codes: Uint16Array,
    captured: CapturedResults,
  ): Uint8Array {
    const operations = envelopes.reduce((total, { outline }) => total + outline.operationCount, 0);
    invariant(
      operations === captured.operationCount && operations === codes.length,
      'a block has one code for each operation',
      { operations, codes: codes.length },
    );
    const { header, group } = this.memory;
    header[layout.LEAF_TIME / 4] = Number(block.timeNs & 0xffff_ffffn);
    header[layout.LEAF_TIME / 4 + 1] = Number(block.timeNs >> 32n);
    this.envelope = 0;
    this.operation = 0;
    this.loaded = -1;
    const hashed = { envelopes, codes, captured };
    const leaves = new Uint8Array(captured.count * CHUNK);
    for (let first = 0; first < captured.count; first += group) {
      const end = Math.min(captured.count, first + group);
      this.hashGroup(hashed, first, end);
      const pairs = this.memory.bytes(layout.AT_LEAF_PAIRS).subarray(0, (end - first) * PAIR);
      hashPairsInto(pairs, leaves.subarray(first * CHUNK, end * CHUNK));
    }
    return leaves;
  }

  /** The two chunks under each of the leaves [first, end). */
  private hashGroup(hashed: Hashed, first: number, end: number): void {
    const { engine } = this.memory;
    const count = end - first;
    this.loadCaptured(hashed, first, end);
    const roots = this.askedRoots(hashed, first, end);
    this.hash(layout.AT_OPERATIONS, layout.AT_OPERATION_PAIRS, count * 2);
    this.hash(layout.AT_OPERATION_PAIRS, layout.AT_OPERATION_ROOTS, count);
    for (const [slot, root] of roots) this.memory.bytes(layout.AT_OPERATION_ROOTS).set(root, slot * CHUNK);
    this.hash(layout.AT_OUTCOMES, layout.AT_JOINED, count);
    engine.joinAsked(count);
    const pending = engine.loadAccounts(count);
    if (pending > 0) {
      this.hash(layout.AT_PENDING_PAIRS, layout.AT_HALVES, pending);
      engine.placeSums(count);
    }
    this.hash(layout.AT_SIDES, layout.AT_HALVES, count * 2);
    engine.clearHalves(count);
    this.hash(layout.AT_HALVES, layout.AT_JOINED, count);
    engine.joinHalves(count);
    this.hash(layout.AT_QUADS, layout.AT_LEAF_PAIRS, count * 2);
  }

  private loadCaptured({ codes, captured }: Hashed, first: number, end: number): void {
    const { rows, pendings } = captured;
    const { memory } = this;
    memory.words(layout.AT_LEAF_ROWS).set(rows.subarray(first * CAPTURE_WORDS, end * CAPTURE_WORDS));
    if (pendings.length > 0) {
      const sums = pendings.subarray(first * CAPTURED_PENDING_WORDS, end * CAPTURED_PENDING_WORDS);
      memory.words(layout.AT_LEAF_SUMS).set(sums);
    }
    const { buffer, byteOffset, byteLength } = codes.subarray(first, end);
    memory.bytes(layout.AT_LEAF_CODES).set(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** Lays out operations and outcomes of the group; returns the roots of what is no usual operation, by their places. */
  private askedRoots({ envelopes, captured }: Hashed, first: number, end: number): [number, Uint8Array][] {
    const { engine } = this.memory;
    const roots: [number, Uint8Array][] = [];
    const asked = Math.min(end, captured.operationCount);
    for (let index = first; index < asked;) {
      while (this.operation === envelopes[this.envelope].outline.operationCount) {
        this.envelope += 1;
        this.operation = 0;
      }
      const envelope = envelopes[this.envelope];
      if (this.loaded !== this.envelope) this.loadEnvelope(envelope);
      const count = Math.min(asked - index, envelope.outline.operationCount - this.operation);
      this.loadOperations(envelope, index - first, count, index, roots);
      this.operation += count;
      index += count;
    }
    for (let index = Math.max(first, asked); index < end; index += 1) {
      const bytes = expiryOf(captured, index);
      engine.loadExpiry(index - first, index, bytes.length);
      roots.push([index - first, operationRoot(bytes)]);
    }
    return roots;
  }

  private loadEnvelope({ bytes, outline }: ScannedEnvelope): void {
    const { memory } = this;
    memory.bytes(layout.AT_ENVELOPE).set(bytes);
    memory.engine.forgetBatch();
    const party = new Writer(CHUNK).u128(outline.party).u128(0n).finish();
    memory.bytes(layout.AT_ORIGIN).set(pairHash(outline.hash, party));
    this.loaded = this.envelope;
  }

  private loadOperations(
    { bytes, outline }: ScannedEnvelope,
    slot: number,
    count: number,
    index: number,
    roots: [number, Uint8Array][],
  ): void {
    const { memory, operation } = this;
    const offsets = outline.operationOffsets.subarray(operation * 2, (operation + count) * 2);
    memory.words(layout.AT_LEAF_OFFSETS).set(offsets, slot * 2);
    if (memory.engine.loadAsked(slot, count, index) === 0) return;
    const unusual = memory.bytes(layout.AT_UNUSUAL);
    for (let at = 0; at < count; at += 1) {
      if (unusual[slot + at] === 0) continue;
      roots.push([slot + at, operationRoot(bytes.subarray(offsets[at * 2], offsets[at * 2 + 1]))]);
    }
  }

  /** Hashes the first `pairs` pairs of chunks of a layer into the first chunks of another one. */
  private hash(from: number, into: number, pairs: number): void {
    const { memory } = this;
    hashPairsInto(memory.bytes(from).subarray(0, pairs * PAIR), memory.bytes(into).subarray(0, pairs * CHUNK));
  }
}
