import { PEERS_MAX } from '@quorate/consensus';
import { hex } from '@quorate/crypto';
import type { Configuration } from '@quorate/protocol';

function membersOf(configuration: Configuration): readonly string[] {
  return configuration.replicas.map(({ certificateHash }) => hex(certificateHash));
}

/**
 * Who is who among the other replicas, all named by the hash of their certificate. The core knows them by number: members of the current epoch
 * by index, any other by its place in the order in which it was first met, behind them.
 */
export class Roster {
  private members: readonly string[];
  private former: readonly string[] = [];
  private pending: readonly string[] = [];
  private readonly met: string[] = [];

  /** `self`: hash of the own certificate. */
  constructor(
    private readonly self: string,
    configuration: Configuration,
  ) {
    this.members = membersOf(configuration);
  }

  /** Another epoch began; those that left with the last one may still be served. */
  useConfiguration(configuration: Configuration): void {
    this.former = this.members;
    this.members = membersOf(configuration);
    this.pending = [];
  }

  /** Governance has signed this configuration to be the next one. */
  expect(configuration: Configuration): void {
    this.pending = membersOf(configuration);
  }

  /** The peer's number; null if there are none left, which only a host that is told of ever new replicas runs into. */
  numberOf(peer: string): number | null {
    const index = this.members.indexOf(peer);
    if (index >= 0) return index;
    let place = this.met.indexOf(peer);
    if (place < 0) {
      if (this.members.length + this.met.length >= PEERS_MAX) return null;
      place = this.met.push(peer) - 1;
    }
    return this.members.length + place;
  }

  peerOf(number: number): string | undefined {
    return number < this.members.length ? this.members[number] : this.met[number - this.members.length];
  }

  /** Every replica that was ever met, and all members. */
  get all(): readonly string[] {
    return this.without([...this.members, ...this.met]);
  }

  /** Replicas that governance let into this epoch, the one before or the next one: whoever else is linked does not get to see the ledger. */
  get admitted(): readonly string[] {
    return this.without([...this.members, ...this.former, ...this.pending]);
  }

  private without(peers: readonly string[]): readonly string[] {
    return [...new Set(peers)].filter((peer) => peer !== this.self);
  }
}
