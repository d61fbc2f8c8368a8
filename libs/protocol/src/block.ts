import { CodecError, Reader, Writer } from '@quorate/codec';
import { EMPTY_ROOT, concatBytes, leafHash, merkleRoot, sha256 } from '@quorate/crypto';
import { LIMITS } from './limits';

/**
 * `data` carries envelopes, `empty` only makes results provable, `epoch_end` changes the replica set (the genesis is one), `evidence` records
 * that a replica contradicted itself.
 */
export type BlockKind = 'data' | 'empty' | 'epoch_end' | 'evidence';

/**
 * What a commit certificate makes final. It names no term, slot or proposer, so a block keeps its identity when a later
 * leader proposes it again. `execRoot` is the history tree's root over blocks 0..execHeight and their results.
 */
export interface BlockHeader {
  readonly kind: BlockKind;
  readonly ledgerId: Uint8Array;
  readonly epoch: number;
  readonly height: number;
  readonly parentId: Uint8Array;
  readonly timeNs: bigint;
  readonly bodyRoot: Uint8Array;
  readonly bodyLength: number;
  readonly operationCount: number;
  readonly configHash: Uint8Array;
  readonly execHeight: number;
  readonly execRoot: Uint8Array;
  readonly nextConfigHash: Uint8Array;
}

export const ZERO_HASH = new Uint8Array(32);
export const HEADER_BYTES = 214;

const HEADER_VERSION = 1;
const KINDS: readonly (BlockKind | undefined)[] = [undefined, 'data', 'empty', 'epoch_end', 'evidence'];
const BLOCK_TAG = Uint8Array.of(2);
const CHUNK_BYTES = 4_096;

export function encodeHeader(header: BlockHeader): Uint8Array {
  const writer = new Writer(HEADER_BYTES);
  writer
    .u8(HEADER_VERSION)
    .u8(KINDS.indexOf(header.kind))
    .fixed(header.ledgerId, 16)
    .u32(header.epoch)
    .uint(header.height);
  writer
    .fixed(header.parentId, 32)
    .u64(header.timeNs)
    .fixed(header.bodyRoot, 32)
    .u32(header.bodyLength)
    .u32(header.operationCount);
  writer
    .fixed(header.configHash, 32)
    .uint(header.execHeight)
    .fixed(header.execRoot, 32)
    .fixed(header.nextConfigHash, 32);
  return writer.finish();
}

export function decodeHeader(bytes: Uint8Array): BlockHeader {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== HEADER_VERSION)
    throw new CodecError('CODEC_INVALID', `header version ${version} is unknown`, { version });
  const kind = KINDS[reader.u8()];
  if (kind === undefined) throw new CodecError('CODEC_INVALID', 'unknown block kind');
  const header: BlockHeader = {
    kind,
    ledgerId: reader.fixed(16).slice(),
    epoch: reader.u32(),
    height: reader.uint(),
    parentId: reader.fixed(32).slice(),
    timeNs: reader.u64(),
    bodyRoot: reader.fixed(32).slice(),
    bodyLength: reader.u32(),
    operationCount: reader.u32(),
    configHash: reader.fixed(32).slice(),
    execHeight: reader.uint(),
    execRoot: reader.fixed(32).slice(),
    nextConfigHash: reader.fixed(32).slice(),
  };
  reader.end();
  return header;
}

/** Identity of a block: SHA-256(0x02 ‖ encoded header). */
export function blockId(encodedHeader: Uint8Array): Uint8Array {
  return sha256(concatBytes(BLOCK_TAG, encodedHeader));
}

/** Body of a block: encoded envelopes in the order in which they take effect. */
export function encodeBody(envelopes: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer(envelopes.reduce((total, envelope) => total + envelope.length + 4, 4));
  writer.u32(envelopes.length);
  for (const envelope of envelopes) writer.blob(envelope);
  return writer.finish();
}

/** Envelopes of a body, as views on `body`. Throws CodecError; does not look into the envelopes. */
export function decodeBody(body: Uint8Array): Uint8Array[] {
  if (body.length > LIMITS.blockBodyBytesMax)
    throw new CodecError('CODEC_RANGE', 'block body too large', { bytes: body.length });
  const reader = new Reader(body);
  const count = reader.u32();
  if (count > LIMITS.blockEnvelopesMax) throw new CodecError('CODEC_RANGE', 'too many envelopes in a block', { count });
  const envelopes: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) envelopes.push(reader.blob(LIMITS.envelopeBytesMax));
  reader.end();
  return envelopes;
}

/** RFC 6962 root over the body's chunks of 4 KiB; of an empty body, SHA-256 of nothing. */
export function bodyRoot(body: Uint8Array): Uint8Array {
  if (body.length === 0) return EMPTY_ROOT;
  const leaves: Uint8Array[] = [];
  for (let offset = 0; offset < body.length; offset += CHUNK_BYTES)
    leaves.push(leafHash(body.subarray(offset, offset + CHUNK_BYTES)));
  return merkleRoot(leaves);
}
