import {
  decodeMessage,
  encodeMessage,
  type Block,
  type CoreParameters,
  type Message,
  type Recipient,
} from '@quorate/consensus';
import { hex } from '@quorate/crypto';
import {
  encodeConfiguration,
  genesisId,
  governanceSigningBytes,
  type Certificate,
  type Configuration,
  type Genesis,
} from '@quorate/protocol';
import type { Interceptor, LiarWorld } from './adversary';
import { Checker, Trace } from './checker';
import { Random } from './random';
import { SimulatedReplica, type EventContent, type ReplicaWorld, type Sabotage } from './replica';
import { Scheduler } from './scheduler';
import {
  governanceKey,
  signWithKey,
  simulatedCertificateHash,
  simulatedGenesis,
  simulatedKey,
  simulatedSignature,
} from './signing';

/** Rates and delays of the simulated network; change them while the cluster runs. */
export interface NetworkFaults {
  lossRate: number;
  duplicateRate: number;
  delayMs: () => number;
  /** Whether a message may pass. */
  passes: (from: number, to: number) => boolean;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly replicaCount: number;
  readonly parameters?: Partial<CoreParameters>;
  readonly sabotage?: Sabotage;
  /** Replicas whose misbehaviour is intended. */
  readonly byzantine?: readonly number[];
  /** Rules of the genesis, if not the newest: with the first ones, cores behave like those before evidence was recorded (C-44). */
  readonly rulesVersion?: number;
}

/** Replicas, a network and a clock that are all simulated, and a checker that watches them. */
export class Cluster implements ReplicaWorld, LiarWorld {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly genesis: Genesis;
  readonly replicas: SimulatedReplica[];
  readonly checker: Checker;
  readonly trace = new Trace();
  readonly network: NetworkFaults;
  intercept: Interceptor | null = null;
  readonly alarms: string[] = [];
  private submitted = 0;
  /** What governance last signed. */
  private wanted: EventContent | null = null;

  constructor(readonly options: ClusterOptions) {
    this.random = new Random(options.seed);
    this.genesis = simulatedGenesis(options.replicaCount, options.seed, options.rulesVersion);
    const byzantine = new Set(options.byzantine ?? []);
    this.checker = new Checker(this.genesis, (replica) => !byzantine.has(replica));
    this.network = { lossRate: 0, duplicateRate: 0, delayMs: () => this.random.between(0.2, 0.4), passes: () => true };
    this.replicas = [];
    for (let count = 0; count < options.replicaCount; count += 1) this.addNode();
  }

