// Hashes the leaves of a block's results layer by layer, all results at once (protocol, `resultLeaf`, is the plain form of it).
import { CHUNK_BYTES, PAIR_BYTES, hashPairsInto, pairHash } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import { EXPIRY_BYTES, operationRoot } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE_WORDS, DETAIL, DETAIL_WORDS, flagsNow, type AccountTable } from './account-table';
import { HashLayer } from './hash-layer';
import { CAPTURE, CAPTURE_WORDS, SIDE, expiryOf, type CapturedResults } from './result-capture';
import type { ResultBlock, ScannedEnvelope } from './results';

/** The usual operations take four chunks: accounts and transfers. */
const USUAL_CHUNKS = 4;
const USUAL_BYTES_MIN = 2 * CHUNK_BYTES + 1;
const USUAL_BYTES_MAX = USUAL_CHUNKS * CHUNK_BYTES;
/** Results whose accounts are read together. */
const TOUCHED_MAX = 64;
const HAS_PENDING = 1;
const U32 = 0x1_0000_0000;
// Imported numbers are looked up at each use, and here each use is in a loop over results.
const CHUNK = CHUNK_BYTES;
const PAIR = PAIR_BYTES;
const ROW_WORDS = CAPTURE_WORDS;
const {
  debitAccount: DEBIT_ACCOUNT,
  creditAccount: CREDIT_ACCOUNT,
  amount: AMOUNT,
  debit: DEBIT,
  credit: CREDIT,
} = CAPTURE;
const { debits: DEBITS, credits: CREDITS, pending: PENDING } = SIDE;
const { previousHeight: PREVIOUS_HEIGHT, previousIndexAndFlags: PREVIOUS_INDEX } = SIDE;
const { reserved: RESERVED } = ACCOUNT_STATE;
const ID_WORDS = BALANCE_WORDS;
const SALT_WORDS = DETAIL_WORDS;
const SALT = DETAIL.salt;

/** Layers of hashing: each is what the next one hashes in pairs. Grows to the largest block and is used again for every block. */
export class ResultHasher {
  private capacity = 0;
  /** Four chunks of each operation, the pairs over them, and the root over these. */
  private operations = new HashLayer(0);
  private operationPairs = new HashLayer(0);
  private operationRoots = new HashLayer(0);
  /** Outcome and origin of each result. */
  private outcomes = new HashLayer(0);
  /** Sums and state of both sides of each result; where there are pending sums, these with the posted ones first. */
  private sides = new HashLayer(0);
  private pendingSums = new HashLayer(0);
  private halves = new HashLayer(0);
  private joined = new HashLayer(0);
  private paired = new HashLayer(0);
  private leafPairs = new HashLayer(0);
  private touched = 0;

  constructor(private readonly accounts: AccountTable) {}

  /** Leaves of the block's results tree, 32 bytes each. */
  leaves(
    block: ResultBlock,
    envelopes: readonly ScannedEnvelope[],
    codes: Uint16Array,
    captured: CapturedResults,
  ): Uint8Array {
    const { count } = captured;
    this.reserve(count);
    this.loadAsked(block, envelopes, codes, captured);
    this.loadExpiries(block, captured);
    this.hashAsked(count, envelopes, captured);
    this.hashAccounts(captured);
    const leaves = new Uint8Array(count * CHUNK);
    hashPairsInto(this.leafPairs.bytes.subarray(0, count * PAIR), leaves);
    return leaves;
  }

  private reserve(count: number): void {
    if (count <= this.capacity) return;
    this.capacity = Math.max(count, this.capacity * 2);
    const layer = (chunksPerResult: number): HashLayer => new HashLayer(this.capacity * chunksPerResult);
    this.operations = layer(USUAL_CHUNKS);
    this.operationPairs = layer(2);
    this.operationRoots = layer(1);
    this.outcomes = layer(2);
    this.sides = layer(4);
    this.pendingSums = layer(4);
    this.halves = layer(2);
    this.joined = layer(1);
    this.paired = layer(2);
    this.leafPairs = layer(2);
  }

