import { randomUUID } from 'node:crypto';
import { systemContext, type PlatformContext, type TenantContext } from '@quorate/tenancy';
import type { ApiDatabase, SystemDatabase, Transaction } from './connection';
import type { AcquiredRecord } from './fork-record';
import type { Cause } from './step-log';
import type { Participant } from './worker-store';

/** `create` puts everything final into the archive; `verify` restores a backup and compares it; a `drill` is that, by schedule. */
export type BackupRunKind = 'create' | 'verify' | 'drill';

/** What came of a run. */
export type BackupReport =
  | { readonly kind: 'created'; readonly height: number; readonly snapshotHeight: number }
  | {
      readonly kind: 'compared';
      /** Made from the archive alone, and made from the running replicas at the same height. */
      readonly restored: AcquiredRecord;
      readonly live: AcquiredRecord;
      /** Block, roots of history and state, counts and trial balance are the same. */
      readonly equal: boolean;
    };

/** One backup, check or drill. */
export interface BackupRun {
  readonly id: string;
  readonly ledgerId: string;
  readonly ledgerName: string;
  readonly kind: BackupRunKind;
  readonly state: 'requested' | 'done' | 'failed';
  readonly height: number | null;
  readonly report: BackupReport | null;
  readonly causeCode: string | null;
  readonly causeDetail: string | null;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
}

/** What came of asking for a run. */
export type BackupRunOutcome =
  | { readonly kind: 'accepted'; readonly run: BackupRun }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly code: 'LEDGER_NOT_ARCHIVED' | 'LEDGER_NOT_READY' | 'BACKUP_UNDER_WAY' };

/** What a worker needs for a run. */
export interface BackupTask {
  readonly id: string;
  readonly kind: BackupRunKind;
  readonly ledgerId: string;
  readonly height: number | null;
  readonly genesis: Uint8Array;
  /** A running replica of the ledger on the worker that asks. */
  readonly replicaId: string;
  readonly participant: Participant;
}

/** A worker that can do a run: it hosts a running replica of the ledger. */
export interface BackupDispatch {
  readonly runId: string;
  readonly workerId: string;
}

/** Runs that one answer carries at most. */
const runsPageMax = 100;
/** Runs of one ledger that are kept; the oldest go first. */
const runsPerLedgerMax = 200;
/** A run that was not done by then is given up: its worker is gone. */
const runMinutesMax = 60;
const dispatchesMax = 100;

const context = systemContext('backup');

const selectRun = `select b.id, b.ledger_id as "ledgerId", l.name as "ledgerName", b.kind, b.state, b.height::double precision as height,
  b.report, b.cause_code as "causeCode", b.cause_detail as "causeDetail", b.requested_at as "requestedAt", b.finished_at as "finishedAt"
  from backup_runs b join ledgers l on l.id = b.ledger_id`;

/** Backups, checks and drills: asked for by tenants or by schedule, done by workers. */
export class BackupStore {
  constructor(
    private readonly api: ApiDatabase | null,
    private readonly system: SystemDatabase,
  ) {}

  /** Asks for a run; nothing of another tenant's ledger is told. */
  request(
    tenant: TenantContext,
    ledgerId: string,
    kind: BackupRunKind,
    height: number | null,
  ): Promise<BackupRunOutcome> {
    return this.tenantDatabase.run(tenant, async (transaction): Promise<BackupRunOutcome> => {
      const [ledger] = await transaction.query<{ state: string; archived: boolean }[]>(
        'select state, archived from ledgers where id = $1 and tenant_id = $2',
        [ledgerId, tenant.tenantId],
      );
      if (!ledger) return { kind: 'unknown' };
      if (!ledger.archived) return { kind: 'refused', code: 'LEDGER_NOT_ARCHIVED' };
      if (ledger.state !== 'ready') return { kind: 'refused', code: 'LEDGER_NOT_READY' };
      const id = randomUUID();
      await transaction.query(
        `insert into backup_runs (id, tenant_id, ledger_id, kind, height) values ($1, $2, $3, $4, $5)
         on conflict (ledger_id) where state = 'requested' do nothing`,
        [id, tenant.tenantId, ledgerId, kind, height],
      );
      const [run] = await transaction.query<BackupRun[]>(`${selectRun} where b.id = $1`, [id]);
      return run === undefined ? { kind: 'refused', code: 'BACKUP_UNDER_WAY' } : { kind: 'accepted', run };
    });
  }

  /** The newest runs of a ledger; null when the tenant has no such ledger. */
  list(tenant: TenantContext, ledgerId: string): Promise<BackupRun[] | null> {
    return this.tenantDatabase.run(tenant, async (transaction) => {
      const ledgers = await transaction.query<unknown[]>('select 1 from ledgers where id = $1 and tenant_id = $2', [
        ledgerId,
        tenant.tenantId,
      ]);
      if (ledgers.length === 0) return null;
      return transaction.query<BackupRun[]>(
        `${selectRun} where b.ledger_id = $1 and b.tenant_id = $2 order by b.requested_at desc limit $3`,
        [ledgerId, tenant.tenantId, runsPageMax],
      );
    });
  }

