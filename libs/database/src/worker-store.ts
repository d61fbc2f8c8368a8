import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase, Transaction } from './connection';
import type { ReplicaState } from './entities/replica.entity';
import { appendSteps, type Cause, type StepEntry } from './step-log';

/** A worker as it presents itself at its start. */
export interface WorkerRegistration {
  readonly id: string;
  readonly name: string;
  readonly capacity: number;
  readonly host: string;
}

/** What a heartbeat tells of one replica; other fields of a replica's status may be present and are not kept. */
export interface ReplicaObservation {
  readonly replicaId: string;
  readonly term: number;
  readonly leader: number;
  readonly height: number;
  readonly epoch: number;
  /** Of the configuration that is in force where the replica stands, in hex. */
  readonly configHash: string;
  /** Whether it knows a final block of this epoch. */
  readonly handedOver: boolean;
  /** How far the archive is behind; null unless this replica ships. */
  readonly archive: ArchiveObservation | null;
  /** `short`: too little room to take writes; `none`: too little to take part. */
  readonly journalSpace: 'ample' | 'short' | 'none';
  /** Places of the journal that were damaged when it was opened, and were mended. */
  readonly journalDamage: number;
  /** The newest evidence against replicas on its ledger. */
  readonly evidence: readonly AccusedRecord[];
}

/** A replica that contradicted itself, as a replica says that its ledger says. */
export interface AccusedRecord {
  readonly epoch: number;
  readonly replica: number;
  readonly contradiction: string | null;
  readonly height: number;
}

/** What the replica that ships says of its ledger's archive. */
export interface ArchiveObservation {
  readonly height: number;
  readonly lagBlocks: number;
  readonly lagSeconds: number;
  /** Code of what keeps it from going on. */
  readonly error: string | null;
}

/** One beat of a worker. */
export interface Heartbeat {
  readonly workerId: string;
  readonly load: { readonly cpu: number; readonly memoryBytes: number };
  readonly replicas: readonly ReplicaObservation[];
}

/** Where a replica is reached, and by which certificate (PEM) it is known. */
export interface Participant {
  readonly host: string;
  readonly port: number;
  readonly certificate: string;
}

/** All that a worker needs to prepare, start or destroy one replica. */
export interface ReplicaAssignment {
  readonly replicaId: string;
  readonly ledgerId: string;
  readonly workerId: string;
  /** `destroy`: stop it and remove its directory; else keep it running as far as its state allows. */
  readonly intent: 'run' | 'destroy';
  readonly state: ReplicaState;
  /** Null until every replica of the ledger is prepared. */
  readonly genesis: Uint8Array | null;
  /** The members of the configuration in force and of the one handed out for the next epoch; empty before the genesis. */
  readonly participants: readonly Participant[];
  /** What is handed out for the next epoch. */
  readonly reconfiguration: { readonly configuration: Uint8Array; readonly signature: Uint8Array } | null;
  /** PEM certificates of the gateways, and of replicas of forks that are being made, that may connect. */
  readonly clientCertificates: readonly string[];
  readonly archived: boolean;
  /** Of the replicas of an archived ledger, the one that ships. */
  readonly ships: boolean;
}

/** What a replica made for itself when it was prepared. */
export interface PreparedReplica {
  readonly consensusKey: string;
  readonly certificate: string;
  readonly host: string;
  readonly port: number;
}

interface ReplicaRow {
  readonly id: string;
  readonly ledger_id: string;
  readonly worker_id: string;
  readonly worker_name: string;
  readonly index: number;
  readonly wanted: boolean;
  readonly ledger_epoch: number;
  readonly state: ReplicaState;
  readonly requested_step: string | null;
  readonly consensus_key: string | null;
  readonly certificate: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly ledger_state: string;
  readonly archived: boolean;
  readonly ships: boolean;
  readonly genesis: Buffer | null;
}

const context = systemContext('worker');

/**
 * What workers read and write: their lease and the progress of their replicas.
 *
 * `replicaPrepared` and `replicaState` write the matching entry of the provisioning log themselves; `stepStarted`,
 * `stepDone` and `stepFailed` are for further steps that a worker wants to show. After each of them the caller asks for
 * a reconcile of the ledger (`Jobs.requestReconcile`).
 */
export class WorkerStore {
  /** `leaseMs`: how long a worker may be silent before it counts as lost. */
  constructor(
    private readonly database: SystemDatabase,
    private readonly leaseMs: number,
  ) {}

