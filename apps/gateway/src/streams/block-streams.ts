import type { LedgerLink } from '../replicas/ledger-link';

import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';
import { BlockFeed } from './block-feed';
import { EventStream } from './event-stream';

const retryAfterMs = 5_000;

/** Who reads a stream, of which ledger. */
export interface StreamReader {
  readonly tenantId: string;
  readonly link: LedgerLink;
  /** Asked again and again; a refusal ends the stream. */
  readonly stillAllowed: () => Promise<unknown>;
}

/** All open block streams of this gateway. */
export class BlockStreams {
  private readonly feeds = new Map<LedgerLink, BlockFeed>();
  /** Open streams and whose they are. */
  private readonly open = new Map<EventStream, string>();

  /** Opens a stream. Throws the problem STREAM_LIMITED. */
  start({ tenantId, link, stillAllowed }: StreamReader): EventStream {
    const feed = this.feeds.get(link) ?? new BlockFeed(link);
    if (!this.hasRoom(tenantId, feed)) {
      const detail = 'As many streams are open as this ledger, your institution or the gateway may have.';
      throw new GatewayProblem('STREAM_LIMITED', detail, { retryAfterMs });
    }
    this.feeds.set(link, feed);
    const stream = new EventStream();
    this.open.set(stream, tenantId);
    const stopListening = feed.listen((event) => stream.event('block', event));
    const heartbeat = setInterval(() => stream.heartbeat(), GATEWAY_LIMITS.streamHeartbeatMs);
    const check = setInterval(() => void stillAllowed().catch(() => stream.end()), GATEWAY_LIMITS.streamCheckMs);
    stream.readable.once('close', () => {
      clearInterval(heartbeat);
      clearInterval(check);
      stopListening();
      this.open.delete(stream);
      if (feed.listenerCount === 0) this.feeds.delete(link);
    });
    return stream;
  }

  endAll(): void {
    for (const stream of this.open.keys()) stream.end();
  }

  private hasRoom(tenantId: string, feed: BlockFeed): boolean {
    if (this.open.size >= GATEWAY_LIMITS.streamsMax) return false;
    if (feed.listenerCount >= GATEWAY_LIMITS.streamsPerLedgerMax) return false;
    let ofTenant = 0;
    for (const holder of this.open.values()) if (holder === tenantId) ofTenant += 1;
    return ofTenant < GATEWAY_LIMITS.streamsPerTenantMax;
  }
}
