// Replicas of one ledger as processes of their own, driven without the platform around them: what the ledger itself can do.
import { fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const protocol = require('@quorate/protocol');
const { RULES_VERSION, encodeGenesis, firstConfiguration, genesisId } = protocol;
const { connectReplica, createClientCertificate } = require('@quorate/transport');

const entry = fileURLToPath(new URL('../libs/replica/dist/process.js', import.meta.url));
const host = '127.0.0.1';
// Below the ports that the system gives to outgoing connections: one of those could take a killed replica's port.
const ports = [10_000, 14_999];
export const OPERATOR = 1n;

/** A key pair for signing, and its public half as 32 bytes. */
export function ed25519Pair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)), privateKey };
}

/** A replica's process, driven as a worker drives it. */
export class ReplicaHandle {
  status = null;
  /** Code with which the process ended itself. */
  failure = null;
  #reports = [];
  #waiting = [];

  constructor(directory, { execArgv = [], env = {} } = {}) {
    this.directory = directory;
    this.child = fork(entry, [], { env, serialization: 'advanced', execArgv });
    this.child.on('message', (report) => {
      if (report.kind === 'failed') this.failure = report.code;
      if (report.kind === 'status') this.status = report.status;
      else this.#reports.push(report);
      this.#wake();
    });
    this.child.on('exit', () => this.#wake());
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async next(kind) {
    for (;;) {
      const report = this.#reports.shift();
      if (report?.kind === kind) return report;
      if (report !== undefined) throw new Error(`expected ${kind}, got ${JSON.stringify(report)}`);
      if (!this.running) throw new Error(`the replica ended before ${kind}`);
      await new Promise((wake) => this.#waiting.push(wake));
    }
  }

  async prepare() {
    this.child.send({ kind: 'prepare', directory: this.directory, host, portRange: ports });
    return this.next('prepared');
  }

  async end(signal) {
    if (!this.running) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill(signal);
    await ended;
  }

  /** Processor milliseconds of the process since it began: user and system. */
  processorMs() {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Bytes of all files below a directory: the journal and everything beside it. */
function bytesBelow(directory) {
  return readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(directory, entry.name);
    return sum + (entry.isDirectory() ? bytesBelow(path) : statSync(path).size);
  }, 0);
}

/** A prepared replica's place in a configuration. */
const memberOf = ({ consensusKey, certificateHash }) => ({
  consensusKey: Buffer.from(consensusKey, 'hex'),
  certificateHash: Buffer.from(certificateHash, 'hex'),
});

const pause = () => new Promise((done) => setTimeout(done, 20));

/** The replicas of one ledger and the key of its operator. */
export class Cluster {
  constructor(root, options, parts) {
    this.root = root;
    this.options = options;
    Object.assign(this, parts);
  }

  /** Makes and starts a ledger of `count` replicas below `root`. `optionsOf(index)` may give `execArgv` and `env` of a replica's process, and an `archive`. */
  static async start(root, count, optionsOf = () => ({})) {
    mkdirSync(root, { recursive: true });
    const replicas = Array.from(
      { length: count },
      (_, index) => new ReplicaHandle(join(root, String(index)), optionsOf(index)),
    );
    const [prepared, client] = await Promise.all([
      Promise.all(replicas.map((replica) => replica.prepare())),
      createClientCertificate('benchmark'),
    ]);
    const [operator, governance] = [ed25519Pair(), ed25519Pair()];
    const genesis = {
      ledgerId: new Uint8Array(randomBytes(16)),
      createdAtNs: BigInt(Date.now()) * 1_000_000n,
      rulesVersion: RULES_VERSION,
      governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: governance.publicKey }] },
      operator: {
        id: OPERATOR,
        name: 'Operator',
        threshold: 1,
        keys: [{ scheme: 'ed25519', bytes: operator.publicKey }],
      },
      replicas: prepared.map(memberOf),
    };
    const configuration = firstConfiguration(genesis);
    const anchor = genesisId(genesis);
    const parts = { replicas, prepared, client, operator, governance, genesis, configuration, anchor };
    const cluster = new this(root, optionsOf, parts);
    await Promise.all(replicas.map((_, index) => cluster.startReplica(index)));
    return cluster;
  }

  async startReplica(self) {
    const replica = this.replicas[self];
    replica.child.send({
      kind: 'start',
      directory: replica.directory,
      genesis: encodeGenesis(this.genesis),
      dataKeys: [{ generation: 1, key: new Uint8Array(32).fill(self + 1) }],
      participants: this.participantsOf(self),
      clientCertificates: [this.client.certificate],
      archive: this.options(self).archive,
    });
    await replica.next('started');
  }

