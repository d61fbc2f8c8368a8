import { Writer } from '@quorate/codec';
import { concatBytes, sha256 } from '@quorate/crypto';
import { ZERO_HASH } from './block';
import { configHash, type Configuration } from './configuration';

const CONTEXT_TAG = new TextEncoder().encode('quorate/consensus/1\0');
const PURPOSES = { prepare: 1, commit: 2, timeout: 3 } as const;

/** Where a block was proposed: terms and slots start at 1; (0, 0) stands before everything. */
export interface Position {
  readonly term: number;
  readonly slot: number;
}

/** A position together with the block certified there. */
export interface CertifiedPosition extends Position {
  readonly blockId: Uint8Array;
}

/** Most replicas that may lie while the others still agree: f = floor((n - 1) / 3). */
export function faultsTolerated(replicaCount: number): number {
  return Math.floor((replicaCount - 1) / 3);
}

/** Votes that make a certificate: floor((n + f) / 2) + 1. */
export function quorum(replicaCount: number): number {
  return Math.floor((replicaCount + faultsTolerated(replicaCount)) / 2) + 1;
}

/** Binds every vote to one ledger, one epoch and one configuration. */
export function consensusContext(configuration: Configuration): Uint8Array {
  const epoch = new Writer(4).u32(configuration.epoch).finish();
  return sha256(concatBytes(CONTEXT_TAG, configuration.ledgerId, epoch, configHash(configuration)));
}

function votePreimage(context: Uint8Array, purpose: number, position: Position, blockId: Uint8Array): Uint8Array {
  return new Writer(81)
    .fixed(context, 32)
    .u8(purpose)
    .uint(position.term)
    .uint(position.slot)
    .fixed(blockId, 32)
    .finish();
}

/** What a replica signs to prepare a block; a proposal carries its leader's. */
export function preparePreimage(context: Uint8Array, position: Position, blockId: Uint8Array): Uint8Array {
  return votePreimage(context, PURPOSES.prepare, position, blockId);
}

/** What a replica signs to commit a block. */
export function commitPreimage(context: Uint8Array, position: Position, blockId: Uint8Array): Uint8Array {
  return votePreimage(context, PURPOSES.commit, position, blockId);
}

/** What a replica signs to abandon `term`, naming the highest certificate it holds (null: none). */
export function timeoutPreimage(context: Uint8Array, term: number, high: CertifiedPosition | null): Uint8Array {
  const writer = new Writer(89).fixed(context, 32).u8(PURPOSES.timeout).uint(term);
  return writer
    .uint(high?.term ?? 0)
    .uint(high?.slot ?? 0)
    .fixed(high?.blockId ?? ZERO_HASH, 32)
    .finish();
}