  /** Makes the worker known and active. A worker that comes back keeps its id, and drains on if it was draining. */
  async register(registration: WorkerRegistration): Promise<void> {
    const { id, name, capacity, host } = registration;
    await this.database.direct(context).query(
      `insert into workers (id, name, host, capacity, state, lease_expires_at, started_at)
       values ($1, $2, $3, $4, 'active', now() + $5 * interval '1 millisecond', now())
       on conflict (id) do update set name = excluded.name, host = excluded.host, capacity = excluded.capacity,
         state = case when workers.state = 'draining' then 'draining' else 'active' end,
         lease_expires_at = excluded.lease_expires_at, started_at = excluded.started_at`,
      [id, name, host, capacity, this.leaseMs],
    );
  }

  /** Extends the lease and records what the worker sees. Answers what the platform wants of the worker. */
  heartbeat(beat: Heartbeat): Promise<{ readonly state: 'active' | 'draining' | 'stopped' | 'unknown' }> {
    return this.database.run(context, async (transaction) => {
      await commitWithoutWaiting(transaction);
      const [rows] = await transaction.query<[{ state: 'active' | 'draining' | 'stopped' }[], number]>(
        `update workers set lease_expires_at = now() + $2 * interval '1 millisecond', load = $3::jsonb where id = $1 returning state`,
        [beat.workerId, this.leaseMs, JSON.stringify({ cpu: beat.load.cpu, memoryBytes: beat.load.memoryBytes })],
      );
      const seen = beat.replicas.map(({ archive, ...observed }) => ({
        ...observed,
        archivedHeight: archive?.height ?? null,
        lagBlocks: archive?.lagBlocks ?? null,
        lagSeconds: archive?.lagSeconds ?? null,
        archiveError: archive?.error ?? null,
      }));
      if (seen.length > 0) {
        await transaction.query(
          `update replicas r set term = o.term, leader = o.leader, height = o.height, observed_at = now(),
             epoch = o.epoch, config_hash = o."configHash", handed_over = o."handedOver",
             archived_height = o."archivedHeight", archive_lag_blocks = o."lagBlocks",
             archive_lag_seconds = o."lagSeconds", archive_error = o."archiveError",
             journal_space = o."journalSpace", journal_damage = o."journalDamage", evidence = o.evidence
           from jsonb_to_recordset($2::jsonb) as o ("replicaId" uuid, term bigint, leader integer, height bigint,
             epoch integer, "configHash" text, "handedOver" boolean,
             "archivedHeight" bigint, "lagBlocks" bigint, "lagSeconds" integer, "archiveError" text,
             "journalSpace" text, "journalDamage" integer, evidence jsonb)
           where r.id = o."replicaId" and r.worker_id = $1`,
          [beat.workerId, JSON.stringify(seen)],
        );
      }
      return { state: rows[0]?.state ?? 'unknown' };
    });
  }

  /** Says that the worker ends on purpose; it takes no new replicas and its replicas are down. */
  async stopped(workerId: string): Promise<void> {
    await this.database
      .direct(context)
      .query(`update workers set state = 'stopped', lease_expires_at = now() where id = $1 and state <> 'draining'`, [
        workerId,
      ]);
  }

  /** Whether the worker has been told to take no new replicas. */
  async draining(workerId: string): Promise<boolean> {
    const rows = await this.database
      .direct(context)
      .query<{ state: string }[]>('select state from workers where id = $1', [workerId]);
    return rows[0]?.state === 'draining';
  }

  /** Everything that is needed to prepare, start or destroy a replica; null when there is no such replica. */
  async replica(replicaId: string): Promise<ReplicaAssignment | null> {
    return this.database.run(context, async (transaction) => {
      const row = await readReplica(transaction, replicaId);
      return row ? toAssignment(transaction, row, await readClientCertificates(transaction)) : null;
    });
  }

  /** Every replica the worker holds or should remove: what it brings up again after its own restart. */
  async replicasOf(workerId: string): Promise<ReplicaAssignment[]> {
    return this.database.run(context, async (transaction) => {
      const rows = await transaction.query<ReplicaRow[]>(
        `${selectReplica} where r.worker_id = $1 and r.state <> 'destroyed' order by r.created_at`,
        [workerId],
      );
      const clientCertificates = await readClientCertificates(transaction);
      const assignments: ReplicaAssignment[] = [];
      for (const row of rows) assignments.push(await toAssignment(transaction, row, clientCertificates));
      return assignments;
    });
  }

