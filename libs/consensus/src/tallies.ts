import { equalBytes } from '@quorate/crypto';
import type { Certificate } from '@quorate/protocol';
import type { Committee } from './committee';

/** One vote as counted. `verified` = its signature has been checked (or made here). */
export interface CountedVote {
  readonly kind: 'prepare' | 'commit';
  readonly term: number;
  readonly slot: number;
  readonly blockId: Uint8Array;
  readonly replica: number;
  readonly signature: Uint8Array;
  readonly verified: boolean;
}

interface Tally {
  readonly term: number;
  readonly slot: number;
  readonly votes: (CountedVote | undefined)[];
  done: boolean;
}

/** What became of a vote. */
export type TallyOutcome =
  | { readonly kind: 'counted' }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'equivocation'; readonly earlier: CountedVote };

/**
 * Votes by kind, term and slot; at most one per replica (C-18). Signatures are verified only when a quorum of equal votes is
 * there, and no more of them than a certificate needs.
 */
export class Tallies {
  private readonly tallies = new Map<string, Tally>();

  constructor(private readonly committee: Committee) {}

  add(vote: CountedVote): TallyOutcome {
    const key = `${vote.kind} ${vote.term} ${vote.slot}`;
    let tally = this.tallies.get(key);
    if (tally === undefined) {
      tally = {
        term: vote.term,
        slot: vote.slot,
        votes: new Array<CountedVote | undefined>(this.committee.size).fill(undefined),
        done: false,
      };
      this.tallies.set(key, tally);
    }
    const earlier = tally.votes[vote.replica];
    if (earlier !== undefined && !equalBytes(earlier.blockId, vote.blockId)) return { kind: 'equivocation', earlier };
    if (tally.done || (earlier !== undefined && (earlier.verified || !vote.verified))) return { kind: 'ignored' };
    tally.votes[vote.replica] = vote;
    return this.complete(tally, vote);
  }

  /** Votes for other blocks of replicas that signed the certificate, at its position. */
  opposing({ kind, term, slot, blockId, signers }: Certificate): CountedVote[] {
    const votes = this.tallies.get(`${kind} ${term} ${slot}`)?.votes ?? [];
    return votes.filter(
      (vote): vote is CountedVote =>
        vote !== undefined && signers.includes(vote.replica) && !equalBytes(vote.blockId, blockId),
    );
  }

  /** Forgets terms below `term`, and in it slots below `slot`. */
  prune(term: number, slot: number): void {
    for (const [key, tally] of this.tallies) {
      if (tally.term < term || (tally.term === term && tally.slot < slot)) this.tallies.delete(key);
    }
  }

  private complete(tally: Tally, vote: CountedVote): TallyOutcome {
    const equal = tally.votes.filter(
      (other): other is CountedVote => other !== undefined && equalBytes(other.blockId, vote.blockId),
    );
    if (equal.length < this.committee.quorum) return { kind: 'counted' };
    const verified = equal.filter((other) => {
      if (other.verified || this.committee.verifyVote(other.kind, other.replica, other, other.signature)) {
        tally.votes[other.replica] = { ...other, verified: true };
        return true;
      }
      // The channel says who sent it, so a wrong signature only costs its sender the vote.
      tally.votes[other.replica] = undefined;
      return false;
    });
    if (verified.length < this.committee.quorum) return { kind: 'counted' };
    tally.done = true;
    const used = verified.slice(0, this.committee.quorum);
    const certificate: Certificate = {
      kind: vote.kind,
      epoch: this.committee.epoch,
      term: vote.term,
      slot: vote.slot,
      blockId: vote.blockId,
      signers: used.map((other) => other.replica),
      signatures: used.map((other) => other.signature),
    };
    return { kind: 'certificate', certificate };
  }
}
