import { cpus, loadavg } from 'node:os';
import type { Logger } from '@nestjs/common';
import type { WorkerStore } from '@quorate/database';
import { causeOf } from './hosted-replica';
import type { ReplicaHost } from './replica-host';
import { replicasMax, type WorkerSettings } from './settings';

const beatEveryMs = 1_000;
const alignEveryBeats = 3;

/**
 * Keeps the worker's lease and its replicas in line with the database.
 *
 * Without the database the replicas go on: a ledger's work does not depend on the control plane. What was decided
 * meanwhile is followed as soon as the database answers again.
 */
export class Lease {
  #timer: NodeJS.Timeout | null = null;
  #beats = 0;
  #closed = false;
  #reachable = true;
  #aligning = false;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly store: WorkerStore,
    private readonly host: ReplicaHost,
    private readonly logger: Logger,
  ) {}

  /** Makes the worker known, brings its replicas up again and starts to beat. */
  async open(): Promise<void> {
    await this.#register();
    await this.host.align();
    this.#schedule();
  }

  #register(): Promise<void> {
    const { id, name, host } = this.settings;
    return this.store.register({ id, name, host, capacity: replicasMax });
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#beat().finally(() => this.#schedule()), beatEveryMs);
  }

  async #beat(): Promise<void> {
    const statuses = this.host.statuses();
    const memoryBytes = statuses.reduce((sum, { status }) => sum + status.memoryBytes, process.memoryUsage.rss());
    // The share of the machine's processors that is in use, over the last minute.
    const cpu = Math.min(loadavg()[0] / cpus().length, 1);
    const replicas = statuses.map(({ replicaId, status }) => {
      const { term, leader, height, epoch, configHash, handedOver, archive, journalSpace, journalDamage, evidence } =
        status;
      const health = { journalSpace, journalDamage, evidence };
      return { replicaId, term, leader, height, epoch, configHash, handedOver, archive, ...health };
    });
    try {
      const answer = await this.store.heartbeat({ workerId: this.settings.id, load: { cpu, memoryBytes }, replicas });
      if (answer.state === 'unknown' || answer.state === 'stopped') await this.#register();
      if (!this.#reachable) this.logger.log('the database answers again');
      this.#reachable = true;
      this.#beats += 1;
      if (this.#beats % alignEveryBeats === 0) void this.#align();
    } catch (error) {
      if (this.#reachable) this.logger.warn(`the database does not answer: ${causeOf(error).detail}`);
      this.#reachable = false;
    }
  }

  /** Never awaited by the beat: stopping a replica takes seconds, and the lease must not wait for it. */
  async #align(): Promise<void> {
    if (this.#aligning || this.#closed) return;
    this.#aligning = true;
    try {
      await this.host.align();
    } catch (error) {
      this.logger.warn(`could not align with the database: ${causeOf(error).detail}`);
    } finally {
      this.#aligning = false;
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
