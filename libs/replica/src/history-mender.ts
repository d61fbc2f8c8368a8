import { bodyMatches, decodeMessage, encodeMessageParts, makeBlock, type Block } from '@quorate/consensus';
import { CodecError } from '@quorate/codec';
import { equalBytes, hex } from '@quorate/crypto';
import type { Link, LinkEvents, Links, Timer, Timers } from '@quorate/runtime';
import { PEER_FRAMES } from './peer-frames';
import { ReplicaError } from './replica-error';

/** Every connected peer is asked this often for the block that is missing. */
const ASK_EVERY_MS = 100;

/**
 * So often each peer is asked before the block counts as lost everywhere. A peer that finds its own copy damaged starts again first, which
 * takes seconds.
 */
const ASKS_MAX = 100;

/** Peers that cannot be reached are waited for this many rounds. The process that gives up is started again. */
const ROUNDS_MAX = 600;

/** Blocks and requests for them belong to no epoch (docs/spec/consensus.md). */
const NO_EPOCH = 0;

/** A final block whose record was damaged. `id` is known from the block above it. */
export interface LostBlock {
  readonly height: number;
  readonly id: Uint8Array;
  /** Lowest of the heights that are damaged together with this one. */
  readonly fromHeight: number;
}

/** Where blocks come from that the journal lost. */
export interface BlockSource {
  /** `held` reads a block that this replica still has, for peers that miss it. Throws ReplicaError REPLICA_HISTORY_LOST. */
  fetch(lost: LostBlock, held: (key: string) => Promise<Block | null>): Promise<Block>;
}

interface Wanted {
  readonly lost: LostBlock;
  readonly held: (key: string) => Promise<Block | null>;
  readonly asked: Map<string, number>;
  rounds: number;
  readonly found: (block: Block) => void;
  readonly given: (error: unknown) => void;
}

/**
 * Fetches damaged blocks from peers before the replica starts, and serves peers in the same need. The id of a block is its hash, so that
 * a block needs no other proof; ids come down from a certified tip. Everything else that peers send is dropped: to
 * them the replica is not there yet.
 */
export class HistoryMender implements BlockSource, LinkEvents {
  private links: Links | null = null;
  private wanted: Wanted | null = null;
  private timer: Timer | null = null;

  constructor(
    /** Hashes of their certificates. */
    private readonly peers: readonly string[],
    private readonly timers: Timers,
    /** Called with the first block that is missing. */
    private readonly connect: () => Links,
  ) {}

  fetch(lost: LostBlock, held: Wanted['held']): Promise<Block> {
    return new Promise((found, given) => {
      this.wanted = { lost, held, asked: new Map(), rounds: 0, found, given };
      this.links ??= this.connect();
      this.ask();
    });
  }

  opened(link: Link): void {
    // Other replicas may serve clients; a peer is asked in the next round.
    if (link.party.kind === 'client') link.close();
  }

  closed(): void {
    // It is dialled again.
  }

  frame(link: Link, kind: number, payload: Uint8Array): void {
    if (link.party.kind !== 'peer' || kind !== PEER_FRAMES.message) return;
    try {
      const { message } = decodeMessage(payload);
      if (message.kind === 'block') this.take(message.headerBytes, message.body);
      if (message.kind === 'get-block') void this.serve(link.party.peer, hex(message.blockId));
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      link.close();
    }
  }

  private ask(): void {
    const { wanted, links } = this;
    if (wanted === null || links === null) return;
    const { id } = wanted.lost;
    wanted.rounds += 1;
    let patience = false;
    for (const peer of this.peers) {
      const asks = wanted.asked.get(peer) ?? 0;
      if (asks < ASKS_MAX) patience = true;
      if (!links.peerConnected(peer)) continue;
      wanted.asked.set(peer, asks + 1);
      links.sendToPeer(peer, PEER_FRAMES.message, ...encodeMessageParts(NO_EPOCH, { kind: 'get-block', blockId: id }));
    }
    if (patience && wanted.rounds < ROUNDS_MAX) this.timer = this.timers.after(ASK_EVERY_MS, () => this.ask());
    else this.giveUp(wanted);
  }

  private take(headerBytes: Uint8Array, body: Uint8Array): void {
    const { wanted } = this;
    if (wanted === null) return;
    const block = makeBlock(headerBytes.slice(), body.slice());
    if (!equalBytes(block.id, wanted.lost.id) || !bodyMatches(block.header, body)) return;
    this.timer?.cancel();
    this.wanted = null;
    wanted.found(block);
  }

  private async serve(peer: string, key: string): Promise<void> {
    // A record that cannot be read back is one of those that are missing here as well.
    const block = await this.wanted?.held(key).catch(() => null);
    if (block === null || block === undefined) return;
    const { headerBytes, body } = block;
    this.links?.sendToPeer(
      peer,
      PEER_FRAMES.message,
      ...encodeMessageParts(NO_EPOCH, { kind: 'block', headerBytes, body }),
    );
  }

  private giveUp({ lost, given }: Wanted): void {
    this.wanted = null;
    const { fromHeight, height } = lost;
    given(
      new ReplicaError(
        'REPLICA_HISTORY_LOST',
        `blocks ${fromHeight} to ${height} are damaged here, and no replica that can be reached has block ${height}`,
        { fromHeight, height, id: hex(lost.id) },
      ),
    );
  }
}
