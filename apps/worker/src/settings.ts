import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveConfig, Config } from '@quorate/config';
import { CodedError } from '@quorate/errors';
import type { ArchiveSettings, ArchiveStoreSettings } from '@quorate/replica';

/** Replicas one worker holds at most; each is a process of its own with some tens of megabytes. */
export const replicasMax = 64;

/** What a worker needs to know of itself. */
export interface WorkerSettings {
  readonly id: string;
  readonly name: string;
  /** The address under which other replicas and the gateways reach this worker's replicas. */
  readonly host: string;
  /** Ports its replicas may listen on, both included. */
  readonly portRange: [number, number];
  /** Holds one folder per replica, mode 0700. */
  readonly replicaFolder: string;
  /** Where ledgers are archived; null: nowhere. */
  readonly archive: Pick<ArchiveSettings, 'store' | 'retention'> | null;
}

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readId(path: string): string | null {
  try {
    const id = readFileSync(path, 'utf8').trim();
    return idPattern.test(id) ? id : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A worker keeps its id over restarts: the replicas that the platform placed on it are in its folder. */
function ensureId(folder: string): string {
  const path = join(folder, 'worker-id');
  const known = readId(path);
  if (known !== null) return known;
  const id = randomUUID();
  writeFileSync(`${path}.draft`, `${id}\n`, { mode: 0o600 });
  renameSync(`${path}.draft`, path);
  return id;
}

function openArchive(archive: ArchiveConfig): Pick<ArchiveSettings, 'store' | 'retention'> {
  return { store: storeOf(archive), retention: { blocks: archive.keepBlocks, bytes: archive.keepBytes } };
}

/** Credentials lie in a file: they are in no environment, argument or URL. */
function storeOf({ location, endpoint, region, credentialsFile }: ArchiveConfig): ArchiveStoreSettings {
  if (!location.startsWith('s3://')) return { kind: 'directory', path: location };
  if (credentialsFile === null)
    throw new CodedError('CONFIG_INVALID', 'QUORATE_ARCHIVE_CREDENTIALS_FILE: a bucket needs credentials');
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(credentialsFile, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  if (accessKeyId === '' || secretAccessKey === '')
    throw new CodedError('CONFIG_INVALID', 'QUORATE_ARCHIVE_CREDENTIALS_FILE: two lines, access key id and secret');
  const [bucket, ...prefix] = location.slice('s3://'.length).split('/');
  return { kind: 's3', endpoint, region, bucket, prefix: prefix.join('/'), accessKeyId, secretAccessKey };
}

/** Opens the worker's folder below the installation's home and reads who the worker is. */
export function openWorker(config: Config): WorkerSettings {
  const folder = join(config.home, 'workers', config.workerName);
  const replicaFolder = join(folder, 'replicas');
  mkdirSync(replicaFolder, { recursive: true, mode: 0o700 });
  return {
    id: ensureId(folder),
    name: config.workerName,
    host: config.workerHost,
    portRange: [config.replicaPorts.first, config.replicaPorts.last],
    replicaFolder,
    archive: config.archive === null ? null : openArchive(config.archive),
  };
}
