import { invariant } from '@quorate/errors';
import type { Certificate } from '@quorate/protocol';
import type { AfterDurable, Block, Durable, PersistEffect, PromiseMessage, ProposeMessage, VoteState } from './types';
import { encodeVoteState } from './vote-state';

/**
 * The right to send proposals of one term at once (C-12). It exists only after the record that names the term as led is durable, so that a
 * replica which may have proposed in a term knows it after any crash.
 */
export class LeadPermit {
  /** Made by RecordBuilder.persisted only. */
  constructor(readonly term: number) {}
}

/** Marks the proposal as sendable before its own record: the permit's record already binds the leader (C-12). */
export function permitProposal(permit: LeadPermit, message: ProposeMessage): Durable<ProposeMessage> {
  invariant(permit.term === message.term, 'a proposal needs the permit of its own term', { term: message.term });
  return message as Durable<ProposeMessage>;
}

/** What became durable with a record. */
export interface Settled {
  readonly promises: readonly Durable<PromiseMessage>[];
  readonly permit: LeadPermit | null;
}

interface InFlight {
  readonly token: number;
  readonly promises: readonly AfterDurable[];
  readonly epoch: number;
  readonly ledTerm: number;
}

/** Collects what one event wants on disk into one journal record, and remembers what each record promises. */
export class RecordBuilder {
  private nextToken = 1;
  private inFlight: InFlight[] = [];
  private blocks: Block[] = [];
  private certificates: { height: number; certificate: Certificate }[] = [];
  private then: AfterDurable[] = [];
  private withVoteState = false;
  private ledTerm = 0;
  private epoch = 0;
  private urgent = false;

  addBlock(block: Block, urgent: boolean): void {
    this.blocks.push(block);
    this.urgent ||= urgent;
  }

  addCertificate(height: number, certificate: Certificate): void {
    this.certificates.push({ height, certificate });
  }

  /** A promise leaves only with the vote state that remembers it (C-10). */
  addPromise(epoch: number, message: PromiseMessage): void {
    this.then.push({ epoch, to: 'all', message });
    this.withVoteState = true;
    this.urgent = true;
  }

  /** The record makes `term` a term that this replica has led. */
  addLedTerm(term: number): void {
    this.ledTerm = term;
  }

  /** C-38: a member's first record of an epoch says that the votes of the one before are over. */
  beginEpoch(epoch: number, member: boolean): void {
    this.epoch = epoch;
    this.ledTerm = 0;
    this.withVoteState ||= member;
    this.urgent ||= member;
  }

  flush(voteState: VoteState): PersistEffect | null {
    if (this.blocks.length === 0 && this.certificates.length === 0 && !this.withVoteState) return null;
    const effect: PersistEffect = {
      kind: 'persist',
      token: this.nextToken,
      urgent: this.urgent,
      voteState: this.withVoteState ? encodeVoteState(voteState) : null,
      blocks: this.blocks,
      certificates: this.certificates,
      then: this.then,
    };
    this.inFlight.push({
      token: this.nextToken,
      promises: this.then,
      epoch: this.epoch,
      ledTerm: this.ledTerm,
    });
    this.nextToken += 1;
    this.blocks = [];
    this.certificates = [];
    this.then = [];
    this.withVoteState = false;
    this.urgent = false;
    this.ledTerm = 0;
    return effect;
  }

  /** All records up to `token` are durable. What they promised in an earlier epoch counts no more. */
  persisted(token: number): Settled {
    invariant(token < this.nextToken, 'a record is durable that was never asked for', { token });
    const promises: Durable<PromiseMessage>[] = [];
    let permit: LeadPermit | null = null;
    const durable = this.inFlight.filter((record) => record.token <= token);
    this.inFlight = this.inFlight.slice(durable.length);
    for (const record of durable) {
      for (const { epoch, message } of record.promises)
        if (epoch === this.epoch) promises.push(message as Durable<PromiseMessage>);
      if (record.ledTerm > 0 && record.epoch === this.epoch) permit = new LeadPermit(record.ledTerm);
    }
    return { promises, permit };
  }
}

/** A promise made again from the vote state that was read back from disk: the same bytes as before the crash. */
export function fromDisk<M extends PromiseMessage>(message: M): Durable<M> {
  return message as Durable<M>;
}
