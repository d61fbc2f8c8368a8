import { EMPTY_ROOT, hex, sha256 } from '@quorate/crypto';
import {
  firstConfiguration,
  FIRST_EPOCH,
  blockId,
  commitPreimage,
  configHash,
  consensusContext,
  decodeHeader,
  encodeHeader,
  faultsTolerated,
  genesisHeader,
  preparePreimage,
  quorum,
  timeoutPreimage,
  type CertifiedPosition,
} from '@quorate/protocol';
import type { Block, CoreOptions } from './types';

const NO_BODY = new Uint8Array(0);

/** C-1, C-3: the replica set of the epoch: sizes, leaders, and the one place where votes are signed and verified. */
export class Committee {
  readonly self: number;
  readonly size: number;
  /** Votes that make a certificate (q). */
  readonly quorum: number;
  /** Replicas that may lie (f). */
  readonly faults: number;
  readonly epoch = FIRST_EPOCH;
  readonly ledgerId: Uint8Array;
  readonly configHash: Uint8Array;
  readonly genesis: Block;
  private readonly context: Uint8Array;
  private readonly leaderOffset: number;
  private readonly sign: CoreOptions['sign'];
  private readonly verify: CoreOptions['verify'];

  constructor(options: CoreOptions) {
    this.self = options.self;
    this.size = options.genesis.replicas.length;
    this.quorum = quorum(this.size);
    this.faults = faultsTolerated(this.size);
    this.ledgerId = options.genesis.ledgerId;
    this.configHash = configHash(firstConfiguration(options.genesis));
    this.context = consensusContext(firstConfiguration(options.genesis));
    this.sign = options.sign;
    this.verify = options.verify;
    this.genesis = makeBlock(encodeHeader(genesisHeader(options.genesis)), NO_BODY);
    // Spreads the first leaders of many ledgers over the workers.
    this.leaderOffset = new DataView(sha256(this.ledgerId).buffer).getUint32(0) % this.size;
  }

  leaderOf(term: number): number {
    return (this.leaderOffset + term) % this.size;
  }

  signVote(kind: 'prepare' | 'commit', position: CertifiedPosition): Uint8Array {
    return this.sign(this.votePreimage(kind, position));
  }

  verifyVote(kind: 'prepare' | 'commit', replica: number, position: CertifiedPosition, signature: Uint8Array): boolean {
    return replica < this.size && this.verify(replica, this.votePreimage(kind, position), signature);
  }

  signTimeout(term: number, high: CertifiedPosition | null): Uint8Array {
    return this.sign(timeoutPreimage(this.context, term, high));
  }

  verifyTimeout(replica: number, term: number, high: CertifiedPosition | null, signature: Uint8Array): boolean {
    return replica < this.size && this.verify(replica, timeoutPreimage(this.context, term, high), signature);
  }

  private votePreimage(kind: 'prepare' | 'commit', position: CertifiedPosition): Uint8Array {
    return (kind === 'prepare' ? preparePreimage : commitPreimage)(this.context, position, position.blockId);
  }
}

/** C-5: parses a header and names the block. Throws CodecError on a malformed header. */
export function makeBlock(headerBytes: Uint8Array, body: Uint8Array): Block {
  const id = blockId(headerBytes);
  return { id, key: hex(id), header: decodeHeader(headerBytes), headerBytes, body };
}

/** Root of an empty body. */
export const EMPTY_BODY_ROOT = EMPTY_ROOT;
