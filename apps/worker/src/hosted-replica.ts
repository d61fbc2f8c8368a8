import { mkdirSync, rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { ForkOrigin, PreparedReplica, ReplicaAssignment } from '@quorate/database';
import { CodedError } from '@quorate/errors';
import type { OpenDataKey } from './keys/keyring';
import type { AcquiredState, ArchiveSettings, ReplicaStatus } from '@quorate/replica';
import type { ReplicaProcess } from './replica-process';

/** The platform's key is the only governance key of the ledgers it makes. */
const governanceKeyIndex = 0;
const prepareMsMax = 15_000;
// A long journal is read and executed again at the start.
const startMsMax = 120_000;
// A large ledger is read over the network and written to the disk.
const acquireMsMax = 1_800_000;
const shipMsMax = 600_000;
// A replica that is not wanted any more does not wait longer for a store that is away.
const shipLastMsMax = 30_000;
const restartMsMin = 250;
const restartMsMax = 15_000;
const soundAfterMs = 30_000;

/** Where the state of a fork comes from. */
export interface StateOrigin extends ForkOrigin {
  readonly archive: Pick<ArchiveSettings, 'store' | 'keys'> | null;
}

/** What a hosted replica needs of its worker. */
export interface ReplicaSurroundings {
  readonly directory: string;
  readonly host: string;
  readonly portRange: [number, number];
  takeProcess(): ReplicaProcess;
  /** The keys that open the replica's directory. */
  dataKeys(): Promise<OpenDataKey[]>;
  /** Where its ledger is archived, with the keys for it; null if it is not. */
  archive(): Promise<ArchiveSettings | null>;
  /** Told whenever the replica made itself ready to be reached, also after a crash. False: it is no longer wanted. */
  onPrepared(prepared: PreparedReplica): Promise<boolean>;
  onRunning(): void;
  /** Told when it crashed or could not start; it is tried again after `waitMs`. */
  onFailed(cause: { code: string; detail: string }, waitMs: number): void;
}

/** An error as a cause that a person can read; unknown errors keep their message only. */
export function causeOf(error: unknown): { code: string; detail: string } {
  if (error instanceof CodedError) return { code: error.code, detail: error.message };
  return { code: 'REPLICA_FAILED', detail: error instanceof Error ? error.message : String(error) };
}

/**
 * One replica on this worker, over as many processes as it takes.
 *
 * Invariant: its operations run one after the other, so that a replica never has two processes on one directory.
 */
export class HostedReplica {
  #process: ReplicaProcess | null = null;
  #prepared: PreparedReplica | null = null;
  #assignment: ReplicaAssignment | null = null;
  /** What the running process was last told. */
  #told: ReplicaAssignment | null = null;
  #announced = false;
  /** Kept, so that a replica that crashed comes back while the database or the key provider is away. */
  #dataKeys: OpenDataKey[] | null = null;
  #archive: ArchiveSettings | null = null;
  #started = false;
  #acquiring: Promise<AcquiredState> | null = null;
  /** Certificate of one more client; it stays let in when the process starts again or other clients come and go. */
  #guest: string | null = null;
  #crashes = 0;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    readonly id: string,
    private readonly surroundings: ReplicaSurroundings,
  ) {}

  /** The newest status of the running process; null while there is none. */
  get status(): ReplicaStatus | null {
    return this.#started ? (this.#process?.status ?? null) : null;
  }

  get running(): boolean {
    return this.#started && this.#process !== null;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Whether the worker keeps this replica running, be it between two tries. */
  get kept(): boolean {
    return this.#assignment !== null && !this.#closed;
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Makes the replica's keys and its listening port, or reads and opens those it has, and says so. */
  prepare(): Promise<void> {
    return this.#serially(async () => {
      await this.#prepare();
      await this.#announce();
    });
  }

  /** Makes the state with which a fork begins; one that is being made is not begun again. `onPoint` hears the height. */
  acquire(origin: StateOrigin, onPoint: (height: number) => void): Promise<AcquiredState> {
    this.#acquiring ??= this.#serially(() => this.#acquire(origin, onPoint)).finally(() => {
      this.#acquiring = null;
    });
    return this.#acquiring;
  }

  async #acquire(
    { ledgerId, genesis, participants, point, archive }: StateOrigin,
    onPoint: (height: number) => void,
  ): Promise<AcquiredState> {
    await this.#prepare();
    await this.#announce();
    this.#dataKeys ??= await this.surroundings.dataKeys();
    const process = this.#process;
    if (process === null) throw new CodedError('REPLICA_ENDED', 'The replica process ended.');
    const acquired = process.expect('acquired', acquireMsMax);
    // Whatever ends this wait ends the one below first.
    acquired.catch(() => undefined);
    const { height } = await process.ask(
      {
        kind: 'acquire',
        directory: this.surroundings.directory,
        ledgerId: Buffer.from(ledgerId.replaceAll('-', ''), 'hex'),
        dataKeys: this.#dataKeys,
        parent: { genesis, participants: [...participants], archive },
        point,
      },
      'point',
      acquireMsMax,
    );
    onPoint(height);
    return (await acquired).state;
  }

  /** Runs the replica and keeps it running until it is stopped. */
  start(assignment: ReplicaAssignment): Promise<void> {
    this.#assignment = assignment;
    return this.#serially(() => this.#start());
  }

  /** Puts everything that is final into the archive. */
  async shipNow(): Promise<{ readonly height: number; readonly snapshotHeight: number }> {
    const process = this.#started ? this.#process : null;
    if (process === null) throw new CodedError('REPLICA_STOPPED', 'The replica does not run.');
    const { height, snapshotHeight, error } = await process.ask({ kind: 'ship-now' }, 'shipped', shipMsMax);
    if (error !== null) throw new CodedError(error, 'The archive could not be written.');
    return { height, snapshotHeight };
  }

  /** Has the replica make a consensus key for the next configuration, once; its public half in hex. */
  async nextKey(): Promise<string> {
    const process = this.#started ? this.#process : null;
    if (process === null) throw new CodedError('REPLICA_STOPPED', 'The replica does not run.');
    return (await process.ask({ kind: 'next-key' }, 'next-key', prepareMsMax)).consensusKey;
  }

  /** Lets one more client in, or nobody but those of the assignment again. */
  letIn(certificate: string | null): void {
    this.#guest = certificate;
    if (this.#started && this.#assignment !== null) this.#tellClients(this.#assignment);
  }

  #tellClients({ clientCertificates: clients }: ReplicaAssignment): void {
    const clientCertificates = this.#guest === null ? [...clients] : [...clients, this.#guest];
    this.#process?.tell({ kind: 'clients', clientCertificates });
  }

  /** Takes note of what changed around the replica: where its peers are and which gateways there are. */
  update(assignment: ReplicaAssignment): void {
    if (this.#assignment === null || this.#closed) return;
    this.#assignment = assignment;
    this.#tellChanges();
  }

  #tellChanges(): void {
    const [known, now] = [this.#told, this.#assignment];
    if (!this.#started || known === null || now === null) return;
    this.#told = now;
    const participants = [...now.participants];
    if (!isDeepStrictEqual(known.participants, now.participants)) {
      this.#process?.tell({ kind: 'participants', participants });
    }
    // Told again as long as it is not taken up: a replica that lags refuses what does not follow its epoch yet.
    if (now.reconfiguration !== null && this.status?.pendingConfigHash === null) {
      const { configuration, signature } = now.reconfiguration;
      const signatures = [{ key: governanceKeyIndex, bytes: signature }];
      this.#process?.tell({ kind: 'reconfigure', configuration, signatures, participants });
    }
    if (known.ships !== now.ships) this.#process?.tell({ kind: 'ship', ships: now.ships });
    if (!isDeepStrictEqual(known.clientCertificates, now.clientCertificates)) this.#tellClients(now);
  }

  async #prepare(): Promise<PreparedReplica> {
    if (this.#closed) throw new CodedError('REPLICA_STOPPED', 'The replica is being stopped.');
    if (this.#prepared !== null && this.#process?.alive) return this.#prepared;
    await this.#process?.stop();
    const { directory, host, portRange } = this.surroundings;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const process = this.surroundings.takeProcess();
    this.#process = process;
    void process.ended.then((end) => this.#ended(process, end.failure, end.signal ?? `code ${end.code}`));
    try {
      const report = await process.ask({ kind: 'prepare', directory, host, portRange }, 'prepared', prepareMsMax);
      const { consensusKey, certificate, port } = report;
      this.#prepared = { consensusKey, certificate, host: report.host, port };
      this.#announced = false;
      return this.#prepared;
    } catch (error) {
      process.kill();
      throw error;
    }
  }

  async #announce(): Promise<void> {
    const prepared = this.#prepared;
    if (prepared === null || this.#announced) return;
    if (!(await this.surroundings.onPrepared(prepared))) {
      throw new CodedError('REPLICA_NOT_WANTED', 'The replica is no longer part of its ledger, or lost its keys.');
    }
    this.#announced = true;
  }

  async #start(): Promise<void> {
    if (this.#closed || this.#assignment === null || this.#assignment.genesis === null) return;
    if (this.#started && this.#process?.alive) return;
    try {
      const prepared = await this.#prepare();
      const told = this.#assignment;
      const { genesis, clientCertificates } = told;
      // The assignment may have been withdrawn while keys were made.
      if (genesis === null) return;
      const own = told.participants.find(({ certificate }) => certificate === prepared.certificate);
      // A replica that comes back under its old address needs no control plane to be up.
      if (own?.host !== prepared.host || own.port !== prepared.port) await this.#announce();
      const { directory } = this.surroundings;
      const peers = { participants: [...told.participants], clientCertificates: [...clientCertificates] };
      this.#dataKeys ??= await this.surroundings.dataKeys();
      this.#archive ??= told.archived ? await this.surroundings.archive() : null;
      const archive = this.#archive ?? undefined;
      await this.#process?.ask(
        { kind: 'start', directory, genesis, dataKeys: this.#dataKeys, archive, ...peers },
        'started',
        startMsMax,
      );
      this.#process?.tell({ kind: 'ship', ships: told.ships });
      this.#told = told;
    } catch (error) {
      // The process is of no use in this state; its end starts the next try.
      if (this.#process?.alive) this.#process.kill();
      else this.#retryLater(causeOf(error));
      throw error;
    }
    this.#started = true;
    if (this.#guest !== null) this.#tellClients(this.#assignment);
    this.#tellChanges();
    const process = this.#process;
    setTimeout(() => this.#process === process && (this.#crashes = 0), soundAfterMs).unref();
    this.surroundings.onRunning();
  }

  #ended(process: ReplicaProcess, failure: { code: string; detail: string } | null, how: string): void {
    if (this.#process !== process) return;
    this.#process = null;
    this.#prepared = null;
    this.#started = false;
    if (this.kept)
      this.#retryLater(failure ?? { code: 'REPLICA_CRASHED', detail: `The replica process ended with ${how}.` });
  }

  #retryLater(cause: { code: string; detail: string }): void {
    if (!this.kept || this.#retry !== null) return;
    const waitMs = Math.min(restartMsMin * 2 ** Math.min(this.#crashes, 16), restartMsMax);
    this.#crashes += 1;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      // The failure of a try is reported by the next `#retryLater`.
      this.#serially(() => this.#start()).catch(() => undefined);
    }, waitMs);
    this.surroundings.onFailed(cause, waitMs);
  }

  /** Stops the replica; its directory stays. */
  async stop(): Promise<void> {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    await this.#process?.stop();
    await this.#queue.catch(() => undefined);
    await this.#process?.stop();
  }

  /** Stops the replica and removes its directory with its keys. If it ships, the archive gets what is final before. */
  async destroy(): Promise<void> {
    if (this.#assignment?.ships === true && this.running)
      await this.#process?.ask({ kind: 'ship-now' }, 'shipped', shipLastMsMax).catch(() => undefined);
    await this.stop();
    rmSync(this.surroundings.directory, { recursive: true, force: true });
  }
}
