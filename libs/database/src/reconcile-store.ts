import { randomUUID } from 'node:crypto';
import { invariant } from '@quorate/errors';
import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase, Transaction } from './connection';
import type { LedgerOperator, LedgerState, ShredCertificate } from './entities/ledger.entity';
import type { ReplicaState } from './entities/replica.entity';
import type { AcquiredRecord } from './fork-record';
import { shredLedger } from './key-store';
import { appendSteps, type Cause, type StepEntry } from './step-log';

/** A job that a worker was asked to do for a replica. */
export type RequestedStep = 'prepare-replica' | 'acquire-state' | 'start-replica' | 'rotate-key' | 'destroy-replica';

/** A replica with everything the reconciler decides on; times in milliseconds of the database's clock. */
export interface ReconcileReplica {
  readonly id: string;
  readonly index: number;
  readonly role: 'member' | 'joiner' | 'leaver';
  readonly replaceWanted: boolean;
  readonly rotateWanted: boolean;
  /** What it last reported of its epoch; null before it reported any. */
  readonly epoch: number | null;
  readonly configHash: string | null;
  readonly handedOver: boolean | null;
  readonly workerId: string;
  readonly workerName: string;
  readonly state: ReplicaState;
  readonly attempts: number;
  readonly causeCode: string | null;
  readonly causeDetail: string | null;
  readonly requestedStep: RequestedStep | null;
  readonly requestedAtMs: number | null;
  readonly retryAtMs: number | null;
  readonly consensusKey: string | null;
  /** The key it made for the next configuration. */
  readonly nextConsensusKey: string | null;
  readonly certificate: string | null;
  /** What it told of the state that it made for a fork. */
  readonly acquired: AcquiredRecord | null;
}

/** A worker with its lease judged by the database's clock. */
export interface ReconcileWorker {
  readonly id: string;
  readonly name: string;
  readonly standing: 'active' | 'draining' | 'lost' | 'stopped';
  readonly free: number;
  /** When its lease ran out or it stopped; null while it beats. */
  readonly downSinceMs: number | null;
}

/** A configuration signed for the epoch after the one in force. */
export interface ReconcileConfiguration {
  readonly hash: string;
  readonly members: readonly string[];
}

/** A configuration with everything that makes it count. */
export interface SignedDocument {
  readonly hash: string;
  readonly document: Uint8Array;
  readonly signature: Uint8Array;
  /** Ids of its replicas in order. */
  readonly members: readonly string[];
}

/** One ledger, its replicas and the fleet, read in one transaction. */
export interface ReconcileView {
  readonly ledgerId: string;
  readonly tenantId: string;
  readonly state: LedgerState;
  readonly replicaCount: number;
  readonly operator: LedgerOperator;
  /** The ledger of which this one is a fork; the height once it is settled. */
  readonly parent: { readonly ledgerId: string; readonly height: number | null } | null;
  readonly hasGenesis: boolean;
  readonly epoch: number;
  /** Signed for the next epoch, oldest first. */
  readonly signed: readonly ReconcileConfiguration[];
  readonly createdAtMs: number;
  readonly cause: Cause | null;
  readonly nowMs: number;
  readonly replicas: readonly ReconcileReplica[];
  readonly workers: readonly ReconcileWorker[];
}

const context = systemContext('reconciler');
/** Key of the lock under which places are given out: two ledgers must not take a worker's last place. */
const placementLock = 0x504c_4143;
const resyncBatchMax = 500;

/** Reads and changes one ledger's provisioning state under its row lock. */
export class ReconcileStore {
  constructor(private readonly database: SystemDatabase) {}

  /** Opens a ledger for one reconciliation; `work` does not run when there is no such ledger. All or nothing is kept. */
  async reconcile(ledgerId: string, work: (session: ReconcileSession) => Promise<void>): Promise<void> {
    await this.database.run(context, async (transaction) => {
      const view = await readView(transaction, ledgerId);
      if (!view) return;
      const session = new ReconcileSession(transaction, view);
      await work(session);
      await session.flush();
    });
  }

