import { hex, inclusionPath } from '@quorate/crypto';
import { resultRecords, type BlockResults } from '@quorate/ledger';
import {
  decodeResultRecord,
  encodeCertificate,
  encodeGenesis,
  type BlockHeader,
  type Certificate,
  type Genesis,
  type Receipt,
} from '@quorate/protocol';
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

/** Makes receipts from blocks, result codes and the history tree. */
export class Receipts {
  private readonly kept = new Map<number, BlockResults & { readonly blockKey: string }>();
  private readonly genesisHex: string;

  constructor(
    genesis: Genesis,
    private readonly store: BlockStore,
    private readonly executor: Executor,
  ) {
    this.genesisHex = hex(encodeGenesis(genesis));
  }

  /** Receipt of operation `index` of block `height`, proved by `tip`. */
  async receipt(height: number, index: number, tip: ProvingTip | null): Promise<ReceiptAnswer> {
    if (height < 1 || height > this.executor.height || index >= this.executor.blockCodes(height).length)
      return { kind: 'unknown' };
    if (tip === null || tip.header.execHeight < height) return { kind: 'not_yet' };
    const { records, leaves, blockKey } = await this.results(height);
    const record = decodeResultRecord(records[index]);
    return {
      kind: 'receipt',
      receipt: {
        version: 1,
        genesis: this.genesisHex,
        record: {
          height: record.height,
          index: record.index,
          timestampNs: record.timestampNs.toString(),
          code: record.code,
          envelopeHash: hex(record.envelopeHash),
          party: record.party.toString(16).padStart(32, '0'),
          operation: hex(record.operation),
        },
        operationCount: leaves.length,
        resultsPath: inclusionPath(leaves, index).map(hex),
        blockId: blockKey,
        historyPath: this.executor.history.path(height, tip.header.execHeight + 1).map(hex),
        header: hex(tip.headerBytes),
        certificate: hex(encodeCertificate(tip.certificate)),
      },
    };
  }

  private async results(height: number): Promise<BlockResults & { readonly blockKey: string }> {
    const known = this.kept.get(height);
    if (known !== undefined) return known;
    const block = await this.store.finalBlock(height);
    const results = resultRecords(
      { height, timeNs: block.header.timeNs },
      block.body,
      this.executor.blockCodes(height),
    );
    const kept = { ...results, blockKey: block.key };
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < RESULTS_KEPT_MAX) break;
      this.kept.delete(oldest);
    }
    this.kept.set(height, kept);
    return kept;
  }
}
