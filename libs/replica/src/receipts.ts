import { hex } from '@quorate/crypto';
import {
  encodeFinalityProof,
  encodeGenesis,
  receiptRecord,
  receiptSide,
  type BlockHeader,
  type Certificate,
  type EpochStep,
  type Genesis,
  type Receipt,
} from '@quorate/protocol';
import type { ReceiptSideName } from '@quorate/transport';
import type { Executor } from './executor';
import type { ResultTrees } from './result-trees';

/** `not_yet`: executed, but no certificate proves it so far. */
export type ReceiptAnswer =
  { readonly kind: 'receipt'; readonly receipt: Receipt } | { readonly kind: 'not_yet' } | { readonly kind: 'unknown' };

/** The final header that proves results, with its certificate. */
export interface ProvingTip {
  readonly header: BlockHeader;
  readonly headerBytes: Uint8Array;
  readonly certificate: Certificate;
  /** Ends of the epochs before the certificate's. */
  readonly epochs: readonly EpochStep[];
}

/** Makes receipts from results trees and the history tree. */
export class Receipts {
  private readonly genesisHex: string;

  constructor(
    genesis: Genesis,
    private readonly trees: ResultTrees,
    private readonly executor: Executor,
  ) {
    this.genesisHex = hex(encodeGenesis(genesis));
  }

  /** Receipt of result `index` of block `height`, proved by `tip`. */
  async receipt(height: number, index: number, side: ReceiptSideName, tip: ProvingTip | null): Promise<ReceiptAnswer> {
    const tree = await this.trees.of(height);
    if (tree === null || index >= tree.results.count) return { kind: 'unknown' };
    if (tip === null || tip.header.execHeight < height) return { kind: 'not_yet' };
    const { results, blockKey } = tree;
    return {
      kind: 'receipt',
      receipt: {
        version: 2,
        genesis: this.genesisHex,
        record: receiptRecord(height, results.record(index)),
        debit: receiptSide(results.debit(index), side === 'debit'),
        credit: receiptSide(results.credit(index), side === 'credit'),
        resultCount: results.count,
        resultsPath: results.path(index).map(hex),
        blockId: blockKey,
        historyPath: this.executor.history.path(height, tip.header.execHeight + 1).map(hex),
        header: hex(tip.headerBytes),
        certificate: hex(encodeFinalityProof(tip.certificate, tip.epochs)),
      },
    };
  }
}
