import type { MigrationInterface, QueryRunner } from 'typeorm';

const currentTenant = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

const statements = [
  `alter table ledgers drop constraint ledgers_class_check`,
  `alter table ledgers add constraint ledgers_class_check check (class in ('sandbox', 'standard', 'premium'))`,
  // Epoch of the configuration in force; the one of the genesis is the first.
  `alter table ledgers add column epoch integer not null default 1 check (epoch >= 1)`,
  // A replica is a member (current), a joiner (joining), or neither any more.
  `alter table replicas add column joining boolean not null default false check (not (current and joining))`,
  `alter table replicas add column replace_wanted boolean not null default false`,
  // What the replica last said of its epoch.
  `alter table replicas add column epoch integer, add column config_hash text, add column handed_over boolean`,
  // Every configuration after the first that was signed; of those for one epoch at most one was adopted.
  `create table configurations (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    ledger_id uuid not null,
    epoch integer not null check (epoch >= 2),
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    document bytea not null,
    signature bytea not null,
    members uuid[] not null check (cardinality(members) between 1 and 31),
    signed_at timestamptz not null default clock_timestamp(),
    adopted_at timestamptz,
    foreign key (tenant_id, ledger_id) references ledgers (tenant_id, id)
  )`,
  `create index configurations_ledger on configurations (ledger_id, epoch)`,
  `create unique index configurations_adopted on configurations (ledger_id, epoch) where adopted_at is not null`,
  `alter table configurations enable row level security`,
  `alter table configurations force row level security`,
  `create policy tenant_rows on configurations to quorate_api using (tenant_id = ${currentTenant}) with check (tenant_id = ${currentTenant})`,
  `create policy system_rows on configurations to quorate_system using (true) with check (true)`,
  `grant select on configurations to quorate_api`,
  `grant select, insert, update on configurations to quorate_system`,
];

/** Replica sets that change: epochs, the configurations signed for them, and joiners. */
export class Epochs1764000000003 implements MigrationInterface {
  readonly name = 'Epochs1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table configurations');
    await runner.query('alter table replicas drop column joining, drop column replace_wanted');
    await runner.query('alter table replicas drop column epoch, drop column config_hash, drop column handed_over');
    await runner.query('alter table ledgers drop column epoch');
    await runner.query('alter table ledgers drop constraint ledgers_class_check');
    await runner.query(
      `alter table ledgers add constraint ledgers_class_check check (class in ('sandbox', 'standard'))`,
    );
  }
}
