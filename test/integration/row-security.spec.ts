import { randomUUID } from 'node:crypto';
import { databaseUrl } from '@quorate/config';
import { openApiDatabase, type ApiDatabase } from '@quorate/database';
import type { TenantContext } from '@quorate/tenancy';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from './control-plane-process';

const tenantOf = (tenantId: string): TenantContext => ({
  kind: 'tenant',
  tenantId,
  actor: { kind: 'api-key', apiKeyId: randomUUID() },
});

describe('row-level security', () => {
  const [first, second] = [randomUUID(), randomUUID()];
  let database: TestDatabase;
  let api: ApiDatabase;
  let raw: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    for (const id of [first, second]) {
      await database.asOwner('insert into tenants (id, name) values ($1, $2)', [id, `tenant ${id}`]);
      await database.asOwner(
        `insert into members (id, tenant_id, email, password_hash, role) values ($1, $2, $3, 'none', 'owner')`,
        [randomUUID(), id, `${id}@bank.test`],
      );
      await database.asOwner(
        `insert into ledgers (id, tenant_id, name, class, region, replica_count, state, operator, creation_key)
         values ($1, $2, 'main', 'sandbox', 'local', 1, 'provisioning', '{}', 'k')`,
        [randomUUID(), id],
      );
    }
    // The smallest pool: every connection is used by one tenant after the other.
    api = await openApiDatabase(database.config, { poolSizeMax: 3 });
    raw = new Client({ connectionString: databaseUrl(database.config, 'quorate_api') });
    await raw.connect();
  });

  afterAll(async () => {
    await raw?.end();
    await api?.close();
    await database?.remove();
  });

  it('is enabled and forced, with a policy, on every table that has a tenant', async () => {
    const tables = await database.asOwner<{ name: string; enabled: boolean; forced: boolean; policies: number }>(
      `select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
         (select count(*) from pg_policy p where p.polrelid = c.oid)::integer as policies
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind in ('r', 'p')
         and (c.relname = 'tenants' or exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))`,
    );
    expect(tables.length).toBeGreaterThanOrEqual(9);
    for (const table of tables) expect(table).toMatchObject({ enabled: true, forced: true, policies: 2 });
  });

  it("lets no ledger have another tenant's ledger for its parent, whoever writes", async () => {
    const [theirs] = await database.asOwner<{ id: string }>('select id from ledgers where tenant_id = $1', [second]);
    const fork = `insert into ledgers (id, tenant_id, name, class, region, replica_count, state, operator, creation_key, parent_id, parent_point)
      values ($1, $2, 'fork', 'sandbox', 'local', 1, 'provisioning', '{}', 'fork', $3, '"newest"')`;
    await expect(database.asOwner(fork, [randomUUID(), first, theirs?.id])).rejects.toThrow('foreign key');
    await expect(
      api.run(tenantOf(first), (transaction) => transaction.query(fork, [randomUUID(), first, theirs?.id])),
    ).rejects.toThrow('foreign key');
  });

  it('covers every table the API role can touch at all', async () => {
    const open = await database.asOwner<{ relname: string }>(
      `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') and not c.relrowsecurity
         and has_table_privilege('quorate_api', c.oid, 'select, insert, update, delete')`,
    );
    expect(open).toEqual([]);
  });

  it.each(['quorate_api', 'quorate_system'])('cannot be bypassed by %s, which owns nothing', async (role) => {
    const [flags] = await database.asOwner(
      'select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = $1',
      [role],
    );
    expect(flags).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
    });
    const owned = await database.asOwner(
      `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relowner = $1::regrole`,
      [role],
    );
    expect(owned).toEqual([]);
    const memberships = await database.asOwner('select 1 from pg_auth_members where member = $1::regrole', [role]);
    expect(memberships).toEqual([]);
  });

  it('shows nothing while no tenant is set, also after one was set in an earlier transaction', async () => {
    const count = async (): Promise<unknown> =>
      (await raw.query('select count(*)::integer as count from ledgers')).rows[0];
    expect(await count()).toEqual({ count: 0 });
    await raw.query('begin');
    await raw.query(`select set_config('app.tenant_id', $1, true)`, [first]);
    expect(await count()).toEqual({ count: 1 });
    await raw.query('commit');
    expect(await count()).toEqual({ count: 0 });
  });

  it('refuses to write a row of another tenant or to move one there', async () => {
    const insert = api.run(tenantOf(first), (transaction) =>
      transaction.query(`insert into outbox (tenant_id, kind, ledger_id) values ($1, 'ledger-changed', $2)`, [
        second,
        randomUUID(),
      ]),
    );
    await expect(insert).rejects.toThrow(/row-level security/);
    const move = api.run(tenantOf(first), (transaction) =>
      transaction.query('update ledgers set tenant_id = $1', [second]),
    );
    await expect(move).rejects.toThrow(/row-level security|permission denied/);
  });

  it('lets nobody update or delete rows of another tenant', async () => {
    const [, changed] = await api.run(tenantOf(first), (transaction) =>
      transaction.query<[unknown, number]>(`update ledgers set state = 'retiring' where tenant_id = $1`, [second]),
    );
    expect(changed).toBe(0);
  });

  it('hides members, sessions and what belongs to the platform from the API role', async () => {
    for (const table of ['members', 'sessions', 'idempotency_keys', 'workers', 'rate_limits', 'gateways']) {
      await expect(raw.query(`select * from ${table}`)).rejects.toThrow(/permission denied/);
    }
    await expect(raw.query('select key_hash from api_keys')).rejects.toThrow(/permission denied/);
  });

  it('never mixes tenants over interleaved transactions of a small pool', async () => {
    const transactionCount = 3_000;
    let crossed = 0;
    await Promise.all(
      Array.from({ length: 30 }, async (_, lane) => {
        for (let turn = 0; turn < transactionCount / 30; turn += 1) {
          const tenantId = (lane + turn) % 2 === 0 ? first : second;
          const failing = (lane * 7 + turn) % 13 === 0;
          const work = api.run(tenantOf(tenantId), async (transaction) => {
            const rows = await transaction.query<{ tenant_id: string }[]>(
              'select tenant_id from ledgers union all select id from tenants',
            );
            if (rows.length !== 2 || rows.some((row) => row.tenant_id !== tenantId)) crossed += 1;
            if (failing) throw new Error('rolled back');
          });
          if (failing) await expect(work).rejects.toThrow('rolled back');
          else await work;
        }
      }),
    );
    expect(crossed).toBe(0);
  });
});
