import { fork, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unhex } from '@quorate/crypto';
import {
  RULES_VERSION,
  ACCOUNT_FLAGS,
  OPEN_ASSET_POLICY,
  earliestForkNs,
  encodeConfiguration,
  encodeEnvelopeContent,
  encodeGenesis,
  encodeSignedEnvelope,
  envelopeHash,
  envelopeSigningBytes,
  firstConfiguration,
  genesisId,
  governanceSigningBytes,
  type Configuration,
  type Genesis,
  type Operation,
  type TransferDraft,
} from '@quorate/protocol';
import {
  connectReplica,
  createClientCertificate,
  type Participant,
  type ReplicaConnection,
  type TlsIdentity,
} from '@quorate/transport';
import type { ArchiveSettings, ReplicaCommand, ReplicaReport } from '../src/process-messages';
import type { ReplicaStatus } from '../src/status';

const ENTRY = resolve(__dirname, '../dist/process.js');
const HOST = '127.0.0.1';
/** Below the ports that the system gives to outgoing connections: one of those could take a killed replica's port. */
const PORTS: [number, number] = [10_000, 14_999];
const HOUR_NS = 3_600_000_000_000n;

type Prepared = Extract<ReplicaReport, { kind: 'prepared' }>;

/** One replica process as a worker would see it. */
class ReplicaHandle {
  child: ChildProcess;
  status: ReplicaStatus | null = null;
  readonly forkedAtMs = performance.now();
  preparedMs = 0;
  startedMs = 0;
  /** Code with which the process ended itself. */
  failure: string | null = null;
  private readonly reports: ReplicaReport[] = [];
  private waiting: (() => void)[] = [];

  constructor(readonly directory: string) {
    this.child = fork(ENTRY, [], { env: {}, serialization: 'advanced', execArgv: [] });
    this.child.on('message', (message) => {
      const report = message as ReplicaReport;
      if (report.kind === 'failed') this.failure = report.code;
      if (report.kind === 'status') this.status = report.status;
      else this.reports.push(report);
      this.wake();
    });
    this.child.on('exit', () => this.wake());
  }

  send(command: ReplicaCommand): void {
    this.child.send(command);
  }

  async next<Kind extends ReplicaReport['kind']>(kind: Kind): Promise<Extract<ReplicaReport, { kind: Kind }>> {
    for (;;) {
      const report = this.reports.shift();
      if (report?.kind === kind) return report as Extract<ReplicaReport, { kind: Kind }>;
      if (report !== undefined) throw new Error(`expected ${kind}, got ${JSON.stringify(report)}`);
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`the replica ended before ${kind}`);
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
  }

