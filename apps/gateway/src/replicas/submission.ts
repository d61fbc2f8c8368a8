import { faultsTolerated, resultName } from '@quorate/protocol';
import type { SubmitReply } from '@quorate/transport';

import { GATEWAY_LIMITS } from '../limits';
import type { LedgerLink } from './ledger-link';
import type { ReplicaLink } from './replica-link';

/** What became of a submitted envelope. `unknown`: nobody answered in time; it may still become final. */
export type SubmitOutcome = SubmitReply | { readonly kind: 'unknown' };

/** An envelope's exact bytes, and how many results a valid answer has. */
export interface SubmittedEnvelope {
  readonly bytes: Uint8Array;
  readonly operationCount: number;
}

/** Times of a submission; the gateway's own unless a test shortens them. */
export interface SubmitTimes {
  readonly submitHedgeMs: number;
  readonly submitTotalMs: number;
}

/**
 * Submits an envelope: to the leader, and when that has not answered after a while or refuses, to all replicas.
 *
 * The first valid `final` answer wins: it is one replica's word, and the receipt is the proof. A refusal counts only when
 * f + 1 replicas (so at least one honest) or all that can be reached refuse, since one replica may lag or lie. The
 * leader's `busy` stands alone: asking the others would add load when there is too much already.
 */
export function submit(
  link: LedgerLink,
  envelope: SubmittedEnvelope,
  times: SubmitTimes = GATEWAY_LIMITS,
): Promise<SubmitOutcome> {
  return new Submission(link, envelope, times).run();
}

class Submission {
  private readonly refusals: Extract<SubmitReply, { kind: 'refused' }>[] = [];
  private readonly asked = new Set<ReplicaLink>();
  private waiting = 0;
  private widened = false;
  private settled = false;
  private resolve: (outcome: SubmitOutcome) => void = () => undefined;
  private readonly deadlineMs: number;

  constructor(
    private readonly link: LedgerLink,
    private readonly envelope: SubmittedEnvelope,
    private readonly times: SubmitTimes,
  ) {
    this.deadlineMs = performance.now() + times.submitTotalMs;
  }

  async run(): Promise<SubmitOutcome> {
    const [first] = await this.link.order();
    if (first === undefined) return { kind: 'unknown' };
    const outcome = new Promise<SubmitOutcome>((resolve) => (this.resolve = resolve));
    // When many submissions are already at all replicas, the next try comes after the same pause.
    const hedge = setInterval(() => this.widen(), this.times.submitHedgeMs);
    const end = setTimeout(() => this.settle(this.refusals[0] ?? { kind: 'unknown' }), this.times.submitTotalMs);
    this.ask(first, true);
    try {
      return await outcome;
    } finally {
      clearInterval(hedge);
      clearTimeout(end);
      if (this.widened) this.link.narrow();
    }
  }

  /** Asks every replica that was not asked yet, if there is room for that. */
  private widen(): void {
    if (this.settled || this.widened || !this.link.widen()) return;
    this.widened = true;
    this.link.doubtLeader();
    for (const replica of this.link.replicas) if (!this.asked.has(replica)) this.ask(replica, false);
    this.settleWhenNobodyIsLeft();
  }

  private ask(replica: ReplicaLink, isFirst: boolean): void {
    this.asked.add(replica);
    this.waiting += 1;
    const leftMs = Math.max(1, this.deadlineMs - performance.now());
    replica
      .exchange(leftMs, (connection) => connection.submit(this.envelope.bytes))
      .then(
        (reply) => this.heard(reply, isFirst),
        () => this.missed(),
      );
  }

  private heard(reply: SubmitReply, isFirst: boolean): void {
    this.waiting -= 1;
    if (reply.kind === 'final') {
      if (!this.isValid(reply)) return this.nothingFrom();
      this.link.noteHeight(reply.height);
      this.settle(reply);
      return;
    }
    this.refusals.push(reply);
    const enough = this.refusals.length > faultsTolerated(this.link.replicas.length);
    if (enough || (isFirst && reply.code === 'busy')) this.settle(reply);
    else this.widen();
    this.settleWhenNobodyIsLeft();
  }

  private missed(): void {
    this.waiting -= 1;
    this.nothingFrom();
  }

  /** A replica that cannot be reached, or talks nonsense: the others decide. */
  private nothingFrom(): void {
    this.widen();
    this.settleWhenNobodyIsLeft();
  }

  private isValid(reply: Extract<SubmitReply, { kind: 'final' }>): boolean {
    return (
      reply.codes.length === this.envelope.operationCount && reply.codes.every((code) => resultName(code) !== undefined)
    );
  }

  private settle(outcome: SubmitOutcome): void {
    this.settled = true;
    this.resolve(outcome);
  }

  private settleWhenNobodyIsLeft(): void {
    if (this.widened && this.waiting === 0) this.settle(this.refusals[0] ?? { kind: 'unknown' });
  }
}
