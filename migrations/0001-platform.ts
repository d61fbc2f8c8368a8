import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables that belong to one tenant; each has `tenant_id` and forced row-level security. */
const tenantTables = [
  'members',
  'sessions',
  'api_keys',
  'ledgers',
  'replicas',
  'ledger_steps',
  'outbox',
  'idempotency_keys',
];

const tables = [
  `create table tenants (
    id uuid primary key,
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now()
  )`,
  `create table members (
    id uuid primary key,
    tenant_id uuid references tenants (id),
    email text not null unique check (email = lower(email)),
    password_hash text not null,
    role text not null check (role in ('owner', 'admin', 'operator', 'developer', 'auditor', 'platform-admin')),
    must_change_password boolean not null default false,
    created_at timestamptz not null default now(),
    check ((role = 'platform-admin') = (tenant_id is null))
  )`,
  `create index members_tenant on members (tenant_id, created_at)`,
  `create table sessions (
    id uuid primary key,
    tenant_id uuid references tenants (id),
    member_id uuid not null references members (id) on delete cascade,
    token_hash bytea not null unique check (length(token_hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
  )`,
  `create index sessions_member on sessions (member_id, created_at)`,
  `create index sessions_expiry on sessions (expires_at)`,
  `create table api_keys (
    id uuid primary key,
    tenant_id uuid not null references tenants (id),
    created_by uuid,
    name text not null check (length(name) between 1 and 100),
    prefix text not null unique,
    key_hash bytea not null check (length(key_hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    last_used_at timestamptz
  )`,
  `create index api_keys_tenant on api_keys (tenant_id, created_at)`,
  `create table workers (
    id uuid primary key,
    name text not null,
    host text not null,
    capacity integer not null check (capacity between 0 and 10000),
    state text not null check (state in ('active', 'draining', 'stopped')),
    load jsonb,
    lease_expires_at timestamptz not null,
    started_at timestamptz not null default now()
  )`,
  `create table ledgers (
    id uuid primary key,
    tenant_id uuid not null references tenants (id),
    name text not null check (length(name) between 1 and 100),
    class text not null check (class in ('sandbox', 'standard')),
    region text not null,
    replica_count integer not null check (replica_count between 1 and 31),
    state text not null check (state in ('provisioning', 'ready', 'failed', 'retiring', 'retired')),
    cause_code text,
    cause_detail text,
    operator jsonb not null,
    genesis bytea,
    genesis_id text check (genesis_id ~ '^[0-9a-f]{64}$'),
    creation_key text not null,
    step_sequence integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    ready_at timestamptz,
    expires_at timestamptz,
    unique (tenant_id, creation_key),
    unique (tenant_id, id),
    check ((genesis is null) = (genesis_id is null)),
    check (state <> 'ready' or genesis is not null)
  )`,
  `create index ledgers_tenant on ledgers (tenant_id, created_at desc, id desc)`,
  `create index ledgers_unsettled on ledgers (state) where state in ('provisioning', 'retiring', 'failed')`,
  `create index ledgers_expiry on ledgers (expires_at) where expires_at is not null and state not in ('retiring', 'retired')`,
  `create table replicas (
    id uuid primary key,
    tenant_id uuid not null,
    ledger_id uuid not null,
    index integer not null check (index between 0 and 30),
    current boolean not null default true,
    worker_id uuid not null references workers (id),
    worker_name text not null,
    state text not null check (state in ('placed', 'prepared', 'running', 'failed', 'stopped', 'destroyed')),
    cause_code text,
    cause_detail text,
    attempts integer not null default 0,
    requested_step text check (requested_step in ('prepare-replica', 'start-replica', 'destroy-replica')),
    requested_at timestamptz,
    retry_at timestamptz,
    consensus_key text check (consensus_key ~ '^[0-9a-f]{64}$'),
    certificate text,
    host text,
    port integer check (port between 1 and 65535),
    height bigint,
    term bigint,
    leader integer,
    observed_at timestamptz,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, ledger_id) references ledgers (tenant_id, id)
  )`,
  `create unique index replicas_place on replicas (ledger_id, index) where current`,
  `create index replicas_worker on replicas (worker_id) where state <> 'destroyed'`,
  `create index replicas_unsettled on replicas (ledger_id) where state in ('failed', 'stopped') or not current`,
  `create table ledger_steps (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    ledger_id uuid not null,
    sequence integer not null,
    step text not null,
    state text not null check (state in ('started', 'done', 'failed')),
    replica_id uuid,
    replica_index integer,
    worker_name text,
    cause_code text,
    cause_detail text,
    at timestamptz not null default clock_timestamp(),
    elapsed_ms double precision,
    unique (ledger_id, sequence),
    foreign key (tenant_id, ledger_id) references ledgers (tenant_id, id)
  )`,
  `create table outbox (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references tenants (id),
    kind text not null check (kind in ('ledger-changed')),
    ledger_id uuid not null,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create table idempotency_keys (
    scope text not null,
    key_hash bytea not null,
    tenant_id uuid references tenants (id),
    fingerprint bytea not null,
    status integer,
    response bytea,
    locked_until timestamptz not null,
    expires_at timestamptz not null,
    primary key (scope, key_hash)
  )`,
  `create index idempotency_keys_expiry on idempotency_keys (expires_at)`,
  `create table gateways (
    certificate_hash text primary key check (certificate_hash ~ '^[0-9a-f]{64}$'),
    certificate text not null,
    registered_at timestamptz not null default now()
  )`,
  `create table rate_limits (key varchar(255) primary key, points integer not null default 0, expire bigint)`,
];

