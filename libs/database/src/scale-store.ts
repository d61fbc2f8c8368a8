import { replicasPerTenantMax, systemContext, type PlatformContext, type TenantContext } from '@quorate/tenancy';
import type { SystemDatabase, Transaction } from './connection';
import { ReplicaEntity } from './entities/replica.entity';
import type { LedgerState } from './entities/ledger.entity';
import { LedgerEntity } from './entities/ledger.entity';
import { readLedgerRecord, type LedgerRecord } from './ledger-record';
import { appendSteps } from './step-log';

/** Why a replica set is not changed now, with the numbers that a person needs. */
export type ScaleRefusal =
  | { readonly code: 'LEDGER_NOT_READY'; readonly state: LedgerState }
  | { readonly code: 'LEDGER_CHANGE_UNDER_WAY' }
  | { readonly code: 'QUOTA_REPLICAS_EXHAUSTED'; readonly replicasMax: number; readonly held: number }
  | { readonly code: 'FLEET_WORKERS_SHORT'; readonly needed: number; readonly available: number }
  | { readonly code: 'REPLICA_UNKNOWN' }
  | { readonly code: 'REPLICA_NOT_RUNNING' };

/** What came of the wish to change a replica set. */
export type ScaleOutcome =
  | { readonly kind: 'accepted'; readonly record: LedgerRecord }
  | { readonly kind: 'unknown' }
  | ({ readonly kind: 'refused' } & ScaleRefusal);

interface OpenLedger {
  readonly tenant_id: string;
  readonly state: LedgerState;
  readonly replica_count: number;
  readonly members: number;
  readonly joiners: number;
  readonly handed_out: boolean;
  readonly leaving: number;
  readonly rotating: number;
}

const context = systemContext('scale');

/**
 * Changes what is wanted of a ledger's replica set. Needs the fleet's free places, which no tenant sees; a tenant's wish
 * reaches the tenant's own ledgers only.
 */
export class ScaleStore {
  constructor(private readonly database: SystemDatabase) {}

  /** Asks for another number of replicas. Asking again for the same number while it is being reached changes nothing. */
  scale(caller: TenantContext | PlatformContext, ledgerId: string, replicas: number): Promise<ScaleOutcome> {
    return this.change(caller, ledgerId, async (transaction, ledger) => {
      if (ledger.replica_count === replicas) return null;
      const refusal = refuseNow(ledger) ?? (await lacking(transaction, caller, ledgerId, ledger, replicas));
      if (refusal !== null) return refusal;
      await transaction.query('update ledgers set replica_count = $2 where id = $1', [ledgerId, replicas]);
      await appendSteps(transaction, ledgerId, [
        { step: replicas > ledger.members ? 'scale-up' : 'scale-down', state: 'done' },
      ]);
      return null;
    });
  }

  /** Asks for another replica in the place of one member. */
  replace(caller: PlatformContext, ledgerId: string, index: number): Promise<ScaleOutcome> {
    return this.change(caller, ledgerId, async (transaction, ledger) => {
      const member = await transaction.findOne(ReplicaEntity, { where: { ledgerId, index, current: true } });
      if (member === null) return { code: 'REPLICA_UNKNOWN' };
      if (member.replaceWanted) return null;
      const available = await freeWorkers(transaction, ledgerId);
      const refusal = refuseNow(ledger);
      if (refusal !== null) return refusal;
      if (available < 1) return { code: 'FLEET_WORKERS_SHORT', needed: 1, available };
      await transaction.query('update replicas set replace_wanted = true where id = $1', [member.id]);
      const replica = { id: member.id, index, workerName: member.workerName };
      await appendSteps(transaction, ledgerId, [{ step: 'replace-replica', state: 'done', replica }]);
      return null;
    });
  }

  /** Asks for another consensus key of one member. */
  rotateKey(caller: PlatformContext, ledgerId: string, index: number): Promise<ScaleOutcome> {
    return this.change(caller, ledgerId, async (transaction, ledger) => {
      const member = await transaction.findOne(ReplicaEntity, { where: { ledgerId, index, current: true } });
      if (member === null) return { code: 'REPLICA_UNKNOWN' };
      if (member.rotateWanted) return null;
      const refusal = refuseNow(ledger);
      if (refusal !== null) return refusal;
      if (member.state !== 'running') return { code: 'REPLICA_NOT_RUNNING' };
      await transaction.query('update replicas set rotate_wanted = true where id = $1', [member.id]);
      return null;
    });
  }

