import { EMPTY_ROOT, equalBytes, hex, type PublicKey } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import {
  blockId,
  commitPreimage,
  configHash,
  consensusContext,
  decodeHeader,
  encodeHeader,
  faultsTolerated,
  firstLeader,
  genesisHeader,
  preparePreimage,
  quorum,
  readyPreimage,
  timeoutPreimage,
  type CertifiedPosition,
  type Configuration,
  type Genesis,
  type Ready,
  type VerifyKey,
} from '@quorate/protocol';
import type { Block, CoreOptions, Signer } from './types';

const NO_BODY = new Uint8Array(0);

/** What a committee is made of. */
export interface CommitteeOptions {
  readonly configuration: Configuration;
  /** The block with which the epoch begins: the ledger's genesis, or the end of the epoch before. */
  readonly genesis: Block;
  readonly signer: CoreOptions['signer'];
  readonly verify: VerifyKey;
}

/** C-1, C-3: the replica set of one epoch: sizes, leaders, and the one place where votes are signed and verified. */
export class Committee {
  /** Index of this replica; -1 if it is no member, and then it never votes. */
  readonly self: number;
  readonly size: number;
  /** Votes that make a certificate (q). */
  readonly quorum: number;
  /** Replicas that may lie (f). */
  readonly faults: number;
  readonly epoch: number;
  readonly ledgerId: Uint8Array;
  readonly configuration: Configuration;
  readonly configHash: Uint8Array;
  readonly genesis: Block;
  private readonly context: Uint8Array;
  private readonly firstLeader: number;
  private readonly keys: readonly PublicKey[];
  private readonly sign: Signer | null;
  private readonly verify: VerifyKey;
  /** The preimage made last: votes about one block come one after another. */
  private last: { kind: string; term: number; slot: number; id: Uint8Array; preimage: Uint8Array } | null = null;

  constructor({ configuration, genesis, signer, verify }: CommitteeOptions) {
    const { replicas } = configuration;
    const signers = replicas.map(({ consensusKey }) => signer(consensusKey));
    this.self = signers.findIndex((candidate) => candidate !== null);
    this.sign = signers[this.self] ?? null;
    this.size = replicas.length;
    this.quorum = quorum(this.size);
    this.faults = faultsTolerated(this.size);
    this.epoch = configuration.epoch;
    this.ledgerId = configuration.ledgerId;
    this.configuration = configuration;
    this.configHash = configHash(configuration);
    this.context = consensusContext(configuration);
    this.keys = replicas.map(({ consensusKey }) => ({ scheme: 'ed25519', bytes: consensusKey }));
    this.verify = verify;
    this.genesis = genesis;
    this.firstLeader = firstLeader(this.ledgerId, this.epoch, this.size);
  }

  /** C-34: whoever is no member follows and promises nothing. */
  get isMember(): boolean {
    return this.self >= 0;
  }

  leaderOf(term: number): number {
    return (this.firstLeader + term - 1) % this.size;
  }

  signVote(kind: 'prepare' | 'commit', position: CertifiedPosition): Uint8Array {
    return this.signed(this.votePreimage(kind, position));
  }

  verifyVote(kind: 'prepare' | 'commit', replica: number, position: CertifiedPosition, signature: Uint8Array): boolean {
    return this.verified(replica, this.votePreimage(kind, position), signature);
  }

  signTimeout(term: number, high: CertifiedPosition | null): Uint8Array {
    return this.signed(timeoutPreimage(this.context, term, high));
  }

  verifyTimeout(replica: number, term: number, high: CertifiedPosition | null, signature: Uint8Array): boolean {
    return this.verified(replica, timeoutPreimage(this.context, term, high), signature);
  }

  /** C-36: what this committee's member says about the chain of the configuration before. */
  signReady(formerConfigHash: Uint8Array, ready: Omit<Ready, 'signature'>): Uint8Array {
    return this.signed(readyPreimage(this.context, formerConfigHash, ready));
  }

  verifyReady(formerConfigHash: Uint8Array, ready: Ready): boolean {
    return this.verified(ready.replica, readyPreimage(this.context, formerConfigHash, ready), ready.signature);
  }

  private signed(preimage: Uint8Array): Uint8Array {
    invariant(this.sign !== null, 'only a member votes', { epoch: this.epoch });
    return this.sign(preimage);
  }

  private verified(replica: number, preimage: Uint8Array, signature: Uint8Array): boolean {
    return replica < this.size && this.verify(this.keys[replica], preimage, signature);
  }

  private votePreimage(kind: 'prepare' | 'commit', position: CertifiedPosition): Uint8Array {
    const { term, slot, blockId: id } = position;
    const { last } = this;
    if (last?.kind === kind && last.term === term && last.slot === slot && equalBytes(last.id, id))
      return last.preimage;
    const preimage = (kind === 'prepare' ? preparePreimage : commitPreimage)(this.context, position, id);
    this.last = { kind, term, slot, id, preimage };
    return preimage;
  }
}

/** The first block of a ledger: at height 0, or where its parent stood. */
export function genesisBlock(genesis: Genesis): Block {
  return makeBlock(encodeHeader(genesisHeader(genesis)), NO_BODY);
}

/** C-5: parses a header and names the block. Throws CodecError on a malformed header. */
export function makeBlock(headerBytes: Uint8Array, body: Uint8Array): Block {
  const id = blockId(headerBytes);
  return { id, key: hex(id), header: decodeHeader(headerBytes), headerBytes, body };
}

/** Root of an empty body. */
export const EMPTY_BODY_ROOT = EMPTY_ROOT;
