import type { LedgerLink } from '../replicas/ledger-link';

import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';
import { BlockFeed } from './block-feed';
import { EventStream } from './event-stream';

const retryAfterMs = 5_000;

/** All open block streams of this gateway. */
export class BlockStreams {
  private readonly feeds = new Map<LedgerLink, BlockFeed>();
  private readonly open = new Set<EventStream>();

  /** Opens a stream; `stillAllowed` is asked at each heartbeat, and its refusal ends the stream. */
  start(link: LedgerLink, stillAllowed: () => Promise<unknown>): EventStream {
    const feed = this.feeds.get(link) ?? new BlockFeed(link);
    if (this.open.size >= GATEWAY_LIMITS.streamsMax || feed.listenerCount >= GATEWAY_LIMITS.streamsPerLedgerMax) {
      throw new GatewayProblem('STREAM_LIMITED', 'As many streams are open as this ledger or gateway serves.', {
        retryAfterMs,
      });
    }
    this.feeds.set(link, feed);
    const stream = new EventStream();
    this.open.add(stream);
    const stopListening = feed.listen((event) => stream.event('block', event));
    const heartbeat = setInterval(() => {
      stream.heartbeat();
      stillAllowed().catch(() => stream.end());
    }, GATEWAY_LIMITS.streamHeartbeatMs);
    stream.readable.once('close', () => {
      clearInterval(heartbeat);
      stopListening();
      this.open.delete(stream);
      if (feed.listenerCount === 0) this.feeds.delete(link);
    });
    return stream;
  }

  endAll(): void {
    for (const stream of this.open) stream.end();
  }
}
