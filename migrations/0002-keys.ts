import type { MigrationInterface, QueryRunner } from 'typeorm';

const ownTenant = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;

const statements = [
  `create table tenant_keys (
    tenant_id uuid not null references tenants (id),
    generation integer not null check (generation >= 1),
    provider_key text not null check (length(provider_key) between 1 and 200),
    wrapped bytea not null check (length(wrapped) between 32 and 4096),
    created_at timestamptz not null default now(),
    primary key (tenant_id, generation)
  )`,
  `create table data_keys (
    replica_id uuid not null references replicas (id),
    ledger_id uuid not null references ledgers (id),
    tenant_id uuid not null,
    generation integer not null check (generation between 1 and 65535),
    tenant_generation integer not null,
    wrapped bytea not null check (length(wrapped) between 32 and 4096),
    created_at timestamptz not null default now(),
    primary key (replica_id, generation),
    foreign key (tenant_id, tenant_generation) references tenant_keys (tenant_id, generation)
  )`,
  'create index data_keys_ledger on data_keys (ledger_id)',
  'alter table ledgers add column shred_certificate jsonb',
  // The API role has no business with keys: it gets no grant. The policy would hold if it ever got one.
  ...['tenant_keys', 'data_keys'].flatMap((table) => [
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    `create policy tenant_rows on ${table} to quorate_api using (${ownTenant}) with check (${ownTenant})`,
    `create policy system_rows on ${table} to quorate_system using (true) with check (true)`,
    `grant select, insert, update, delete on ${table} to quorate_system`,
  ]),
];

/** Wrapped keys of tenants and replicas, and what is left of them when a ledger is retired. */
export class Keys1764000000002 implements MigrationInterface {
  readonly name = 'Keys1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ledgers drop column shred_certificate');
    await runner.query('drop table data_keys, tenant_keys cascade');
  }
}
