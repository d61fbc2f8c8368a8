import { Readable } from 'node:stream';

import { GATEWAY_LIMITS } from '../limits';

/** Server-sent events to one reader. A reader that falls too far behind is cut off; it may connect again. */
export class EventStream {
  readonly readable = new Readable({ read: () => undefined });
  private ended = false;

  constructor() {
    this.readable.push('retry: 1000\n\n');
  }

  event(name: string, data: unknown): void {
    this.push(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  heartbeat(): void {
    this.push(': heartbeat\n\n');
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.readable.push(null);
  }

  private push(text: string): void {
    if (this.ended) return;
    if (this.readable.readableLength + text.length > GATEWAY_LIMITS.streamBacklogBytesMax) {
      this.ended = true;
      this.readable.destroy();
      return;
    }
    this.readable.push(text);
  }
}