  get isUp(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async untilStatus(holds: (status: ReplicaStatus) => boolean): Promise<void> {
    while (this.status === null || !holds(this.status)) {
      if (!this.isUp) throw new Error(`the replica ended: ${String(this.failure)}`);
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
  }

  async prepare(): Promise<Prepared> {
    this.send({ kind: 'prepare', directory: this.directory, host: HOST, portRange: PORTS });
    const prepared = await this.next('prepared');
    this.preparedMs = performance.now() - this.forkedAtMs;
    return prepared;
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill(signal);
    await ended;
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}

/** A party's signing key for tests. */
export interface TestParty {
  readonly id: bigint;
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export function makeParty(id: bigint): TestParty {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { id, publicKey: new Uint8Array(der.subarray(der.length - 32)), privateKey };
}

/** Signs operations as one party into one envelope. */
export function signEnvelope(draft: {
  readonly ledger: Uint8Array;
  readonly id: bigint;
  readonly operations: readonly Operation[];
  readonly party: TestParty;
}): Uint8Array {
  const { ledger, id, operations, party } = draft;
  const expiresAtNs = BigInt(Date.now()) * 1_000_000n + HOUR_NS / 2n;
  const content = encodeEnvelopeContent({ ledger, party: party.id, id, expiresAtNs, operations });
  const message = envelopeSigningBytes(envelopeHash(content));
  return encodeSignedEnvelope(content, [{ key: 0, bytes: new Uint8Array(sign(null, message, party.privateKey)) }]);
}

/** Replica processes of one ledger on this machine. */
export class Cluster {
  replicas: ReplicaHandle[] = [];
  prepared: Prepared[] = [];
  /** Consensus keys by process, hex. */
  private readonly keys: string[] = [];
  configuration: Configuration;
  private nextEnvelope = 1n;
  private archive: ArchiveSettings | undefined;

  private constructor(
    readonly root: string,
    readonly genesis: Genesis,
    readonly operator: TestParty,
    readonly client: TlsIdentity,
  ) {
    this.configuration = firstConfiguration(genesis);
  }

  /** Makes and starts a ledger with `count` replicas; with a parent, one that begins with that one's state as it is now. */
  static async start(count: number, isArchived = false, parent?: Cluster): Promise<Cluster> {
    const root = await mkdtemp(join(tmpdir(), 'quorate-cluster-'));
    const replicas = Array.from({ length: count }, (_, index) => new ReplicaHandle(join(root, String(index))));
    const [prepared, client] = await Promise.all([
      Promise.all(replicas.map((replica) => replica.prepare())),
      createClientCertificate('test client'),
    ]);
    const operator = makeParty(1n);
    const ledgerId = new Uint8Array(randomBytes(16));
    const origin = await parent?.giveState(ledgerId, replicas, prepared);
    const now = BigInt(Date.now()) * 1_000_000n;
    const earliest = origin === undefined ? now : earliestForkNs(origin);
    const genesis: Genesis = {
      ledgerId,
      createdAtNs: earliest > now ? earliest : now,
      operator: {
        id: operator.id,
        name: 'Operator',
        threshold: 1,
        keys: [{ scheme: 'ed25519', bytes: operator.publicKey }],
      },
      rulesVersion: RULES_VERSION,
      replicas: prepared.map(({ consensusKey, certificateHash }) => ({
        consensusKey: unhex(consensusKey),
        certificateHash: unhex(certificateHash),
      })),
      governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: operator.publicKey }] },
      ...(origin === undefined ? {} : { parent: origin }),
    };
    const cluster = new Cluster(root, genesis, operator, client);
    cluster.replicas = replicas;
    if (isArchived) cluster.archive = archiveIn(root);
    cluster.prepared = prepared;
    cluster.keys.push(...prepared.map(({ consensusKey }) => consensusKey));
    await Promise.all(replicas.map((_, index) => cluster.startReplica(index)));
    return cluster;
  }

  get anchor(): Uint8Array {
    return genesisId(this.genesis);
  }

  /** Kills a replica without warning. */
  kill(index: number): Promise<void> {
    return this.replicas[index].end('SIGKILL');
  }

  /** Starts a killed replica again in its directory. */
  async restart(index: number): Promise<void> {
    const replica = new ReplicaHandle(this.replicas[index].directory);
    this.replicas[index] = replica;
    this.prepared[index] = await replica.prepare();
    await this.startReplica(index);
  }

  connect(index: number): Promise<ReplicaConnection> {
    const { host, port, certificate } = this.prepared[index];
    return connectReplica({
      host,
      port,
      certificate,
      clientKey: this.client.key,
      clientCertificate: this.client.certificate,
      timeoutMs: 5_000,
    });
  }

  /** Signs operations as `party` into one envelope. */
  envelope(operations: readonly Operation[], party: TestParty = this.operator): Uint8Array {
    return signEnvelope({ ledger: this.anchor, id: this.nextEnvelope++, operations, party });
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.end('SIGKILL')));
    await rm(this.root, { recursive: true, force: true });
  }

  /** Processes that are ready to join; returns their indexes. */
  async join(count: number): Promise<number[]> {
    const joiners = Array.from({ length: count }, (_, more) => this.replicas.length + more);
    for (const index of joiners) this.replicas.push(new ReplicaHandle(join(this.root, String(index))));
    this.prepared.push(...(await Promise.all(joiners.map((index) => this.replicas[index].prepare()))));
    for (const index of joiners) this.keys[index] = this.prepared[index].consensusKey;
    await Promise.all(joiners.map((index) => this.startReplica(index)));
    return joiners;
  }

  /** Gives the replica another consensus key for the next configuration. */
  async rotateKey(index: number): Promise<void> {
    this.replicas[index].send({ kind: 'next-key' });
    this.keys[index] = (await this.replicas[index].next('next-key')).consensusKey;
  }

  /** Makes these processes the replicas of the next epoch, as the control plane does; resolves when the new epoch has handed over. */
  async reconfigure(indexes: readonly number[]): Promise<void> {
    const current = this.configuration;
    const next: Configuration = {
      ...current,
      epoch: current.epoch + 1,
      replicas: indexes.map((index) => ({
        consensusKey: unhex(this.keys[index]),
        certificateHash: unhex(this.prepared[index].certificateHash),
      })),
    };
    const bytes = new Uint8Array(sign(null, governanceSigningBytes(current, next), this.operator.privateKey));
    const command: ReplicaCommand = {
      kind: 'reconfigure',
      configuration: encodeConfiguration(next),
      signatures: [{ key: 0, bytes }],
      participants: this.participants,
    };
    for (const replica of this.replicas) if (replica.isUp) replica.send(command);
    const members = indexes.map((index) => this.replicas[index]).filter((replica) => replica.isUp);
    await Promise.all(
      members.map((replica) => replica.untilStatus(({ epoch, handedOver }) => epoch === next.epoch && handedOver)),
    );
    this.configuration = next;
  }

  /** Lets the replicas of a fork make this ledger's state, each for itself; gives what the fork's genesis has to name. */
  private async giveState(ledgerId: Uint8Array, forks: readonly ReplicaHandle[], prepared: readonly Prepared[]) {
    const clientCertificates = prepared.map(({ certificate }) => certificate);
    for (const replica of this.replicas) replica.send({ kind: 'clients', clientCertificates });
    const { participants } = this;
    const states = await Promise.all(
      forks.map(async (replica, index) => {
        const parent = { genesis: encodeGenesis(this.genesis), participants, archive: null };
        const { directory } = replica;
        replica.send({
          kind: 'acquire',
          directory,
          ledgerId,
          dataKeys: dataKeysOf(index),
          parent,
          point: 'newest',
        });
        await replica.next('point');
        return (await replica.next('acquired')).state;
      }),
    );
    const [state] = states;
    for (const { stateRoot } of states) expect(stateRoot).toBe(state.stateRoot);
    return {
      ledgerId: this.genesis.ledgerId,
      genesisId: unhex(state.genesisId),
      height: state.height,
      timeNs: BigInt(state.timeNs),
      blockId: unhex(state.blockId),
      execRoot: unhex(state.execRoot),
      stateRoot: unhex(state.stateRoot),
    };
  }

  private get participants(): Participant[] {
    return this.prepared.map(({ host, port, certificate }) => ({ host, port, certificate }));
  }

  private async startReplica(index: number): Promise<void> {
    const replica = this.replicas[index];
    replica.send({
      kind: 'start',
      directory: replica.directory,
      genesis: encodeGenesis(this.genesis),
      dataKeys: dataKeysOf(index),
      participants: this.participants,
      clientCertificates: [this.client.certificate],
      archive: this.archive,
    });
    await replica.next('started');
    replica.startedMs = performance.now() - replica.forkedAtMs;
  }
}

