import type { Server } from 'node:net';
import { join } from 'node:path';
import { hex } from '@quorate/crypto';
import { CodedError } from '@quorate/errors';
import { decodeGenesis, type Configuration, type Genesis } from '@quorate/protocol';
import type { LinkEvents } from '@quorate/runtime';
import { nodeClock, nodeCryptography, nodeTimers, openNodeDirectory } from '@quorate/runtime-node';
import { Vault } from '@quorate/storage';
import { ReplicaLinks, bindPort, boundPort, certificateHash, preloadCertificateMaker } from '@quorate/transport';
import { HistoryMender } from './history-mender';
import { openObjectStore } from './object-stores';
import { PeerReads } from './peer-reads';
import { Replica } from './replica';
import { acquireState } from './state-acquisition';
import { ReplicaError } from './replica-error';
import {
  consensusPublicKey,
  keysFor,
  makeConsensusKey,
  hasVoted,
  makeReplicaKeys,
  noteFirstVote,
  readReplicaKeys,
  verifyKey,
  voteSigner,
  writeReplicaKeys,
  type ReplicaKeys,
} from './replica-keys';
import type { ArchiveSettings, ReplicaCommand, ReplicaReport } from './process-messages';
import type { ReplicaOptions } from './replica-options';
import { FolderFetchPlace } from './fetch-place';
import { fetchBeginning, fetchState, type FetchOptions } from './state-fetch';

const STATUS_EVERY_MS = 500;

/** A replica that starts again has its keys and should not load what it will not use. */
const PRELOAD_AFTER_MS = 150;

/**
 * First timeout of a term without progress. Replicas of many ledgers share a machine's cores, so a healthy leader may be silent for a
 * few hundred milliseconds under load; each needless change of leader costs more than the wait.
 */
const TIMEOUT_MS = 400;

/** Repetition while stalled: a quarter of the timeout, so that repeats do not add to the load that delays the answers. */
const RESEND_MS = 100;

/** Closing waits for the disk this long at most; the journal survives a crash anyway. */
const STOP_MS_MAX = 2_000;

/** How the process speaks to its worker and ends. */
export interface ProcessHost {
  readonly report: (report: ReplicaReport) => void;
  readonly exit: (code: number) => void;
}

interface Prepared {
  readonly directory: string;
  keys: ReplicaKeys;
  readonly listener: Server;
}

type ReconfigureCommand = Extract<ReplicaCommand, { kind: 'reconfigure' }>;
type AcquireCommand = Extract<ReplicaCommand, { kind: 'acquire' }>;
type StartCommand = Extract<ReplicaCommand, { kind: 'start' }>;

/** One replica's life in its process: commands of the worker in, reports out. Commands are carried out one after another. */
export class ReplicaProcess {
  private prepared: Prepared | null = null;
  private replica: Replica | null = null;
  private links: ReplicaLinks | null = null;
  private readonly reads = new PeerReads({
    timers: nodeTimers,
    chain: () => this.replica?.chain ?? null,
    admits: (peer) => this.replica?.peers.admits(peer) === true,
    onFault: (error) => this.fail(error),
  });
  /** As the replica was started, with what changed since. */
  private running: StartCommand | null = null;
  /** The newest change of the replica set that this replica was told of. */
  private wanted: ReconfigureCommand | null = null;
  private joining: Promise<void> | null = null;
  /** Who hears of the links: the mender while blocks are missing, then the replica. */
  private events: LinkEvents | null = null;
  private work: Promise<void> = Promise.resolve();
  private statusTimer: NodeJS.Timeout | null = null;
  private ending = false;
  private preloadTimer: NodeJS.Timeout | undefined;

  constructor(private readonly host: ProcessHost) {}

  /** Loads what a first `prepare` will need, if nobody wants anything for a while: a process kept in reserve. */
  preload(): void {
    this.preloadTimer = setTimeout(
      () => void preloadCertificateMaker().catch((error: unknown) => this.fail(error)),
      PRELOAD_AFTER_MS,
    );
  }

  take(value: unknown): void {
    const command = value as ReplicaCommand;
    clearTimeout(this.preloadTimer);
    this.work = this.work.then(() => this.carryOut(command)).catch((error: unknown) => this.fail(error));
  }

