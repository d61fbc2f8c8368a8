import type { MigrationInterface, QueryRunner } from 'typeorm';

const currentTenant = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

const statements = [
  // A backup that was asked for, or a check of what the archive holds; the report says what came of it.
  `create table backup_runs (
    id uuid primary key,
    tenant_id uuid not null,
    ledger_id uuid not null,
    kind text not null check (kind in ('create', 'verify', 'drill')),
    state text not null default 'requested' check (state in ('requested', 'done', 'failed')),
    height bigint check (height >= 0),
    report jsonb,
    cause_code text,
    cause_detail text,
    requested_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    foreign key (tenant_id, ledger_id) references ledgers (tenant_id, id)
  )`,
  `create index backup_runs_ledger on backup_runs (tenant_id, ledger_id, requested_at desc)`,
  `create index backup_runs_open on backup_runs (requested_at) where state = 'requested'`,
  `alter table backup_runs enable row level security`,
  `alter table backup_runs force row level security`,
  `create policy tenant_rows on backup_runs to quorate_api using (tenant_id = ${currentTenant}) with check (tenant_id = ${currentTenant})`,
  `create policy system_rows on backup_runs to quorate_system using (true) with check (true)`,
  `grant select, insert on backup_runs to quorate_api`,
  `grant select, insert, update, delete on backup_runs to quorate_system`,
];

/** Backups, checks of them, and drills. */
export class BackupRuns1764000000006 implements MigrationInterface {
  readonly name = 'BackupRuns1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table backup_runs');
  }
}
