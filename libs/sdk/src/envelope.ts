import { hex, unhex } from '@quorate/crypto';
import {
  encodeEnvelopeContent,
  encodeSignedEnvelope,
  envelopeHash,
  envelopeSigningBytes,
  LIMITS,
  type Envelope,
  type Operation,
} from '@quorate/protocol';

import { randomId } from './ids';
import type { Signer } from './signer';

const nsPerMs = 1_000_000n;
const lifetimeMsDefault = 5 * 60_000;

/** What an envelope shall do, for whom and until when. */
export interface EnvelopeDraft {
  /** The ledger's genesis id: 32 bytes or 64 hex digits. */
  readonly genesisId: string | Uint8Array;
  readonly party: bigint;
  readonly operations: readonly Operation[];
  readonly id?: bigint;
  /** How long the ledger may accept it (at most one hour). Default five minutes. */
  readonly lifetimeMs?: number;
  readonly expiresAtNs?: bigint;
}

/** An envelope ready to submit. Keep `bytes` until there is an answer: the same bytes may be sent again and again. */
export interface SignedEnvelope {
  readonly envelope: Envelope;
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/** One of a party's keys, by its index in the party's list of keys. */
export interface PartyKey {
  readonly key: number;
  readonly signer: Signer;
}

/** Makes an unsigned envelope: fills in a random id and an expiry. */
export function buildEnvelope(draft: EnvelopeDraft): Envelope {
  const ledger = typeof draft.genesisId === 'string' ? unhex(draft.genesisId) : draft.genesisId;
  if (ledger.length !== 32) throw new TypeError('a genesis id has 32 bytes');
  const count = draft.operations.length;
  if (count === 0 || count > LIMITS.envelopeOperationsMax) {
    throw new RangeError(`an envelope holds 1 to ${LIMITS.envelopeOperationsMax} operations, not ${count}`);
  }
  const lifetimeMs = draft.lifetimeMs ?? lifetimeMsDefault;
  return {
    ledger,
    party: draft.party,
    id: draft.id ?? randomId(),
    expiresAtNs: draft.expiresAtNs ?? BigInt(Date.now() + lifetimeMs) * nsPerMs,
    operations: [...draft.operations],
    signatures: [],
  };
}

/**
 * Signs an envelope with the party's first key, or with several of its keys (threshold above 1). Signatures already
 * in the envelope are kept, so that signers in different places can sign one after another.
 */
export async function signEnvelope(envelope: Envelope, signers: Signer | readonly PartyKey[]): Promise<SignedEnvelope> {
  const keys = isSigner(signers) ? [{ key: 0, signer: signers }] : signers;
  const content = encodeEnvelopeContent(envelope);
  const hash = envelopeHash(content);
  const message = envelopeSigningBytes(hash);
  const added = await Promise.all(keys.map(async ({ key, signer }) => ({ key, bytes: await signer.sign(message) })));
  const kept = envelope.signatures.filter((signature) => !added.some(({ key }) => key === signature.key));
  const signatures = [...kept, ...added].sort((left, right) => left.key - right.key);
  return { envelope: { ...envelope, signatures }, bytes: encodeSignedEnvelope(content, signatures), hash: hex(hash) };
}

function isSigner(signers: Signer | readonly PartyKey[]): signers is Signer {
  return 'scheme' in signers;
}
