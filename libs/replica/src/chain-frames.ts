// How what a ledger's chain and state consist of is read over a client's link: a request names one of the questions of ChainSource, the
// answer is its encoding behind a byte that says whether there is any.
import { CodecError, Reader, Writer } from '@quorate/codec';
import { MESSAGE_BYTES_MAX, decodeMessage, encodeMessage, type RangeMessage } from '@quorate/consensus';
import {
  HEADER_BYTES,
  decodeCheckpoint,
  decodeFinalityProof,
  decodeHeader,
  decodeState,
  encodeCheckpoint,
  encodeFinalityProof,
  encodeHeader,
  encodeState,
  type BlockHeader,
} from '@quorate/protocol';
import type { ReplicaConnection } from '@quorate/transport';
import type { ChainSource, ChainTip, OfferedState } from './chain-source';

const QUESTION = { tip: 1, header: 2, newestState: 3, chunkHashes: 4, chunk: 5, range: 6 } as const;

/** The answer of one that does not hold what it was asked for. */
export const NOTHING_HELD = Uint8Array.of(0);

/** Blocks belong to no epoch. */
const NO_EPOCH = 0;
const STATE_BYTES_MAX = 65_536;
const CHECKPOINT_BYTES_MAX = 4_096;
const PROOF_BYTES_MAX = 262_144;

/** Answers one request. Throws CodecError on one that nobody would send. */
export async function answerChainRead(source: ChainSource, request: Uint8Array): Promise<Uint8Array> {
  const content = await contentOf(source, new Reader(request));
  if (content === null) return NOTHING_HELD;
  return new Writer(1 + content.length).u8(1).fixed(content, content.length).finish();
}

async function contentOf(source: ChainSource, reader: Reader): Promise<Uint8Array | null> {
  switch (reader.u8()) {
    case QUESTION.tip: {
      const tip = await source.tip();
      if (tip === null) return null;
      const { headerBytes, proof } = tip;
      return new Writer(1_024).fixed(headerBytes, HEADER_BYTES).blob(encodeFinalityProof(proof, proof.epochs)).finish();
    }
    case QUESTION.header: {
      const header = await source.header(reader.uint());
      return header === null ? null : encodeHeader(header);
    }
    case QUESTION.newestState: {
      const offered = await source.newestState(reader.uint());
      if (offered === null) return null;
      const certificate = offered.certificate === null ? new Uint8Array(0) : encodeCheckpoint(offered.certificate);
      return new Writer(2_048).blob(encodeState(offered.state)).blob(certificate).finish();
    }
    case QUESTION.chunkHashes:
      return source.chunkHashes(reader.uint(), reader.u16());
    case QUESTION.chunk:
      return source.chunk(reader.uint(), reader.u16(), reader.u32());
    case QUESTION.range: {
      const range = await source.range(reader.uint());
      return range === null ? null : encodeMessage(NO_EPOCH, range);
    }
    default:
      throw new CodecError('CODEC_INVALID', 'unknown question about a chain');
  }
}

/** The chain of a ledger as a replica at the other end of a connection gives it. Rejects with TransportError or CodecError. */
export class RemoteChain implements ChainSource {
  constructor(private readonly connection: Pick<ReplicaConnection, 'readChain'>) {}

  async tip(): Promise<ChainTip | null> {
    const content = await this.ask(new Writer(1).u8(QUESTION.tip));
    if (content === null) return null;
    const headerBytes = content.fixed(HEADER_BYTES).slice();
    const proof = decodeFinalityProof(content.blob(PROOF_BYTES_MAX).slice());
    content.end();
    return { header: decodeHeader(headerBytes), headerBytes, proof };
  }

  async header(height: number): Promise<BlockHeader | null> {
    const content = await this.ask(new Writer(9).u8(QUESTION.header).uint(height));
    return content === null ? null : decodeHeader(content.fixed(HEADER_BYTES).slice());
  }

  async newestState(heightMax: number): Promise<OfferedState | null> {
    const content = await this.ask(new Writer(9).u8(QUESTION.newestState).uint(heightMax));
    if (content === null) return null;
    const state = decodeState(content.blob(STATE_BYTES_MAX).slice());
    const certificate = content.blob(CHECKPOINT_BYTES_MAX).slice();
    content.end();
    return { state, certificate: certificate.length === 0 ? null : decodeCheckpoint(certificate) };
  }

  chunkHashes(height: number, section: number): Promise<Uint8Array | null> {
    return this.bytes(new Writer(11).u8(QUESTION.chunkHashes).uint(height).u16(section));
  }

  chunk(height: number, section: number, index: number): Promise<Uint8Array | null> {
    return this.bytes(new Writer(15).u8(QUESTION.chunk).uint(height).u16(section).u32(index));
  }

  async range(fromHeight: number): Promise<RangeMessage | null> {
    const bytes = await this.bytes(new Writer(9).u8(QUESTION.range).uint(fromHeight));
    if (bytes === null) return null;
    if (bytes.length > MESSAGE_BYTES_MAX) throw new CodecError('CODEC_RANGE', 'a range is too large');
    const { message } = decodeMessage(bytes);
    if (message.kind !== 'range') throw new CodecError('CODEC_INVALID', 'not a range of blocks');
    return message;
  }

  private async bytes(request: Writer): Promise<Uint8Array | null> {
    const content = await this.ask(request);
    return content === null ? null : content.fixed(content.remaining).slice();
  }

  private async ask(request: Writer): Promise<Reader | null> {
    const reader = new Reader(await this.connection.readChain(request.finish()));
    return reader.u8() === 0 ? null : reader;
  }
}
