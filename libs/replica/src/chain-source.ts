import type { RangeMessage } from '@quorate/consensus';
import type { BlockHeader, CheckpointCertificate, FinalityProof, StateDescription } from '@quorate/protocol';

/** The newest final block of a ledger, with what proves it from the genesis. */
export interface ChainTip {
  readonly header: BlockHeader;
  readonly headerBytes: Uint8Array;
  readonly proof: FinalityProof;
}

/** A snapshot that a source holds. Without a certificate it is worth something only if a genesis names its root. */
export interface OfferedState {
  readonly state: StateDescription;
  readonly certificate: CheckpointCertificate | null;
}

/** Takes a chunk of a section. */
export type ChunkVisit = (section: number, index: number, chunk: Uint8Array) => void;

/**
 * Where the chain and the state of a ledger can be read: a replica that runs, or an archive. Nothing that it says is believed before it is
 * proved. What it does not hold (any more) is null.
 */
export interface ChainSource {
  tip(): Promise<ChainTip | null>;
  header(height: number): Promise<BlockHeader | null>;
  /** The newest snapshot at or below a height. */
  newestState(heightMax: number): Promise<OfferedState | null>;
  /** Hashes of the chunks of a section of the snapshot of this height, one behind the other. */
  chunkHashes(height: number, section: number): Promise<Uint8Array | null>;
  chunk(height: number, section: number, index: number): Promise<Uint8Array | null>;
  /** Gives all chunks of the snapshot of this height in whatever order suits the source, and waits for `room` now and then; false if it is not held any more. */
  loadState?(height: number, visit: ChunkVisit, room: () => Promise<void>): Promise<boolean>;
  /** Final blocks from a height on with what proves them. */
  range(fromHeight: number): Promise<RangeMessage | null>;
}
