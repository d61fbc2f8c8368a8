import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase } from './connection';

const context = systemContext('outbox');
const batchMax = 100;

/** Notices that were written together with what they tell of, and must leave after that transaction. */
export class OutboxStore {
  constructor(private readonly database: SystemDatabase) {}

  /**
   * Hands a batch of notices to `deliver` and removes them when it succeeded; otherwise they stay for the next time. A
   * notice may be delivered twice, also by two processes at once, but never lost. Returns how many there were.
   */
  async deliver(deliver: (ledgerIds: readonly string[]) => Promise<void>): Promise<number> {
    const manager = this.database.direct(context);
    const rows = await manager.query<{ id: string; ledger_id: string }[]>(
      'select id, ledger_id from outbox order by id limit $1',
      [batchMax],
    );
    if (rows.length === 0) return 0;
    await deliver([...new Set(rows.map((row) => row.ledger_id))]);
    await manager.query('delete from outbox where id = any($1::bigint[])', [rows.map((row) => row.id)]);
    return rows.length;
  }
}
