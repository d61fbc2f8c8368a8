import { validateBlockBody, type ScannedEnvelope } from '@quorate/ledger';

/**
 * What the envelopes of a body look like, from its check or its making until its execution: scanning and hashing a megabyte once is
 * enough. Held no longer than the body itself.
 */
export class BodyScans {
  private readonly scans = new WeakMap<Uint8Array, readonly ScannedEnvelope[]>();

  /** Operations in a body that came from a peer; null if its syntax is wrong. */
  countOperations(body: Uint8Array): number | null {
    const validity = validateBlockBody(body);
    if (!validity.ok) return null;
    this.scans.set(body, validity.envelopes);
    return validity.operationCount;
  }

  /** A body was made of these envelopes, in this order. */
  note(body: Uint8Array, envelopes: readonly ScannedEnvelope[]): void {
    this.scans.set(body, envelopes);
  }

  /** The envelopes of a body that is executed now; undefined if they must be scanned anew. */
  take(body: Uint8Array): readonly ScannedEnvelope[] | undefined {
    const envelopes = this.scans.get(body);
    this.scans.delete(body);
    return envelopes;
  }
}
