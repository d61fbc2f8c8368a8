import { createHash } from 'node:crypto';
import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase, Transaction } from './connection';
import type { ShredCertificate } from './entities/ledger.entity';

/** A tenant's key as its provider wrapped it. */
export interface TenantKey {
  readonly generation: number;
  /** Names the provider's key. */
  readonly by: string;
  readonly wrapped: Uint8Array;
}

/** A data key of one replica, wrapped under a key of its tenant. */
export interface StoredDataKey {
  readonly generation: number;
  readonly tenantGeneration: number;
  readonly wrapped: Uint8Array;
}

/** What a shred certificate says: these keys were the only ones that open the ledger's files, and they are destroyed. */
export interface ShredStatement {
  readonly version: 1;
  readonly ledgerId: string;
  readonly tenantId: string;
  readonly genesisId: string | null;
  /** ISO 8601, UTC. */
  readonly destroyedAt: string;
  /** In replica and generation order; `wrappedHash` is the SHA-256 of the wrapped key in hex. */
  readonly keys: readonly { readonly replicaId: string; readonly generation: number; readonly wrappedHash: string }[];
}

const context = systemContext('keys');

/**
 * Wrapped keys. Keys in the clear never reach the database. Data keys belong to replicas; those of a ledger's archive have the id of the ledger
 * where others have the id of a replica.
 */
export class KeyStore {
  constructor(private readonly database: SystemDatabase) {}

  async tenantOf(replicaId: string): Promise<string> {
    const rows = await this.database
      .direct(context)
      .query<{ tenant_id: string }[]>(
        'select tenant_id from replicas where id = $1 union all select tenant_id from ledgers where id = $1',
        [replicaId],
      );
    return rows[0].tenant_id;
  }

  /** Newest first. */
  async tenantKeys(tenantId: string): Promise<TenantKey[]> {
    const rows = await this.database
      .direct(context)
      .query<{ generation: number; provider_key: string; wrapped: Buffer }[]>(
        'select generation, provider_key, wrapped from tenant_keys where tenant_id = $1 order by generation desc',
        [tenantId],
      );
    return rows.map((row) => ({
      generation: row.generation,
      by: row.provider_key,
      wrapped: new Uint8Array(row.wrapped),
    }));
  }

  /** Keeps the first key of a generation: whoever comes second reads that one. */
  async addTenantKey(tenantId: string, { generation, by, wrapped }: TenantKey): Promise<void> {
    await this.database.direct(context).query(
      `insert into tenant_keys (tenant_id, generation, provider_key, wrapped) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [tenantId, generation, by, Buffer.from(wrapped)],
    );
  }

  async rewrapTenantKey(tenantId: string, { generation, by, wrapped }: TenantKey): Promise<void> {
    await this.database
      .direct(context)
      .query('update tenant_keys set provider_key = $3, wrapped = $4 where tenant_id = $1 and generation = $2', [
        tenantId,
        generation,
        by,
        Buffer.from(wrapped),
      ]);
  }

  /** Removes a tenant's keys that wrap no data key any more, but for the newest. Answers how many. */
  async forgetTenantKeys(tenantId: string): Promise<number> {
    const [, count] = await this.database.direct(context).query<[unknown, number]>(
      `delete from tenant_keys t where t.tenant_id = $1
         and t.generation < (select max(generation) from tenant_keys where tenant_id = $1)
         and not exists (select from data_keys d where d.tenant_id = $1 and d.tenant_generation = t.generation)`,
      [tenantId],
    );
    return count;
  }

  /** Oldest first. */
  async dataKeys(replicaId: string): Promise<StoredDataKey[]> {
    const rows = await this.database
      .direct(context)
      .query<{ generation: number; tenant_generation: number; wrapped: Buffer }[]>(
        'select generation, tenant_generation, wrapped from data_keys where replica_id = $1 order by generation',
        [replicaId],
      );
    return rows.map((row) => ({
      generation: row.generation,
      tenantGeneration: row.tenant_generation,
      wrapped: new Uint8Array(row.wrapped),
    }));
  }

  /** Keeps the first key of a generation. A ledger that is being retired gets none. */
  async addDataKey(replicaId: string, key: StoredDataKey): Promise<void> {
    await this.database.direct(context).query(
      `insert into data_keys (replica_id, ledger_id, tenant_id, generation, tenant_generation, wrapped)
       select o.id, l.id, l.tenant_id, $2, $3, $4 from ledgers l join (
         select id, ledger_id from replicas union all select id, id from ledgers) o on o.ledger_id = l.id
       where o.id = $1 and l.state not in ('retiring', 'retired') for share of l
       on conflict do nothing`,
      [replicaId, key.generation, key.tenantGeneration, Buffer.from(key.wrapped)],
    );
  }

  /** Replaces a data key's wrapping. */
  async moveDataKey(replicaId: string, key: StoredDataKey): Promise<void> {
    await this.database
      .direct(context)
      .query('update data_keys set tenant_generation = $3, wrapped = $4 where replica_id = $1 and generation = $2', [
        replicaId,
        key.generation,
        key.tenantGeneration,
        Buffer.from(key.wrapped),
      ]);
  }

  /** Replicas of a ledger that have data keys. */
  async replicasOf(ledgerId: string): Promise<string[]> {
    const rows = await this.database
      .direct(context)
      .query<{ replica_id: string }[]>(
        'select distinct replica_id from data_keys where ledger_id = $1 order by replica_id',
        [ledgerId],
      );
    return rows.map((row) => row.replica_id);
  }

  async tenantsWithKeys(): Promise<string[]> {
    const rows = await this.database
      .direct(context)
      .query<{ tenant_id: string }[]>('select distinct tenant_id from tenant_keys order by tenant_id');
    return rows.map((row) => row.tenant_id);
  }

  /** Replicas of a tenant that have data keys. */
  async replicasWithKeys(tenantId: string): Promise<string[]> {
    const rows = await this.database
      .direct(context)
      .query<{ replica_id: string }[]>(
        'select distinct replica_id from data_keys where tenant_id = $1 order by replica_id',
        [tenantId],
      );
    return rows.map((row) => row.replica_id);
  }
}

/** Destroys the data keys of a ledger, those of its replicas and of its archive, inside a transaction. `sign` signs the statement's text. */
export async function shredLedger(
  transaction: Transaction,
  ledgerId: string,
  certify: (statement: string) => ShredCertificate,
): Promise<void> {
  const keys = await transaction.query<{ replica_id: string; generation: number; wrapped: Buffer }[]>(
    'select replica_id, generation, wrapped from data_keys where ledger_id = $1 order by replica_id, generation',
    [ledgerId],
  );
  const [ledger] = await transaction.query<{ tenant_id: string; genesis_id: string | null; now: Date }[]>(
    'select tenant_id, genesis_id, now() from ledgers where id = $1',
    [ledgerId],
  );
  const statement: ShredStatement = {
    version: 1,
    ledgerId,
    tenantId: ledger.tenant_id,
    genesisId: ledger.genesis_id,
    destroyedAt: ledger.now.toISOString(),
    keys: keys.map(({ replica_id: replicaId, generation, wrapped }) => ({
      replicaId,
      generation,
      wrappedHash: createHash('sha256').update(wrapped).digest('hex'),
    })),
  };
  await transaction.query('delete from data_keys where ledger_id = $1', [ledgerId]);
  await transaction.query('update ledgers set shred_certificate = $2::jsonb where id = $1', [
    ledgerId,
    JSON.stringify(certify(JSON.stringify(statement))),
  ]);
}