function dataKeysOf(index: number): { generation: number; key: Uint8Array }[] {
  return [{ generation: 1, key: new Uint8Array(32).fill(index + 1) }];
}

/** A directory for the ledger's archive; of the history everything stays with the replicas, too. */
function archiveIn(root: string): ArchiveSettings {
  return {
    store: { kind: 'directory', path: join(root, 'archive') },
    keys: [{ generation: 1, key: new Uint8Array(32).fill(99) }],
    retention: { blocks: 1_000_000, bytes: Number.MAX_SAFE_INTEGER },
  };
}

/** An asset (756, CHF) issued by the operator, and accounts: 1 is the issue account without limit, the others may not overdraw. */
export function setUpOperations(operator: TestParty, accountCount: number): Operation[] {
  const account = (id: bigint, flags: number): Operation => ({
    kind: 'create_account',
    account: { id, party: operator.id, asset: 756, code: 1, flags, userData128: 0n, userData64: 0n, userData32: 0 },
  });
  return [
    { kind: 'create_asset', asset: { id: 756, scale: 2, code: 'CHF', issuer: operator.id, ...OPEN_ASSET_POLICY } },
    account(1n, 0),
    ...Array.from({ length: accountCount }, (_, index) =>
      account(BigInt(index) + 2n, ACCOUNT_FLAGS.debitsMustNotExceedCredits),
    ),
  ];
}

export function transfer(
  id: bigint,
  debitAccount: bigint,
  creditAccount: bigint,
  amount: bigint,
  fields: Partial<TransferDraft> = {},
): Operation {
  return {
    kind: 'create_transfer',
    transfer: {
      id,
      debitAccount,
      creditAccount,
      amount,
      pendingId: 0n,
      userData128: 0n,
      userData64: 0n,
      userData32: 0,
      timeoutSeconds: 0,
      asset: 756,
      code: 1,
      flags: 0,
      ...fields,
    },
  };
}
