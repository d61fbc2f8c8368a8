import { databaseUrl, type Config } from '@quorate/config';
import {
  createPostgresBackend,
  createRedisBackend,
  runMigrations,
  type BackendFactory,
  type ConnectionOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import { Client, Pool } from 'pg';

/** PostgreSQL schema that holds the queues when no Redis is given. */
const queueSchema = 'bullmq';

/** Every queue consumer parks one connection for its notifications; the rest serve all queues of the process. */
export const poolSizeDefault = 4;

/** Where the queues of this process live. */
export interface QueueBackend {
  readonly kind: 'postgres' | 'redis';
  readonly factory: BackendFactory;
  readonly connection: ConnectionOptions;
  close(): Promise<void>;
}

/** Opens Redis when the settings name one, else PostgreSQL. */
export function openQueueBackend(config: Config, poolSizeMax: number): QueueBackend {
  return config.redisUrl === null ? openPostgres(config, poolSizeMax) : openRedis(config.redisUrl);
}

function openRedis(url: string): QueueBackend {
  // Blocking consumers may wait for ever; BullMQ refuses a client that gives up on a request.
  const client = new Redis(url, { maxRetriesPerRequest: null, enableReadyCheck: true });
  client.on('error', () => undefined);
  return {
    kind: 'redis',
    factory: createRedisBackend as BackendFactory,
    connection: client as ConnectionOptions,
    close: async () => {
      await client.quit().catch(() => client.disconnect());
    },
  };
}

function openPostgres(config: Config, poolSizeMax: number): QueueBackend {
  const pool = new Pool({
    connectionString: databaseUrl(config, 'quorate_system'),
    application_name: 'quorate:jobs',
    max: poolSizeMax,
    keepAlive: true,
    // A job lost in a crash of the database is asked for again by the next resync, so it need not wait for the disk.
    options: `-c search_path=${queueSchema} -c synchronous_commit=off`,
  });
  pool.setMaxListeners(200);
  pool.on('error', () => undefined);
  return {
    kind: 'postgres',
    factory: createPostgresBackend as unknown as BackendFactory,
    connection: pool as unknown as ConnectionOptions,
    close: () => pool.end(),
  };
}

/** Brings the queues' own schema up to date and lets the system role use it. Needs the owner's connection. */
export async function migrateJobs(config: Config): Promise<void> {
  if (config.redisUrl !== null) return;
  const owner = new Client({ connectionString: config.databaseUrl, application_name: 'quorate:migrate' });
  await owner.connect();
  try {
    await runMigrations(owner, queueSchema);
    // BullMQ makes a sequence for each queue when it first adds to it, hence the right to create.
    for (const statement of [
      `grant usage, create on schema ${queueSchema} to quorate_system`,
      `grant select, insert, update, delete on all tables in schema ${queueSchema} to quorate_system`,
      `grant usage, select, update on all sequences in schema ${queueSchema} to quorate_system`,
      `grant execute on all functions in schema ${queueSchema} to quorate_system`,
    ]) {
      await owner.query(statement);
    }
  } finally {
    await owner.end();
  }
}
