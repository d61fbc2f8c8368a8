import { databaseUrl, type Config, type DatabaseRole } from '@quorate/config';
import type { SystemContext, TenantContext } from '@quorate/tenancy';
import { DataSource, type EntityManager } from 'typeorm';
import { ApiKeyEntity } from './entities/api-key.entity';
import { LedgerStepEntity } from './entities/ledger-step.entity';
import { LedgerEntity } from './entities/ledger.entity';
import { MemberEntity } from './entities/member.entity';
import { OutboxEntity } from './entities/outbox.entity';
import { ReplicaEntity } from './entities/replica.entity';
import { SessionEntity } from './entities/session.entity';
import { TenantEntity } from './entities/tenant.entity';

/** A transaction that is open for one unit of work. */
export type Transaction = EntityManager;

const entities = [
  TenantEntity,
  MemberEntity,
  SessionEntity,
  ApiKeyEntity,
  LedgerEntity,
  ReplicaEntity,
  LedgerStepEntity,
  OutboxEntity,
];

/** Connections of one pool. PostgreSQL's default allows 100 in all; a machine runs up to eight processes with pools. */
const poolSizeDefault = 6;
const connectTimeoutMs = 5_000;
/** No statement of the platform may hold a connection longer than this. */
const statementTimeoutMs = 15_000;

function createDataSource(config: Config, role: DatabaseRole, poolSize: number): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl(config, role),
    entities,
    synchronize: false,
    migrationsRun: false,
    logging: false,
    poolSize,
    connectTimeoutMS: connectTimeoutMs,
    applicationName: `quorate:${role}`,
    installExtensions: false,
    // An idle connection that breaks is replaced by the pool; the next query reports a lasting failure.
    poolErrorHandler: () => undefined,
    extra: { statement_timeout: statementTimeoutMs, keepAlive: true },
  });
}

/** Settings of a connection pool. */
export interface PoolOptions {
  readonly poolSizeMax?: number;
}

/**
 * The pool of the API role. It sees the rows of one tenant, and only inside `run`.
 *
 * Invariant: the tenant is set with transaction scope, so that a pooled connection carries nothing into its next use.
 */
export class ApiDatabase {
  private readonly source: DataSource;

  constructor(config: Config, options: PoolOptions = {}) {
    this.source = createDataSource(config, 'quorate_api', options.poolSizeMax ?? poolSizeDefault);
  }

  async open(): Promise<void> {
    if (!this.source.isInitialized) await this.source.initialize();
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** Runs one transaction in which only the rows of the context's tenant exist. */
  run<T>(context: TenantContext, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.source.transaction(async (transaction) => {
      await transaction.query(`select set_config('app.tenant_id', $1, true)`, [context.tenantId]);
      return work(transaction);
    });
  }
}

/** The pool of the system role, for the platform's own processes: it sees every tenant's rows. */
export class SystemDatabase {
  private readonly source: DataSource;

  constructor(config: Config, options: PoolOptions = {}) {
    this.source = createDataSource(config, 'quorate_system', options.poolSizeMax ?? poolSizeDefault);
  }

  async open(): Promise<void> {
    if (!this.source.isInitialized) await this.source.initialize();
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** Runs one transaction of the platform. */
  run<T>(_context: SystemContext, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.source.transaction((transaction) => work(transaction));
  }

  /** Runs single statements that need no transaction, each in its own. */
  direct(_context: SystemContext): EntityManager {
    return this.source.manager;
  }

  /** The driver's own pool, for libraries that bring their own statements. */
  pool(): unknown {
    const driver = this.source.driver;
    return 'master' in driver ? driver.master : undefined;
  }
}

/** Opens the pool of the API role. */
export async function openApiDatabase(config: Config, options: PoolOptions = {}): Promise<ApiDatabase> {
  const database = new ApiDatabase(config, options);
  await database.open();
  return database;
}

/** Opens the pool of the system role. */
export async function openSystemDatabase(config: Config, options: PoolOptions = {}): Promise<SystemDatabase> {
  const database = new SystemDatabase(config, options);
  await database.open();
  return database;
}
