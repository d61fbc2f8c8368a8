import { hex } from '@quorate/crypto';
import {
  bytesToUuid,
  encodeFinalityProof,
  encodeGenesis,
  receiptRecord,
  receiptSide,
  type BlockHeader,
  type Certificate,
  type EpochStep,
  type Genesis,
  type Receipt,
  type ResultPosition,
} from '@quorate/protocol';
import type { ReceiptSideName } from '@quorate/transport';
import type { Executor } from './executor';
import { historyIncomplete } from './replica-error';
import type { ResultTrees } from './result-trees';

/** `not_yet`: executed, but no certificate proves it so far. */
export type ReceiptAnswer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'not_yet' }
  | { readonly kind: 'unknown' }
  /** The result is one of the ledger from which this one was forked: that one, or its archive, has the receipt. */
  | {
      readonly kind: 'inherited';
      readonly position: ResultPosition;
      /** Result code, where it was asked for by a transfer's id. */
      readonly code?: number;
      readonly parent: { readonly ledgerId: string; readonly genesisId: string; readonly height: number };
    };

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
    private readonly genesis: Genesis,
    private readonly trees: ResultTrees,
    private readonly executor: Executor,
  ) {
    this.genesisHex = hex(encodeGenesis(genesis));
  }

  /** Receipt of result `index` of block `height`, proved by `tip`. Throws ReplicaError for a block that is not held. */
  async receipt(height: number, index: number, side: ReceiptSideName, tip: ProvingTip | null): Promise<ReceiptAnswer> {
    const { parent } = this.genesis;
    if (parent !== undefined && height <= parent.height) {
      const { ledgerId, genesisId } = parent;
      const origin = { ledgerId: bytesToUuid(ledgerId), genesisId: hex(genesisId), height: parent.height };
      return { kind: 'inherited', position: { height, index }, parent: origin };
    }
    if (height < 1 || height > this.executor.height) return { kind: 'unknown' };
    const tree = await this.trees.of(height);
    if (tree === null) throw historyIncomplete(height);
    if (index >= tree.results.count) return { kind: 'unknown' };
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
