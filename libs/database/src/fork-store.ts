import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase, Transaction } from './connection';
import type { AcquiredRecord, ForkPoint } from './fork-record';
import { appendSteps, type Cause } from './step-log';
import type { Participant } from './worker-store';

/** What a replica needs to make the state of a fork. */
export interface ForkOrigin {
  readonly ledgerId: string;
  readonly parentId: string;
  /** Whether the parent's history is in the installation's archive. */
  readonly parentArchived: boolean;
  readonly genesis: Uint8Array;
  readonly participants: readonly Participant[];
  readonly point: ForkPoint;
}

interface PlacedRow {
  readonly ledger_id: string;
  readonly index: number;
  readonly worker_name: string;
}

/** What went wrong will go wrong again: the ledger is given up at once. */
const FINAL_CAUSES: readonly string[] = ['PARENT_POINT_AHEAD', 'PARENT_PROOF_WRONG', 'PARENT_STATE_NOT_HELD'];

/** More than any number of attempts after which a replica is given up. */
const ATTEMPTS_OF_FINAL = 1_000;

const context = systemContext('worker');

/** What workers read and write while replicas make the state with which a fork begins. */
export class ForkStore {
  constructor(private readonly database: SystemDatabase) {}

  /** Where the state comes from; null once the replica has it, or when there is nothing to fork. */
  async origin(replicaId: string): Promise<ForkOrigin | null> {
    return this.database.run(context, async (transaction) => {
      const rows = await transaction.query<
        {
          ledger_id: string;
          parent_id: string;
          archived: boolean;
          genesis: Buffer;
          point: ForkPoint;
          height: string | null;
        }[]
      >(
        `select f.id as ledger_id, p.id as parent_id, p.archived, p.genesis, f.parent_point as point, f.parent_height as height
         from replicas r join ledgers f on f.id = r.ledger_id join ledgers p on p.id = f.parent_id
         where r.id = $1 and r.current and r.acquired is null and f.genesis is null and f.state = 'provisioning'
           and p.genesis is not null`,
        [replicaId],
      );
      const row = rows[0];
      if (!row) return null;
      const participants = await transaction.query<Participant[]>(
        `select r.host, r.port, r.certificate from replicas r join workers w on w.id = r.worker_id
         where r.ledger_id = $1 and r.current and r.state = 'running' and r.certificate is not null
           and w.state <> 'stopped' and w.lease_expires_at > now()
         order by r.height desc nulls last, r.index`,
        [row.parent_id],
      );
      const point = row.height === null ? row.point : { height: Number(row.height) };
      const { ledger_id: ledgerId, parent_id: parentId, archived: parentArchived } = row;
      return { ledgerId, parentId, parentArchived, genesis: new Uint8Array(row.genesis), participants, point };
    });
  }

  /** The height at which the fork begins; what was settled first counts. */
  async pointResolved(replicaId: string, height: number): Promise<void> {
    await this.database.direct(context).query(
      `update ledgers set parent_height = $2 where parent_height is null and id =
         (select ledger_id from replicas where id = $1)`,
      [replicaId, height],
    );
  }

  /** A replica has the state. */
  stateAcquired(replicaId: string, record: AcquiredRecord): Promise<void> {
    return this.change(replicaId, async (transaction, row) => {
      await transaction.query(
        `update replicas set acquired = $2::jsonb, requested_step = null, requested_at = null, retry_at = null, attempts = 0,
           cause_code = null, cause_detail = null where id = $1`,
        [replicaId, JSON.stringify(await withKnownTip(transaction, row.ledger_id, record))],
      );
      await appendSteps(transaction, row.ledger_id, [
        { step: 'acquire-state', state: 'done', replica: replicaOf(replicaId, row) },
      ]);
    });
  }

  /** A replica could not make the state; it tries again, unless nothing would be different then. */
  acquisitionFailed(replicaId: string, cause: Cause): Promise<void> {
    return this.change(replicaId, async (transaction, row) => {
      await transaction.query(
        `update replicas set attempts = attempts + $4, cause_code = $2, cause_detail = $3, requested_step = null, requested_at = null,
           retry_at = now() + least(250 * power(2, least(attempts, 10)), 10000) * interval '1 millisecond' where id = $1`,
        [replicaId, cause.code, cause.detail.slice(0, 500), FINAL_CAUSES.includes(cause.code) ? ATTEMPTS_OF_FINAL : 1],
      );
      await appendSteps(transaction, row.ledger_id, [
        { step: 'acquire-state', state: 'failed', replica: replicaOf(replicaId, row), cause },
      ]);
    });
  }

  private async change(
    replicaId: string,
    work: (transaction: Transaction, row: PlacedRow) => Promise<void>,
  ): Promise<void> {
    await this.database.run(context, async (transaction) => {
      const rows = await transaction.query<PlacedRow[]>(
        `select r.ledger_id, r.index, r.worker_name from replicas r join ledgers l on l.id = r.ledger_id
         where r.id = $1 and r.state = 'prepared' and r.acquired is null for update of l, r`,
        [replicaId],
      );
      if (rows[0]) await work(transaction, rows[0]);
    });
  }
}

/**
 * What the state was made from may lack blocks that the parent's replicas had told of before they were lost: the distance to the recovery point counts
 * them. When they were made is not known any more, but not later than they were told of.
 */
async function withKnownTip(transaction: Transaction, forkId: string, record: AcquiredRecord): Promise<AcquiredRecord> {
  const rows = await transaction.query<{ height: string; ns: string }[]>(
    `select r.height, (extract(epoch from r.observed_at) * 1000000)::bigint::text || '000' as ns
     from ledgers f join replicas r on r.ledger_id = f.parent_id
     where f.id = $1 and r.height is not null and r.observed_at is not null order by r.height desc, r.observed_at limit 1`,
    [forkId],
  );
  const known = rows[0];
  if (known === undefined || Number(known.height) <= record.tipHeight) return record;
  return { ...record, tipHeight: Number(known.height), tipTimeNs: known.ns };
}

function replicaOf(id: string, row: PlacedRow): { id: string; index: number; workerName: string } {
  return { id, index: row.index, workerName: row.worker_name };
}
