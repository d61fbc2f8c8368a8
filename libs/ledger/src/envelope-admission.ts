import { equalBytes, hex, type KeyScheme, type PublicKey } from '@quorate/crypto';
import {
  LIMITS,
  envelopeSigningBytes,
  type EnvelopeSignature,
  type PartyKeyDraft,
  type ResultName,
} from '@quorate/protocol';
import type { EnvelopeMemory } from './envelope-memory';
import { isValidAt } from './key-validity';
import type { Party, PartyTable } from './party-table';

/** The one rule by which signatures are verified (`crypto.verifySignature`). */
export type VerifySignature = (
  scheme: KeyScheme,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** What admission looks at: a decoded envelope has it, and so has an outline of one. */
export interface EnvelopeHead {
  readonly ledger: Uint8Array;
  readonly party: bigint;
  readonly expiresAtNs: bigint;
  readonly signatures: readonly EnvelopeSignature[];
}

/** Envelopes whose signatures were found right and that were not executed yet; the oldest leaves first. */
const verifiedMax = 16_384;

/** What became of one key of a party in an envelope. Only `counted` ones count towards the threshold. */
export type SignerState = 'counted' | 'missing' | 'wrong' | 'not_valid_yet' | 'not_valid_any_more' | 'unknown_key';

/** A key of the party, or of none, and what became of it. `publicKey` is null for a key that the party does not have. */
export interface Signer {
  readonly key: number;
  readonly publicKey: PublicKey | null;
  readonly state: SignerState;
}

/** Who signed an envelope, whose signature counts and whose is missing. */
export interface SignerReport {
  readonly threshold: number;
  readonly counted: number;
  readonly signers: readonly Signer[];
}

/** Decides whether an envelope as a whole may take effect. */
export class EnvelopeAdmission {
  /**
   * Signatures verified at admission need no second look at execution unless the party's keys were changed. Only spares work;
   * what it holds has no influence on any answer.
   */
  private readonly verified = new Set<string>();

  constructor(
    private readonly genesisId: Uint8Array,
    private readonly parties: PartyTable,
    private readonly memory: EnvelopeMemory,
    private readonly verifySignature: VerifySignature,
  ) {}

  /** Why the envelope would be refused at ledger time `nowNs`, or null. */
  refusal(envelope: EnvelopeHead, hash: Uint8Array, nowNs: bigint): ResultName | null {
    if (!equalBytes(envelope.ledger, this.genesisId)) return 'envelope_wrong_ledger';
    if (envelope.expiresAtNs <= nowNs) return 'envelope_expired';
    if (envelope.expiresAtNs > nowNs + LIMITS.envelopeLifetimeNsMax) return 'envelope_lifetime_too_long';
    const party = this.parties.find(envelope.party);
    if (party === undefined) return 'envelope_party_unknown';
    if (this.memory.find(hash) !== undefined) return 'envelope_duplicate';
    if (party.frozen) return 'envelope_party_frozen';
    if (envelope.signatures.length < party.threshold) return 'envelope_signatures_insufficient';
    if (!this.signaturesRight(envelope, party, hash)) return 'envelope_signature_wrong';
    const counted = envelope.signatures.filter(({ key }) => isValidAt(party.keys[key], nowNs)).length;
    if (counted < party.threshold) return 'envelope_signatures_insufficient';
    if (this.memory.full) return 'envelope_memory_full';
    return null;
  }

  /** Who signed at ledger time `nowNs`, and who is missing; undefined for a party that is not on the ledger. */
  signers(envelope: EnvelopeHead, hash: Uint8Array, nowNs: bigint): SignerReport | undefined {
    const party = this.parties.find(envelope.party);
    if (party === undefined) return undefined;
    const message = envelopeSigningBytes(hash);
    const given = new Map(envelope.signatures.map(({ key, bytes }) => [key, bytes]));
    const signers: Signer[] = party.keys.map((publicKey, key) => {
      const signature = given.get(key);
      const validity = validityAt(publicKey, nowNs);
      const right =
        signature === undefined || this.verifySignature(publicKey.scheme, publicKey.bytes, message, signature);
      const state = right ? (validity ?? (signature === undefined ? 'missing' : 'counted')) : 'wrong';
      return { key, publicKey, state };
    });
    for (const key of given.keys()) {
      if (key >= party.keys.length) signers.push({ key, publicKey: null, state: 'unknown_key' });
    }
    const counted = signers.filter(({ state }) => state === 'counted').length;
    return { threshold: party.threshold, counted, signers };
  }

  /** Drops the note that the envelope's signatures are right: it is executed and will be refused as a duplicate from now on. */
  forgetVerified(envelope: EnvelopeHead, hash: Uint8Array): void {
    const party = this.parties.find(envelope.party);
    if (party !== undefined) this.verified.delete(verifiedKey(envelope, party, hash));
  }

  private signaturesRight(envelope: EnvelopeHead, party: Party, hash: Uint8Array): boolean {
    const known = verifiedKey(envelope, party, hash);
    if (this.verified.has(known)) return true;
    const message = envelopeSigningBytes(hash);
    let previousKey = -1;
    for (const signature of envelope.signatures) {
      // Ascending keys are a rule of the encoding, checked again here because a key counted twice would defeat a threshold.
      if (signature.key <= previousKey || signature.key >= party.keys.length) return false;
      previousKey = signature.key;
      const key = party.keys[signature.key];
      if (!this.verifySignature(key.scheme, key.bytes, message, signature.bytes)) return false;
    }
    if (this.verified.size >= verifiedMax) {
      for (const oldest of this.verified) {
        this.verified.delete(oldest);
        break;
      }
    }
    this.verified.add(known);
    return true;
  }
}

function validityAt(key: PartyKeyDraft, nowNs: bigint): 'not_valid_yet' | 'not_valid_any_more' | undefined {
  if (isValidAt(key, nowNs)) return undefined;
  return nowNs < key.validFromNs ? 'not_valid_yet' : 'not_valid_any_more';
}

/** Names content, signatures and the keys that they were verified under: the hash covers only the content. */
function verifiedKey(envelope: EnvelopeHead, party: Party, hash: Uint8Array): string {
  return envelope.signatures.reduce(
    (key, signature) => `${key}.${signature.key}.${hex(signature.bytes)}`,
    `${hex(hash)}.${party.version}`,
  );
}
