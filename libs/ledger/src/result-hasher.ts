// Hashes the leaves of a block's results (protocol, `resultLeaf`, is the plain form of it), a few hundred results together: layer by
// layer, so that many hashes are made in one call, and few enough that all layers stay in the processor's own memory.
import { CHUNK_BYTES, PAIR_BYTES, hashPairsInto, pairHash } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import { EXPIRY_BYTES, operationRoot } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE_WORDS, DETAIL, DETAIL_WORDS, flagsNow, type AccountTable } from './account-table';
import { HashLayer } from './hash-layer';
import {
  CAPTURE,
  CAPTURE_WORDS,
  CAPTURED_PENDING_WORDS,
  PENDING_OF_CREDIT,
  SIDE,
  expiryOf,
  type CapturedResults,
} from './result-capture';
import type { ResultBlock, ScannedEnvelope } from './results';

/** Results that are hashed together. */
const GROUP_MAX = 512;
/** The usual operations take four chunks: accounts and transfers. */
const USUAL_CHUNKS = 4;
const USUAL_BYTES_MIN = 2 * CHUNK_BYTES + 1;
const USUAL_BYTES_MAX = USUAL_CHUNKS * CHUNK_BYTES;
const USUAL_WORDS = USUAL_BYTES_MAX / 4;
/** Results whose accounts are read together. */
const TOUCHED_MAX = 64;
const HAS_PENDING = 1;
const U32 = 0x1_0000_0000;
// Imported numbers are looked up at each use, and here each use is in a loop over results.
const CHUNK = CHUNK_BYTES;
const PAIR = PAIR_BYTES;
const EXPIRY_LENGTH = EXPIRY_BYTES;
/** Chunks of the quads: operation, outcome with origin, ids of the accounts, and what they hold. */
const QUAD = { operation: 0, outcome: 1, accounts: 2, halves: 3 } as const;
const ROW_WORDS = CAPTURE_WORDS;
const {
  debitAccount: DEBIT_ACCOUNT,
  creditAccount: CREDIT_ACCOUNT,
  amount: AMOUNT,
  debit: DEBIT,
  credit: CREDIT,
} = CAPTURE;
const { debits: DEBITS, credits: CREDITS } = SIDE;
const { previousHeight: PREVIOUS_HEIGHT, previousIndexAndFlags: PREVIOUS_INDEX } = SIDE;
const { reserved: RESERVED } = ACCOUNT_STATE;
const ID_WORDS = BALANCE_WORDS;
const SALT_WORDS = DETAIL_WORDS;
const SALT = DETAIL.salt;

/** What is hashed of a block. */
interface Hashed {
  readonly block: ResultBlock;
  readonly envelopes: readonly ScannedEnvelope[];
  readonly codes: Uint16Array;
  readonly captured: CapturedResults;
  readonly timeLow: number;
  readonly timeHigh: number;
}

/** Layers of hashing, used again for every group of results. Each is what the next one hashes in pairs. */
export class ResultHasher {
  /** Four chunks of each operation, the pairs over them, and the root over these. */
  private readonly operations = new HashLayer(GROUP_MAX * USUAL_CHUNKS);
  private readonly operationPairs = new HashLayer(GROUP_MAX * 2);
  private readonly operationRoots = new HashLayer(GROUP_MAX);
  /** Operations of another length: 1 where there is one, and their roots. */
  private readonly unusual = new Uint8Array(GROUP_MAX);
  private readonly unusualRoots = new HashLayer(GROUP_MAX);
  /** Outcome and origin of each result. */
  private readonly outcomes = new HashLayer(GROUP_MAX * 2);
  /** Sums and state of both sides of each result; where there are pending sums, these with the posted ones first. */
  private readonly sides = new HashLayer(GROUP_MAX * 4);
  private readonly pendingSums = new HashLayer(GROUP_MAX * 4);
  private readonly halves = new HashLayer(GROUP_MAX * 2);
  private readonly joined = new HashLayer(GROUP_MAX);
  private readonly quads = new HashLayer(GROUP_MAX * 4);
  private readonly leafPairs = new HashLayer(GROUP_MAX * 2);
  private readonly origin = new HashLayer(1);
  /** The envelope of the next operation, its place there, and whose the origin and the bytes are. */
  private envelope = 0;
  private operation = 0;
  private originOf = -1;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private touched = 0;

  constructor(private readonly accounts: AccountTable) {}