  /** Turns ledgers whose time is over to retiring; returns them. */
  async expireLedgers(): Promise<string[]> {
    return this.database.run(context, async (transaction) => {
      const [rows] = await transaction.query<[{ id: string }[], number]>(
        `update ledgers set state = 'retiring', cause_code = 'LEDGER_EXPIRED', cause_detail = 'the time to live is over'
         where id in (select id from ledgers where expires_at <= now() and state not in ('retiring', 'retired')
           order by expires_at limit $1 for update skip locked)
         returning id`,
        [resyncBatchMax],
      );
      for (const { id } of rows) await appendSteps(transaction, id, [{ step: 'expire', state: 'done' }]);
      return rows.map((row) => row.id);
    });
  }

  /**
   * Destroys the keys of retired ledgers whose archive need not be kept any longer, and keeps what `certify` makes of the statement about it. A
   * fork that still brings the state of such a ledger keeps the archive readable until it has it.
   */
  async shredRetired(certify: (statement: string) => ShredCertificate): Promise<void> {
    await this.database.run(context, async (transaction) => {
      const rows = await transaction.query<{ id: string }[]>(
        `select l.id from ledgers l where l.state = 'retired' and l.archive_until <= now() and l.shred_certificate is null
           and not exists (select from ledgers f where f.parent_id = l.id and f.state = 'provisioning' and f.genesis is null)
         order by l.archive_until limit $1 for update of l skip locked`,
        [resyncBatchMax],
      );
      for (const { id } of rows) {
        await shredLedger(transaction, id, certify);
        await appendSteps(transaction, id, [{ step: 'shred-keys', state: 'done' }]);
      }
    });
  }

  /** The database's clock, by which leases are judged. */
  async nowMs(): Promise<number> {
    const [row] = await this.database
      .direct(context)
      .query<{ now: number }[]>('select (extract(epoch from clock_timestamp()) * 1000)::double precision as now');
    return row?.now ?? 0;
  }

  /** Ledgers that are not as they should be, whatever triggers were lost. */
  async unsettledLedgers(): Promise<string[]> {
    const rows = await this.database.direct(context).query<{ id: string }[]>(
      `select l.id from ledgers l where l.state in ('provisioning', 'retiring')
       union
       select r.ledger_id from replicas r join ledgers l on l.id = r.ledger_id
       where r.state <> 'destroyed' and l.state <> 'retired'
         and (l.state = 'failed' or not r.current or r.state in ('failed', 'stopped', 'placed'))
       union
       select l.id from ledgers l where l.state = 'ready' and (l.cause_code is not null or l.replica_count <>
         (select count(*) from replicas r where r.ledger_id = l.id and r.current))
       union
       select r.ledger_id from replicas r join workers w on w.id = r.worker_id join ledgers l on l.id = r.ledger_id
       where l.state = 'ready' and r.current and (r.replace_wanted or r.rotate_wanted or w.state <> 'active' or w.lease_expires_at <= now())
       union
       select c.ledger_id from configurations c join ledgers l on l.id = c.ledger_id
       where l.state = 'ready' and c.epoch > l.epoch
       limit $1`,
      [resyncBatchMax],
    );
    return rows.map((row) => row.id);
  }
}

/** The changes of one reconciliation. */
export class ReconcileSession {
  private readonly entries: StepEntry[] = [];
  private changed = false;

  constructor(
    private readonly transaction: Transaction,
    readonly view: ReconcileView,
  ) {}

  /** Gives a place to a new replica, instead of another one if `replaces` names it. Returns the new replica's id. */
  async placeReplica(index: number, worker: ReconcileWorker, replaces: string | null): Promise<string> {
    if (replaces !== null)
      await this.transaction.query('update replicas set current = false where id = $1', [replaces]);
    const id = randomUUID();
    await this.transaction.query(
      `insert into replicas (id, tenant_id, ledger_id, index, worker_id, worker_name, state) values ($1, $2, $3, $4, $5, $6, 'placed')`,
      [id, this.view.tenantId, this.view.ledgerId, index, worker.id, worker.name],
    );
    this.entries.push({ step: 'place-replica', state: 'done', replica: { id, index, workerName: worker.name } });
    return id;
  }

