import { ledgerClassTerms, replicasPerTenantMax, type LedgerClass, type TenantContext } from '@quorate/tenancy';
import { In, MoreThan } from 'typeorm';
import type { ApiDatabase, Transaction } from './connection';
import { LedgerStepEntity } from './entities/ledger-step.entity';
import { LedgerEntity, type LedgerOperator, type LedgerState } from './entities/ledger.entity';
import type { ForkPoint } from './fork-record';
import { OutboxEntity } from './entities/outbox.entity';
import { ReplicaEntity } from './entities/replica.entity';
import { readLedgerRecord, toLedgerRecord, type LedgerRecord } from './ledger-record';
import { replicasHeld } from './scale-store';
import { appendSteps } from './step-log';

/** A ledger as its tenant asks for it. */
export interface LedgerDraft {
  readonly id: string;
  readonly name: string;
  readonly class: LedgerClass;
  readonly region: string;
  readonly operator: LedgerOperator;
  readonly ttlSeconds: number | null;
  /** Its blocks and snapshots are kept in the installation's archive. */
  readonly archived: boolean;
  /** The same key never makes a second ledger. */
  readonly creationKey: string;
  /** The ledger whose state it begins with. */
  readonly from: { readonly ledgerId: string; readonly point: ForkPoint } | null;
}

/** What came of asking for a ledger. */
export type CreateLedgerOutcome =
  | { readonly kind: 'created'; readonly record: LedgerRecord }
  | { readonly kind: 'unknown-parent' }
  | { readonly kind: 'refused'; readonly code: 'PARENT_NOT_READY'; readonly state: LedgerState }
  | { readonly kind: 'refused'; readonly code: 'LEDGER_SHREDDED' }
  | { readonly kind: 'refused'; readonly code: 'QUOTA_LEDGERS_EXHAUSTED'; readonly ledgersMax: number }
  | { readonly kind: 'refused'; readonly code: 'QUOTA_REPLICAS_EXHAUSTED'; readonly replicasMax: number };

/** What came of asking for a ledger's keys to be destroyed. */
export type ShredOutcome =
  | { readonly kind: 'accepted'; readonly record: LedgerRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly code: 'LEDGER_NOT_RETIRED'; readonly state: LedgerState };

/** A page of ledgers, newest first. */
export interface LedgerPage {
  readonly records: readonly LedgerRecord[];
  /** Names the last record when there are more. */
  readonly next: { readonly createdAt: string; readonly id: string } | null;
}

/** Steps that one answer carries at most; a ledger keeps not many more. */
const stepsPageMax = 1_000;

/** A tenant's ledgers. Every method sees the rows of the context's tenant and no others. */
export class LedgerStore {
  constructor(private readonly database: ApiDatabase) {}

  /** Writes the wanted ledger and the notice of it in one transaction. */
  create(context: TenantContext, draft: LedgerDraft): Promise<CreateLedgerOutcome> {
    return this.database.run(context, async (transaction) => {
      const known = await transaction.findOne(LedgerEntity, {
        where: { tenantId: context.tenantId, creationKey: draft.creationKey },
      });
      if (known) return { kind: 'created', record: await readLedgerRecord(transaction, known) };
      if (draft.from !== null) {
        const parent = await transaction.findOne(LedgerEntity, {
          where: { id: draft.from.ledgerId, tenantId: context.tenantId },
        });
        if (!parent) return { kind: 'unknown-parent' };
        const refusal = parentRefusal(parent);
        if (refusal !== null) return refusal;
      }
      const terms = ledgerClassTerms(draft.class);
      // Two requests must not share the last free place.
      const replicas = await replicasHeld(transaction, context.tenantId);
      const held = await transaction.query<{ count: number }[]>(
        `select count(*)::integer as count from ledgers where tenant_id = $1 and class = $2 and state not in ('retired', 'failed')`,
        [context.tenantId, draft.class],
      );
      if ((held[0]?.count ?? 0) >= terms.ledgersPerTenantMax) {
        return { kind: 'refused', code: 'QUOTA_LEDGERS_EXHAUSTED', ledgersMax: terms.ledgersPerTenantMax };
      }
      if (replicas + terms.replicas > replicasPerTenantMax)
        return { kind: 'refused', code: 'QUOTA_REPLICAS_EXHAUSTED', replicasMax: replicasPerTenantMax };
      await transaction.query(
        `insert into ledgers (id, tenant_id, name, class, region, replica_count, state, operator, creation_key, expires_at, archived, parent_id, parent_point)
         values ($1, $2, $3, $4, $5, $6, 'provisioning', $7::jsonb, $8, now() + $9::integer * interval '1 second', $10, $11, $12::jsonb)`,
        [
          draft.id,
          context.tenantId,
          draft.name,
          draft.class,
          draft.region,
          terms.replicas,
          JSON.stringify(draft.operator),
          draft.creationKey,
          draft.ttlSeconds,
          draft.archived,
          draft.from?.ledgerId ?? null,
          draft.from === null ? null : JSON.stringify(draft.from.point),
        ],
      );
      await appendNotice(transaction, context, draft.id);
      const ledger = await transaction.findOneOrFail(LedgerEntity, { where: { id: draft.id } });
      return { kind: 'created', record: { ledger, replicas: [], joiners: [] } };
    });
  }

  /** Null when the tenant has no such ledger, whoever else may have it. */
  get(context: TenantContext, ledgerId: string): Promise<LedgerRecord | null> {
    return this.database.run(context, async (transaction) => {
      const ledger = await transaction.findOne(LedgerEntity, { where: { id: ledgerId, tenantId: context.tenantId } });
      return ledger && readLedgerRecord(transaction, ledger);
    });
  }

