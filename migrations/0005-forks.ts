import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  // A ledger that begins with the state of another one of the same tenant: the key says so, whoever writes.
  `alter table ledgers add column parent_id uuid, add column parent_point jsonb, add column parent_height bigint check (parent_height >= 0),
     add column parent_state jsonb`,
  `alter table ledgers add foreign key (tenant_id, parent_id) references ledgers (tenant_id, id)`,
  `alter table ledgers add check ((parent_id is null) = (parent_point is null)), add check (parent_id <> id)`,
  `create index ledgers_parent on ledgers (parent_id) where parent_id is not null`,
  // What a replica told of the state that it made.
  `alter table replicas add column acquired jsonb`,
  `alter table replicas drop constraint replicas_requested_step_check`,
  `alter table replicas add constraint replicas_requested_step_check check
     (requested_step in ('prepare-replica', 'acquire-state', 'start-replica', 'destroy-replica'))`,
];

/** Forks: ledgers that have a parent. */
export class Forks1764000000005 implements MigrationInterface {
  readonly name = 'Forks1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table replicas drop constraint replicas_requested_step_check');
    await runner.query(
      `alter table replicas add constraint replicas_requested_step_check check
         (requested_step in ('prepare-replica', 'start-replica', 'destroy-replica'))`,
    );
    await runner.query('alter table replicas drop column acquired');
    await runner.query(
      'alter table ledgers drop column parent_id cascade, drop column parent_point, drop column parent_height, drop column parent_state',
    );
  }
}
