import { equalBytes, hex } from '@quorate/crypto';
import type { Certificate } from '@quorate/protocol';
import type { Committee } from './committee';
import { VERIFIED_CERTIFICATES_MAX } from './limits';
import { compareRank, positionOf } from './rank';
import type { TimeoutCertificate, TimeoutEntry, TimeoutMessage } from './types';

/** Verifies certificates, each fact once. */
export class CertificateBook {
  private readonly verified = new Map<string, Certificate>();

  constructor(private readonly committee: Committee) {}

  /** A verified certificate of the same statement (this one, or one known before), or null if the signatures do not carry it (C-4). */
  verify(certificate: Certificate): Certificate | null {
    const known = this.verified.get(keyOf(certificate));
    if (known !== undefined) return known;
    if (!this.signed(certificate)) return null;
    this.remember(certificate);
    return certificate;
  }

  remember(certificate: Certificate): void {
    this.verified.set(keyOf(certificate), certificate);
    if (this.verified.size <= VERIFIED_CERTIFICATES_MAX) return;
    const [oldest] = this.verified.keys();
    this.verified.delete(oldest);
  }

  private signed(certificate: Certificate): boolean {
    const { signers, signatures } = certificate;
    if (certificate.epoch !== this.committee.epoch || certificate.term < 1 || certificate.slot < 1) return false;
    if (
      signers.length < this.committee.quorum ||
      signers.length > this.committee.size ||
      signers.length !== signatures.length
    )
      return false;
    const ascending = signers.every(
      (signer, index) => signer < this.committee.size && (index === 0 || signer > signers[index - 1]),
    );
    if (!ascending) return false;
    return signers.every((signer, index) =>
      this.committee.verifyVote(certificate.kind, signer, certificate, signatures[index]),
    );
  }

  /**
   * The timeout certificate with its high certificate verified, or null (C-7). The base comes from the certificate of maximal rank alone:
   * entries are claims of single replicas, and one that lies about its rank must not choose the base.
   */
  verifyTimeoutCertificate(
    certificate: TimeoutCertificate,
    known: readonly (TimeoutMessage | null)[],
  ): TimeoutCertificate | null {
    const { entries, term } = certificate;
    if (term < 1 || entries.length < this.committee.quorum || entries.length > this.committee.size) return null;
    if (!entries.every((entry, index) => index === 0 || entry.replica > entries[index - 1].replica)) return null;
    const high = maximalHigh(entries);
    if (entries.some((entry) => entry.high !== null && entry.high.term > term)) return null;
    const highCertificate = this.highOf(certificate, high);
    if (highCertificate === undefined) return null;
    const signed = entries.every(
      (entry) =>
        isKnownTimeout(entry, term, known) ||
        this.committee.verifyTimeout(entry.replica, term, entry.high, entry.signature),
    );
    return signed ? { term, entries, highCertificate } : null;
  }

  private highOf(certificate: TimeoutCertificate, high: TimeoutEntry['high']): Certificate | null | undefined {
    const claimed = certificate.highCertificate;
    if (high === null) return claimed === null ? null : undefined;
    if (claimed === null || compareRank(claimed, high) !== 0) return undefined;
    const named = certificate.entries.some(
      (entry) =>
        entry.high !== null && compareRank(entry.high, high) === 0 && equalBytes(entry.high.blockId, claimed.blockId),
    );
    return named ? (this.verify(claimed) ?? undefined) : undefined;
  }
}

/** The block with which the term after the certificate's must begin; null stands for genesis. */
export function baseOf(certificate: TimeoutCertificate): Uint8Array | null {
  return certificate.highCertificate?.blockId ?? null;
}

/** Builds the certificate from verified TIMEOUT messages of one term. */
export function buildTimeoutCertificate(messages: readonly TimeoutMessage[]): TimeoutCertificate {
  const sorted = [...messages].sort((left, right) => left.replica - right.replica);
  let highest: Certificate | null = null;
  for (const message of sorted)
    if (compareRank(message.highCertificate, highest) > 0) highest = message.highCertificate;
  return {
    term: sorted[0].term,
    entries: sorted.map(({ replica, high, signature }) => ({ replica, high, signature })),
    highCertificate: highest,
  };
}

/** Whether the message's position is exactly that of its certificate. */
export function timeoutConsistent(message: TimeoutMessage): boolean {
  const position = positionOf(message.highCertificate);
  if (position === null || message.high === null) return position === null && message.high === null;
  return (
    position.term <= message.term &&
    compareRank(position, message.high) === 0 &&
    equalBytes(position.blockId, message.high.blockId)
  );
}

function maximalHigh(entries: readonly TimeoutEntry[]): TimeoutEntry['high'] {
  let high: TimeoutEntry['high'] = null;
  for (const entry of entries) if (compareRank(entry.high, high) > 0) high = entry.high;
  return high;
}

function isKnownTimeout(entry: TimeoutEntry, term: number, known: readonly (TimeoutMessage | null)[]): boolean {
  const message = known[entry.replica];
  if (message === null || message === undefined || message.term !== term) return false;
  // The signature is deterministic and covers the position, so equal bytes over an equal position are the verified statement.
  if (!equalBytes(message.signature, entry.signature)) return false;
  if (message.high === null || entry.high === null) return message.high === entry.high;
  return compareRank(message.high, entry.high) === 0 && equalBytes(message.high.blockId, entry.high.blockId);
}

function keyOf(certificate: Certificate): string {
  return `${certificate.kind} ${certificate.epoch} ${certificate.term} ${certificate.slot} ${hex(certificate.blockId)}`;
}
