import type { StoredOutcome } from '@quorate/ledger';
import { decodeBody, scanEnvelope, type EnvelopeOutline } from '@quorate/protocol';
import { historyIncomplete } from './replica-error';

/** Blocks kept for the next row of a list, about 3 MiB each at most. */
const KEPT_BLOCKS_MAX = 6;

/** Final blocks by height, wherever they are kept. Throws ReplicaError for one that is not held. */
export interface FinalBlocks {
  finalBlock(height: number): Promise<{ readonly header: { readonly timeNs: bigint }; readonly body: Uint8Array }>;
}

/** What executed blocks did, by height; null where it is not held. */
export interface Outcomes {
  outcome(height: number): Promise<StoredOutcome | null>;
}

/** An executed block as far as its transfers can be read from it. */
export interface PastBlock {
  readonly outcome: StoredOutcome;
  /** Bytes of the operation at an index of the block. */
  operation(index: number): Uint8Array;
}

/** Blocks that were executed, read again from where they are kept. Throws ReplicaError (`REPLICA_HISTORY_INCOMPLETE`) for what is not held. */
export class PastBlocks {
  private readonly kept = new Map<number, Promise<PastBlock>>();

  constructor(
    private readonly store: FinalBlocks,
    private readonly executor: Outcomes,
  ) {}

  of(height: number): Promise<PastBlock> {
    const known = this.kept.get(height);
    if (known !== undefined) return known;
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < KEPT_BLOCKS_MAX) break;
      this.kept.delete(oldest);
    }
    const reading = this.read(height);
    this.kept.set(height, reading);
    reading.catch(() => this.kept.delete(height));
    return reading;
  }

  /** What the block did. */
  async outcome(height: number): Promise<StoredOutcome> {
    const outcome = await this.executor.outcome(height);
    if (outcome === null) throw historyIncomplete(height);
    return outcome;
  }

  private async read(height: number): Promise<PastBlock> {
    const outcome = await this.outcome(height);
    const { body } = await this.store.finalBlock(height);
    const envelopes = decodeBody(body).map((bytes) => ({ bytes, outline: scanEnvelope(bytes) }));
    return { outcome, operation: (index) => operationAt(envelopes, index) };
  }
}

function operationAt(
  envelopes: readonly { readonly bytes: Uint8Array; readonly outline: EnvelopeOutline }[],
  index: number,
): Uint8Array {
  let first = 0;
  for (const { bytes, outline } of envelopes) {
    const at = (index - first) * 2;
    first += outline.operationCount;
    if (index < first) return bytes.subarray(outline.operationOffsets[at], outline.operationOffsets[at + 1]);
  }
  throw new RangeError('index: no such operation');
}
