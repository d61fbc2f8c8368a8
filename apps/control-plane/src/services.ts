import { Authenticator, PasswordHasher } from '@quorate/auth';
import type { Config } from '@quorate/config';
import {
  AccountStore,
  ApiDatabase,
  ApiKeyStore,
  BackupStore,
  FleetStore,
  IdempotencyStore,
  LedgerFeed,
  LedgerStore,
  OutboxStore,
  ReconcileStore,
  ScaleStore,
  SystemDatabase,
} from '@quorate/database';
import { Jobs } from '@quorate/jobs';
import type { Logger } from 'pino';

/** Connections that the application holds; made without a connection being opened. */
export interface Services {
  readonly config: Config;
  readonly logger: Logger;
  readonly api: ApiDatabase;
  readonly system: SystemDatabase;
  readonly feed: LedgerFeed;
  readonly jobs: Jobs;
}

/** Pools of the control plane: requests of tenants, and the platform's own work. */
const apiPoolSizeMax = 8;
const systemPoolSizeMax = 10;
const jobsPoolSizeMax = 8;

/** Makes the services; `openServices` connects them. */
export function createServices(config: Config, logger: Logger): Services {
  return {
    config,
    logger,
    api: new ApiDatabase(config, { poolSizeMax: apiPoolSizeMax }),
    system: new SystemDatabase(config, { poolSizeMax: systemPoolSizeMax }),
    feed: new LedgerFeed(config),
    jobs: new Jobs(config, (fault) => logger.warn({ fault: fault.message }, 'queue fault'), jobsPoolSizeMax),
  };
}

export async function openServices(services: Services): Promise<void> {
  await Promise.all([services.api.open(), services.system.open(), services.feed.open(), services.jobs.ready()]);
}

export async function closeServices(services: Services): Promise<void> {
  await Promise.all([services.jobs.close(), services.feed.close()]);
  await Promise.all([services.api.close(), services.system.close()]);
}

/** What Nest injects, by class. */
export function storeProviders(services: Services): { provide: unknown; useValue: unknown }[] {
  const { api, system, feed, jobs } = services;
  const values = [
    [SystemDatabase, system],
    [LedgerFeed, feed],
    [Jobs, jobs],
    [Authenticator, new Authenticator(system)],
    [PasswordHasher, new PasswordHasher()],
    [AccountStore, new AccountStore(system)],
    [ApiKeyStore, new ApiKeyStore(api)],
    [FleetStore, new FleetStore(system)],
    [IdempotencyStore, new IdempotencyStore(system)],
    [LedgerStore, new LedgerStore(api)],
    [OutboxStore, new OutboxStore(system)],
    [ReconcileStore, new ReconcileStore(system)],
    [ScaleStore, new ScaleStore(system)],
    [BackupStore, new BackupStore(api, system)],
  ] as const;
  return values.map(([provide, useValue]) => ({ provide, useValue }));
}
