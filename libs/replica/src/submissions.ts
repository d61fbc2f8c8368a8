import type { Block } from '@quorate/consensus';
import { CodecError } from '@quorate/codec';
import { hex } from '@quorate/crypto';
import type { EnvelopePosition, ExecutedEnvelope } from '@quorate/ledger';
import { LIMITS, decodeBody, encodeBody, scanEnvelope, type EnvelopeOutline, type ResultName } from '@quorate/protocol';
import type { Clock, Timer, Timers } from '@quorate/runtime';
import type { SubmitReply, SubmitSigner } from '@quorate/transport';
import { EnvelopePool } from './envelope-pool';
import type { Executor } from './executor';

/** Pause that a client is asked for when the pool is full: a few blocks free a lot of it. */
const BUSY_RETRY_MS = 100;

/** Pause that a client is asked for when the disk is full: somebody has to make room. */
const FULL_RETRY_MS = 1_000;

/** Clients that may wait for one envelope; more would only be the same client asking again. */
const WAITERS_MAX = 16;

/** How often envelopes that can never take effect any more are looked for. */
const EXPIRY_CHECK_NS = 1_000_000_000n;

/** An envelope that is not executed by then is handed to all replicas, so that they too expect progress of the leader. */
const SPREAD_AFTER_MS = 100;

/** Hears the outcome of one submission, once. */
export type Answer = (reply: SubmitReply) => void;

/** What a batch could take now. */
export interface PoolChange {
  readonly envelopes: number;
  readonly operations: number;
  readonly bytes: number;
}

/** What submissions ask of their owner. */
export interface SubmissionsOptions {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Hands an envelope to the leader, if that is another replica and it can be reached. */
  readonly forward: (envelope: Uint8Array) => void;
  /** Hands an envelope to all other replicas. */
  readonly spread: (envelope: Uint8Array) => void;
  /** Whether this replica or a reachable one leads. */
  readonly leaderReachable: () => boolean;
  /** Called after every change of what a batch could take. */
  readonly changed: () => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * Takes envelopes in, keeps them until they are executed, and answers whoever submitted them from this replica's own execution.
 * The same envelope may be submitted any number of times: all of them get the outcome of its one execution.
 */
export class Submissions {
  private readonly pool = new EnvelopePool();
  private readonly waiters = new Map<string, Answer[]>();
  /** Blocks of this term hold only what `batch` gave out; those that stem from an earlier term must be looked through once. */
  private inheritedMarked = false;
  private accepting = true;
  private expiryCheckedNs = 0n;
  private spreadTimer: Timer | null = null;
  private spreadKey: string | null = null;

  constructor(private readonly options: SubmissionsOptions) {}

  get size(): number {
    return this.pool.size;
  }

  get open(): PoolChange {
    return this.pool.open;
  }

  /** Takes an envelope in. `local`: a client of this replica submitted it; otherwise a peer handed it on. */
  submit(bytes: Uint8Array, local: boolean, answer: Answer): void {
    const outline = outlineOf(bytes);
    if (outline === null) {
      answer({ kind: 'refused', code: 'envelope_malformed' });
      return;
    }
    const key = hex(outline.hash);
    const { executor } = this.options;
    const known = executor.envelopePosition(outline.hash);
    if (known !== null) {
      this.answerAgain(known, answer);
      return;
    }
    if (this.pool.has(key)) {
      if (!this.wait(key, answer)) answer(busy());
      return;
    }
    const refusal = executor.ledger.admit(outline, outline.hash, this.ledgerNowNs());
    if (refusal !== null) {
      answer({ kind: 'refused', code: refusal, signers: this.signersOf(refusal, outline) });
      return;
    }
    if (!this.accepting) {
      // To a peer the replica is silent: if it leads, the peers' patience ends and another one leads.
      if (local) answer({ kind: 'refused', code: 'storage_full', retryAfterMs: FULL_RETRY_MS });
      return;
    }
    if (!this.pool.hasRoom(bytes.length)) {
      answer(busy());
      return;
    }
    this.wait(key, answer);
    const arrivedAtMs = this.options.clock.monotonicMs();
    this.pool.add({
      key,
      bytes,
      outline,
      local,
      arrivedAtMs,
    });
    this.options.forward(bytes);
    if (local) this.watchOldest();
    this.options.changed();
  }

  /** Whether new envelopes are taken in; the disk may be full. */
  acceptWrites(accepting: boolean): void {
    this.accepting = accepting;
  }

  /** Who signed and who is missing, where that is why the envelope is refused. */
  private signersOf(refusal: ResultName, outline: EnvelopeOutline): SubmitSigner[] | undefined {
    if (refusal !== 'envelope_signatures_insufficient' && refusal !== 'envelope_signature_wrong') return undefined;
    const report = this.options.executor.ledger.signersOf(outline, outline.hash, this.ledgerNowNs());
    return report?.signers.map(({ key, publicKey, state }) => ({
      key,
      publicKey: publicKey === null ? null : hex(publicKey.bytes),
      state,
    }));
  }

