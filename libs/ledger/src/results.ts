import { CHUNK_BYTES, pairLevels, pairPath } from '@quorate/crypto';
import { SALT_BYTES, resultsRoot, type AccountAfter, type EnvelopeOutline, type ResultRecord } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE_WORDS, SALT_WORDS, flagsNow, type AccountTable } from './account-table';
import {
  CAPTURE,
  CAPTURE_WORDS,
  CAPTURED_PENDING_WORDS,
  PENDING_OF_CREDIT,
  SIDE,
  expiryOf,
  type CapturedResults,
} from './result-capture';
import { toBigint } from './u128';

/** An envelope of a block with its bytes and where its operations are. */
export interface ScannedEnvelope {
  readonly bytes: Uint8Array;
  readonly outline: EnvelopeOutline;
}

/** A block as its results see it. */
export interface ResultBlock {
  readonly height: number;
  readonly timeNs: bigint;
}

/** All that is known of one block's results. */
export interface BlockParts {
  readonly block: ResultBlock;
  readonly envelopes: readonly ScannedEnvelope[];
  readonly codes: Uint16Array;
  readonly captured: CapturedResults;
  readonly leaves: Uint8Array;
  /** Root of the tree over the leaves. */
  readonly root: Uint8Array;
}

/** The results of one executed block with their tree: what receipts are made of. */
export class BlockResults {
  private levels: readonly Uint8Array[] | null = null;

  constructor(
    private readonly parts: BlockParts,
    private readonly accounts: AccountTable,
  ) {}

  /** Operations and, after them, expiries. */
  get count(): number {
    return this.parts.captured.count;
  }

  get resultsRoot(): Uint8Array {
    return resultsRoot(this.parts.root, this.count);
  }

  leaf(index: number): Uint8Array {
    return this.parts.leaves.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
  }

  /** From the leaf of result `index` to the root of the tree. */
  path(index: number): Uint8Array[] {
    // Of most blocks nobody asks for a path.
    this.levels ??= pairLevels(this.parts.leaves);
    return pairPath(this.levels, index);
  }

  record(index: number): ResultRecord {
    const { block, codes, captured } = this.parts;
    const at = index * CAPTURE_WORDS;
    const isOperation = index < captured.operationCount;
    const { operation, origin } = isOperation
      ? this.asked(index)
      : { operation: expiryOf(captured, index), origin: null };
    return {
      index,
      timestampNs: block.timeNs + (isOperation ? BigInt(index) : 0n),
      code: isOperation ? codes[index] : 0,
      amount: toBigint(captured.rows, at + CAPTURE.amount),
      origin,
      operation,
      debitAccount: this.accountId(at + CAPTURE.debitAccount),
      creditAccount: this.accountId(at + CAPTURE.creditAccount),
    };
  }

  /** What result `index` left behind in its debit account; null if it has none. */
  debit(index: number): AccountAfter | null {
    const at = index * CAPTURE_WORDS;
    return this.after(at + CAPTURE.debitAccount, at + CAPTURE.debit, index * CAPTURED_PENDING_WORDS);
  }

  credit(index: number): AccountAfter | null {
    const at = index * CAPTURE_WORDS;
    const pendingAt = index * CAPTURED_PENDING_WORDS + PENDING_OF_CREDIT;
    return this.after(at + CAPTURE.creditAccount, at + CAPTURE.credit, pendingAt);
  }

  private asked(index: number): Pick<ResultRecord, 'operation' | 'origin'> {
    let first = 0;
    for (const { bytes, outline } of this.parts.envelopes) {
      const operation = index - first;
      first += outline.operationCount;
      if (index >= first) continue;
      const [start, end] = [outline.operationOffsets[operation * 2], outline.operationOffsets[operation * 2 + 1]];
      return {
        operation: bytes.slice(start, end),
        origin: { envelopeHash: outline.hash, party: outline.party },
      };
    }
    throw new RangeError('index: no such operation');
  }

  private accountId(at: number): bigint {
    const account = this.parts.captured.rows[at] - 1;
    return account < 0 ? 0n : toBigint(this.accounts.balances, account * BALANCE_WORDS);
  }

  private after(accountAt: number, at: number, pendingAt: number): AccountAfter | null {
    const { rows, pendings } = this.parts.captured;
    const account = rows[accountAt] - 1;
    if (account < 0) return null;
    const states = rows[at + SIDE.previousIndexAndFlags] >>> 16;
    const salt = new Uint8Array(SALT_BYTES);
    const view = new DataView(salt.buffer);
    for (let word = 0; word < 4; word += 1)
      view.setUint32(word * 4, this.accounts.salts[account * SALT_WORDS + 3 - word]);
    return {
      debitsPosted: toBigint(rows, at + SIDE.debits),
      creditsPosted: toBigint(rows, at + SIDE.credits),
      pending:
        (states & ACCOUNT_STATE.reserved) === 0
          ? null
          : { debits: toBigint(pendings, pendingAt), credits: toBigint(pendings, pendingAt + 4) },
      flags: flagsNow(states),
      previous: {
        height: rows[at + SIDE.previousHeight],
        index: rows[at + SIDE.previousIndexAndFlags] & 0xffff,
      },
      salt,
    };
  }
}