  /** Operations and their outcome and origin chunks. */
  private loadAsked(
    block: ResultBlock,
    envelopes: readonly ScannedEnvelope[],
    codes: Uint16Array,
    captured: CapturedResults,
  ): void {
    this.operations.words.fill(0, 0, (captured.count * USUAL_BYTES_MAX) / 4);
    const timeLow = Number(block.timeNs & 0xffff_ffffn);
    const timeHigh = Number(block.timeNs >> 32n);
    const origin = new HashLayer(1);
    let index = 0;
    for (const { bytes, outline } of envelopes) {
      origin.bytes.set(pairHash(outline.hash, partyChunk(outline.party)));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const offsets = outline.operationOffsets;
      for (let operation = 0; operation < outline.operationCount; operation += 1, index += 1) {
        const start = offsets[operation * 2];
        const length = offsets[operation * 2 + 1] - start;
        if (isUsual(length)) this.loadOperation(index, view, start, length);
        const low = timeLow + index;
        const high = low >= U32 ? timeHigh + 1 : timeHigh;
        this.loadOutcome(index, codes[index], length, low, high, captured);
        this.outcomes.copy(index * 2 + 1, origin, 0);
      }
    }
    invariant(index === captured.operationCount && index === codes.length, 'a block has one code for each operation', {
      operations: index,
      codes: codes.length,
    });
  }

  private loadExpiries(block: ResultBlock, captured: CapturedResults): void {
    const timeLow = Number(block.timeNs & 0xffff_ffffn);
    const timeHigh = Number(block.timeNs >> 32n);
    for (let index = captured.operationCount; index < captured.count; index += 1) {
      this.loadOutcome(index, 0, EXPIRY_BYTES, timeLow, timeHigh, captured);
      this.outcomes.clear(index * 2 + 1);
    }
  }

  /** Words first: an operation begins at any byte of its envelope. */
  private loadOperation(index: number, view: DataView, start: number, length: number): void {
    const { words, bytes } = this.operations;
    const whole = length >>> 2;
    const to = (index * USUAL_BYTES_MAX) / 4;
    for (let word = 0; word < whole; word += 1) words[to + word] = view.getUint32(start + word * 4, true);
    for (let byte = whole * 4; byte < length; byte += 1)
      bytes[index * USUAL_BYTES_MAX + byte] = view.getUint8(start + byte);
  }

  private loadOutcome(
    index: number,
    code: number,
    length: number,
    timeLow: number,
    timeHigh: number,
    captured: CapturedResults,
  ): void {
    const at = index * PAIR;
    const { view } = this.outcomes;
    view.setUint32(at, index);
    view.setUint16(at + 4, code);
    view.setUint16(at + 6, length);
    this.outcomes.writeU128(at + 8, captured.rows, index * ROW_WORDS + AMOUNT);
    view.setUint32(at + 24, timeHigh);
    view.setUint32(at + 28, timeLow);
  }

  private hashAsked(count: number, envelopes: readonly ScannedEnvelope[], captured: CapturedResults): void {
    const { operationRoots, joined, paired, leafPairs } = this;
    this.operations.hashInto(this.operationPairs, count * 2);
    this.operationPairs.hashInto(operationRoots, count);
    this.hashUnusual(envelopes, captured);
    this.outcomes.hashInto(joined, count);
    for (let index = 0; index < count; index += 1) {
      paired.copy(index * 2, operationRoots, index);
      paired.copy(index * 2 + 1, joined, index);
    }
    paired.hashInto(joined, count);
    for (let index = 0; index < count; index += 1) leafPairs.copy(index * 2, joined, index);
  }

  /** Operations of another length than the usual ones, one by one. */
  private hashUnusual(envelopes: readonly ScannedEnvelope[], captured: CapturedResults): void {
    let index = 0;
    for (const { bytes, outline } of envelopes) {
      const offsets = outline.operationOffsets;
      for (let operation = 0; operation < outline.operationCount; operation += 1, index += 1) {
        const start = offsets[operation * 2];
        const end = offsets[operation * 2 + 1];
        if (!isUsual(end - start))
          this.operationRoots.bytes.set(operationRoot(bytes.subarray(start, end)), index * CHUNK);
      }
    }
    for (; index < captured.count; index += 1)
      this.operationRoots.bytes.set(operationRoot(expiryOf(captured, index)), index * CHUNK);
  }

  private hashAccounts(captured: CapturedResults): void {
    const { count, rows } = captured;
    const { halves, joined, paired, leafPairs } = this;
    for (let first = 0; first < count; first += TOUCHED_MAX) {
      const end = Math.min(count, first + TOUCHED_MAX);
      this.touch(rows, first, end);
      for (let index = first; index < end; index += 1) {
        const at = index * ROW_WORDS;
        this.loadSide(index * 2, rows[at + DEBIT_ACCOUNT] - 1, rows, at + DEBIT);
        this.loadSide(index * 2 + 1, rows[at + CREDIT_ACCOUNT] - 1, rows, at + CREDIT);
        this.loadId(index * PAIR, rows[at + DEBIT_ACCOUNT] - 1);
        this.loadId(index * PAIR + 16, rows[at + CREDIT_ACCOUNT] - 1);
      }
    }
    this.hashPendingSums(count, rows);
    this.sides.hashInto(halves, count * 2);
    for (let index = 0; index < count; index += 1) {
      if (rows[index * ROW_WORDS + DEBIT_ACCOUNT] === 0) halves.clear(index * 2);
      if (rows[index * ROW_WORDS + CREDIT_ACCOUNT] === 0) halves.clear(index * 2 + 1);
    }
    halves.hashInto(joined, count);
    for (let index = 0; index < count; index += 1) {
      paired.copy(index * 2 + 1, joined, index);
    }
    paired.hashInto(joined, count);
    for (let index = 0; index < count; index += 1) leafPairs.copy(index * 2 + 1, joined, index);
  }