  /** Says why and ends the process with an error. */
  fail(error: unknown): void {
    if (this.ending) return;
    this.ending = true;
    const code = error instanceof CodedError ? error.code : 'REPLICA_FAILED';
    const detail = error instanceof Error ? error.message : String(error);
    this.host.report({ kind: 'failed', code, detail });
    this.host.exit(1);
  }

  /** Ends the process cleanly. */
  stop(): void {
    if (this.ending) return;
    this.ending = true;
    if (this.statusTimer !== null) clearInterval(this.statusTimer);
    this.prepared?.listener.close();
    const closed = this.replica?.close() ?? Promise.resolve();
    const limit = setTimeout(() => this.host.exit(0), STOP_MS_MAX);
    limit.unref();
    closed.then(
      () => this.host.exit(0),
      () => this.host.exit(0),
    );
  }

  private async carryOut(command: ReplicaCommand): Promise<void> {
    if (this.ending) return;
    switch (command.kind) {
      case 'prepare':
        await this.prepare(command);
        return;
      case 'start':
        await this.start(command);
        return;
      case 'acquire':
        await this.acquire(command);
        return;
      case 'participants':
        this.useParticipants(command.participants);
        return;
      case 'reconfigure':
        this.useParticipants(command.participants);
        this.wanted = command;
        this.follow(command);
        return;
      case 'ship':
        this.replica?.archiving.ship(command.ships);
        return;
      case 'ship-now':
        await this.shipNow();
        return;
      case 'next-key':
        await this.makeNextKey();
        return;
      case 'clients':
        this.links?.useClients(command.clientCertificates);
        if (this.running !== null) this.running = { ...this.running, ...command, kind: 'start' };
        return;
      case 'stop':
        this.stop();
        return;
    }
  }

  private async acquire(command: AcquireCommand): Promise<void> {
    const { prepared } = this;
    if (prepared === null || prepared.directory !== command.directory)
      throw new ReplicaError('REPLICA_NOT_PREPARED', 'acquire needs prepare with the same directory first');
    await acquireState(command, prepared.keys.tls, this.host.report);
  }

  private async prepare({ directory, host, portRange }: Extract<ReplicaCommand, { kind: 'prepare' }>): Promise<void> {
    const prepared = this.prepared ?? (await this.bind(directory, host, portRange));
    this.prepared = prepared;
    const { certificate } = prepared.keys.tls;
    this.host.report({
      kind: 'prepared',
      consensusKey: consensusPublicKey(prepared.keys.consensusKey),
      certificate,
      certificateHash: certificateHash(certificate),
      host,
      port: boundPort(prepared.listener),
    });
  }

  private async bind(directory: string, host: string, portRange: readonly [number, number]): Promise<Prepared> {
    const known = await readReplicaKeys(directory);
    const listener = await bindPort(host, portRange, known?.port ?? null);
    // Who connects before the replica has started is turned away and comes again.
    listener.on('connection', (socket) => {
      if (this.links === null) socket.destroy();
    });
    const keys = known ?? (await makeReplicaKeys(boundPort(listener)));
    if (known === null) await writeReplicaKeys(directory, keys);
    else if (known.port !== boundPort(listener))
      await writeReplicaKeys(directory, { ...known, port: boundPort(listener) });
    return { directory, keys, listener };
  }

  private async start(command: StartCommand): Promise<void> {
    if (this.running === null) await this.run(command);
    this.host.report({ kind: 'started' });
  }

  private async run(command: StartCommand): Promise<void> {
    const { prepared } = this;
    if (prepared === null || prepared.directory !== command.directory)
      throw new ReplicaError('REPLICA_NOT_PREPARED', 'start needs prepare with the same directory first');
    const genesis = decodeGenesis(new Uint8Array(command.genesis));
    assertGenesis(genesis, prepared.keys);
    const own = certificateHash(prepared.keys.tls.certificate);
    const mender: HistoryMender = new HistoryMender(
      command.participants.map(({ certificate }) => certificateHash(certificate)).filter((peer) => peer !== own),
      nodeTimers,
      () => this.connect(command, prepared, mender),
    );
    this.running = command;
    const replica = await this.open(command, prepared, mender).catch((error: unknown) => {
      if (!isWithoutBeginning(error) || command.participants.length < 2) throw error;
      return null;
    });
    if (replica === null) {
      this.connect(command, prepared, mender);
      void this.begin(command, genesis).catch((error: unknown) => this.fail(error));
      return;
    }
    this.replica = replica;
    replica.useLinks(this.connect(command, prepared, replica));
    // Of members it knows whether there is a link; others it meets.
    for (const link of this.reads.openLinks) replica.opened(link);
    this.reportStatus(replica);
  }