  /** Gives a place to a replica that is to join a running ledger. Returns its id. */
  async placeJoiner(index: number, worker: ReconcileWorker): Promise<string> {
    const id = randomUUID();
    await this.transaction.query(
      `insert into replicas (id, tenant_id, ledger_id, index, worker_id, worker_name, state, current, joining)
       values ($1, $2, $3, $4, $5, $6, 'placed', false, true)`,
      [id, this.view.tenantId, this.view.ledgerId, index, worker.id, worker.name],
    );
    this.entries.push({ step: 'place-replica', state: 'done', replica: { id, index, workerName: worker.name } });
    return id;
  }

  /** Gives a joiner up that no configuration names. */
  async discardJoiner(replica: Pick<ReconcileReplica, 'id' | 'index' | 'workerName'>): Promise<void> {
    await this.transaction.query('update replicas set joining = false where id = $1', [replica.id]);
    this.entries.push({ step: 'discard-joiner', state: 'done', replica });
  }

  /** The documents from which the configuration in force follows: the genesis, and the adopted one of a later epoch. */
  async documentsInForce(): Promise<{ readonly genesis: Uint8Array; readonly configuration: Uint8Array | null }> {
    const rows = await this.transaction.query<{ genesis: Buffer; document: Buffer | null }[]>(
      `select l.genesis, c.document from ledgers l
         left join configurations c on c.ledger_id = l.id and c.epoch = l.epoch and c.adopted_at is not null
       where l.id = $1`,
      [this.view.ledgerId],
    );
    const row = rows[0];
    invariant(row !== undefined && (this.view.epoch === 1 || row.document !== null), 'an epoch has a configuration', {
      ledgerId: this.view.ledgerId,
    });
    return {
      genesis: new Uint8Array(row.genesis),
      configuration: row.document === null ? null : new Uint8Array(row.document),
    };
  }

  /** Keeps a configuration for the next epoch; the workers hand out the newest one. */
  async keepConfiguration({ hash, document, signature, members }: SignedDocument): Promise<void> {
    const { tenantId, ledgerId, epoch } = this.view;
    await this.transaction.query(
      `insert into configurations (tenant_id, ledger_id, epoch, hash, document, signature, members)
       values ($1, $2, $3, $4, $5, $6, $7::uuid[])`,
      [tenantId, ledgerId, epoch + 1, hash, Buffer.from(document), Buffer.from(signature), members],
    );
    this.entries.push({ step: 'sign-configuration', state: 'done' }, { step: 'change-epoch', state: 'started' });
  }

  /** Takes note that a configuration is in force: its replicas are the members now, and no others are. */
  async adoptConfiguration(hash: string): Promise<void> {
    const { ledgerId, epoch, signed } = this.view;
    const members = signed.find((configuration) => configuration.hash === hash)?.members ?? [];
    invariant(members.length > 0, 'only what was signed can be in force', { ledgerId });
    await this.transaction.query(
      `update configurations set adopted_at = clock_timestamp() where id =
         (select max(id) from configurations where ledger_id = $1 and epoch = $2 and hash = $3)`,
      [ledgerId, epoch + 1, hash],
    );
    await this.transaction.query('update ledgers set epoch = $2 where id = $1', [ledgerId, epoch + 1]);
    await this.transaction.query(
      'update replicas set current = false, joining = false, replace_wanted = false where ledger_id = $1',
      [ledgerId],
    );
    // A key that was made after the configuration was signed waits for the one after it.
    await this.transaction.query(
      `update replicas r set consensus_key = r.next_consensus_key, next_consensus_key = null, rotate_wanted = false
       from configurations c where r.ledger_id = $1 and c.ledger_id = $1 and c.epoch = $2 and c.adopted_at is not null
         and position(decode(r.next_consensus_key, 'hex') in c.document) > 0`,
      [ledgerId, epoch + 1],
    );
    await this.transaction.query(
      `update replicas r set current = true, index = o.position - 1
       from unnest($2::uuid[]) with ordinality as o (id, position) where r.id = o.id and r.ledger_id = $1`,
      [ledgerId, members],
    );
    this.entries.push({ step: 'change-epoch', state: 'done' });
  }

