import type { PlatformContext } from '@quorate/tenancy';
import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase } from './connection';
import type { AccusedRecord } from './worker-store';

/** A worker as administrators see it. */
export interface FleetWorker {
  readonly id: string;
  readonly name: string;
  readonly state: 'active' | 'draining' | 'lost' | 'stopped';
  readonly leaseExpiresAt: Date;
  readonly replicas: number;
  readonly capacity: number;
  readonly load: { readonly cpu: number; readonly memoryBytes: number } | null;
  readonly startedAt: Date;
}

/** A tenant as administrators see it. */
export interface FleetTenant {
  readonly id: string;
  readonly name: string;
  readonly ledgers: number;
  readonly createdAt: Date;
}

/** A ledger as administrators see it: where it runs, never what is in it. */
export interface FleetLedger {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly class: string;
  readonly region: string;
  readonly state: string;
  readonly replicas: number;
  readonly replicasWanted: number;
  readonly epoch: number;
  readonly createdAt: Date;
  /** The members of the configuration in force, in order. */
  readonly members: readonly FleetReplica[];
  /** Null for a ledger that is not archived, or of which nothing was told yet. */
  readonly backup: FleetBackup | null;
  readonly archived: boolean;
  /** The newest first; only what more than a third of the members say, so that no liar accuses others. */
  readonly evidence: readonly AccusedRecord[];
}

/** A replica as administrators see it. */
export interface FleetReplica {
  readonly index: number;
  readonly workerName: string;
  readonly state: string;
  readonly height: number | null;
  readonly journalSpace: 'ample' | 'short' | 'none' | null;
  readonly journalDamage: number | null;
  /** It is to get another consensus key. */
  readonly keyRotating: boolean;
  /** ISO 8601; so is the next one. */
  readonly observedAt: string | null;
}

/** How far the archive of a ledger is behind, as the replica says that ships. */
export interface FleetBackup {
  readonly height: number;
  readonly lagBlocks: number;
  readonly lagSeconds: number;
  readonly error: string | null;
  readonly observedAt: string;
}

/** Rows that one answer carries at most. */
const rowsMax = 1_000;
const system = systemContext('fleet');

const iso = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const membersOf = `select coalesce(jsonb_agg(jsonb_build_object('index', r.index, 'workerName', r.worker_name, 'state', r.state,
    'height', r.height, 'journalSpace', r.journal_space, 'journalDamage', r.journal_damage, 'keyRotating', r.rotate_wanted,
    'observedAt', ${iso('r.observed_at')}) order by r.index), '[]')
  from replicas r where r.ledger_id = l.id and r.current and r.state <> 'destroyed'`;

const backupOf = `select jsonb_build_object('height', r.archived_height, 'lagBlocks', r.archive_lag_blocks,
    'lagSeconds', r.archive_lag_seconds, 'error', r.archive_error, 'observedAt', ${iso('r.observed_at')})
  from replicas r where r.ledger_id = l.id and r.current and r.archived_height is not null order by r.observed_at desc limit 1`;

const evidenceOf = `select coalesce(jsonb_agg(e.item order by (e.item ->> 'height')::bigint desc), '[]') from (
    select said.item from replicas r, jsonb_array_elements(r.evidence) said (item)
    where r.ledger_id = l.id and r.current group by said.item
    having 3 * count(*) > (select count(*) from replicas m where m.ledger_id = l.id and m.current)) e`;

/** What platform administrators see of all tenants; each method demands their context. */
export class FleetStore {
  constructor(private readonly database: SystemDatabase) {}

  workers(_context: PlatformContext): Promise<FleetWorker[]> {
    return this.readWorkers('true', []);
  }

  /** Tells a worker to take no new replicas, and the reconciler to move those it has; null when there is no such worker. */
  async drain(_context: PlatformContext, workerId: string): Promise<FleetWorker | null> {
    await this.database
      .direct(system)
      .query(`update workers set state = 'draining' where id = $1 and state = 'active'`, [workerId]);
    const found = await this.readWorkers('w.id = $1', [workerId]);
    return found[0] ?? null;
  }

  tenants(_context: PlatformContext): Promise<FleetTenant[]> {
    return this.database.direct(system).query<FleetTenant[]>(
      `select t.id, t.name, t.created_at as "createdAt",
         (select count(*) from ledgers l where l.tenant_id = t.id and l.state <> 'retired')::integer as ledgers
       from tenants t order by t.created_at desc limit $1`,
      [rowsMax],
    );
  }

  ledgers(_context: PlatformContext): Promise<FleetLedger[]> {
    return this.database.direct(system).query<FleetLedger[]>(
      `select l.id, l.name, l.tenant_id as "tenantId", t.name as "tenantName", l.class, l.region, l.state, l.created_at as "createdAt",
         l.epoch, l.replica_count as "replicasWanted", l.archived, (${membersOf}) as members, (${backupOf}) as backup, (${evidenceOf}) as evidence,
         (select count(*) from replicas r where r.ledger_id = l.id and r.current and r.state <> 'destroyed')::integer as replicas
       from ledgers l join tenants t on t.id = l.tenant_id order by l.created_at desc limit $1`,
      [rowsMax],
    );
  }

  private readWorkers(condition: string, values: readonly string[]): Promise<FleetWorker[]> {
    return this.database.direct(system).query<FleetWorker[]>(
      `select w.id, w.name, w.capacity, w.load, w.lease_expires_at as "leaseExpiresAt", w.started_at as "startedAt",
         case when w.state = 'stopped' then 'stopped' when w.lease_expires_at <= now() then 'lost' else w.state end as state,
         (select count(*) from replicas r where r.worker_id = w.id and r.state <> 'destroyed')::integer as replicas
       from workers w where ${condition} order by w.started_at limit ${rowsMax}`,
      [...values],
    );
  }
}
