import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  // A data key belongs to a replica's directory, or to the archive of a ledger: then `replica_id` is the ledger's id.
  'alter table data_keys drop constraint data_keys_replica_id_fkey',
  // Sandboxes are gone within a day; what they hold is kept by nobody unless somebody asks for it.
  'alter table ledgers add column archived boolean not null default true',
  "update ledgers set archived = class <> 'sandbox'",
  // What the replica that ships last said of the archive.
  `alter table replicas add column archived_height bigint, add column archive_lag_blocks bigint,
     add column archive_lag_seconds integer, add column archive_error text`,
];

/** Archives: their keys, which ledgers have one, and how far they are behind. */
export class Archive1764000000004 implements MigrationInterface {
  readonly name = 'Archive1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table replicas drop column archived_height, drop column archive_lag_blocks, drop column archive_lag_seconds,
         drop column archive_error`,
    );
    await runner.query('alter table ledgers drop column archived');
    await runner.query('delete from data_keys where replica_id not in (select id from replicas)');
    await runner.query('alter table data_keys add foreign key (replica_id) references replicas (id)');
  }
}
