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

/** Executes final blocks in height order and remembers what receipts and repeated submissions need of them. */
export class Executor {
  readonly ledger: Ledger;
  readonly history = new HistoryTree();
  readonly scans = new BodyScans();
  /** By height - 1: result codes, and what the results left behind. */
  private readonly codes: Uint16Array[] = [];
  private readonly captured: CapturedResults[] = [];
  private readonly times: bigint[] = [];

  constructor(genesis: Genesis) {
    this.ledger = Ledger.create(genesis, verifySignature);
    this.history.append(historyLeaf(genesisId(genesis), EMPTY_ROOT));
  }

  /** Height of the last executed block. */
  get height(): number {
    return this.codes.length;
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

  /** Operations and expiries of an executed block. */
  resultCount(height: number): number {
    return this.captured[height - 1].count;
  }

  /** Results of an executed block with their tree. */
  blockResults({ header, body }: Block): BlockResults {
    const { height, timeNs } = header;
    return this.ledger.blockResults({ height, timeNs }, body, this.codes[height - 1], this.captured[height - 1]);
  }

  /** Results of an executed envelope that the ledger still remembers. */
  envelopeResults(hash: Uint8Array): EnvelopeResults | null {
    const position = this.ledger.envelopeOutcome(hash);
    return position === undefined ? null : this.results(position.height, position.firstIndex, position.count);
  }

  results(height: number, firstIndex: number, count: number): EnvelopeResults {
    const codes = this.codes[height - 1].subarray(firstIndex, firstIndex + count);
    return { height, firstIndex, timeNs: this.times[height - 1], codes };
  }
}