  /** Notes that jobs are handed to workers, so that they are not handed out again before their time. */
  async noteRequests(
    step: RequestedStep,
    replicas: readonly { readonly id: string; readonly index: number; readonly workerName: string }[],
  ): Promise<void> {
    if (replicas.length === 0) return;
    await this.transaction.query(
      'update replicas set requested_step = $2, requested_at = clock_timestamp() where id = any($1)',
      [replicas.map((replica) => replica.id), step],
    );
    for (const { id, index, workerName } of replicas)
      this.entries.push({ step, state: 'started', replica: { id, index, workerName } });
  }

  /** The parent's replicas that run, which have to let the replicas of the fork in. */
  async parentReplicas(): Promise<readonly { readonly id: string; readonly workerId: string }[]> {
    return this.transaction.query<{ id: string; workerId: string }[]>(
      `select id, worker_id as "workerId" from replicas where ledger_id = $1 and current and state = 'running'`,
      [this.view.parent?.ledgerId ?? null],
    );
  }

  /** Writes the genesis; it is written once and never again. */
  async writeGenesis(genesis: Uint8Array, genesisId: string, origin: AcquiredRecord | null): Promise<void> {
    if (origin !== null)
      await this.transaction.query('update ledgers set parent_state = $2::jsonb where id = $1', [
        this.view.ledgerId,
        JSON.stringify(origin),
      ]);
    await this.transaction.query('update ledgers set genesis = $2, genesis_id = $3 where id = $1 and genesis is null', [
      this.view.ledgerId,
      Buffer.from(genesis),
      genesisId,
    ]);
    this.entries.push({ step: 'write-genesis', state: 'done' });
  }

  /** Nothing of the ledger runs any more: its keys are destroyed, at once or when its archive need not be kept any longer. */
  async retire(
    cause: Cause | null,
    retentionMs: number,
    certify: (statement: string) => ShredCertificate,
  ): Promise<void> {
    const [rows] = await this.transaction.query<[{ kept: boolean }[], number]>(
      `update ledgers set archive_until = coalesce(archive_until, clock_timestamp()
         + case when archived and genesis is not null then $2::double precision else 0 end * interval '1 millisecond') where id = $1
       returning archive_until > clock_timestamp() as kept`,
      [this.view.ledgerId, retentionMs],
    );
    if (rows[0]?.kept !== true) {
      await shredLedger(this.transaction, this.view.ledgerId, certify);
      this.entries.push({ step: 'shred-keys', state: 'done' });
    }
    await this.mark('retired', cause);
  }

  /** Moves the ledger to its next state. */
  async mark(state: 'ready' | 'failed' | 'retired', cause: Cause | null): Promise<void> {
    await this.transaction.query(
      `update ledgers set state = $2, cause_code = $3, cause_detail = $4,
         ready_at = case when $2 = 'ready' then coalesce(ready_at, clock_timestamp()) else ready_at end
       where id = $1`,
      [this.view.ledgerId, state, cause?.code ?? null, cause?.detail ?? null],
    );
    this.entries.push({ step: state, state: state === 'failed' ? 'failed' : 'done', ...(cause ? { cause } : {}) });
  }

  /** Shows what the ledger waits for, or that it no longer waits. */
  async setCause(cause: Cause | null): Promise<void> {
    const known = this.view.cause;
    if (known?.code === cause?.code && known?.detail === cause?.detail) return;
    await this.transaction.query('update ledgers set cause_code = $2, cause_detail = $3 where id = $1', [
      this.view.ledgerId,
      cause?.code ?? null,
      cause?.detail ?? null,
    ]);
    this.changed = true;
  }

