import { RootBuilder, merkleRoot, sha256 } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import { decodeBody, scanEnvelope, type EnvelopeOutline } from '@quorate/protocol';

/** Height 8, index 4, time 8, code 2, envelope hash 32, party 16, operation length 4 (protocol, `encodeResultRecord`). */
const RECORD_HEAD_BYTES = 74;
const AT = { height: 0, index: 8, time: 12, code: 20, envelopeHash: 22, party: 54, operationLength: 70 } as const;
const OPERATION_BYTES_MAX = 1_024;
const LEAF_TAG_BYTES = 1;
const U32 = 0x1_0000_0000;

/** An envelope of a block with its bytes and where its operations are. */
export interface ScannedEnvelope {
  readonly bytes: Uint8Array;
  readonly outline: EnvelopeOutline;
}

/** A block as its results see it. */
export interface ResultBlock {
  readonly height: number;
  readonly timeNs: bigint;
}

/** Calls `visit` with each result record of a block in order: the bytes are valid only during the call, behind the leaf tag 0. */
function forEachRecord(
  block: ResultBlock,
  envelopes: readonly ScannedEnvelope[],
  codes: Uint16Array,
  visit: (tagged: Uint8Array, index: number) => void,
): void {
  const buffer = new Uint8Array(LEAF_TAG_BYTES + RECORD_HEAD_BYTES + OPERATION_BYTES_MAX);
  const record = buffer.subarray(LEAF_TAG_BYTES);
  // Most records of a block have one length: a view is made only when it changes.
  let tagged = buffer;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  view.setUint32(AT.height, Math.floor(block.height / U32));
  view.setUint32(AT.height + 4, block.height % U32);
  const timeHigh = Number(block.timeNs >> 32n);
  const timeLow = Number(block.timeNs & 0xffff_ffffn);
  let index = 0;
  for (const { bytes, outline } of envelopes) {
    record.set(outline.hash, AT.envelopeHash);
    view.setBigUint64(AT.party, outline.party >> 64n);
    view.setBigUint64(AT.party + 8, outline.party & 0xffff_ffff_ffff_ffffn);
    const offsets = outline.operationOffsets;
    for (let operation = 0; operation < outline.operationCount; operation += 1, index += 1) {
      const start = offsets[operation * 2];
      const length = offsets[operation * 2 + 1] - start;
      const low = timeLow + index;
      view.setUint32(AT.index, index);
      view.setUint32(AT.time, low >= U32 ? timeHigh + 1 : timeHigh);
      view.setUint32(AT.time + 4, low);
      view.setUint16(AT.code, codes[index]);
      view.setUint32(AT.operationLength, length);
      for (let byte = 0; byte < length; byte += 1) record[RECORD_HEAD_BYTES + byte] = bytes[start + byte];
      const taggedBytes = LEAF_TAG_BYTES + RECORD_HEAD_BYTES + length;
      if (tagged.length !== taggedBytes) tagged = buffer.subarray(0, taggedBytes);
      visit(tagged, index);
    }
  }
  invariant(index === codes.length, 'a block has one code for each operation', {
    operations: index,
    codes: codes.length,
  });
}

/** Leaf hashes of a block's results tree. */
export function leavesOf(block: ResultBlock, envelopes: readonly ScannedEnvelope[], codes: Uint16Array): Uint8Array[] {
  const leaves = new Array<Uint8Array>(codes.length);
  forEachRecord(block, envelopes, codes, (tagged, index) => {
    leaves[index] = sha256(tagged);
  });
  return leaves;
}

/** Root of a block's results tree. */
export function resultsRootOf(
  block: ResultBlock,
  envelopes: readonly ScannedEnvelope[],
  codes: Uint16Array,
): Uint8Array {
  const builder = new RootBuilder();
  forEachRecord(block, envelopes, codes, (tagged) => builder.add(tagged));
  return builder.root();
}

/** Encoded result records of a block, in order. */
export function recordsOf(block: ResultBlock, envelopes: readonly ScannedEnvelope[], codes: Uint16Array): Uint8Array[] {
  const records = new Array<Uint8Array>(codes.length);
  forEachRecord(block, envelopes, codes, (tagged, index) => {
    records[index] = tagged.slice(LEAF_TAG_BYTES);
  });
  return records;
}

/** Everything a receipt needs of one block's results. */
export interface BlockResults {
  readonly records: Uint8Array[];
  readonly leaves: Uint8Array[];
  readonly resultsRoot: Uint8Array;
}

/**
 * Rebuilds the results of an executed block from its body and the codes of its operations, which is all that a replica has
 * to keep of them. `body` must be the block's body: a CodecError or InvariantViolation says that it is not.
 */
export function resultRecords(block: ResultBlock, body: Uint8Array, codes: Uint16Array): BlockResults {
  const envelopes = body.length === 0 ? [] : decodeBody(body).map((bytes) => ({ bytes, outline: scanEnvelope(bytes) }));
  const leaves = leavesOf(block, envelopes, codes);
  return { records: recordsOf(block, envelopes, codes), leaves, resultsRoot: merkleRoot(leaves) };
}