  /** Starts a replica that ended again in its directory. */
  async restart(self) {
    const replica = new ReplicaHandle(this.replicas[self].directory, this.options(self));
    this.replicas[self] = replica;
    this.prepared[self] = await replica.prepare();
    await this.startReplica(self);
  }

  /** Adds `count` replicas, as the control plane does: they join, governance signs, and a new epoch begins with them. */
  async grow(count) {
    const joiners = await this.join(count);
    await this.reconfigure(this.prepared.map((_, index) => index));
    return joiners;
  }

  /** Starts `count` replicas that may join; returns their indexes. */
  async join(count) {
    const { replicas, prepared } = this;
    const joiners = Array.from({ length: count }, (_, more) => replicas.length + more);
    for (const index of joiners) replicas.push(new ReplicaHandle(join(this.root, String(index)), this.options(index)));
    prepared.push(...(await Promise.all(joiners.map((index) => replicas[index].prepare()))));
    await Promise.all(joiners.map((index) => this.startReplica(index)));
    return joiners;
  }

  /** Makes these replicas the members of the next epoch; resolves when those of them that run have handed over. */
  async reconfigure(wanted) {
    const { replicas, configuration: current } = this;
    const members = protocol.orderForNextEpoch(current, wanted, (index) => memberOf(this.prepared[index]));
    const next = {
      ...current,
      epoch: current.epoch + 1,
      replicas: members.map((index) => memberOf(this.prepared[index])),
    };
    const message = protocol.governanceSigningBytes(current, next);
    const signed = {
      kind: 'reconfigure',
      configuration: protocol.encodeConfiguration(next),
      signatures: [{ key: 0, bytes: new Uint8Array(sign(null, message, this.governance.privateKey)) }],
    };
    for (const [index, replica] of replicas.entries())
      if (replica.running) replica.child.send({ ...signed, participants: this.participantsOf(index) });
    const decided = (index) =>
      !replicas[index].running || (replicas[index].status?.epoch === next.epoch && replicas[index].status.handedOver);
    while (!members.every(decided)) await pause();
    this.configuration = next;
  }

  /** Indexes of the members of the configuration in force, in its order, which is the one that replicas number them in. */
  get members() {
    const keys = this.prepared.map(({ consensusKey }) => consensusKey);
    return this.configuration.replicas.map(({ consensusKey }) =>
      keys.indexOf(Buffer.from(consensusKey).toString('hex')),
    );
  }

  /** Where one replica reaches the others. */
  participantsOf(self) {
    return this.prepared.map(({ certificate }, index) => ({ host, port: this.portTo(self, index), certificate }));
  }

  /** The port under which a replica, or a client (`from` null), reaches another one. */
  portTo(_from, index) {
    return this.prepared[index].port;
  }

  /** A client's connection to one replica. */
  connect(index) {
    const { certificate } = this.prepared[index];
    return connectReplica({
      host,
      port: this.portTo(null, index),
      certificate,
      clientKey: this.client.key,
      clientCertificate: this.client.certificate,
      timeoutMs: 5_000,
    });
  }

  /** Who leads, as most of the running replicas say; waits until all of them agree and one is known. */
  async leader() {
    const running = this.replicas.filter((replica) => replica.running);
    for (;;) {
      const named = running.map(({ status }) => status?.leader ?? -1);
      if (named[0] >= 0 && named.every((leader) => leader === named[0])) return this.members[named[0]];
      await pause();
    }
  }

  /** Connections to all replicas; `submit` asks the one that leads, as far as is known here, as a gateway does. */
  async leaderClient() {
    const connections = await Promise.all(this.replicas.map((_, index) => this.connect(index)));
    return {
      submit: (envelope) => connections[this.#leaderNow()].submit(envelope),
      close: () => connections.forEach((connection) => connection.close()),
    };
  }

  /** The leader of the newest epoch and term that a running replica has told of. */
  #leaderNow() {
    const rank = (status) => [status?.epoch ?? 0, status?.term ?? 0];
    let newest = null;
    for (const { running, status } of this.replicas) {
      const [epoch, term] = rank(newest);
      const [itsEpoch, itsTerm] = rank(status);
      if (running && (itsEpoch > epoch || (itsEpoch === epoch && itsTerm > term))) newest = status;
    }
    return this.members[newest?.leader] ?? 0;
  }

  sign(message) {
    return new Uint8Array(sign(null, message, this.operator.privateKey));
  }

  processorMs() {
    return this.replicas.map((replica) => (replica.running ? replica.processorMs() : 0));
  }

  storedBytes(index) {
    return bytesBelow(this.replicas[index].directory);
  }

  async stop() {
    await Promise.all(this.replicas.map((replica) => replica.end('SIGTERM')));
    rmSync(this.root, { recursive: true, force: true });
  }
}
