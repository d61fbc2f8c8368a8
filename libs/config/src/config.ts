import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readFileSync } from 'node:fs';
import { ensureGovernanceKey } from './governance-key';
import { ensureSecret } from './secret-file';

/** Where the workspace stands on disk: `libs/config/{src,dist}` is three levels below it. */
export const workspaceRoot: string = resolve(__dirname, '../../..');

/** Where a worker archives its ledgers, and how much of their history stays on its own disk all the same. */
export interface ArchiveConfig {
  /** A directory, or s3://bucket[/prefix]. */
  readonly location: string;
  readonly endpoint: string;
  readonly region: string;
  /** Holds the access key id in its first line and the secret access key in its second one. */
  readonly credentialsFile: string | null;
  readonly keepBlocks: number;
  /** Of each replica's journal. */
  readonly keepBytes: number;
}

/** Every setting of a Quorate process, read once at its start. */
export interface Config {
  readonly root: string;
  readonly home: string;
  readonly bind: string;
  readonly port: number;
  readonly gatewayPort: number;
  readonly publicUrl: string;
  readonly gatewayUrl: string;
  /** Connection URL of the role that owns the schema. */
  readonly databaseUrl: string;
  /** When absent, BullMQ keeps its queues in PostgreSQL. */
  readonly redisUrl: string | null;
  readonly workerName: string;
  /** The address under which replicas on other workers and the gateways reach this worker's replicas. */
  readonly workerHost: string;
  /** Ports that replicas may listen on, both included; below the range that systems use for outgoing connections. */
  readonly replicaPorts: { readonly first: number; readonly last: number };
  /** How long a worker may be silent before it counts as lost. It beats every second. */
  readonly workerLeaseMs: number;
  /** How long a worker must be down before its replicas are replaced on other workers. */
  readonly replaceAfterMs: number;
  /** How often a ledger that is drawn at random is restored from its archive and compared. */
  readonly drillEveryMs: number;
  /** How long the archive of a retired ledger can still be read, unless its keys are destroyed before. */
  readonly archiveRetentionMs: number;
  /** Where ledgers are archived; null: nowhere. */
  readonly archive: ArchiveConfig | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Root secret of this installation; the passwords of the database roles and the sealing keys derive from it. */
  readonly secret: string;
}

const port = z.coerce.number().int().min(0).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

const environmentSchema = z.object({
  QUORATE_HOME: z.string().min(1).optional(),
  QUORATE_BIND: z.string().min(1).default('127.0.0.1'),
  QUORATE_PORT: port.default(8080),
  QUORATE_GATEWAY_PORT: port.default(8081),
  QUORATE_PUBLIC_URL: httpUrl.optional(),
  QUORATE_GATEWAY_URL: httpUrl.optional(),
  QUORATE_WORKER_NAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .default('worker-1'),
  QUORATE_WORKER_HOST: z.string().min(1).max(253).default('127.0.0.1'),
  QUORATE_REPLICA_PORTS: z
    .string()
    .regex(/^\d{4,5}-\d{4,5}$/)
    .default('20000-29999')
    .transform((text) => ({ first: Number(text.split('-')[0]), last: Number(text.split('-')[1]) }))
    .refine(
      ({ first, last }) => first >= 1_024 && first <= last && last <= 65_535,
      'a range of ports from 1024 to 65535',
    ),
  QUORATE_WORKER_LEASE_SECONDS: z.coerce.number().int().min(2).max(3_600).default(5),
  QUORATE_REPLACE_AFTER_SECONDS: z.coerce.number().int().min(1).max(86_400).default(60),
  QUORATE_ARCHIVE: z
    .string()
    .regex(/^(none|\/.*|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[a-z0-9_-][a-z0-9._-]*)*)$/)
    .optional(),
  QUORATE_ARCHIVE_ENDPOINT: httpUrl.optional(),
  QUORATE_ARCHIVE_REGION: z.string().min(1).default('us-east-1'),
  QUORATE_ARCHIVE_CREDENTIALS_FILE: z.string().min(1).optional(),
  QUORATE_DRILL_SECONDS: z.coerce.number().int().min(1).max(31_536_000).default(21_600),
  QUORATE_ARCHIVE_RETENTION_DAYS: z.coerce.number().int().min(0).max(3_650).default(30),
  QUORATE_JOURNAL_KEEP_BLOCKS: z.coerce.number().int().min(4_096).default(65_536),
  QUORATE_JOURNAL_KEEP_BYTES: z.coerce.number().int().min(67_108_864).default(1_073_741_824),
  QUORATE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  QUORATE_DATABASE_PASSWORD: z.string().min(16).optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .default('postgres://127.0.0.1:5432/quorate'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//)
    .optional(),
});

/**
 * The key with which the platform signs the next configuration of a ledger: PKCS #8 PEM of an Ed25519 key, from
 * QUORATE_GOVERNANCE_KEY_FILE or made once in the home directory. Only the control plane asks for it.
 */
export function loadGovernanceKey(
  config: Pick<Config, 'home'>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const file = environment.QUORATE_GOVERNANCE_KEY_FILE;
  return file === undefined || file === '' ? ensureGovernanceKey(config.home) : readFileSync(file, 'utf8');
}

/** Reads and checks the environment. Throws, naming the variable, when a setting is not usable. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`CONFIG_INVALID ${reasons.join('; ')}`);
  }
  const values = parsed.data;
  const home = resolve(values.QUORATE_HOME ?? join(workspaceRoot, '.quorate'));
  return Object.freeze({
    root: workspaceRoot,
    home,
    bind: values.QUORATE_BIND,
    port: values.QUORATE_PORT,
    gatewayPort: values.QUORATE_GATEWAY_PORT,
    publicUrl: values.QUORATE_PUBLIC_URL ?? `http://localhost:${values.QUORATE_PORT}`,
    gatewayUrl: values.QUORATE_GATEWAY_URL ?? `http://localhost:${values.QUORATE_GATEWAY_PORT}`,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL ?? null,
    workerName: values.QUORATE_WORKER_NAME,
    workerHost: values.QUORATE_WORKER_HOST,
    replicaPorts: values.QUORATE_REPLICA_PORTS,
    workerLeaseMs: values.QUORATE_WORKER_LEASE_SECONDS * 1_000,
    replaceAfterMs: values.QUORATE_REPLACE_AFTER_SECONDS * 1_000,
    drillEveryMs: values.QUORATE_DRILL_SECONDS * 1_000,
    archiveRetentionMs: values.QUORATE_ARCHIVE_RETENTION_DAYS * 86_400_000,
    archive: archiveOf(values, home),
    logLevel: values.QUORATE_LOG_LEVEL,
    secret: values.QUORATE_DATABASE_PASSWORD ?? ensureSecret(home),
  });
}

function archiveOf(values: z.infer<typeof environmentSchema>, home: string): ArchiveConfig | null {
  const location = values.QUORATE_ARCHIVE ?? join(home, 'archive');
  if (location === 'none') return null;
  const region = values.QUORATE_ARCHIVE_REGION;
  return {
    location,
    endpoint: values.QUORATE_ARCHIVE_ENDPOINT ?? `https://s3.${region}.amazonaws.com`,
    region,
    credentialsFile: values.QUORATE_ARCHIVE_CREDENTIALS_FILE ?? null,
    keepBlocks: values.QUORATE_JOURNAL_KEEP_BLOCKS,
    keepBytes: values.QUORATE_JOURNAL_KEEP_BYTES,
  };
}
