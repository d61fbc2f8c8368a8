import { CodecError } from '@quorate/codec';
import type { Link } from '@quorate/runtime';
import {
  CLIENT_FRAMES,
  decodeJson,
  decodeRequest,
  encodeJson,
  encodeSubmitReply,
  requestId,
  type BlockEvent,
} from '@quorate/transport';
import { answerChainRead } from './chain-frames';
import type { ChainSource } from './chain-source';
import type { Queries } from './queries';
import type { Submissions } from './submissions';

/** Queries of one client that may be under way at once: they read the disk. */
const QUERIES_MAX = 64;

/** Reads of the chain by one client that may be under way at once. */
const CHAIN_READS_MAX = 64;

/** Serves the links of clients: submissions, queries, reads of the chain and the stream of blocks. */
export class ClientDesk {
  private readonly subscribers = new Set<Link>();
  private readonly queriesUnderWay = new Map<Link, number>();
  private readonly readsUnderWay = new Map<Link, number>();

  constructor(
    private readonly submissions: Submissions,
    private readonly queries: Queries,
    private readonly chain: ChainSource,
    private readonly onFault: (error: unknown) => void,
  ) {}

  get hasSubscribers(): boolean {
    return this.subscribers.size > 0;
  }

  /** Handles one frame; false if it is not one that a client may send. */
  frame(link: Link, kind: number, payload: Uint8Array): boolean {
    switch (kind) {
      case CLIENT_FRAMES.submit: {
        const { id, content } = decodeRequest(payload);
        this.submissions.submit(content, true, (reply) =>
          link.send(CLIENT_FRAMES.submitReply, requestId(id), encodeSubmitReply(reply)),
        );
        return true;
      }
      case CLIENT_FRAMES.query: {
        const { id, content } = decodeRequest(payload);
        this.query(link, id, decodeJson(content));
        return true;
      }
      case CLIENT_FRAMES.chain: {
        const { id, content } = decodeRequest(payload);
        return this.readChain(link, id, content.slice());
      }
      case CLIENT_FRAMES.subscribe:
        if (payload[0] === 1) this.subscribers.add(link);
        else this.subscribers.delete(link);
        return true;
      default:
        return false;
    }
  }

  closed(link: Link): void {
    this.subscribers.delete(link);
    this.queriesUnderWay.delete(link);
    this.readsUnderWay.delete(link);
  }

  publish(event: BlockEvent): void {
    const payload = encodeJson(event);
    for (const link of this.subscribers) link.send(CLIENT_FRAMES.block, payload);
  }

  private readChain(link: Link, id: number, request: Uint8Array): boolean {
    const underWay = this.readsUnderWay.get(link) ?? 0;
    if (underWay >= CHAIN_READS_MAX) return false;
    this.readsUnderWay.set(link, underWay + 1);
    answerChainRead(this.chain, request).then(
      (content) => {
        this.readsUnderWay.set(link, (this.readsUnderWay.get(link) ?? 1) - 1);
        link.send(CLIENT_FRAMES.answer, requestId(id), content);
      },
      (error: unknown) => {
        if (error instanceof CodecError) link.close();
        else this.onFault(error);
      },
    );
    return true;
  }

  private query(link: Link, id: number, query: unknown): void {
    const underWay = this.queriesUnderWay.get(link) ?? 0;
    const answer = (content: unknown): void => void link.send(CLIENT_FRAMES.answer, requestId(id), encodeJson(content));
    if (underWay >= QUERIES_MAX) {
      answer({ height: 0, kind: 'error', code: 'busy', detail: 'too many queries at once' });
      return;
    }
    this.queriesUnderWay.set(link, underWay + 1);
    this.queries.answer(query).then(
      (content) => {
        this.queriesUnderWay.set(link, (this.queriesUnderWay.get(link) ?? 1) - 1);
        answer(content);
      },
      (error: unknown) => this.onFault(error),
    );
  }
}
