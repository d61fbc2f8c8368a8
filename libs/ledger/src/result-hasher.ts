// Hashes the leaves of a block's results layer by layer, all results at once (protocol, `resultLeaf`, is the plain form of it).
import { CHUNK_BYTES, PAIR_BYTES, hashPairsInto, pairHash } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import { EXPIRY_BYTES, operationRoot } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE_WORDS, DETAIL, DETAIL_WORDS, flagsNow, type AccountTable } from './account-table';
import { CAPTURE, CAPTURE_WORDS, SIDE, expiryOf, type CapturedResults } from './result-capture';
import type { ResultBlock, ScannedEnvelope } from './results';

/** The usual operations take four chunks: accounts and transfers. */
const USUAL_CHUNKS = 4;
const USUAL_BYTES = USUAL_CHUNKS * CHUNK_BYTES;
const HAS_PENDING = 1;

/** Layers of hashing: each is what the next one hashes in pairs. Grows to the largest block and is used again for every block. */
export class ResultHasher {
  private capacity = 0;
  private operations = new Uint8Array(0);
  private operationPairs = new Uint8Array(0);
  private operationRoots = new Uint8Array(0);
  private outcomes = new Uint8Array(0);
  private sums = new Uint8Array(0);
  private sumPairs = new Uint8Array(0);
  private halves = new Uint8Array(0);
  private joined = new Uint8Array(0);
  private accountPairs = new Uint8Array(0);
  private leafPairs = new Uint8Array(0);

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
    const leaves = new Uint8Array(count * CHUNK_BYTES);
    hashPairsInto(this.leafPairs.subarray(0, count * PAIR_BYTES), leaves);
    return leaves;
  }

  private reserve(count: number): void {
    if (count <= this.capacity) return;
    this.capacity = Math.max(count, this.capacity * 2);
    const chunks = (perResult: number): Uint8Array<ArrayBuffer> =>
      new Uint8Array(this.capacity * perResult * CHUNK_BYTES);
    this.operations = chunks(USUAL_CHUNKS);
    this.operationPairs = chunks(2);
    this.operationRoots = chunks(1);
    this.outcomes = chunks(2);
    this.sums = chunks(4);
    this.sumPairs = chunks(4);
    this.halves = chunks(2);
    this.joined = chunks(1);
    this.accountPairs = chunks(2);
    this.leafPairs = chunks(2);
  }

  /** Operations and their outcome and origin chunks. */
  private loadAsked(
    block: ResultBlock,
    envelopes: readonly ScannedEnvelope[],
    codes: Uint16Array,
    captured: CapturedResults,
  ): void {
    this.operations.fill(0, 0, captured.count * USUAL_BYTES);
    const party = new Uint8Array(CHUNK_BYTES);
    const partyView = new DataView(party.buffer);
    let index = 0;
    for (const { bytes, outline } of envelopes) {
      partyView.setBigUint64(0, outline.party >> 64n);
      partyView.setBigUint64(8, outline.party & 0xffff_ffff_ffff_ffffn);
      const origin = pairHash(outline.hash, party);
      const offsets = outline.operationOffsets;
      for (let operation = 0; operation < outline.operationCount; operation += 1, index += 1) {
        const start = offsets[operation * 2];
        const end = offsets[operation * 2 + 1];
        if (chunksOf(end - start) === USUAL_CHUNKS) {
          const to = index * USUAL_BYTES - start;
          for (let from = start; from < end; from += 1) this.operations[to + from] = bytes[from];
        }
        this.loadOutcome(index, codes[index], end - start, block.timeNs + BigInt(index), captured);
        this.outcomes.set(origin, index * PAIR_BYTES + CHUNK_BYTES);
      }
    }
    invariant(index === captured.operationCount && index === codes.length, 'a block has one code for each operation', {
      operations: index,
      codes: codes.length,
    });
  }

  private loadExpiries(block: ResultBlock, captured: CapturedResults): void {
    for (let index = captured.operationCount; index < captured.count; index += 1) {
      this.loadOutcome(index, 0, EXPIRY_BYTES, block.timeNs, captured);
      this.outcomes.fill(0, index * PAIR_BYTES + CHUNK_BYTES, (index + 1) * PAIR_BYTES);
    }
  }

  private loadOutcome(index: number, code: number, length: number, timeNs: bigint, captured: CapturedResults): void {
    const at = index * PAIR_BYTES;
    const view = viewOf(this.outcomes);
    view.setUint32(at, index);
    view.setUint16(at + 4, code);
    view.setUint16(at + 6, length);
    writeU128(view, at + 8, captured.rows, index * CAPTURE_WORDS + CAPTURE.amount);
    view.setBigUint64(at + 24, timeNs);
  }

  private hashAsked(count: number, envelopes: readonly ScannedEnvelope[], captured: CapturedResults): void {
    const { operationPairs, operationRoots, leafPairs } = this;
    hashPairsInto(this.operations.subarray(0, count * USUAL_BYTES), operationPairs.subarray(0, count * PAIR_BYTES));
    hashPairsInto(operationPairs.subarray(0, count * PAIR_BYTES), operationRoots.subarray(0, count * CHUNK_BYTES));
    this.hashUnusual(envelopes, captured);
    hashPairsInto(this.outcomes.subarray(0, count * PAIR_BYTES), this.joined.subarray(0, count * CHUNK_BYTES));
    const asked = this.accountPairs;
    for (let index = 0; index < count; index += 1) {
      copyChunk(asked, index * PAIR_BYTES, operationRoots, index * CHUNK_BYTES);
      copyChunk(asked, index * PAIR_BYTES + CHUNK_BYTES, this.joined, index * CHUNK_BYTES);
    }
    hashPairsInto(asked.subarray(0, count * PAIR_BYTES), this.joined.subarray(0, count * CHUNK_BYTES));
    for (let index = 0; index < count; index += 1)
      copyChunk(leafPairs, index * PAIR_BYTES, this.joined, index * CHUNK_BYTES);
  }

  /** Operations of another length than the usual ones, one by one. */
  private hashUnusual(envelopes: readonly ScannedEnvelope[], captured: CapturedResults): void {
    let index = 0;
    for (const { bytes, outline } of envelopes) {
      const offsets = outline.operationOffsets;
      for (let operation = 0; operation < outline.operationCount; operation += 1, index += 1) {
        const start = offsets[operation * 2];
        const end = offsets[operation * 2 + 1];
        if (chunksOf(end - start) !== USUAL_CHUNKS)
          this.operationRoots.set(operationRoot(bytes.subarray(start, end)), index * CHUNK_BYTES);
      }
    }
    for (; index < captured.count; index += 1)
      this.operationRoots.set(operationRoot(expiryOf(captured, index)), index * CHUNK_BYTES);
  }

  private hashAccounts(captured: CapturedResults): void {
    const { count, rows } = captured;
    const { sums, sumPairs, halves, joined, accountPairs, leafPairs } = this;
    const view = viewOf(sumPairs);
    let pendings = 0;
    for (let index = 0; index < count; index += 1) {
      const at = index * CAPTURE_WORDS;
      this.loadSide(view, index * 2, rows[at + CAPTURE.debitAccount] - 1, rows, at + CAPTURE.debit);
      this.loadSide(view, index * 2 + 1, rows[at + CAPTURE.creditAccount] - 1, rows, at + CAPTURE.credit);
    }
    // Sides with pending sums have one layer more: the first chunk of their pair is a hash itself.
    const sumView = viewOf(sums);
    for (let side = 0; side < count * 2; side += 1) {
      const at = sideOffset(side);
      if (!hasPending(rows, at)) continue;
      copyChunk(sums, pendings * PAIR_BYTES, sumPairs, side * PAIR_BYTES);
      writeU128(sumView, pendings * PAIR_BYTES + CHUNK_BYTES, rows, at + SIDE.pending);
      writeU128(sumView, pendings * PAIR_BYTES + CHUNK_BYTES + 16, rows, at + SIDE.pending + 4);
      pendings += 1;
    }
    if (pendings > 0) {
      const hashed = halves.subarray(0, pendings * CHUNK_BYTES);
      hashPairsInto(sums.subarray(0, pendings * PAIR_BYTES), hashed);
      for (let side = 0, from = 0; side < count * 2; side += 1) {
        if (!hasPending(rows, sideOffset(side))) continue;
        copyChunk(sumPairs, side * PAIR_BYTES, hashed, from);
        from += CHUNK_BYTES;
      }
    }
    hashPairsInto(sumPairs.subarray(0, count * 2 * PAIR_BYTES), halves.subarray(0, count * 2 * CHUNK_BYTES));
    for (let side = 0; side < count * 2; side += 1) {
      const account = rows[Math.floor(side / 2) * CAPTURE_WORDS + (side & 1)];
      if (account === 0) halves.fill(0, side * CHUNK_BYTES, (side + 1) * CHUNK_BYTES);
    }
    hashPairsInto(halves.subarray(0, count * PAIR_BYTES), joined.subarray(0, count * CHUNK_BYTES));
    const ids = viewOf(accountPairs);
    for (let index = 0; index < count; index += 1) {
      const at = index * CAPTURE_WORDS;
      this.writeId(ids, index * PAIR_BYTES, rows[at + CAPTURE.debitAccount] - 1);
      this.writeId(ids, index * PAIR_BYTES + 16, rows[at + CAPTURE.creditAccount] - 1);
      copyChunk(accountPairs, index * PAIR_BYTES + CHUNK_BYTES, joined, index * CHUNK_BYTES);
    }
    hashPairsInto(accountPairs.subarray(0, count * PAIR_BYTES), joined.subarray(0, count * CHUNK_BYTES));
    for (let index = 0; index < count; index += 1)
      copyChunk(leafPairs, index * PAIR_BYTES + CHUNK_BYTES, joined, index * CHUNK_BYTES);
  }

  /** Posted sums and state of one side of a result as a pair; zeros where there is no account. */
  private loadSide(view: DataView, side: number, account: number, rows: Uint32Array, at: number): void {
    const to = side * PAIR_BYTES;
    writeU128(view, to, rows, at + SIDE.debits);
    writeU128(view, to + 16, rows, at + SIDE.credits);
    const states = rows[at + SIDE.previousIndexAndFlags] >>> 16;
    view.setUint16(to + 32, 0);
    view.setUint32(to + 34, rows[at + SIDE.previousHeight]);
    view.setUint16(to + 38, rows[at + SIDE.previousIndexAndFlags] & 0xffff);
    view.setUint32(to + 40, 0);
    view.setUint16(to + 44, flagsNow(states));
    view.setUint16(to + 46, (states & ACCOUNT_STATE.reserved) === 0 ? 0 : HAS_PENDING);
    if (account < 0) return;
    writeU128(view, to + 48, this.accounts.details, account * DETAIL_WORDS + DETAIL.salt);
  }

  private writeId(view: DataView, offset: number, account: number): void {
    if (account < 0) {
      view.setBigUint64(offset, 0n);
      view.setBigUint64(offset + 8, 0n);
    } else {
      writeU128(view, offset, this.accounts.balances, account * BALANCE_WORDS);
    }
  }
}

/** Where side `side` of a block is in the captured rows; the debit side of result k is 2k, its credit side 2k + 1. */
function sideOffset(side: number): number {
  return Math.floor(side / 2) * CAPTURE_WORDS + ((side & 1) === 0 ? CAPTURE.debit : CAPTURE.credit);
}

function hasPending(rows: Uint32Array, at: number): boolean {
  return ((rows[at + SIDE.previousIndexAndFlags] >>> 16) & ACCOUNT_STATE.reserved) !== 0;
}

function chunksOf(length: number): number {
  let chunks = 1;
  while (chunks * CHUNK_BYTES < length) chunks *= 2;
  return chunks;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function writeU128(view: DataView, offset: number, words: Uint32Array, at: number): void {
  view.setUint32(offset, words[at + 3]);
  view.setUint32(offset + 4, words[at + 2]);
  view.setUint32(offset + 8, words[at + 1]);
  view.setUint32(offset + 12, words[at]);
}

function copyChunk(target: Uint8Array, to: number, source: Uint8Array, from: number): void {
  for (let byte = 0; byte < CHUNK_BYTES; byte += 1) target[to + byte] = source[from + byte];
}
