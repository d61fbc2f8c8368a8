import type { Block } from '@quorate/consensus';
import { EMPTY_ROOT, HistoryTree, verifySignature } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import { Ledger, type BlockOutcome, type BlockResults, type CapturedResults } from '@quorate/ledger';
import { decodeBody, genesisId, historyLeaf, type Genesis } from '@quorate/protocol';
import { BodyScans } from './body-scans';

/** Where an envelope's results stand and what they are. */
export interface EnvelopeResults {
  readonly height: number;
  readonly firstIndex: number;
  /** Time of the block; operation k of the block has this plus k. */
  readonly timeNs: bigint;
  readonly codes: Uint16Array;
}

/** State that execution goes on from instead of the genesis. */
export interface ExecutedState {
  readonly ledger: Ledger;
  /** The history tree over blocks 0..height of the ledger. */
  readonly history: HistoryTree;
}

/** Executes final blocks in height order and remembers what receipts and repeated submissions need of them. */
export class Executor {
  readonly ledger: Ledger;
  readonly scans = new BodyScans();
  readonly history: HistoryTree;
  /** Height at which this replica's execution began: nothing is in memory of the results up to there. */
  readonly baseHeight: number;
  /** By height - baseHeight - 1: result codes, and what the results left behind. */
  private readonly codes: Uint16Array[] = [];
  private readonly captured: CapturedResults[] = [];
  private readonly times: bigint[] = [];

  constructor(genesis: Genesis, state: ExecutedState | null = null) {
    this.ledger = state?.ledger ?? Ledger.create(genesis, verifySignature);
    this.history = state?.history ?? new HistoryTree();
    this.baseHeight = this.ledger.height;
    if (state === null) this.history.append(historyLeaf(genesisId(genesis), EMPTY_ROOT));
    invariant(this.history.size === this.baseHeight + 1, 'the history tree ends where the ledger stands');
  }

  /** Height of the last executed block. */
  get height(): number {
    return this.baseHeight + this.codes.length;
  }

  execute(block: Block): BlockOutcome {
    const { height, timeNs } = block.header;
    invariant(height === this.height + 1, 'blocks are executed in height order', { height });
    const envelopes = this.scans.take(block.body) ?? (block.body.length === 0 ? [] : decodeBody(block.body));
    const outcome = this.ledger.executeBlock({ height, timeNs, envelopes });
    this.history.append(historyLeaf(block.id, outcome.resultsRoot));
    this.codes.push(outcome.codes);
    this.captured.push(outcome.captured);
    this.times.push(timeNs);
    return outcome;
  }

  /** Root of the history tree over blocks 0..height. */
  execRoot(height: number): Uint8Array {
    return this.history.root(height + 1);
  }

  /** Whether the results of an executed block are in memory. */
  holdsResults(height: number): boolean {
    return height > this.baseHeight && height <= this.height;
  }

  /** Operations and expiries of an executed block whose results are in memory. */
  resultCount(height: number): number {
    return this.captured[height - this.baseHeight - 1].count;
  }

  /** Results of an executed block with their tree. */
  blockResults({ header, body }: Block): BlockResults {
    const { height, timeNs } = header;
    const index = height - this.baseHeight - 1;
    return this.ledger.blockResults({ height, timeNs }, body, this.codes[index], this.captured[index]);
  }

  /** Results of an executed envelope that the ledger still remembers, if they are in memory. */
  envelopeResults(hash: Uint8Array): EnvelopeResults | null {
    const position = this.ledger.envelopeOutcome(hash);
    if (position === undefined || !this.holdsResults(position.height)) return null;
    return this.results(position.height, position.firstIndex, position.count);
  }

  results(height: number, firstIndex: number, count: number): EnvelopeResults {
    const index = height - this.baseHeight - 1;
    const codes = this.codes[index].subarray(firstIndex, firstIndex + count);
    return { height, firstIndex, timeNs: this.times[index], codes };
  }
}
