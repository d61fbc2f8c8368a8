import { CodecError, Reader, Writer } from '@quorate/codec';
import type { Link, Timers } from '@quorate/runtime';
import { NOTHING_HELD, RemoteChain, answerChainRead } from './chain-frames';
import type { ChainSource } from './chain-source';
import { PEER_FRAMES } from './peer-frames';
import { ReplicaError } from './replica-error';

/** An answer is waited for this long. */
const ANSWER_MS_MAX = 5_000;

/** Reads of one peer that are answered at once; whoever asks keeps below it. */
const READS_PER_PEER_MAX = 64;

const ID_BYTES = 4;

/** What reads are answered from, and for whom. */
export interface PeerReadsOptions {
  readonly timers: Timers;
  /** Null before the replica runs. */
  readonly chain: () => ChainSource | null;
  /** Whether governance let this replica see the ledger. */
  readonly admits: (peer: string) => boolean;
  readonly onFault: (error: unknown) => void;
}

/** Reads of the chain and the state between replicas: a request is a number and a question, its answer the number and the content. */
export class PeerReads {
  private readonly links = new Map<string, Link>();
  private readonly waiting = new Map<number, (content: Uint8Array) => void>();
  private readonly underWay = new Map<Link, number>();
  private lastId = 0;

  constructor(private readonly options: PeerReadsOptions) {}

  /** The chains of the peers to which there are links. */
  get chains(): ChainSource[] {
    return [...this.links.values()].map((link) => new RemoteChain({ readChain: (request) => this.ask(link, request) }));
  }

  /** The links to peers that there are. */
  get openLinks(): readonly Link[] {
    return [...this.links.values()];
  }

  opened(link: Link): void {
    if (link.party.kind === 'peer') this.links.set(link.party.peer, link);
  }

  closed(link: Link): void {
    if (link.party.kind === 'peer' && this.links.get(link.party.peer) === link) this.links.delete(link.party.peer);
    this.underWay.delete(link);
  }

  /** Takes a frame; false if it is of another kind. */
  frame(link: Link, kind: number, payload: Uint8Array): boolean {
    if (link.party.kind !== 'peer') return false;
    if (kind === PEER_FRAMES.read) this.serve(link, link.party.peer, payload.slice());
    else if (kind === PEER_FRAMES.readAnswer && payload.length > ID_BYTES) {
      const id = new Reader(payload).u32();
      this.waiting.get(id)?.(payload.slice(ID_BYTES));
    } else return false;
    return true;
  }

  private serve(link: Link, peer: string, payload: Uint8Array): void {
    const chain = this.options.chain();
    const underWay = this.underWay.get(link) ?? 0;
    if (chain === null) {
      // It has nothing yet: whoever asks need not wait.
      link.send(PEER_FRAMES.readAnswer, payload.subarray(0, ID_BYTES), NOTHING_HELD);
      return;
    }
    // To whoever is not let in, this replica is not there.
    if (!this.options.admits(peer) || underWay >= READS_PER_PEER_MAX) return;
    this.underWay.set(link, underWay + 1);
    answerChainRead(chain, payload.subarray(ID_BYTES))
      .then(
        (content) => void link.send(PEER_FRAMES.readAnswer, payload.subarray(0, ID_BYTES), content),
        (error: unknown) => {
          if (error instanceof CodecError) link.close();
          else if (!(error instanceof ReplicaError)) this.options.onFault(error);
        },
      )
      .finally(() => this.underWay.set(link, (this.underWay.get(link) ?? 1) - 1));
  }

  private ask(link: Link, request: Uint8Array): Promise<Uint8Array> {
    this.lastId = (this.lastId + 1) % 0x1_0000_0000;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      const timer = this.options.timers.after(ANSWER_MS_MAX, () => {
        this.waiting.delete(id);
        reject(new ReplicaError('REPLICA_PEER_SILENT', 'a peer did not answer in time'));
      });
      this.waiting.set(id, (content) => {
        timer.cancel();
        this.waiting.delete(id);
        resolve(content);
      });
      link.send(PEER_FRAMES.read, new Writer(ID_BYTES).u32(id).finish(), request);
    });
  }
}