  /** A fork's replica that was made later, or lost its snapshots, gets the state with which the fork began from its peers. */
  private async begin(command: StartCommand, genesis: Genesis): Promise<void> {
    const snapshots = await openNodeDirectory(join(command.directory, 'snapshots'));
    await fetchBeginning(this.fetching(command, genesis), snapshots, () => !this.ending);
    this.work = this.work
      .then(async () => {
        if (this.ending) return;
        await this.run(this.running ?? command);
        if (this.wanted !== null) this.follow(this.wanted);
      })
      .catch((error: unknown) => this.fail(error));
  }

  private fetching(command: StartCommand, genesis: Genesis): FetchOptions {
    const vault = vaultOf(genesis, command.dataKeys);
    return { genesis, vault, timers: nodeTimers, chains: () => this.reads.chains };
  }

  /** Throws StorageError or ReplicaError. */
  private async open(command: StartCommand, prepared: Prepared, mender: HistoryMender): Promise<Replica> {
    const genesisBytes = new Uint8Array(command.genesis);
    const genesis = decodeGenesis(genesisBytes);
    return Replica.open({
      genesis,
      genesisBytes,
      certificateHash: certificateHash(prepared.keys.tls.certificate),
      directory: await openNodeDirectory(join(command.directory, 'journal')),
      snapshots: await openNodeDirectory(join(command.directory, 'snapshots')),
      source: mender,
      clock: nodeClock,
      timers: nodeTimers,
      vault: vaultOf(genesis, command.dataKeys),
      ...(command.archive === undefined ? {} : archiveOptions(genesis, command.archive)),
      memoryBytes: () => process.memoryUsage.rss(),
      signer: (consensusKey) => voteSigner(() => prepared.keys, consensusKey),
      verify: verifyKey,
      parameters: { timeoutMs: TIMEOUT_MS, resendMs: RESEND_MS },
      hasVoted: await hasVoted(command.directory),
      onFirstVote: () => void noteFirstVote(command.directory).catch((error: unknown) => this.fail(error)),
      onEpoch: (configuration) => this.dropFormerKey(prepared, configuration),
      onRefused: (detail) => this.host.report({ kind: 'reconfigure-refused', detail }),
      onHalt: (error) => this.fail(error),
    });
  }

  private useParticipants(participants: StartCommand['participants']): void {
    this.links?.useParticipants(participants);
    if (this.running !== null) this.running = { ...this.running, participants };
  }

  /** A replica that joins takes the state of a peer, if that is far ahead; it goes on executing meanwhile. Only where an archive has what is older. */
  private async join(command: ReconfigureCommand): Promise<void> {
    const { running, replica } = this;
    if (running?.archive === undefined || replica === null || replica.status().self !== null) return;
    if (await hasVoted(running.directory)) return;
    const genesis = decodeGenesis(new Uint8Array(running.genesis));
    const place = new FolderFetchPlace(running.directory);
    const height = await fetchState(this.fetching(running, genesis), place, () => replica.status());
    if (height === null) return;
    this.work = this.work.then(() => this.changeState(height, command)).catch((error: unknown) => this.fail(error));
  }

  /** Goes on from the state that was fetched, unless the replica got there by itself. */
  private async changeState(height: number, command: ReconfigureCommand): Promise<void> {
    const { running, replica } = this;
    if (running === null || replica === null || this.ending) return;
    const { executedHeight, self } = replica.status();
    // Who has not come to the end of the epoch before its own has voted for nothing.
    if (self !== null || executedHeight >= height) return;
    if (this.statusTimer !== null) clearInterval(this.statusTimer);
    [this.replica, this.links, this.events] = [null, null, null];
    await replica.close();
    await new FolderFetchPlace(running.directory).take();
    await this.run(running);
    this.reconfigured(command);
  }

