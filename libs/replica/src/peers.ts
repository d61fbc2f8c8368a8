import { encodeMessageParts, type Message, type Recipient } from '@quorate/consensus';
import type { Configuration } from '@quorate/protocol';
import type { Links } from '@quorate/runtime';
import type { BlockStore } from './block-store';
import { PEER_FRAMES } from './peer-frames';
import { Roster } from './roster';

/** Messages that show nothing of what the ledger holds. */
const OPEN_MESSAGES: ReadonlySet<Message['kind']> = new Set([
  'status',
  'executed',
  'get-block',
  'get-range',
  'ready',
  'epoch-end',
]);

/** What the peers are reached with. */
export interface PeersOptions {
  /** Hash of the own certificate. */
  readonly self: string;
  readonly configuration: Configuration;
  readonly store: BlockStore;
}

/** The other replicas: sends to them, by the numbers that the core uses, and serves blocks to those that governance has admitted. */
export class Peers {
  private readonly roster: Roster;
  private links: Links | null = null;
  private epoch: number;

  constructor(private readonly options: PeersOptions) {
    this.roster = new Roster(options.self, options.configuration);
    this.epoch = options.configuration.epoch;
  }

  useLinks(links: Links): void {
    this.links = links;
  }

  close(): void {
    this.links?.close();
    this.links = null;
  }

  useConfiguration(configuration: Configuration): void {
    this.epoch = configuration.epoch;
    this.roster.useConfiguration(configuration);
  }

  expect(configuration: Configuration): void {
    this.roster.expect(configuration);
  }

  /** Number under which the core knows the peer; null if it cannot be given one. */
  numberOf(peer: string): number | null {
    return this.roster.numberOf(peer);
  }

  /** Whether governance let this replica into the ledger. */
  admits(peer: string): boolean {
    return this.roster.admitted.includes(peer);
  }

  isLinked(number: number): boolean {
    const peer = this.roster.peerOf(number);
    return peer !== undefined && this.links?.peerConnected(peer) === true;
  }

  /** Numbers of all peers to which there is a link. */
  get linked(): readonly number[] {
    const linked = this.roster.all.filter((peer) => this.links?.peerConnected(peer) === true);
    return linked.map((peer) => this.roster.numberOf(peer)).filter((number) => number !== null);
  }

  send(epoch: number, to: Recipient, message: Message): void {
    const open = OPEN_MESSAGES.has(message.kind);
    const { admitted } = this.roster;
    if (to === 'all') {
      const peers = open ? this.roster.all : admitted;
      this.links?.sendToPeers(peers, PEER_FRAMES.message, ...encodeMessageParts(epoch, message));
      return;
    }
    const peer = this.roster.peerOf(to);
    if (peer !== undefined && (open || admitted.includes(peer)))
      this.links?.sendToPeer(peer, PEER_FRAMES.message, ...encodeMessageParts(epoch, message));
  }

  sendFrame(number: number, kind: number, payload: Uint8Array): void {
    const peer = this.roster.peerOf(number);
    if (peer !== undefined && this.roster.admitted.includes(peer)) this.links?.sendToPeer(peer, kind, payload);
  }

  /** Sends to every replica that may see the ledger. */
  spread(kind: number, payload: Uint8Array): void {
    this.links?.sendToPeers(this.roster.admitted, kind, payload);
  }

  serveEpochEnd(to: number, epoch: number): void {
    const end = this.options.store.epochEnd(epoch);
    if (end !== null) this.send(this.epoch, to, { kind: 'epoch-end', ...end });
  }
}