  /** Leaves of the block's results tree, 32 bytes each. */
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
    const timeLow = Number(block.timeNs & 0xffff_ffffn);
    const timeHigh = Number(block.timeNs >> 32n);
    const hashed = { block, envelopes, codes, captured, timeLow, timeHigh };
    this.envelope = 0;
    this.operation = 0;
    this.originOf = -1;
    const leaves = new Uint8Array(captured.count * CHUNK);
    for (let first = 0; first < captured.count; first += GROUP_MAX) {
      const end = Math.min(captured.count, first + GROUP_MAX);
      this.hashGroup(hashed, first, end);
      const pairs = this.leafPairs.bytes.subarray(0, (end - first) * PAIR);
      hashPairsInto(pairs, leaves.subarray(first * CHUNK, end * CHUNK));
    }
    return leaves;
  }

  /** The two chunks under each of the leaves [first, end). */
  private hashGroup(hashed: Hashed, first: number, end: number): void {
    const count = end - first;
    const { operations, operationPairs, operationRoots, outcomes, halves, joined, quads } = this;
    for (let index = first; index < end; index += 1) {
      if (index < hashed.captured.operationCount) this.loadAsked(hashed, index, index - first);
      else this.loadExpiry(hashed, index, index - first);
    }
    operations.hashInto(operationPairs, count * 2);
    operationPairs.hashInto(operationRoots, count);
    outcomes.hashInto(joined, count);
    for (let at = 0; at < count; at += 1) {
      quads.copy(at * 4 + QUAD.operation, this.unusual[at] === 0 ? operationRoots : this.unusualRoots, at);
      quads.copy(at * 4 + QUAD.outcome, joined, at);
    }
    this.loadAccounts(hashed.captured, first, end);
    halves.hashInto(joined, count);
    for (let at = 0; at < count; at += 1) quads.copy(at * 4 + QUAD.halves, joined, at);
    quads.hashInto(this.leafPairs, count * 2);
  }

  /** The next operation of the block, and its outcome and origin chunks. */
  private loadAsked({ envelopes, codes, captured, timeLow, timeHigh }: Hashed, index: number, at: number): void {
    while (this.operation === envelopes[this.envelope].outline.operationCount) {
      this.envelope += 1;
      this.operation = 0;
    }
    const { bytes, outline } = envelopes[this.envelope];
    if (this.originOf !== this.envelope) {
      this.origin.bytes.set(pairHash(outline.hash, partyChunk(outline.party)));
      this.originOf = this.envelope;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const start = outline.operationOffsets[this.operation * 2];
    const length = outline.operationOffsets[this.operation * 2 + 1] - start;
    this.operation += 1;
    if (length >= USUAL_BYTES_MIN && length <= USUAL_BYTES_MAX) {
      this.loadOperation(at, start, length);
      this.unusual[at] = 0;
    } else {
      this.loadUnusual(at, bytes.subarray(start, start + length));
    }
    const low = timeLow + index;
    this.loadOutcome(index, at, codes[index], length, captured);
    this.loadTime(at, low >>> 0, low >= U32 ? timeHigh + 1 : timeHigh);
    this.outcomes.copy(at * 2 + 1, this.origin, 0);
  }

  private loadExpiry({ captured, timeLow, timeHigh }: Hashed, index: number, at: number): void {
    this.loadUnusual(at, expiryOf(captured, index));
    this.loadOutcome(index, at, 0, EXPIRY_LENGTH, captured);
    this.loadTime(at, timeLow, timeHigh);
    this.outcomes.clear(at * 2 + 1);
  }

  /** Word by word: an operation begins at any byte of its envelope. */
  private loadOperation(at: number, start: number, length: number): void {
    const { view } = this;
    const { words, bytes } = this.operations;
    const to = at * USUAL_WORDS;
    const whole = length >>> 2;
    for (let word = 0; word < whole; word += 1) words[to + word] = view.getUint32(start + word * 4, true);
    for (let word = whole; word < USUAL_WORDS; word += 1) words[to + word] = 0;
    for (let byte = whole * 4; byte < length; byte += 1) bytes[to * 4 + byte] = view.getUint8(start + byte);
  }

  private loadUnusual(at: number, operation: Uint8Array): void {
    this.unusual[at] = 1;
    this.unusualRoots.bytes.set(operationRoot(operation), at * CHUNK);
  }

  private loadOutcome(index: number, at: number, code: number, length: number, captured: CapturedResults): void {
    const { view } = this.outcomes;
    const to = at * PAIR;
    view.setUint32(to, index);
    view.setUint32(to + 4, (code << 16) | length);
    this.outcomes.writeU128(to + 8, captured.rows, index * ROW_WORDS + AMOUNT);
  }

  private loadTime(at: number, low: number, high: number): void {
    const { view } = this.outcomes;
    view.setUint32(at * PAIR + 24, high);
    view.setUint32(at * PAIR + 28, low);
  }

  /** Ids of the accounts, and hashes of what the two sides of each result hold. */
  private loadAccounts(captured: CapturedResults, first: number, end: number): void {
    const { rows } = captured;
    const { halves, quads } = this;
    const count = end - first;
    for (let from = first; from < end; from += TOUCHED_MAX) {
      const until = Math.min(end, from + TOUCHED_MAX);
      this.touch(rows, from, until);
      for (let index = from; index < until; index += 1) {
        const at = index * ROW_WORDS;
        const to = index - first;
        const debit = rows[at + DEBIT_ACCOUNT] - 1;
        const credit = rows[at + CREDIT_ACCOUNT] - 1;
        const ids = (to * 4 + QUAD.accounts) * CHUNK;
        if (debit < 0 || credit < 0) quads.clear(to * 4 + QUAD.accounts);
        if (debit >= 0) {
          quads.writeU128(ids, this.accounts.balances, debit * ID_WORDS);
          this.loadSide(to * 2, debit, rows, at + DEBIT);
        }
        if (credit >= 0) {
          quads.writeU128(ids + 16, this.accounts.balances, credit * ID_WORDS);
          this.loadSide(to * 2 + 1, credit, rows, at + CREDIT);
        }
      }
    }
    if (captured.pendings.length > 0) this.hashPendingSums(captured, first, end);
    this.sides.hashInto(halves, count * 2);
    for (let index = first; index < end; index += 1) {
      if (rows[index * ROW_WORDS + DEBIT_ACCOUNT] === 0) halves.clear((index - first) * 2);
      if (rows[index * ROW_WORDS + CREDIT_ACCOUNT] === 0) halves.clear((index - first) * 2 + 1);
    }
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
  private hashPendingSums({ rows, pendings }: CapturedResults, first: number, end: number): void {
    const { pendingSums, sides, halves } = this;
    let found = 0;
    for (let side = first * 2; side < end * 2; side += 1) {
      if (!hasPending(rows, side)) continue;
      const from = (side >>> 1) * CAPTURED_PENDING_WORDS + (side & 1) * PENDING_OF_CREDIT;
      pendingSums.copy(found * 2, sides, (side - first * 2) * 2);
      pendingSums.writeU128(found * PAIR + CHUNK, pendings, from);
      pendingSums.writeU128(found * PAIR + CHUNK + 16, pendings, from + 4);
      found += 1;
    }
    if (found === 0) return;
    pendingSums.hashInto(halves, found);
    for (let side = first * 2, from = 0; side < end * 2; side += 1) {
      if (!hasPending(rows, side)) continue;
      sides.copy((side - first * 2) * 2, halves, from);
      from += 1;
    }
  }

  /** Posted sums and state of one side of a result as a pair. */
  private loadSide(side: number, account: number, rows: Uint32Array, at: number): void {
    const { sides } = this;
    const { view } = sides;
    const to = side * PAIR;
    sides.writeU128(to, rows, at + DEBITS);
    sides.writeU128(to + 16, rows, at + CREDITS);
    const height = rows[at + PREVIOUS_HEIGHT];
    const previous = rows[at + PREVIOUS_INDEX];
    const states = previous >>> 16;
    view.setUint32(to + 32, height >>> 16);
    view.setUint32(to + 36, (height << 16) | (previous & 0xffff));
    view.setUint32(to + 40, 0);
    view.setUint32(to + 44, (flagsNow(states) << 16) | ((states & RESERVED) === 0 ? 0 : HAS_PENDING));
    sides.writeU128(to + 48, this.accounts.details, account * SALT_WORDS + SALT);
  }
}

/** Whether side `side` of a block has pending sums; the debit side of result k is 2k, its credit side 2k + 1. */
function hasPending(rows: Uint32Array, side: number): boolean {
  const at = (side >>> 1) * ROW_WORDS + ((side & 1) === 0 ? DEBIT : CREDIT);
  return ((rows[at + PREVIOUS_INDEX] >>> 16) & RESERVED) !== 0;
}

function partyChunk(party: bigint): Uint8Array {
  const chunk = new HashLayer(1);
  chunk.view.setBigUint64(0, party >> 64n);
  chunk.view.setBigUint64(8, party & 0xffff_ffff_ffff_ffffn);
  return chunk.bytes;
}
