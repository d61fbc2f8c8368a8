import { Reader, Writer } from '@quorate/codec';
import { concatBytes, leafHash } from '@quorate/crypto';

/** Outcome of one operation, as the results tree holds it. `code` is a RESULT_CODES number. */
export interface ResultRecord {
  readonly height: number;
  readonly index: number;
  readonly timestampNs: bigint;
  readonly code: number;
  readonly envelopeHash: Uint8Array;
  readonly party: bigint;
  /** The operation's canonical bytes. */
  readonly operation: Uint8Array;
}

const OPERATION_BYTES_MAX = 1_024;

export function encodeResultRecord(record: ResultRecord): Uint8Array {
  const writer = new Writer(82 + record.operation.length);
  writer.uint(record.height).u32(record.index).u64(record.timestampNs).u16(record.code);
  writer.fixed(record.envelopeHash, 32).u128(record.party).blob(record.operation);
  return writer.finish();
}

export function decodeResultRecord(bytes: Uint8Array): ResultRecord {
  const reader = new Reader(bytes);
  const record: ResultRecord = {
    height: reader.uint(),
    index: reader.u32(),
    timestampNs: reader.u64(),
    code: reader.u16(),
    envelopeHash: reader.fixed(32).slice(),
    party: reader.u128(),
    operation: reader.blob(OPERATION_BYTES_MAX).slice(),
  };
  reader.end();
  return record;
}

/** Leaf of the history tree: binds a block to the root of its results. */
export function historyLeaf(blockId: Uint8Array, resultsRoot: Uint8Array): Uint8Array {
  return leafHash(concatBytes(blockId, resultsRoot));
}

/** All that is needed to prove one operation's outcome offline. Bytes are lowercase hexadecimal, big numbers decimal. */
export interface Receipt {
  readonly version: 1;
  readonly genesis: string;
  readonly record: {
    readonly height: number;
    readonly index: number;
    readonly timestampNs: string;
    readonly code: number;
    readonly envelopeHash: string;
    readonly party: string;
    readonly operation: string;
  };
  /** Leaves in the block's results tree. */
  readonly operationCount: number;
  readonly resultsPath: readonly string[];
  readonly blockId: string;
  readonly historyPath: readonly string[];
  readonly header: string;
  readonly certificate: string;
}
