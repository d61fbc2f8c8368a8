import { Reader, Writer } from '@quorate/codec';

/**
 * Frame kinds between replicas: a consensus message, an envelope for the leader, the leader's word that it did not take one, the word on a
 * checkpoint, a read of the chain or the state, and its answer.
 */
export const PEER_FRAMES = {
  message: 1,
  envelope: 2,
  envelopeRefused: 3,
  checkpointVote: 4,
  read: 5,
  readAnswer: 6,
} as const;

export function encodeEnvelopeRefused(hash: Uint8Array, retryAfterMs: number): Uint8Array {
  return new Writer(36).fixed(hash, 32).u32(retryAfterMs).finish();
}

/** Throws CodecError. */
export function decodeEnvelopeRefused(bytes: Uint8Array): { hash: Uint8Array; retryAfterMs: number } {
  const reader = new Reader(bytes);
  const refused = { hash: reader.fixed(32).slice(), retryAfterMs: reader.u32() };
  reader.end();
  return refused;
}
