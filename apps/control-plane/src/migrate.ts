import { join } from 'node:path';
import { loadConfig } from '@quorate/config';
import { runMigrations, type MigrationClass } from '@quorate/database';
import { migrateJobs } from '@quorate/jobs';

/** Brings roles, schema and queues up to date, then ends. */
async function migrate(): Promise<void> {
  const config = loadConfig();
  // The migrations stand at the top of the workspace and are compiled to dist/migrations.
  const { migrations } = require(join(config.root, 'dist/migrations')) as { migrations: readonly MigrationClass[] };
  const applied = await runMigrations(config, migrations);
  await migrateJobs(config);
  process.stdout.write(`${JSON.stringify({ app: 'migrate', applied })}\n`);
}

migrate().catch((fault: unknown) => {
  process.stderr.write(
    `migration failed: ${fault instanceof Error ? (fault.stack ?? fault.message) : 'unknown fault'}\n`,
  );
  process.exit(1);
});
