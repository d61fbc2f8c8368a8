import type { BlockEvent } from '@quorate/transport';

import { GATEWAY_LIMITS } from '../limits';
import type { LedgerLink } from '../replicas/ledger-link';

/**
 * Follows one ledger's blocks on one connection and tells all who listen. When the connection ends, it goes on with
 * another replica; heights that were told are not told again.
 */
export class BlockFeed {
  private readonly listeners = new Set<(event: BlockEvent) => void>();
  private unsubscribe: (() => void) | null = null;
  private retry: NodeJS.Timeout | null = null;
  private toldHeight = -1;
  private attaching = false;

  constructor(private readonly link: LedgerLink) {}

  get listenerCount(): number {
    return this.listeners.size;
  }

  listen(listener: (event: BlockEvent) => void): () => void {
    this.listeners.add(listener);
    void this.attach();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.detach();
    };
  }

  private async attach(): Promise<void> {
    if (this.attaching || this.unsubscribe !== null || this.listeners.size === 0) return;
    this.attaching = true;
    try {
      for (const replica of await this.link.order()) {
        const connection = await replica.connection().catch(() => null);
        if (connection === null) continue;
        this.unsubscribe = connection.subscribe((event) => this.tell(event));
        const lost = () => this.reattach();
        connection.closed.then(lost, lost);
        return;
      }
      this.reattach();
    } finally {
      this.attaching = false;
      if (this.listeners.size === 0) this.detach();
    }
  }

  private reattach(): void {
    this.unsubscribe = null;
    if (this.retry !== null || this.listeners.size === 0) return;
    this.retry = setTimeout(() => {
      this.retry = null;
      void this.attach();
    }, GATEWAY_LIMITS.reconnectAfterMs);
  }

  private detach(): void {
    this.unsubscribe?.();
    this.unsubscribe = null;
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
  }

  private tell(event: BlockEvent): void {
    if (event.height <= this.toldHeight) return;
    this.toldHeight = event.height;
    this.link.noteHeight(event.height);
    for (const listener of this.listeners) listener(event);
  }
}
