import type { Transaction } from './connection';

/** Why something failed or waits; `code` is stable, `detail` is for people. */
export interface Cause {
  readonly code: string;
  readonly detail: string;
}

/** One entry for a ledger's provisioning log. */
export interface StepEntry {
  readonly step: string;
  readonly state: 'started' | 'done' | 'failed';
  readonly replica?: { readonly id: string; readonly index: number; readonly workerName: string };
  readonly cause?: Cause;
}

/** Channel on which PostgreSQL tells that a ledger changed; the payload is the ledger's id. */
export const ledgerChannel = 'quorate_ledger';

/** A ledger keeps this many newest entries: a replica that fails for ever must not fill the disk. */
const stepsPerLedgerMax = 1_000;
const pruneEvery = 100;
const detailLengthMax = 500;

/**
 * Appends entries to a ledger's log and tells the listeners.
 *
 * The ledger's row lock is held until the transaction ends, so sequence numbers become visible in order: a reader
 * that continues after the last number it saw misses nothing.
 */
export async function appendSteps(
  transaction: Transaction,
  ledgerId: string,
  entries: readonly StepEntry[],
): Promise<void> {
  if (entries.length > 0) {
    const [rows] = await transaction.query<[{ last: number; tenant_id: string }[], number]>(
      `update ledgers set step_sequence = step_sequence + $2 where id = $1 returning step_sequence as last, tenant_id`,
      [ledgerId, entries.length],
    );
    const ledger = rows[0];
    if (!ledger) return;
    const first = ledger.last - entries.length + 1;
    await insertEntries(transaction, { ledgerId, tenantId: ledger.tenant_id, first }, entries);
    if (Math.floor(ledger.last / pruneEvery) !== Math.floor((first - 1) / pruneEvery)) {
      await transaction.query('delete from ledger_steps where ledger_id = $1 and sequence <= $2', [
        ledgerId,
        ledger.last - stepsPerLedgerMax,
      ]);
    }
  }
  await transaction.query('select pg_notify($1, $2)', [ledgerChannel, ledgerId]);
}

async function insertEntries(
  transaction: Transaction,
  place: { readonly ledgerId: string; readonly tenantId: string; readonly first: number },
  entries: readonly StepEntry[],
): Promise<void> {
  const rows = entries.map((entry, offset) => ({
    sequence: place.first + offset,
    step: entry.step,
    state: entry.state,
    replica_id: entry.replica?.id ?? null,
    replica_index: entry.replica?.index ?? null,
    worker_name: entry.replica?.workerName ?? null,
    cause_code: entry.cause?.code ?? null,
    cause_detail: entry.cause?.detail.slice(0, detailLengthMax) ?? null,
  }));
  // The elapsed time of an end is counted from the newest start of the same step of the same replica.
  await transaction.query(
    `insert into ledger_steps
       (tenant_id, ledger_id, sequence, step, state, replica_id, replica_index, worker_name, cause_code, cause_detail, elapsed_ms)
     select $1, $2, e.sequence, e.step, e.state, e.replica_id, e.replica_index, e.worker_name, e.cause_code, e.cause_detail,
       case when e.state = 'started' then null else (
         select extract(epoch from clock_timestamp() - s.at) * 1000 from ledger_steps s
         where s.ledger_id = $2 and s.step = e.step and s.state = 'started' and s.replica_id is not distinct from e.replica_id
         order by s.sequence desc limit 1) end
     from jsonb_to_recordset($3::jsonb) as e (sequence integer, step text, state text, replica_id uuid, replica_index integer,
       worker_name text, cause_code text, cause_detail text)
     order by e.sequence`,
    [place.tenantId, place.ledgerId, JSON.stringify(rows)],
  );
}
