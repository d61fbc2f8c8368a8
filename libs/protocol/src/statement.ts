import type { Receipt, ReceiptSide } from './receipt';

/** A block that lines of a statement stand in. */
export interface StatementBlock {
  readonly height: number;
  readonly blockId: string;
  /** Leaves in the block's results tree. */
  readonly resultCount: number;
  /** From the block's leaf of the history tree to `execRoot` of the header. */
  readonly historyPath: readonly string[];
}

/** One result that touched the account, or attests it; the account's own side is open, the other one kept back. */
export interface StatementLine {
  readonly record: Receipt['record'];
  readonly debit: ReceiptSide;
  readonly credit: ReceiptSide;
  readonly resultsPath: readonly string[];
}

/**
 * All that is needed to prove a stretch of an account's history offline: its results one after another, each of which names the
 * one before it. Written like a receipt. A long statement is a list of these, oldest first, that go on from each other.
 */
export interface Statement {
  readonly version: 1;
  readonly genesis: string;
  readonly account: string;
  /** In ascending order of height. */
  readonly blocks: readonly StatementBlock[];
  /** In order of effect, without a gap. */
  readonly lines: readonly StatementLine[];
  /** An attestation of the account after the last line: nothing touched it in between. */
  readonly attestation: StatementLine | null;
  readonly header: string;
  readonly certificate: string;
}