  /** Writes the log entries; called once, at the end. */
  async flush(): Promise<void> {
    if (this.entries.length > 0 || this.changed) await appendSteps(this.transaction, this.view.ledgerId, this.entries);
  }
}

interface LedgerRow {
  readonly tenant_id: string;
  readonly state: LedgerState;
  readonly replica_count: number;
  readonly operator: LedgerOperator;
  readonly parent_id: string | null;
  readonly parent_height: string | null;
  readonly has_genesis: boolean;
  readonly epoch: number;
  readonly created_ms: number;
  readonly now_ms: number;
  readonly cause_code: string | null;
  readonly cause_detail: string | null;
}

async function readView(transaction: Transaction, ledgerId: string): Promise<ReconcileView | null> {
  const ledgers = await transaction.query<LedgerRow[]>(
    `select tenant_id, state, replica_count, operator, parent_id, parent_height, genesis is not null as has_genesis, epoch, cause_code, cause_detail,
       floor(extract(epoch from created_at) * 1000)::double precision as created_ms,
       (extract(epoch from clock_timestamp()) * 1000)::double precision as now_ms
     from ledgers where id = $1 for update`,
    [ledgerId],
  );
  const ledger = ledgers[0];
  if (!ledger) return null;
  // Taken before the fleet's free places are read; held to the end of the transaction.
  if (ledger.state === 'ready' || (ledger.state === 'provisioning' && !ledger.has_genesis))
    await transaction.query('select pg_advisory_xact_lock($1)', [placementLock]);
  return {
    ledgerId,
    tenantId: ledger.tenant_id,
    state: ledger.state,
    replicaCount: ledger.replica_count,
    operator: ledger.operator,
    parent:
      ledger.parent_id === null
        ? null
        : {
            ledgerId: ledger.parent_id,
            height: ledger.parent_height === null ? null : Number(ledger.parent_height),
          },
    hasGenesis: ledger.has_genesis,
    epoch: ledger.epoch,
    signed: await transaction.query<ReconcileConfiguration[]>(
      'select hash, members from configurations where ledger_id = $1 and epoch = $2 order by id',
      [ledgerId, ledger.epoch + 1],
    ),
    createdAtMs: ledger.created_ms,
    nowMs: ledger.now_ms,
    cause: ledger.cause_code === null ? null : { code: ledger.cause_code, detail: ledger.cause_detail ?? '' },
    replicas: await readReplicas(transaction, ledgerId),
    workers: await readWorkers(transaction),
  };
}

function readReplicas(transaction: Transaction, ledgerId: string): Promise<ReconcileReplica[]> {
  return transaction.query<ReconcileReplica[]>(
    `select id, index, case when current then 'member' when joining then 'joiner' else 'leaver' end as role,
       replace_wanted as "replaceWanted", rotate_wanted as "rotateWanted", next_consensus_key as "nextConsensusKey", epoch, config_hash as "configHash", handed_over as "handedOver", worker_id as "workerId", worker_name as "workerName", state, attempts,
       cause_code as "causeCode", cause_detail as "causeDetail", requested_step as "requestedStep",
       (extract(epoch from requested_at) * 1000)::double precision as "requestedAtMs",
       (extract(epoch from retry_at) * 1000)::double precision as "retryAtMs",
       consensus_key as "consensusKey", certificate, acquired
     from replicas where ledger_id = $1 order by index`,
    [ledgerId],
  );
}

function readWorkers(transaction: Transaction): Promise<ReconcileWorker[]> {
  return transaction.query<ReconcileWorker[]>(
    `select w.id, w.name,
       case when w.state = 'stopped' then 'stopped' when w.lease_expires_at <= clock_timestamp() then 'lost' else w.state end as standing,
       greatest(0, w.capacity - (select count(*) from replicas r where r.worker_id = w.id and r.state <> 'destroyed'))::integer as free,
       case when w.state = 'stopped' or w.lease_expires_at <= clock_timestamp()
         then (extract(epoch from w.lease_expires_at) * 1000)::double precision end as "downSinceMs"
     from workers w`,
  );
}