  /**
   * Records the keys and the address a replica made for itself. Repeating it is harmless; after the genesis only the
   * address may change. False: the replica is no longer wanted, or it lost its keys.
   */
  replicaPrepared(replicaId: string, prepared: PreparedReplica): Promise<boolean> {
    return this.database.run(context, async (transaction) => {
      await commitWithoutWaiting(transaction);
      const row = await readReplica(transaction, replicaId, 'for update of l, r');
      if (!row || intentOf(row) === 'destroy') return false;
      if (row.genesis !== null && row.consensus_key !== null) {
        // The consensus key may be the one before or after a rotation; the certificate is the replica's for its life.
        if (row.certificate !== prepared.certificate) return false;
        await transaction.query('update replicas set host = $2, port = $3 where id = $1', [
          replicaId,
          prepared.host,
          prepared.port,
        ]);
        return true;
      }
      await transaction.query(
        `update replicas set state = 'prepared', consensus_key = $2, certificate = $3, host = $4, port = $5,
           requested_step = null, requested_at = null, retry_at = null, attempts = 0, cause_code = null, cause_detail = null
         where id = $1`,
        [replicaId, prepared.consensusKey, prepared.certificate, prepared.host, prepared.port],
      );
      await appendSteps(transaction, row.ledger_id, [
        { step: 'prepare-replica', state: 'done', replica: replicaOf(row) },
      ]);
      return true;
    });
  }

  /** Records what became of a replica, with the cause when it failed. */
  async replicaState(
    replicaId: string,
    state: 'running' | 'failed' | 'stopped' | 'destroyed',
    cause?: Cause,
  ): Promise<void> {
    await this.database.run(context, async (transaction) => {
      await commitWithoutWaiting(transaction);
      const row = await readReplica(transaction, replicaId, 'for update of l, r');
      if (!row || row.state === 'destroyed') return;
      await transaction.query(
        `update replicas set state = $2, cause_code = $3, cause_detail = $4, requested_step = null, requested_at = null,
           attempts = case when $2 = 'failed' then attempts + 1 else 0 end,
           retry_at = case when $2 = 'failed' then now() + least(250 * power(2, least(attempts, 10)), 10000) * interval '1 millisecond' end,
           observed_at = case when $2 = 'running' then now() else observed_at end
         where id = $1`,
        [replicaId, state, cause?.code ?? null, cause?.detail.slice(0, 500) ?? null],
      );
      if (row.state === state && state !== 'failed') return;
      await appendSteps(transaction, row.ledger_id, [stepOfState(row, state, cause)]);
    });
  }

  /** Keeps the key that a member made for the next configuration; one that it told before is not replaced. */
  nextKey(replicaId: string, consensusKey: string): Promise<void> {
    return this.database.run(context, async (transaction) => {
      const row = await readReplica(transaction, replicaId, 'for update of l, r');
      if (!row || intentOf(row) === 'destroy') return;
      const [rows] = await transaction.query<[unknown[], number]>(
        `update replicas set next_consensus_key = $2, requested_step = null, requested_at = null
         where id = $1 and rotate_wanted and current and next_consensus_key is null returning id`,
        [replicaId, consensusKey],
      );
      if (rows.length > 0)
        await appendSteps(transaction, row.ledger_id, [{ step: 'rotate-key', state: 'done', replica: replicaOf(row) }]);
    });
  }

  /** Shows that a further step of a replica began. */
  stepStarted(replicaId: string, step: string): Promise<void> {
    return this.appendStep(replicaId, { step, state: 'started' });
  }

  /** Shows that a further step of a replica is done. */
  stepDone(replicaId: string, step: string): Promise<void> {
    return this.appendStep(replicaId, { step, state: 'done' });
  }

  /** Shows that a further step of a replica failed. */
  stepFailed(replicaId: string, step: string, cause: Cause): Promise<void> {
    return this.appendStep(replicaId, { step, state: 'failed', cause });
  }

  private async appendStep(replicaId: string, entry: StepEntry): Promise<void> {
    await this.database.run(context, async (transaction) => {
      const row = await readReplica(transaction, replicaId);
      if (row) await appendSteps(transaction, row.ledger_id, [{ ...entry, replica: replicaOf(row) }]);
    });
  }
}

/**
 * A worker's reports need not wait for the disk: one that a crash of the database loses is asked for again, and every job
 * may be repeated. What follows from them, such as the genesis, is committed durably, and with it all that came before.
 */
async function commitWithoutWaiting(transaction: Transaction): Promise<void> {
  await transaction.query('set local synchronous_commit to off');
}

