import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@nestjs/common';
import type { AcquiredRecord, BackupReport, BackupStore, BackupTask } from '@quorate/database';
import { CodedError } from '@quorate/errors';
import type { ForkPoint } from '@quorate/replica';
import { causeOf } from './hosted-replica';
import type { ReplicaHost } from './replica-host';
import type { WorkerSettings } from './settings';

const keyBytes = 32;
const prepareMsMax = 15_000;
const restoreMsMax = 1_800_000;

type Source = 'archive' | 'replica';

/** Does backups, checks and drills: ships at once, or restores from the archive into a shadow and compares it with the running ledger. */
export class BackupRunner {
  /** A run that is handed out again meanwhile is not begun twice. */
  readonly #underWay = new Set<string>();
  readonly #shadows: string;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly store: BackupStore,
    private readonly host: ReplicaHost,
    private readonly logger: Logger,
  ) {
    this.#shadows = join(settings.replicaFolder, 'shadows');
    // What a worker that died in the middle left behind; nobody has the keys.
    rmSync(this.#shadows, { recursive: true, force: true });
  }

  /** Does one run to its end and keeps what came of it. */
  async perform(runId: string): Promise<void> {
    if (this.#underWay.has(runId)) return;
    this.#underWay.add(runId);
    try {
      const task = await this.store.task(runId, this.settings.id);
      // A worker that came back may be asked before its replica is up: the run is handed out again.
      if (task === null || !this.host.runs(task.replicaId)) return;
      const outcome = await this.#do(task).catch(causeOf);
      await this.store.finished(runId, outcome);
    } catch (error) {
      this.logger.warn(`backup run ${runId}: ${causeOf(error).detail}`);
    } finally {
      this.#underWay.delete(runId);
    }
  }

  async #do(task: BackupTask): Promise<BackupReport> {
    if (task.kind === 'create') {
      const { height, snapshotHeight } = await this.host.shipNow(task.replicaId);
      return { kind: 'created', height, snapshotHeight };
    }
    const restored = await this.#shadow(task, 'archive', task.height === null ? 'newest' : { height: task.height });
    const live = await this.#shadow(task, 'replica', { height: restored.height });
    return { kind: 'compared', restored, live, equal: isDeepStrictEqual(essence(restored), essence(live)) };
  }

  /** Makes the ledger's state in a directory of its own, under a key that nobody keeps, and removes it. */
  async #shadow(task: BackupTask, source: Source, point: ForkPoint): Promise<AcquiredRecord> {
    const directory = join(this.#shadows, randomUUID());
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const process = this.host.takeProcess();
    try {
      const { host, portRange } = this.settings;
      const { certificate } = await process.ask(
        { kind: 'prepare', directory, host, portRange },
        'prepared',
        prepareMsMax,
      );
      if (source === 'replica') this.host.letIn(task.replicaId, certificate);
      const acquired = process.expect('acquired', restoreMsMax);
      acquired.catch(() => undefined);
      const archive = source === 'archive' ? await this.host.archiveOf(task.ledgerId) : null;
      if (source === 'archive' && archive === null)
        throw new CodedError('ARCHIVE_NOT_CONFIGURED', 'This worker knows no archive.');
      await process.ask(
        {
          kind: 'acquire',
          directory,
          ledgerId: randomBytes(16),
          dataKeys: [{ generation: 1, key: randomBytes(keyBytes) }],
          parent: { genesis: task.genesis, participants: source === 'replica' ? [task.participant] : [], archive },
          point,
        },
        'point',
        restoreMsMax,
      );
      return (await acquired).state;
    } finally {
      if (source === 'replica') this.host.letIn(task.replicaId, null);
      process.kill();
      await process.ended;
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

/** What has to be the same however the state was made. */
function essence({ genesisId, height, blockId, execRoot, stateRoot, counts, trialBalance }: AcquiredRecord): unknown {
  return { genesisId, height, blockId, execRoot, stateRoot, counts, trialBalance };
}