  private follow(command: ReconfigureCommand): void {
    if (this.replica === null) return;
    this.reconfigured(command);
    this.joining ??= this.join(command);
  }

  private reconfigured({ configuration, signatures }: ReconfigureCommand): void {
    this.replica?.reconfigure(new Uint8Array(configuration), signatures);
  }

  /** Opens the links, or gives those that are open to another listener. */
  private connect(command: StartCommand, { listener, keys }: Prepared, events: LinkEvents): ReplicaLinks {
    this.events = events;
    this.links ??= new ReplicaLinks({
      listener,
      identity: keys.tls,
      participants: command.participants,
      clientCertificates: command.clientCertificates,
      timers: nodeTimers,
      events: {
        opened: (link) => {
          this.reads.opened(link);
          this.events?.opened(link);
        },
        frame: (link, kind, payload) => {
          if (!this.reads.frame(link, kind, payload)) this.events?.frame(link, kind, payload);
        },
        closed: (link) => {
          this.reads.closed(link);
          this.events?.closed(link);
        },
      },
    });
    return this.links;
  }

  private async shipNow(): Promise<void> {
    try {
      const shipped = await this.replica?.archiving.shipNow();
      if (shipped === undefined || shipped === null)
        throw new ReplicaError('REPLICA_NOT_PREPARED', 'this replica has no archive');
      this.host.report({ kind: 'shipped', ...shipped, error: null });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.host.report({ kind: 'shipped', height: 0, snapshotHeight: 0, error: error.code });
    }
  }

  private async makeNextKey(): Promise<void> {
    const { prepared } = this;
    if (prepared === null) throw new ReplicaError('REPLICA_NOT_PREPARED', 'next-key needs prepare first');
    const nextConsensusKey = prepared.keys.nextConsensusKey ?? makeConsensusKey();
    if (prepared.keys.nextConsensusKey === undefined)
      await this.changeKeys(prepared, { ...prepared.keys, nextConsensusKey });
    this.host.report({ kind: 'next-key', consensusKey: consensusPublicKey(nextConsensusKey) });
  }

  /** A key that another one has replaced signs nothing any more. */
  private dropFormerKey(prepared: Prepared, configuration: Configuration): void {
    const keys = keysFor(configuration, prepared.keys);
    if (keys !== null) this.changeKeys(prepared, keys).catch((error: unknown) => this.fail(error));
  }

  private async changeKeys(prepared: Prepared, keys: ReplicaKeys): Promise<void> {
    prepared.keys = keys;
    await writeReplicaKeys(prepared.directory, keys);
  }

  private reportStatus(replica: Replica): void {
    const report = (): void => this.host.report({ kind: 'status', status: replica.status() });
    report();
    this.statusTimer = setInterval(report, STATUS_EVERY_MS);
  }
}

function vaultOf({ ledgerId }: Genesis, keys: StartCommand['dataKeys']): Vault {
  const copies = keys.map(({ generation, key }) => ({ generation, key: new Uint8Array(key) }));
  return new Vault({ cryptography: nodeCryptography, ledgerId, keys: copies });
}

function archiveOptions(genesis: Genesis, { store, keys, retention }: ArchiveSettings): Partial<ReplicaOptions> {
  return { archive: { store: openObjectStore(store), vault: vaultOf(genesis, keys) }, retention };
}

function isWithoutBeginning(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'REPLICA_PARENT_STATE_MISSING';
}

/** The genesis is what everybody trusts: where it names this replica's key, it must name its certificate too. */
function assertGenesis(genesis: Genesis, { consensusKey, tls }: ReplicaKeys): void {
  const key = consensusPublicKey(consensusKey);
  const named = genesis.replicas.find((replica) => hex(replica.consensusKey) === key);
  if (named !== undefined && hex(named.certificateHash) !== certificateHash(tls.certificate))
    throw new ReplicaError('REPLICA_GENESIS_DIFFERS', 'the genesis names another certificate for this replica');
}
