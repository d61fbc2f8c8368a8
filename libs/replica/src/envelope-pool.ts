import { LIMITS, type EnvelopeOutline } from '@quorate/protocol';

/** Memory that pending envelopes may take: about 25 full blocks. */
const POOL_BYTES_MAX = 33_554_432;
const POOL_ENVELOPES_MAX = 65_536;

/** Bytes that an envelope takes in a body besides its own: its length. */
const ENVELOPE_OVERHEAD_BYTES = 4;
const BODY_HEAD_BYTES = 4;

/** An admitted envelope that is not executed yet. */
export interface PendingEnvelope {
  /** Hash in lowercase hex. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly outline: EnvelopeOutline;
  /** Submitted by a client of this replica, which answers for it; false if a peer handed it on. */
  readonly local: boolean;
  /** Monotonic clock. */
  readonly arrivedAtMs: number;
}

/** What a batch is made of. */
export interface Batch {
  readonly envelopes: PendingEnvelope[];
  readonly operationCount: number;
}

/**
 * Admitted envelopes in order of arrival. Those that stand in a proposal of this term wait aside, so that no envelope is proposed
 * twice; they come back when the term ends without them.
 */
export class EnvelopePool {
  private eligible = new Map<string, PendingEnvelope>();
  private readonly proposed = new Map<string, PendingEnvelope>();
  private bytes = 0;
  private openOperations = 0;
  private openBytes = 0;

  get size(): number {
    return this.eligible.size + this.proposed.size;
  }

  /** What a batch could take now. */
  get open(): { envelopes: number; operations: number; bytes: number } {
    return { envelopes: this.eligible.size, operations: this.openOperations, bytes: this.openBytes };
  }

  has(key: string): boolean {
    return this.eligible.has(key) || this.proposed.has(key);
  }

  hasRoom(bytes: number): boolean {
    return this.size < POOL_ENVELOPES_MAX && this.bytes + bytes <= POOL_BYTES_MAX;
  }

  add(envelope: PendingEnvelope): void {
    this.eligible.set(envelope.key, envelope);
    this.bytes += envelope.bytes.length;
    this.count(envelope, 1);
  }

  remove(key: string): void {
    const open = this.eligible.get(key);
    const envelope = open ?? this.proposed.get(key);
    if (envelope === undefined) return;
    if (open !== undefined) this.count(envelope, -1);
    this.eligible.delete(key);
    this.proposed.delete(key);
    this.bytes -= envelope.bytes.length;
  }

  /** The oldest eligible envelopes that fit; from now on they count as proposed. */
  take(bytesMax: number, operationsMax: number): Batch {
    const envelopes: PendingEnvelope[] = [];
    let bodyBytes = BODY_HEAD_BYTES;
    let operationCount = 0;
    for (const envelope of this.eligible.values()) {
      const bytes = bodyBytes + ENVELOPE_OVERHEAD_BYTES + envelope.bytes.length;
      const operations = operationCount + envelope.outline.operationCount;
      if (bytes > bytesMax || operations > operationsMax || envelopes.length >= LIMITS.blockEnvelopesMax) break;
      bodyBytes = bytes;
      operationCount = operations;
      envelopes.push(envelope);
      this.markProposed(envelope.key);
    }
    return { envelopes, operationCount };
  }

  /** The envelope stands in a proposal that may still become final. */
  markProposed(key: string): void {
    const envelope = this.eligible.get(key);
    if (envelope === undefined) return;
    this.eligible.delete(key);
    this.proposed.set(key, envelope);
    this.count(envelope, -1);
  }

  /** A term ended: what it proposed is eligible again, before what came later. */
  reopen(): void {
    if (this.proposed.size === 0) return;
    for (const envelope of this.proposed.values()) this.count(envelope, 1);
    this.eligible = new Map([...this.proposed, ...this.eligible]);
    this.proposed.clear();
  }

  /** Everything pending, oldest first. */
  *all(): Iterable<PendingEnvelope> {
    yield* this.proposed.values();
    yield* this.eligible.values();
  }

  /** The local envelope that has waited longest. */
  oldestLocal(): PendingEnvelope | null {
    for (const envelope of this.all()) if (envelope.local) return envelope;
    return null;
  }

  private count(envelope: PendingEnvelope, sign: 1 | -1): void {
    this.openOperations += sign * envelope.outline.operationCount;
    this.openBytes += sign * (envelope.bytes.length + ENVELOPE_OVERHEAD_BYTES);
  }
}
