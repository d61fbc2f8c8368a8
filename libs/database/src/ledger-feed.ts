import { databaseUrl, type Config } from '@quorate/config';
import { Client } from 'pg';
import { ledgerChannel } from './step-log';

const reconnectMs = 1_000;

/**
 * Hears from PostgreSQL which ledgers changed. A notice is a hint without content: the listener reads the state itself,
 * under its own tenant. While the connection is down notices are missed, so listeners also look from time to time.
 */
export class LedgerFeed {
  private client: Client | null = null;
  private closed = false;
  private retry: NodeJS.Timeout | null = null;
  private readonly listeners = new Map<string, Set<() => void>>();

  constructor(private readonly config: Config) {}

  async open(): Promise<void> {
    const client = new Client({
      connectionString: databaseUrl(this.config, 'quorate_system'),
      application_name: 'quorate:feed',
      keepAlive: true,
    });
    client.on('error', () => this.reconnectLater(client));
    client.on('end', () => this.reconnectLater(client));
    client.on('notification', (notice) => {
      for (const listener of this.listeners.get(notice.payload ?? '') ?? []) listener();
    });
    this.client = client;
    await client.connect();
    await client.query(`listen ${ledgerChannel}`);
  }

  /** Calls `listener` after each change of the ledger until the returned function is called. */
  listen(ledgerId: string, listener: () => void): () => void {
    const known = this.listeners.get(ledgerId) ?? new Set();
    known.add(listener);
    this.listeners.set(ledgerId, known);
    return () => {
      known.delete(listener);
      if (known.size === 0 && this.listeners.get(ledgerId) === known) this.listeners.delete(ledgerId);
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.retry) clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private reconnectLater(client: Client): void {
    if (this.closed || this.client !== client) return;
    this.client = null;
    client.end().catch(() => undefined);
    this.retry = setTimeout(() => {
      this.open().catch(() => {
        if (this.client) this.reconnectLater(this.client);
      });
    }, reconnectMs);
  }
}