  /** Reads what lies all over the memory, salts and ids, so that the processor waits for many of them at once. */
  private touch(rows: Uint32Array, first: number, end: number): void {
    const { balances, details } = this.accounts;
    let touched = 0;
    for (let index = first; index < end; index += 1) {
      const debit = rows[index * ROW_WORDS + DEBIT_ACCOUNT] - 1;
      const credit = rows[index * ROW_WORDS + CREDIT_ACCOUNT] - 1;
      if (debit >= 0) touched += balances[debit * ID_WORDS] + details[debit * SALT_WORDS + SALT];
      if (credit >= 0) touched += balances[credit * ID_WORDS] + details[credit * SALT_WORDS + SALT];
    }
    // Kept, so that the reads are not optimized away.
    this.touched = touched;
  }

  /** Sides with pending sums have one layer more: the first chunk of their pair is a hash itself. */
  private hashPendingSums(count: number, rows: Uint32Array): void {
    const { pendingSums, sides, halves } = this;
    let found = 0;
    for (let side = 0; side < count * 2; side += 1) {
      const at = sideOffset(side);
      if (!hasPending(rows, at)) continue;
      pendingSums.copy(found * 2, sides, side * 2);
      pendingSums.writeU128(found * PAIR + CHUNK, rows, at + PENDING);
      pendingSums.writeU128(found * PAIR + CHUNK + 16, rows, at + PENDING + 4);
      found += 1;
    }
    if (found === 0) return;
    pendingSums.hashInto(halves, found);
    for (let side = 0, from = 0; side < count * 2; side += 1) {
      if (!hasPending(rows, sideOffset(side))) continue;
      sides.copy(side * 2, halves, from);
      from += 1;
    }
  }

  /** Posted sums and state of one side of a result as a pair; of no use where there is no account. */
  private loadSide(side: number, account: number, rows: Uint32Array, at: number): void {
    if (account < 0) return;
    const { sides } = this;
    const { view } = sides;
    const to = side * PAIR;
    sides.writeU128(to, rows, at + DEBITS);
    sides.writeU128(to + 16, rows, at + CREDITS);
    const previous = rows[at + PREVIOUS_INDEX];
    const states = previous >>> 16;
    view.setUint16(to + 32, 0);
    view.setUint32(to + 34, rows[at + PREVIOUS_HEIGHT]);
    view.setUint16(to + 38, previous & 0xffff);
    view.setUint32(to + 40, 0);
    view.setUint16(to + 44, flagsNow(states));
    view.setUint16(to + 46, (states & RESERVED) === 0 ? 0 : HAS_PENDING);
    sides.writeU128(to + 48, this.accounts.details, account * SALT_WORDS + SALT);
  }

  private loadId(offset: number, account: number): void {
    if (account < 0) this.paired.words.fill(0, offset / 4, offset / 4 + 4);
    else this.paired.writeU128(offset, this.accounts.balances, account * ID_WORDS);
  }
}

/** Where side `side` of a block is in the captured rows; the debit side of result k is 2k, its credit side 2k + 1. */
function sideOffset(side: number): number {
  return (side >>> 1) * ROW_WORDS + ((side & 1) === 0 ? DEBIT : CREDIT);
}

function hasPending(rows: Uint32Array, at: number): boolean {
  return ((rows[at + PREVIOUS_INDEX] >>> 16) & RESERVED) !== 0;
}

/** Whether an operation of that length has four chunks. */
function isUsual(length: number): boolean {
  return length >= USUAL_BYTES_MIN && length <= USUAL_BYTES_MAX;
}

function partyChunk(party: bigint): Uint8Array {
  const chunk = new HashLayer(1);
  chunk.view.setBigUint64(0, party >> 64n);
  chunk.view.setBigUint64(8, party & 0xffff_ffff_ffff_ffffn);
  return chunk.bytes;
}