  /** The leader did not take the envelope. That is its word only, so whoever waits is told to try again, not that it is refused. */
  leaderRefused(key: string, retryAfterMs: number): void {
    this.settle(key, { kind: 'refused', code: 'busy', retryAfterMs: retryAfterMs || BUSY_RETRY_MS });
    this.options.changed();
  }

  /** A body for the next block, without what `unfinalised` already holds; null if nothing is eligible. */
  batch(
    bytesMax: number,
    operationsMax: number,
    unfinalised: readonly Block[],
  ): { body: Uint8Array | null; operations: number; envelopes: number } {
    if (!this.inheritedMarked) for (const block of unfinalised) this.markProposed(block);
    this.inheritedMarked = true;
    const { envelopes, operationCount } = this.pool.take(Math.min(bytesMax, LIMITS.blockBodyBytesMax), operationsMax);
    if (envelopes.length === 0) return { body: null, operations: 0, envelopes: 0 };
    const body = encodeBody(envelopes.map(({ bytes }) => bytes));
    this.options.executor.scans.note(body, envelopes);
    return { body, operations: operationCount, envelopes: envelopes.length };
  }

  /** Another term begins: proposals of the former one may be lost. */
  termChanged(): void {
    this.inheritedMarked = false;
    this.pool.reopen();
    this.options.changed();
  }

  /** Hands everything pending to a leader that may not know it. */
  forwardAll(): void {
    for (const envelope of this.pool.all()) this.options.forward(envelope.bytes);
  }

  /**
   * One envelope at a time is enough: while it is pending everywhere, every replica's patience with the leader is running.
   * Without this only the replica that was asked would give up on a dead leader, and one is not enough for a new term.
   */
  watchOldest(): void {
    const oldest = this.pool.oldestLocal();
    if (oldest === null || oldest.key === this.spreadKey) return;
    const waitedMs = this.options.clock.monotonicMs() - oldest.arrivedAtMs;
    if (waitedMs >= SPREAD_AFTER_MS || !this.options.leaderReachable()) {
      this.spreadKey = oldest.key;
      this.options.spread(oldest.bytes);
      return;
    }
    this.spreadTimer ??= this.options.timers.after(SPREAD_AFTER_MS - waitedMs, () => {
      this.spreadTimer = null;
      this.watchOldest();
    });
  }

  /** A block was executed: answers everyone who waited for its envelopes. */
  executed(block: Block, envelopes: readonly ExecutedEnvelope[]): void {
    for (const { hash, firstIndex, count } of envelopes) {
      if (!this.pool.has(hash)) continue;
      const { executor } = this.options;
      const first = executor.envelopePosition(Buffer.from(hash, 'hex'));
      const position = first ?? { height: block.header.height, firstIndex, count };
      this.answerAgain(position, (reply) => this.settle(hash, reply));
    }
    this.dropExpired(block.header.timeNs);
    this.watchOldest();
    this.options.changed();
  }

  /** Gives the results of an executed envelope, from the log if they are not in memory any more. */
  private answerAgain(position: EnvelopePosition, answer: Answer): void {
    const { executor, onFault } = this.options;
    const recent = executor.recentResults(position);
    if (recent !== null) {
      answer({ kind: 'final', ...recent });
      return;
    }
    executor
      .results(position)
      .then((results) =>
        answer(results === null ? { kind: 'refused', code: 'envelope_duplicate' } : { kind: 'final', ...results }),
      )
      .catch(onFault);
  }

  /** Ledger time has passed an envelope's expiry and it was not executed: now it never will be. */
  private dropExpired(ledgerTimeNs: bigint): void {
    if (this.pool.size === 0 || ledgerTimeNs < this.expiryCheckedNs + EXPIRY_CHECK_NS) return;
    this.expiryCheckedNs = ledgerTimeNs;
    const expired = [...this.pool.all()].filter((envelope) => envelope.outline.expiresAtNs <= ledgerTimeNs);
    for (const { key } of expired) this.settle(key, { kind: 'refused', code: 'envelope_expired' });
  }

  private settle(key: string, reply: SubmitReply): void {
    this.pool.remove(key);
    const waiting = this.waiters.get(key) ?? [];
    this.waiters.delete(key);
    for (const answer of waiting) answer(reply);
  }

  private wait(key: string, answer: Answer): boolean {
    const waiting = this.waiters.get(key);
    if (waiting === undefined) this.waiters.set(key, [answer]);
    else if (waiting.length < WAITERS_MAX) waiting.push(answer);
    else return false;
    return true;
  }

  private markProposed(block: Block): void {
    if (block.header.kind !== 'data') return;
    for (const envelope of decodeBody(block.body)) this.pool.markProposed(hex(scanEnvelope(envelope).hash));
  }

  private ledgerNowNs(): bigint {
    const wallNs = this.options.clock.wallNs();
    const { timeNs } = this.options.executor.ledger;
    return wallNs > timeNs ? wallNs : timeNs;
  }
}

function busy(): SubmitReply {
  return { kind: 'refused', code: 'busy', retryAfterMs: BUSY_RETRY_MS };
}

function outlineOf(bytes: Uint8Array): EnvelopeOutline | null {
  try {
    return scanEnvelope(bytes);
  } catch (error) {
    if (error instanceof CodecError) return null;
    throw error;
  }
}
