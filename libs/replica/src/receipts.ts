import { hex } from '@quorate/crypto';
import type { BlockResults } from '@quorate/ledger';
import {
  encodeCertificate,
  encodeGenesis,
  receiptRecord,
  receiptSide,
  type BlockHeader,
  type Certificate,
  type Genesis,
  type Receipt,
} from '@quorate/protocol';
import type { ReceiptSideName } from '@quorate/transport';
import type { BlockStore } from './block-store';
import type { Executor } from './executor';

/** Blocks whose results trees are kept for the next receipt: receipts are mostly asked for right after submission. */
const RESULTS_KEPT_MAX = 16;

/** `not_yet`: executed, but no certificate proves it so far. */
export type ReceiptAnswer =
  { readonly kind: 'receipt'; readonly receipt: Receipt } | { readonly kind: 'not_yet' } | { readonly kind: 'unknown' };

/** The final header that proves results, with its certificate. */
export interface ProvingTip {
  readonly header: BlockHeader;
  readonly headerBytes: Uint8Array;
  readonly certificate: Certificate;
}

interface KeptResults {
  readonly results: BlockResults;
  readonly blockKey: string;
}

/** Makes receipts from blocks, what was noted of their results, and the history tree. */
export class Receipts {
  private readonly kept = new Map<number, KeptResults>();
  private readonly genesisHex: string;

  constructor(
    genesis: Genesis,
    private readonly store: BlockStore,
    private readonly executor: Executor,
  ) {
    this.genesisHex = hex(encodeGenesis(genesis));
  }

  /** Receipt of result `index` of block `height`, proved by `tip`. */
  async receipt(height: number, index: number, side: ReceiptSideName, tip: ProvingTip | null): Promise<ReceiptAnswer> {
    if (!this.executor.holdsResults(height) || index >= this.executor.resultCount(height)) return { kind: 'unknown' };
    if (tip === null || tip.header.execHeight < height) return { kind: 'not_yet' };
    const { results, blockKey } = await this.results(height);
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
        certificate: hex(encodeCertificate(tip.certificate)),
      },
    };
  }

  private async results(height: number): Promise<KeptResults> {
    const known = this.kept.get(height);
    if (known !== undefined) return known;
    const block = await this.store.finalBlock(height);
    const kept = { results: this.executor.blockResults(block), blockKey: block.key };
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < RESULTS_KEPT_MAX) break;
      this.kept.delete(oldest);
    }
    this.kept.set(height, kept);
    return kept;
  }
}