  list(
    context: TenantContext,
    limit: number,
    after: { readonly createdAt: string; readonly id: string } | null,
  ): Promise<LedgerPage> {
    return this.database.run(context, async (transaction) => {
      // The cursor keeps PostgreSQL's microseconds, which a Date would cut off.
      const places = await transaction.query<{ id: string; createdAt: string }[]>(
        `select id, created_at::text as "createdAt" from ledgers
         where tenant_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::uuid))
         order by created_at desc, id desc limit $4`,
        [context.tenantId, after?.createdAt ?? null, after?.id ?? null, limit + 1],
      );
      const page = places.slice(0, limit);
      const records = await readRecords(
        transaction,
        page.map((place) => place.id),
      );
      const last = page.at(-1);
      return { records, next: places.length > limit && last ? last : null };
    });
  }

  /** Asks for a ledger's retirement; null when the tenant has no such ledger. Repeating it changes nothing. */
  retire(context: TenantContext, ledgerId: string): Promise<LedgerRecord | null> {
    return this.database.run(context, async (transaction) => {
      const [rows] = await transaction.query<[{ id: string }[], number]>(
        `update ledgers set state = 'retiring', cause_code = null, cause_detail = null
         where id = $1 and tenant_id = $2 and state not in ('retiring', 'retired') returning id`,
        [ledgerId, context.tenantId],
      );
      if (rows.length > 0) {
        await appendSteps(transaction, ledgerId, [{ step: 'retire', state: 'started' }]);
        await appendNotice(transaction, context, ledgerId);
      }
      const ledger = await transaction.findOne(LedgerEntity, { where: { id: ledgerId, tenantId: context.tenantId } });
      return ledger && readLedgerRecord(transaction, ledger);
    });
  }

  /** Asks for the keys of a retired ledger to be destroyed before its archive's time is over. Repeating it changes nothing. */
  shred(context: TenantContext, ledgerId: string): Promise<ShredOutcome> {
    return this.database.run(context, async (transaction) => {
      const [rows] = await transaction.query<[{ id: string }[], number]>(
        `update ledgers set archive_until = now() where id = $1 and tenant_id = $2 and state in ('retiring', 'retired')
           and (archive_until is null or archive_until > now()) returning id`,
        [ledgerId, context.tenantId],
      );
      if (rows.length > 0) await appendSteps(transaction, ledgerId, [{ step: 'shred-keys', state: 'started' }]);
      const ledger = await transaction.findOne(LedgerEntity, { where: { id: ledgerId, tenantId: context.tenantId } });
      if (ledger === null) return { kind: 'unknown' };
      if (ledger.state !== 'retiring' && ledger.state !== 'retired')
        return { kind: 'refused', code: 'LEDGER_NOT_RETIRED', state: ledger.state };
      return { kind: 'accepted', record: await readLedgerRecord(transaction, ledger) };
    });
  }

  /** The provisioning log after a sequence number, oldest first. */
  steps(context: TenantContext, ledgerId: string, afterSequence: number): Promise<LedgerStepEntity[]> {
    return this.database.run(context, (transaction) =>
      transaction.find(LedgerStepEntity, {
        where: { ledgerId, tenantId: context.tenantId, sequence: MoreThan(afterSequence) },
        order: { sequence: 'ASC' },
        take: stepsPageMax,
      }),
    );
  }

  /** The genesis document; null when there is no such ledger or it has none yet. */
  genesis(
    context: TenantContext,
    ledgerId: string,
  ): Promise<{ readonly genesis: Uint8Array; readonly genesisId: string } | null> {
    return this.database.run(context, async (transaction) => {
      const rows = await transaction.query<{ genesis: Buffer | null; genesis_id: string | null }[]>(
        'select genesis, genesis_id from ledgers where id = $1 and tenant_id = $2',
        [ledgerId, context.tenantId],
      );
      const row = rows[0];
      return row && row.genesis !== null && row.genesis_id !== null
        ? { genesis: new Uint8Array(row.genesis), genesisId: row.genesis_id }
        : null;
    });
  }
}

/** A ledger can be a parent while it runs, and afterwards as long as its archive is kept. */
function parentRefusal(parent: LedgerEntity): Extract<CreateLedgerOutcome, { kind: 'refused' }> | null {
  if (parent.state === 'ready') return null;
  if (parent.state !== 'retired') return { kind: 'refused', code: 'PARENT_NOT_READY', state: parent.state };
  const kept =
    parent.archived && parent.shredCertificate === null && (parent.archiveUntil?.getTime() ?? 0) > Date.now();
  return kept ? null : { kind: 'refused', code: 'LEDGER_SHREDDED' };
}

/** Reads ledgers with their replicas, in the order of the ids. */
async function readRecords(transaction: Transaction, ids: readonly string[]): Promise<LedgerRecord[]> {
  const ledgers = await transaction.find(LedgerEntity, { where: { id: In([...ids]) } });
  const replicas = await transaction.find(ReplicaEntity, {
    where: [
      { ledgerId: In([...ids]), current: true },
      { ledgerId: In([...ids]), joining: true },
    ],
    order: { index: 'ASC' },
  });
  const byId = new Map(ledgers.map((ledger) => [ledger.id, ledger]));
  return ids.flatMap((id) => {
    const ledger = byId.get(id);
    if (!ledger) return [];
    return [
      toLedgerRecord(
        ledger,
        replicas.filter((replica) => replica.ledgerId === id),
      ),
    ];
  });
}

async function appendNotice(transaction: Transaction, context: TenantContext, ledgerId: string): Promise<void> {
  // A plain insert: the API role may write notices but not read them back.
  await transaction.query('insert into outbox (tenant_id, kind, ledger_id) values ($1, $2, $3)', [
    context.tenantId,
    'ledger-changed' satisfies OutboxEntity['kind'],
    ledgerId,
  ]);
}