/** What the API role may do, table by table; anything not listed is refused by PostgreSQL itself. */
const apiGrants = [
  'grant select on tenants to quorate_api',
  'grant insert, update (revoked_at) on api_keys to quorate_api',
  'grant select (id, tenant_id, created_by, name, prefix, created_at, expires_at, revoked_at, last_used_at) on api_keys to quorate_api',
  'grant select, insert, update (state, cause_code, cause_detail, step_sequence) on ledgers to quorate_api',
  'grant select on replicas to quorate_api',
  'grant select, insert, delete on ledger_steps to quorate_api',
  'grant insert on outbox to quorate_api',
];

const systemGrants = [
  'grant select, insert on tenants to quorate_system',
  'grant select, insert, update on members, ledgers, workers, replicas, api_keys to quorate_system',
  'grant select, insert, update, delete on sessions, idempotency_keys, gateways, rate_limits to quorate_system',
  'grant select, insert, delete on ledger_steps to quorate_system',
  'grant select, insert, update, delete on outbox to quorate_system',
];

/** An unset tenant is the empty string after a transaction-local set, and must compare as null: no row at all. */
const currentTenant = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

function policies(): string[] {
  const perTable = [
    ...tenantTables.map((table) => ({ table, column: 'tenant_id' })),
    { table: 'tenants', column: 'id' },
  ];
  return perTable.flatMap(({ table, column }) => [
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    `create policy tenant_rows on ${table} to quorate_api using (${column} = ${currentTenant}) with check (${column} = ${currentTenant})`,
    `create policy system_rows on ${table} to quorate_system using (true) with check (true)`,
  ]);
}

/** The schema of the control plane. */
export class Platform1764000000001 implements MigrationInterface {
  readonly name = 'Platform1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
    for (const statement of policies()) await runner.query(statement);
    await runner.query('revoke all on schema public from public');
    await runner.query('grant usage on schema public to quorate_api, quorate_system');
    for (const statement of [...apiGrants, ...systemGrants]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const names = [...tenantTables, 'workers', 'gateways', 'rate_limits', 'tenants'];
    await runner.query(`drop table ${names.join(', ')} cascade`);
  }
}
