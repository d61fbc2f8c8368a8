import 'reflect-metadata';
import { randomUUID, webcrypto } from 'node:crypto';
import type { Config } from '@quorate/config';
import { hex } from '@quorate/crypto';
import { WorkerStore, openSystemDatabase, type ReplicaAssignment, type SystemDatabase } from '@quorate/database';
import { openJobs, type Jobs, type WorkerJob } from '@quorate/jobs';
import { configHash, decodeConfiguration } from '@quorate/protocol';
import { systemContext } from '@quorate/tenancy';
import { X509CertificateGenerator, cryptoProvider } from '@peculiar/x509';

cryptoProvider.set(webcrypto as Crypto);

/** What a worker is told to do wrong with a job. */
export type Misdeed = 'fail' | 'ignore' | null;

/**
 * A worker that speaks to database and queues exactly as a real one, but runs no replica processes: it tells of a replica
 * what the test's script says.
 */
export class ScriptedWorker {
  readonly id = randomUUID();
  readonly performed: WorkerJob[] = [];
  misdeed: (job: WorkerJob) => Misdeed = () => null;
  /** Whether the replicas of this worker take part in deciding on the next epoch. */
  decides = true;
  /** The epochs that its replicas are in, by replica. */
  private readonly epochs = new Map<string, { readonly epoch: number; readonly configHash: string }>();
  private beating: NodeJS.Timeout | null = null;
  private lastBeat: Promise<void> = Promise.resolve();
  private stopped = false;

  private constructor(
    readonly name: string,
    private readonly database: SystemDatabase,
    readonly store: WorkerStore,
    private readonly jobs: Jobs,
  ) {}

  static async start(
    config: Config,
    options: { readonly name?: string; readonly capacity?: number } = {},
  ): Promise<ScriptedWorker> {
    const database = await openSystemDatabase(config, { poolSizeMax: 2 });
    const worker = new ScriptedWorker(
      options.name ?? 'scripted',
      database,
      new WorkerStore(database, config.workerLeaseMs),
      await openJobs(config),
    );
    await worker.store.register({
      id: worker.id,
      name: worker.name,
      capacity: options.capacity ?? 100,
      host: '127.0.0.1',
    });
    worker.speakAgain();
    worker.jobs.consumeWorkerJobs(worker.id, (job) => worker.perform(job));
    return worker;
  }

  /** Stops beating, as a worker that is cut off: its replicas run on, and its lease runs out in its time. */
  async fallSilent(): Promise<void> {
    if (this.beating) clearInterval(this.beating);
    await this.lastBeat;
  }

  /** Stops beating, with a lease that is over: nobody has to wait for it. */
  async beLost(): Promise<void> {
    await this.fallSilent();
    await this.database
      .direct(systemContext('test'))
      .query('update workers set lease_expires_at = now() where id = $1', [this.id]);
  }

  speakAgain(): void {
    this.beating = setInterval(() => (this.lastBeat = this.lastBeat.then(() => this.beat())), 1_000);
  }

  /** Falls silent without a word, as a machine that lost its power. */
  async vanish(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.beLost();
    await this.jobs.close();
    await this.database.close();
  }

  private async beat(): Promise<void> {
    if (this.stopped) return;
    const held = await this.store.replicasOf(this.id);
    const replicas = held
      .filter((one) => one.state === 'running')
      .map((one) => ({
        replicaId: one.replicaId,
        term: 1,
        leader: 0,
        height: 0,
        ...this.epochOf(one),
        handedOver: true,
        archive: null,
        journalSpace: 'ample' as const,
        journalDamage: 0,
        evidence: [],
      }));
    await this.store.heartbeat({ workerId: this.id, load: { cpu: 0, memoryBytes: 0 }, replicas });
  }

  /** As if the ledger had decided the moment it was told. */
  private epochOf({ replicaId, reconfiguration }: ReplicaAssignment): { epoch: number; configHash: string } {
    if (reconfiguration !== null && this.decides) {
      const next = decodeConfiguration(reconfiguration.configuration);
      this.epochs.set(replicaId, { epoch: next.epoch, configHash: hex(configHash(next)) });
    }
    return this.epochs.get(replicaId) ?? { epoch: 1, configHash: '' };
  }

  private async perform(job: WorkerJob): Promise<void> {
    this.performed.push(job);
    const misdeed = this.misdeed(job);
    if (misdeed === 'ignore') return;
    const assignment = await this.store.replica(job.replicaId);
    if (!assignment) return;
    if (misdeed === 'fail')
      await this.store.replicaState(job.replicaId, 'failed', { code: 'TEST_FAULT', detail: 'as the script says' });
    else if (assignment.intent === 'destroy') await this.store.replicaState(job.replicaId, 'destroyed');
    else if (job.kind === 'prepare-replica') await this.prepare(job.replicaId);
    else if (job.kind === 'rotate-key') await this.store.nextKey(job.replicaId, await newConsensusKey());
    else if (job.kind === 'start-replica') await this.store.replicaState(job.replicaId, 'running');
    await this.jobs.requestReconcile(assignment.ledgerId);
  }

  private async prepare(replicaId: string): Promise<void> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${replicaId}`,
      keys,
      signingAlgorithm: algorithm,
    });
    const consensusKey = await newConsensusKey();
    const port = 20_000 + (parseInt(replicaId.slice(0, 4), 16) % 10_000);
    await this.store.replicaPrepared(replicaId, {
      consensusKey,
      certificate: certificate.toString('pem'),
      host: '127.0.0.1',
      port,
    });
  }
}

/** The public half of a new key, in hex: not any 32 bytes are one. */
async function newConsensusKey(): Promise<string> {
  const pair = (await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  return Buffer.from(await webcrypto.subtle.exportKey('raw', pair.publicKey)).toString('hex');
}