const selectReplica = `select r.id, r.ledger_id, r.worker_id, r.worker_name, r.index, r.current or r.joining as wanted, r.state, r.requested_step,
  r.consensus_key, r.certificate, r.host, r.port, l.state as ledger_state, l.epoch as ledger_epoch, l.genesis,
  l.archived, l.archived and r.id = (
    select s.id from replicas s join workers w on w.id = s.worker_id
    where s.ledger_id = l.id and s.current and s.state = 'running' and w.state <> 'stopped' and w.lease_expires_at > now()
    order by s.index limit 1) is true as ships
  from replicas r join ledgers l on l.id = r.ledger_id`;

async function readReplica(transaction: Transaction, replicaId: string, lock = ''): Promise<ReplicaRow | null> {
  const rows = await transaction.query<ReplicaRow[]>(`${selectReplica} where r.id = $1 ${lock}`, [replicaId]);
  return rows[0] ?? null;
}

async function readClientCertificates(transaction: Transaction): Promise<string[]> {
  const rows = await transaction.query<{ certificate: string }[]>(
    'select certificate from gateways order by registered_at',
  );
  return rows.map((row) => row.certificate);
}

/** Replicas of forks that still need the ledger's state. They are of the same tenant: the schema has no others. */
async function readForkCertificates(transaction: Transaction, row: ReplicaRow): Promise<string[]> {
  const rows = await transaction.query<{ certificate: string }[]>(
    `select r.certificate from ledgers f join replicas r on r.ledger_id = f.id
     where f.parent_id = $1 and f.state = 'provisioning' and f.genesis is null and r.current and r.certificate is not null
     order by r.created_at, r.id`,
    [row.ledger_id],
  );
  return rows.map(({ certificate }) => certificate);
}

interface HandedOut {
  readonly document: Buffer;
  readonly signature: Buffer;
  readonly members: readonly string[];
}

/** The newest configuration that was signed for the next epoch. */
async function readHandedOut(transaction: Transaction, row: ReplicaRow): Promise<HandedOut | null> {
  const rows = await transaction.query<HandedOut[]>(
    'select document, signature, members from configurations where ledger_id = $1 and epoch = $2 order by id desc limit 1',
    [row.ledger_id, row.ledger_epoch + 1],
  );
  return rows[0] ?? null;
}

async function toAssignment(
  transaction: Transaction,
  row: ReplicaRow,
  clientCertificates: readonly string[],
): Promise<ReplicaAssignment> {
  const handedOut = row.genesis === null ? null : await readHandedOut(transaction, row);
  const participants =
    row.genesis === null
      ? []
      : await transaction.query<Participant[]>(
          `select host, port, certificate from replicas
           where ledger_id = $1 and (current or id = any($2)) and certificate is not null order by index, id`,
          [row.ledger_id, handedOut?.members ?? []],
        );
  const clients = [...clientCertificates, ...(await readForkCertificates(transaction, row))];
  return {
    replicaId: row.id,
    ledgerId: row.ledger_id,
    workerId: row.worker_id,
    intent: intentOf(row),
    state: row.state,
    genesis: row.genesis === null ? null : new Uint8Array(row.genesis),
    participants,
    reconfiguration: handedOut && {
      configuration: new Uint8Array(handedOut.document),
      signature: new Uint8Array(handedOut.signature),
    },
    clientCertificates: clients,
    archived: row.archived,
    ships: row.ships,
  };
}

function intentOf(row: ReplicaRow): 'run' | 'destroy' {
  const unwanted =
    row.state === 'destroyed' || !row.wanted || ['retiring', 'retired', 'failed'].includes(row.ledger_state);
  return unwanted ? 'destroy' : 'run';
}

function replicaOf(row: ReplicaRow): { id: string; index: number; workerName: string } {
  return { id: row.id, index: row.index, workerName: row.worker_name };
}

function stepOfState(
  row: ReplicaRow,
  state: 'running' | 'failed' | 'stopped' | 'destroyed',
  cause: Cause | undefined,
): StepEntry {
  const replica = replicaOf(row);
  if (state === 'running') return { step: 'start-replica', state: 'done', replica };
  if (state === 'destroyed') return { step: 'destroy-replica', state: 'done', replica };
  if (state === 'stopped') return { step: 'stop-replica', state: 'done', replica };
  const step = row.requested_step ?? (row.consensus_key === null ? 'prepare-replica' : 'run-replica');
  return {
    step,
    state: 'failed',
    replica,
    cause: cause ?? { code: 'REPLICA_FAILED', detail: 'the replica failed without a cause' },
  };
}