  /** The newest drills of all tenants. */
  drills(_administrator: PlatformContext): Promise<BackupRun[]> {
    return this.system
      .direct(context)
      .query<BackupRun[]>(`${selectRun} where b.kind = 'drill' order by b.requested_at desc limit $1`, [runsPageMax]);
  }

  /** Asks for a drill of a ledger that is drawn at random; null when there is none to drill. */
  async drawDrill(): Promise<BackupRun | null> {
    return this.system.run(context, async (transaction) => {
      const rows = await transaction.query<{ id: string }[]>(
        `insert into backup_runs (id, tenant_id, ledger_id, kind)
         select $1, l.tenant_id, l.id, 'drill' from ledgers l
         where l.archived and l.state = 'ready'
           and not exists (select 1 from backup_runs b where b.ledger_id = l.id and b.state = 'requested')
         order by random() limit 1 on conflict (ledger_id) where state = 'requested' do nothing returning id`,
        [randomUUID()],
      );
      if (rows.length === 0) return null;
      const [run] = await transaction.query<BackupRun[]>(`${selectRun} where b.id = $1`, [rows[0].id]);
      return run ?? null;
    });
  }

  /** Gives up what nobody did, and names a worker for everything that waits. Handing a run out twice is harmless. */
  async dispatches(): Promise<BackupDispatch[]> {
    return this.system.run(context, async (transaction) => {
      await transaction.query(
        `update backup_runs set state = 'failed', cause_code = 'BACKUP_RUN_LOST', cause_detail = 'no worker did it in time',
           finished_at = clock_timestamp()
         where state = 'requested' and requested_at < now() - $1 * interval '1 minute'`,
        [runMinutesMax],
      );
      return transaction.query<BackupDispatch[]>(
        `select distinct on (b.id) b.id as "runId", r.worker_id as "workerId" from backup_runs b
           join replicas r on r.ledger_id = b.ledger_id and r.current and r.state = 'running'
           join workers w on w.id = r.worker_id and w.state <> 'stopped' and w.lease_expires_at > now()
         where b.state = 'requested' order by b.id, r.index limit $1`,
        [dispatchesMax],
      );
    });
  }

  /** What a worker has to do; null when it was done, or the worker has no running replica of the ledger. */
  async task(runId: string, workerId: string): Promise<BackupTask | null> {
    const rows = await this.system.direct(context).query<
      {
        kind: BackupRunKind;
        ledgerId: string;
        height: number | null;
        genesis: Buffer;
        replicaId: string;
        host: string;
        port: number;
        certificate: string;
      }[]
    >(
      `select b.kind, b.ledger_id as "ledgerId", b.height::double precision as height, l.genesis, r.id as "replicaId", r.host, r.port,
         r.certificate
       from backup_runs b join ledgers l on l.id = b.ledger_id
         join replicas r on r.ledger_id = l.id and r.worker_id = $2 and r.current and r.state = 'running'
       where b.id = $1 and b.state = 'requested' and l.genesis is not null order by r.index limit 1`,
      [runId, workerId],
    );
    const row = rows[0];
    if (!row) return null;
    const { host, port, certificate, genesis, ...task } = row;
    return { ...task, id: runId, genesis: new Uint8Array(genesis), participant: { host, port, certificate } };
  }

  /** Keeps what came of a run. */
  async finished(runId: string, outcome: BackupReport | Cause): Promise<void> {
    const failed = 'code' in outcome;
    await this.system.run(context, async (transaction) => {
      const [rows] = await transaction.query<[{ ledger_id: string }[], number]>(
        `update backup_runs set state = $2, report = $3::jsonb, cause_code = $4, cause_detail = $5, finished_at = clock_timestamp()
         where id = $1 and state = 'requested' returning ledger_id`,
        [
          runId,
          failed ? 'failed' : 'done',
          failed ? null : JSON.stringify(outcome),
          failed ? outcome.code : null,
          failed ? outcome.detail.slice(0, 500) : null,
        ],
      );
      if (rows[0]) await forgetOldRuns(transaction, rows[0].ledger_id);
    });
  }

  private get tenantDatabase(): ApiDatabase {
    if (this.api === null) throw new Error('a worker asks nothing in the name of a tenant');
    return this.api;
  }
}

async function forgetOldRuns(transaction: Transaction, ledgerId: string): Promise<void> {
  await transaction.query(
    `delete from backup_runs where ledger_id = $1 and id not in
       (select id from backup_runs where ledger_id = $1 order by requested_at desc limit $2)`,
    [ledgerId, runsPerLedgerMax],
  );
}
