import type { MigrationInterface, QueryRunner } from 'typeorm';

const requestedSteps = (
  ...steps: string[]
): string => `alter table replicas add constraint replicas_requested_step_check check
     (requested_step in ('prepare-replica', 'acquire-state', 'start-replica', 'destroy-replica'${steps.map((step) => `, '${step}'`).join('')}))`;

const statements = [
  // What a replica last said of its journal, and of the evidence against replicas that is on its ledger.
  `alter table replicas add column journal_space text check (journal_space in ('ample', 'short', 'none')),
     add column journal_damage integer check (journal_damage >= 0), add column evidence jsonb`,
  // A member that is to get another consensus key; the key it made for the next configuration.
  `alter table replicas add column rotate_wanted boolean not null default false,
     add column next_consensus_key text check (next_consensus_key ~ '^[0-9a-f]{64}$')`,
  `alter table replicas drop constraint replicas_requested_step_check`,
  requestedSteps('rotate-key'),
  // Until then the archive of a retired ledger can be read; then all its keys are destroyed.
  `alter table ledgers add column archive_until timestamptz`,
  `grant update (archive_until) on ledgers to quorate_api`,
  `create index ledgers_archive_until on ledgers (archive_until) where archive_until is not null and shred_certificate is null`,
  // One backup, check or drill of a ledger at a time, whoever asks.
  `create unique index backup_runs_one on backup_runs (ledger_id) where state = 'requested'`,
];

/** What operators see and do: how replicas fare, keys that rotate, archives that outlive their ledgers. */
export class Operators1764000000007 implements MigrationInterface {
  readonly name = 'Operators1764000000007';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index backup_runs_one');
    await runner.query('alter table ledgers drop column archive_until');
    await runner.query('alter table replicas drop constraint replicas_requested_step_check');
    await runner.query(requestedSteps());
    await runner.query('alter table replicas drop column rotate_wanted, drop column next_consensus_key');
    await runner.query(
      'alter table replicas drop column journal_space, drop column journal_damage, drop column evidence',
    );
  }
}