  /** A node that may become a replica; it has to be started. Returns its number. */
  addNode(): number {
    const { parameters, sabotage } = this.options;
    const id = genesisId(this.genesis);
    const index = this.replicas.length;
    const { genesis } = this;
    this.replicas.push(
      new SimulatedReplica(
        {
          genesis,
          genesisId: id,
          genesisKey: hex(id),
          index,
          // Simulated envelopes are tiny; blocks of them go ahead of finality all the same, because that is the harder case.
          parameters: { streamedBytesMin: 0, ...parameters },
          sabotage: sabotage ?? {},
        },
        this,
      ),
    );
    return index;
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  start(index: number): void {
    this.trace.note(`${this.nowMs} start ${index}`);
    this.replicas[index].start();
    for (const [peer, replica] of this.replicas.entries()) {
      if (peer === index || replica.core === null) continue;
      this.connect(index, peer);
    }
  }

  startAll(): void {
    for (const index of this.replicas.keys()) this.start(index);
  }

  crash(index: number): void {
    this.trace.note(`${this.nowMs} crash ${index}`);
    this.replicas[index].crash();
    for (const [peer, replica] of this.replicas.entries())
      if (peer !== index && replica.core !== null)
        replica.step({ kind: 'disconnected', peer: this.numberOf(peer, index) });
  }

  /** Both ends learn that the link is up. */
  connect(left: number, right: number): void {
    this.scheduler.after(0.1, () => {
      if (this.replicas[left].core === null || this.replicas[right].core === null) return;
      this.replicas[left].step({ kind: 'connected', peer: this.numberOf(left, right) });
      this.replicas[right].step({ kind: 'connected', peer: this.numberOf(right, left) });
      if (this.wanted !== null) for (const node of [left, right]) this.replicas[node].step(this.wanted);
    });
  }

  onEpoch(node: number): void {
    this.trace.note(`${this.nowMs} epoch ${node}`);
    for (const [peer, replica] of this.replicas.entries())
      if (peer !== node && replica.core !== null)
        this.replicas[node].step({ kind: 'connected', peer: this.numberOf(node, peer) });
  }

  /** Governance lets these nodes be the replicas of the next epoch; all that are up hear of it, and all that start later. Returns that epoch. */
  reconfigure(nodes: readonly number[]): number {
    const current = this.checker.newestConfiguration;
    const replicas = nodes.map((node) => ({
      consensusKey: simulatedKey(node, this.replicas[node].generation),
      certificateHash: simulatedCertificateHash(node),
    }));
    const next = { ...current, epoch: current.epoch + 1, replicas };
    const bytes = signWithKey(governanceKey(this.genesis), governanceSigningBytes(current, next));
    this.wanted = {
      kind: 'reconfigure',
      configuration: encodeConfiguration(next),
      signatures: [{ key: 0, bytes }],
    };
    this.trace.note(`${this.nowMs} reconfigure ${nodes.join()}`);
    for (const replica of this.replicas) if (replica.core !== null) replica.step(this.wanted);
    return next.epoch;
  }

  get nodeCount(): number {
    return this.replicas.length;
  }

  context(epoch: number): Uint8Array {
    return this.checker.context(epoch);
  }

  signAs(node: number, preimage: Uint8Array): Uint8Array {
    return simulatedSignature(node, preimage);
  }

  /** The newest half of its disk is lost. */
  rollBack(node: number): void {
    const replica = this.replicas[node];
    if (replica.core === null) return;
    this.crash(node);
    replica.disk.keepFirst(Math.floor(replica.disk.durable.length / 2));
    this.start(node);
  }

  /** A node's index in the configuration of an epoch; -1 if it is no member. */
  indexOf(epoch: number, node: number): number {
    const { replicas } = this.checker.configuration(epoch);
    return replicas.findIndex(({ consensusKey }) => this.replicas[node].holds(consensusKey));
  }

  /** The number under which one node knows another in its current epoch. */
  private numberOf(at: number, node: number): number {
    const replicas = this.configurationAt(at).replicas;
    const index = replicas.findIndex(({ consensusKey }) => this.replicas[node].holds(consensusKey));
    return index >= 0 ? index : replicas.length + node;
  }

  private nodeOf(at: number, number: number): number {
    const { replicas } = this.configurationAt(at);
    if (number >= replicas.length) return number - replicas.length;
    return this.replicas.findIndex((replica) => replica.holds(replicas[number].consensusKey));
  }

  private configurationAt(node: number): Configuration {
    return this.replicas[node].core?.status().configuration ?? this.checker.newestConfiguration;
  }

  runFor(durationMs: number): void {
    this.scheduler.run(this.nowMs + durationMs);
  }

  /** Runs until `done`, at most for the time given; whether it got there. */
  runUntil(done: () => boolean, limitMs: number): boolean {
    return done() || this.scheduler.run(this.nowMs + limitMs, done);
  }

  /** A new operation, sent to the given replicas (default: all). Returns its key. */
  submit(to: readonly number[] = [...this.replicas.keys()]): string {
    this.submitted += 1;
    const key = String(this.submitted);
    this.offer(key, to);
    return key;
  }

  /** Sends an operation (again). */
  offer(key: string, to: readonly number[] = [...this.replicas.keys()]): void {
    for (const index of to) this.scheduler.after(this.random.between(0.1, 0.5), () => this.replicas[index].submit(key));
  }

  /** Whether every replica given has applied the operation. */
  appliedBy(key: string, replicas: readonly number[] = [...this.replicas.keys()]): boolean {
    return replicas.every((index) => this.replicas[index].executor.applied.has(key));
  }

  send(from: number, to: Recipient, message: Message, epoch: number): void {
    if (message.kind === 'commit') this.checker.onCommit(from, hex(message.blockId), this.replicas[from].disk);
    const only = to === 'all' ? null : this.nodeOf(from, to);
    for (const index of this.replicas.keys()) {
      if (index === from || (only !== null && only !== index)) continue;
      const messages = this.intercept?.(from, index, message, epoch) ?? [message];
      for (const sent of messages) this.transmit(from, index, sent, epoch);
    }
  }

  /** Puts one message on the wire, as it is. */
  transmit(from: number, to: number, message: Message, epoch: number): void {
    this.checker.onSend(from, message, epoch);
    const { network, random } = this;
    if (!network.passes(from, to) || random.chance(network.lossRate)) return;
    const bytes = encodeMessage(epoch, message);
    this.trace.note(`${this.nowMs} ${from} ${to} ${message.kind} ${bytes.length}`);
    const copies = random.chance(network.duplicateRate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.scheduler.after(network.delayMs(), () => {
        if (!network.passes(from, to) || this.replicas[to].core === null) return;
        const received = decodeMessage(bytes);
        this.replicas[to].deliver(this.numberOf(to, from), received.epoch, received.message);
      });
    }
  }

  onFinal(replica: number, blocks: readonly Block[], certificate: Certificate): void {
    this.trace.note(`${this.nowMs} final ${replica} ${blocks[blocks.length - 1].key}`);
    this.checker.onFinal(replica, blocks, certificate, this.replicas[replica].wallClockNs);
  }

  onExecuted(replica: number, height: number, execRoot: Uint8Array): void {
    this.checker.onExecuted(replica, height, execRoot);
  }

  onAlarm(replica: number, code: string, detail: string, fatal: boolean): void {
    this.alarms.push(`${this.nowMs.toFixed(1)} replica ${replica} ${code} ${detail}`);
    this.trace.note(`${this.nowMs} alarm ${replica} ${code}`);
    this.checker.onAlarm(replica, code, detail, fatal);
  }
}