  private change(
    caller: TenantContext | PlatformContext,
    ledgerId: string,
    work: (transaction: Transaction, ledger: OpenLedger) => Promise<ScaleRefusal | null>,
  ): Promise<ScaleOutcome> {
    const tenantId = caller.kind === 'tenant' ? caller.tenantId : null;
    return this.database.run(context, async (transaction) => {
      const ledger = await openLedger(transaction, ledgerId, tenantId);
      if (ledger === null) return { kind: 'unknown' };
      const refusal = await work(transaction, ledger);
      if (refusal !== null) return { kind: 'refused', ...refusal };
      await transaction.query('insert into outbox (tenant_id, kind, ledger_id) values ($1, $2, $3)', [
        ledger.tenant_id,
        'ledger-changed',
        ledgerId,
      ]);
      const entity = await transaction.findOneOrFail(LedgerEntity, { where: { id: ledgerId } });
      return { kind: 'accepted', record: await readLedgerRecord(transaction, entity) };
    });
  }
}

async function openLedger(
  transaction: Transaction,
  ledgerId: string,
  tenantId: string | null,
): Promise<OpenLedger | null> {
  const rows = await transaction.query<OpenLedger[]>(
    `select l.tenant_id, l.state, l.replica_count,
       (select count(*) from replicas r where r.ledger_id = l.id and r.current)::integer as members,
       (select count(*) from replicas r where r.ledger_id = l.id and r.joining and r.state <> 'destroyed')::integer as joiners,
       (select count(*) from replicas r where r.ledger_id = l.id and r.current and r.replace_wanted)::integer as leaving,
       (select count(*) from replicas r where r.ledger_id = l.id and r.current and r.rotate_wanted)::integer as rotating,
       exists (select 1 from configurations c where c.ledger_id = l.id and c.epoch > l.epoch) as handed_out
     from ledgers l where l.id = $1 and ($2::uuid is null or l.tenant_id = $2) for update of l`,
    [ledgerId, tenantId],
  );
  return rows[0] ?? null;
}

function refuseNow(ledger: OpenLedger): ScaleRefusal | null {
  if (ledger.state !== 'ready') return { code: 'LEDGER_NOT_READY', state: ledger.state };
  const changing =
    ledger.replica_count !== ledger.members ||
    ledger.joiners + ledger.leaving + ledger.rotating > 0 ||
    ledger.handed_out;
  return changing ? { code: 'LEDGER_CHANGE_UNDER_WAY' } : null;
}

async function lacking(
  transaction: Transaction,
  caller: TenantContext | PlatformContext,
  ledgerId: string,
  ledger: OpenLedger,
  replicas: number,
): Promise<ScaleRefusal | null> {
  const needed = replicas - ledger.members;
  if (needed <= 0) return null;
  if (caller.kind === 'tenant') {
    const held = await replicasHeld(transaction, ledger.tenant_id);
    if (held + needed > replicasPerTenantMax)
      return { code: 'QUOTA_REPLICAS_EXHAUSTED', replicasMax: replicasPerTenantMax, held };
  }
  const available = await freeWorkers(transaction, ledgerId);
  return available < needed ? { code: 'FLEET_WORKERS_SHORT', needed, available } : null;
}

/** Replicas that a tenant's ledgers are made of. Holds off others who count them, until the transaction ends. */
export async function replicasHeld(transaction: Transaction, tenantId: string): Promise<number> {
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`ledgers/${tenantId}`]);
  const rows = await transaction.query<{ held: number }[]>(
    `select coalesce(sum(replica_count), 0)::integer as held from ledgers where tenant_id = $1 and state not in ('retired', 'failed')`,
    [tenantId],
  );
  return rows[0]?.held ?? 0;
}

/** Workers that could take one more replica of this ledger: each worker is a failure domain of its own. */
async function freeWorkers(transaction: Transaction, ledgerId: string): Promise<number> {
  const rows = await transaction.query<{ free: number }[]>(
    `select count(*)::integer as free from workers w
     where w.state = 'active' and w.lease_expires_at > now()
       and w.capacity > (select count(*) from replicas r where r.worker_id = w.id and r.state <> 'destroyed')
       and not exists (select 1 from replicas r where r.worker_id = w.id and r.ledger_id = $1 and (r.current or r.joining))`,
    [ledgerId],
  );
  return rows[0]?.free ?? 0;
}
