import { databasePassword, databaseUrl, type Config, type DatabaseRole } from '@quorate/config';
import { CodedError } from '@quorate/errors';
import { Client } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';

/** Key of the lock that lets one process migrate at a time; the letters "QUOR". */
const migrationLock = 0x5155_4f52;
const roles: readonly DatabaseRole[] = ['quorate_api', 'quorate_system'];
/** Two databases of one cluster may set the same role at once; PostgreSQL then refuses one of them. */
const roleAttemptsMax = 10;

/** A class of one migration. */
export type MigrationClass = new () => MigrationInterface;

/** Brings roles and schema up to date. Safe to call from several processes: one works, the others wait and find nothing to do. */
export async function runMigrations(config: Config, migrations: readonly MigrationClass[]): Promise<string[]> {
  const owner = new Client({ connectionString: config.databaseUrl, application_name: 'quorate:migrate' });
  await owner.connect();
  try {
    await owner.query('select pg_advisory_lock($1)', [migrationLock]);
    for (const role of roles) await ensureRole(owner, config, role);
    return await applyMigrations(config, migrations);
  } finally {
    // Ending the session releases the lock.
    await owner.end();
  }
}

async function applyMigrations(config: Config, migrations: readonly MigrationClass[]): Promise<string[]> {
  const source = new DataSource({
    type: 'postgres',
    url: config.databaseUrl,
    migrations: [...migrations],
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize: 1,
    installExtensions: false,
  });
  await source.initialize();
  try {
    const applied = await source.runMigrations();
    return applied.map((migration) => migration.name);
  } finally {
    await source.destroy();
  }
}

async function ensureRole(owner: Client, config: Config, role: DatabaseRole): Promise<void> {
  const password = databasePassword(config, role);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const existing = await owner.query<{ rolsuper: boolean; rolbypassrls: boolean }>(
        'select rolsuper, rolbypassrls from pg_roles where rolname = $1',
        [role],
      );
      const found = existing.rows[0];
      if (found && (found.rolsuper || found.rolbypassrls)) {
        throw new CodedError('DATABASE_ROLE_TOO_POWERFUL', 'the role must not be able to bypass row-level security', {
          role,
        });
      }
      if (found && (await canConnect(config, role))) return;
      // The password is hexadecimal, so that it needs no quoting rules; role names are our own constants.
      await owner.query(`${found ? 'alter' : 'create'} role ${role} login noinherit password '${password}'`);
      return;
    } catch (fault) {
      if (attempt >= roleAttemptsMax || fault instanceof CodedError) throw fault;
    }
  }
}

async function canConnect(config: Config, role: DatabaseRole): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl(config, role), connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
