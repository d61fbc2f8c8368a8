import { join } from 'node:path';
import type { Logger } from '@nestjs/common';
import type { ForkStore, ReplicaAssignment, WorkerStore } from '@quorate/database';
import { CodedError } from '@quorate/errors';
import type { WorkerJob } from '@quorate/jobs';
import type { ArchiveSettings, ReplicaStatus } from '@quorate/replica';
import { causeOf, HostedReplica } from './hosted-replica';
import type { Keyring } from './keys/keyring';
import { replicasMax, type WorkerSettings } from './settings';
import type { ReplicaProcess } from './replica-process';
import { SpareProcess } from './spare-process';

const bringUpMax = 3;

/** Asks the control plane to look at a ledger again. */
export type RequestReconcile = (ledgerId: string) => Promise<void>;

/** All replicas of this worker. */
export class ReplicaHost {
  readonly #replicas = new Map<string, HostedReplica>();
  readonly #destroying = new Map<string, Promise<void>>();
  /** Bounded by the number of assignments, which the placement bounds by the worker's capacity. */
  readonly #waiting = new Map<string, ReplicaAssignment>();
  #bringingUp = 0;
  readonly #spare: SpareProcess;
  #closed = false;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly store: WorkerStore,
    private readonly forks: ForkStore,
    private readonly keyring: Keyring,
    private readonly requestReconcile: RequestReconcile,
    private readonly logger: Logger,
  ) {
    this.#spare = new SpareProcess((line) => this.logger.log(line));
  }

  /** Starts the spare process, so that the first ledger is as quick as the later ones. */
  warm(): void {
    this.#spare.fill();
  }

  get count(): number {
    return this.#replicas.size;
  }

  /** What the heartbeat tells of each running replica. */
  statuses(): { replicaId: string; status: ReplicaStatus }[] {
    return [...this.#replicas.values()].flatMap(({ id, status }) =>
      status === null ? [] : [{ replicaId: id, status }],
    );
  }

  /** Performs one job. It reads what is wanted from the database, so that a late or repeated job does no harm. */
  async perform(job: WorkerJob): Promise<void> {
    const assignment = await this.store.replica(job.replicaId);
    if (assignment === null || assignment.workerId !== this.settings.id || this.#closed) return;
    if (assignment.intent === 'destroy') return this.#destroy(assignment);
    if (job.kind === 'prepare-replica') return this.#prepare(assignment);
    if (job.kind === 'acquire-state') return void this.#acquire(assignment);
    if (job.kind === 'start-replica') return this.#start(assignment);
    if (job.kind === 'update-replica') return this.#alignOne(assignment);
    if (job.kind === 'rotate-key') return this.#rotateKey(assignment);
    if (job.kind === 'stop-replica') return this.#stop(assignment);
  }

  /** Brings this worker in line with what the database says of it; run at the start and then every few seconds. */
  async align(): Promise<void> {
    const assignments = await this.store.replicasOf(this.settings.id);
    if (this.#closed) return;
    const known = new Set(assignments.map(({ replicaId }) => replicaId));
    await Promise.all(assignments.map((assignment) => this.#alignOne(assignment)));
    for (const replica of this.#replicas.values()) {
      if (known.has(replica.id)) continue;
      // Not ours any more. Its directory stays: only an explicit wish may remove keys and a journal.
      this.#replicas.delete(replica.id);
      await replica.stop();
    }
  }

  async #alignOne(assignment: ReplicaAssignment): Promise<void> {
    if (assignment.intent === 'destroy') return this.#destroy(assignment);
    const replica = this.#replicas.get(assignment.replicaId);
    if (replica?.kept) {
      replica.update(assignment);
      if (replica.running && assignment.state !== 'running') this.#running(assignment);
      return;
    }
    if (assignment.genesis !== null && ['running', 'failed'].includes(assignment.state)) void this.#bringUp(assignment);
  }

  /** Starts a replica that should be running, a few at a time: a restarted worker may have dozens. */
  async #bringUp(assignment: ReplicaAssignment): Promise<void> {
    const { replicaId } = assignment;
    if (this.#waiting.has(replicaId)) return;
    this.#waiting.set(replicaId, assignment);
    if (this.#bringingUp >= bringUpMax) return;
    this.#bringingUp += 1;
    for (let next = this.#takeWaiting(); next !== null && !this.#closed; next = this.#takeWaiting())
      await this.#start(next);
    this.#bringingUp -= 1;
  }

  #takeWaiting(): ReplicaAssignment | null {
    for (const [replicaId, assignment] of this.#waiting) {
      this.#waiting.delete(replicaId);
      return assignment;
    }
    return null;
  }

  async #prepare(assignment: ReplicaAssignment): Promise<void> {
    try {
      await this.#hosted(assignment).prepare();
    } catch (error) {
      await this.#report(assignment, this.store.replicaState(assignment.replicaId, 'failed', causeOf(error)));
    }
    await this.requestReconcile(assignment.ledgerId);
  }

  /** Takes as long as it takes: no job waits for it, and one that is repeated meanwhile joins it. */
  async #acquire(assignment: ReplicaAssignment): Promise<void> {
    const { replicaId, ledgerId } = assignment;
    try {
      const origin = await this.forks.origin(replicaId);
      if (origin === null) return;
      const noteHeight = (height: number): void =>
        void this.#report(assignment, this.forks.pointResolved(replicaId, height));
      const archive = origin.parentArchived ? await this.archiveOf(origin.parentId) : null;
      const state = await this.#hosted(assignment).acquire({ ...origin, archive }, noteHeight);
      await this.forks.stateAcquired(replicaId, state);
      await this.requestReconcile(ledgerId);
    } catch (error) {
      this.logger.warn(`replica ${replicaId} has no state of its parent: ${causeOf(error).detail}`);
      await this.#report(assignment, this.forks.acquisitionFailed(replicaId, causeOf(error)));
    }
  }

  async #start(assignment: ReplicaAssignment): Promise<void> {
    try {
      await this.#hosted(assignment).start(assignment);
    } catch (error) {
      // Recorded by `onFailed`; the replica tries again by itself.
      this.logger.warn(`replica ${assignment.replicaId} did not start: ${causeOf(error).code}`);
    }
  }

  async #stop(assignment: ReplicaAssignment): Promise<void> {
    const replica = this.#replicas.get(assignment.replicaId);
    this.#replicas.delete(assignment.replicaId);
    await replica?.stop();
    await this.#report(assignment, this.store.replicaState(assignment.replicaId, 'stopped'));
    await this.requestReconcile(assignment.ledgerId);
  }

  /** One that fails is asked for again. */
  async #rotateKey({ replicaId, ledgerId }: ReplicaAssignment): Promise<void> {
    const key = await this.#replicas.get(replicaId)?.nextKey();
    if (key === undefined) return;
    await this.store.nextKey(replicaId, key);
    await this.requestReconcile(ledgerId);
  }

  #destroy(assignment: ReplicaAssignment): Promise<void> {
    const { replicaId } = assignment;
    const underWay = this.#destroying.get(replicaId);
    if (underWay) return underWay;
    const replica = this.#replicas.get(replicaId) ?? this.#create(assignment);
    this.#replicas.delete(replicaId);
    const work = replica
      .destroy()
      .then(() => this.store.replicaState(replicaId, 'destroyed'))
      .then(() => this.requestReconcile(assignment.ledgerId))
      .catch((error: unknown) => this.logger.warn(`replica ${replicaId} was not destroyed: ${causeOf(error).detail}`))
      .finally(() => this.#destroying.delete(replicaId));
    this.#destroying.set(replicaId, work);
    return work;
  }

  #hosted(assignment: ReplicaAssignment): HostedReplica {
    const known = this.#replicas.get(assignment.replicaId);
    if (known) return known;
    if (this.#replicas.size >= replicasMax) {
      throw new CodedError('WORKER_FULL', 'The worker holds as many replicas as it may.', { replicasMax });
    }
    const replica = this.#create(assignment);
    this.#replicas.set(replica.id, replica);
    return replica;
  }

  #create(assignment: ReplicaAssignment): HostedReplica {
    const { replicaId } = assignment;
    return new HostedReplica(replicaId, {
      directory: join(this.settings.replicaFolder, replicaId),
      host: this.settings.host,
      portRange: this.settings.portRange,
      takeProcess: () => this.#spare.take(),
      dataKeys: () => this.keyring.dataKeys(replicaId),
      archive: () => this.archiveOf(assignment.ledgerId),
      onPrepared: (prepared) => this.store.replicaPrepared(replicaId, prepared),
      onRunning: () => this.#running(assignment),
      onFailed: (cause, waitMs) => {
        this.logger.warn(`replica ${replicaId} failed (${cause.code}: ${cause.detail}); next try in ${waitMs} ms`);
        void this.#report(assignment, this.store.replicaState(replicaId, 'failed', cause));
      },
    });
  }

  /** The keys of an archive belong to the ledger, so that whatever happens to its replicas, the next one reads it. */
  async archiveOf(ledgerId: string): Promise<ArchiveSettings | null> {
    const { archive } = this.settings;
    return archive === null ? null : { ...archive, keys: await this.keyring.dataKeys(ledgerId) };
  }

  /** Whether a replica runs here now, and does not only come up. */
  runs(replicaId: string): boolean {
    return this.#replicas.get(replicaId)?.running ?? false;
  }

  /** Puts everything final of a replica's ledger into the archive. */
  async shipNow(replicaId: string): Promise<{ readonly height: number; readonly snapshotHeight: number }> {
    const replica = this.#replicas.get(replicaId);
    if (replica === undefined) throw new CodedError('REPLICA_STOPPED', 'The replica does not run here.');
    return replica.shipNow();
  }

  /** Lets one more client in to a replica that runs here, until it is told otherwise. */
  letIn(replicaId: string, certificate: string | null): void {
    this.#replicas.get(replicaId)?.letIn(certificate);
  }

  /** A process that is nobody's replica yet. */
  takeProcess(): ReplicaProcess {
    return this.#spare.take();
  }

  #running(assignment: ReplicaAssignment): void {
    void this.#report(assignment, this.store.replicaState(assignment.replicaId, 'running'));
  }

  /** A report that is lost with the database is made again by the next `align`. */
  async #report(assignment: ReplicaAssignment, report: Promise<void>): Promise<void> {
    try {
      await report;
      await this.requestReconcile(assignment.ledgerId);
    } catch (error) {
      this.logger.warn(`replica ${assignment.replicaId}: ${causeOf(error).detail}`);
    }
  }

  /** Stops every replica; their directories stay for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#spare.close(), ...[...this.#replicas.values()].map((replica) => replica.stop())]);
  }
}
