import {
  decodeMessage,
  encodeMessage,
  type Block,
  type Core,
  type Message,
  DEFAULT_PARAMETERS,
} from '@quorate/consensus';
import { hex } from '@quorate/crypto';
import type { CodedError } from '@quorate/errors';
import type { BlockOutcome } from '@quorate/ledger';
import {
  encodeConfiguration,
  faultsTolerated,
  governanceSigningBytes,
  type Certificate,
  type Genesis,
  type GovernanceSignature,
} from '@quorate/protocol';
import { PEER_FRAMES, type ReplicaObserver } from '@quorate/replica';
import type { Interceptor, LiarWorld } from '../adversary';
import { Checker, Trace } from '../checker';
import { Random } from '../random';
import { Scheduler } from '../scheduler';
import { simulatedCertificateHash } from '../signing';
import type { DriveImage } from './drive';
import { noFaults, type FaultCounts } from './faults';
import { History } from './history';
import { LedgerIdentity } from './identity';
import { Machine, type MachineWorld } from './machine';
import { Network } from './network';
import { Workload, type WorkloadWorld } from './workload';

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number;
  readonly replicaCount: number;
  /** Machines besides the first replicas. */
  readonly spares: number;
  /** The machine that lies; null: none. */
  readonly traitor: number | null;
  /** Votes are signed with Ed25519 and every certificate is judged by the light client's own rule. */
  readonly realVotes: boolean;
  /** A bug to plant: what must be noticed. */
  readonly sabotage?: { /** Drives say that a write is durable before it is. */ readonly earlySync: boolean };
  /** Small blocks wait for the finality of the one before, as in the product. */
  readonly paced: boolean;
}

/** A supervisor starts a process that ended again after about this long. */
const RESTART_MS = 120;

/** Whole replicas (consensus, ledger, journal, snapshots) on machines, a network and clocks that are simulated, and what watches them. */
export class World implements MachineWorld, LiarWorld, WorkloadWorld {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly identity: LedgerIdentity;
  readonly counts: FaultCounts = noFaults();
  readonly network: Network;
  readonly machines: Machine[] = [];
  readonly names: string[] = [];
  readonly checker: Checker;
  readonly history: History;
  readonly trace = new Trace();
  readonly workload: Workload;
  intercept: Interceptor | null = null;
  messages = 0;
  /** Faults of disks and other damage that machines stopped for. */
  readonly stops = new Map<string, number>();
  /** Machines whose journal was damaged on purpose: these may refuse to go on, but not do anything wrong. */
  readonly damaged = new Set<number>();
  /** Terms in which an honest replica gave up. */
  readonly termsGivenUp = new Set<string>();
  private wanted: { readonly configuration: Uint8Array; readonly signatures: readonly GovernanceSignature[] } | null =
    null;
  /** Machines that were ever named as replicas, and are not dismissed. */
  readonly employed = new Set<number>();
  private named: readonly number[] = [];
  private image: DriveImage | null = null;
  private clockHighNs = 0n;

  constructor(readonly options: WorldOptions) {
    this.random = new Random(options.seed);
    const streamedBytesMin = options.paced ? DEFAULT_PARAMETERS.streamedBytesMin : 0;
    this.identity = new LedgerIdentity(options.seed, options.replicaCount, options.realVotes, { streamedBytesMin });
    this.network = new Network(this.scheduler, this.random, this.counts);
    this.checker = new Checker(this.genesis, (machine) => this.isHonest(machine), this.identity.verify);
    this.history = new History((violation) => this.report(violation));
    this.workload = new Workload(this);
    for (let index = 0; index < options.replicaCount + options.spares; index += 1) {
      this.names.push(hex(simulatedCertificateHash(index)));
      const machine = new Machine(index, this);
      machine.drive.condition.earlySync = options.sabotage?.earlySync === true;
      this.machines.push(machine);
      if (index < options.replicaCount) this.employed.add(index);
    }
  }

  get genesis(): Genesis {
    return this.identity.genesis;
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  get wallNs(): bigint {
    return this.machines[0].wallNs - this.machines[0].skewNs;
  }

  get nodeCount(): number {
    return this.machines.length;
  }

  /** How many more machines may be damaged: liars and machines without memory together stay within what the members tolerate. */
  get damageLeft(): number {
    const members = this.members;
    const bad = members.filter((index) => !this.isHonest(index) || this.damaged.has(index)).length;
    return faultsTolerated(members.length) - bad;
  }

  /** Machines that the newest configuration names. */
  get members(): number[] {
    const { epoch } = this.checker.newestConfiguration;
    return [...this.machines.keys()].filter((index) => this.indexOf(epoch, index) >= 0);
  }

  isHonest(machine: number): boolean {
    return machine !== this.options.traitor;
  }

  /** Machines whose word a client takes. */
  serving(): Machine[] {
    return this.members
      .filter((index) => this.isHonest(index))
      .flatMap((index) => {
        const machine = this.machines[index];
        return machine.state === 'on' ? [machine] : [];
      });
  }

  /** The furthest that any clock ever was, wall ns: a block's time may have been judged by the one that went back meanwhile. */
  noteClocks(): bigint {
    for (const { wallNs } of this.machines) if (wallNs > this.clockHighNs) this.clockHighNs = wallNs;
    return this.clockHighNs;
  }

  report(violation: string): void {
    this.checker.report(`${this.nowMs.toFixed(1)} ms: ${violation}`);
  }

  /** Runs simulated time on; between two events everything that was promised has its turn. Returns whether `done` said so. */
  async runFor(durationMs: number, done: () => boolean = () => false): Promise<boolean> {
    const untilMs = this.nowMs + durationMs;
    while (this.scheduler.runNext(untilMs)) {
      await turn();
      if (done()) return true;
    }
    return done();
  }

  isUp(machine: number): boolean {
    return this.machines[machine].isListening;
  }

  attached(machine: number): void {
    for (const peer of this.machines)
      if (peer.index !== machine && peer.isListening) {
        peer.later(0, () => peer.linkOpened(machine));
        this.machines[machine].later(0, () => this.machines[machine].linkOpened(peer.index));
      }
    if (this.wanted !== null) this.tell(machine);
  }

  detached(machine: number): void {
    for (const peer of this.machines)
      if (peer.index !== machine && peer.isListening) peer.later(0, () => peer.linkClosed(machine));
  }

  observer(machine: number): ReplicaObserver {
    return {
      final: (blocks, certificate) => this.final(machine, blocks, certificate),
      executed: (block, outcome, execRoot) => this.executed(machine, block, outcome, execRoot),
    };
  }

  halted(machine: number, error: CodedError): void {
    const { code } = error;
    this.stops.set(code, (this.stops.get(code) ?? 0) + 1);
    this.trace.note(`${this.nowMs} halt ${machine} ${code}`);
    if (code.startsWith('STORAGE_') && code !== 'STORAGE_CORRUPT') return this.restart(machine);
    if (this.isHonest(machine) && !this.damaged.has(machine))
      this.report(`HALT: replica ${machine} stopped with ${code}: ${error.message}`);
    this.machines[machine].retire();
  }

  /** Starts a machine that should run. */
  start(machine: number): void {
    if (this.employed.has(machine)) this.machines[machine].start();
  }

  /** A supervisor's start of a process that has ended. */
  restart(machine: number): void {
    this.scheduler.after(this.random.between(RESTART_MS / 2, RESTART_MS * 2), () => this.start(machine));
  }

  transmit(from: number, to: number, message: Message, epoch: number): void {
    this.carry(from, to, PEER_FRAMES.message, encodeMessage(epoch, message));
  }

  sendFrame(from: number, targets: readonly number[], kind: number, payload: Uint8Array): void {
    if (kind !== PEER_FRAMES.message || targets.length === 0) {
      for (const target of targets) this.carry(from, target, kind, payload);
      return;
    }
    const { epoch, message } = decodeMessage(payload);
    this.checker.onSend(from, message, epoch);
    if (message.kind === 'timeout' && this.isHonest(from)) this.termsGivenUp.add(`${epoch} ${message.term}`);
    for (const target of targets) {
      const changed = this.intercept?.(from, target, message, epoch) ?? null;
      if (changed === null) this.carry(from, target, kind, payload);
      else for (const each of changed) this.carry(from, target, kind, encodeMessage(epoch, each));
    }
  }

  context(epoch: number): Uint8Array {
    return this.checker.context(epoch);
  }

  indexOf(epoch: number, node: number): number {
    const { replicas } = this.checker.configuration(epoch);
    return replicas.findIndex(({ certificateHash }) => hex(certificateHash) === this.names[node]);
  }

  signAs(node: number, preimage: Uint8Array): Uint8Array {
    return this.identity.sign(node, this.machines[node].generation, preimage);
  }

  /** What the disk held at the call before comes back. */
  rollBack(node: number): void {
    const machine = this.machines[node];
    if (machine.state !== 'on') return;
    const { image } = this;
    this.image = machine.drive.image();
    if (image === null) return;
    machine.stop(true);
    machine.drive.restore(image);
    machine.start();
  }

  /** Governance lets these machines be the replicas of the next epoch. */
  reconfigure(members: readonly number[]): void {
    const current = this.checker.newestConfiguration;
    const replicas = members.map((node) => ({
      consensusKey: this.identity.consensusKey(node, this.machines[node].generation),
      certificateHash: simulatedCertificateHash(node),
    }));
    const next = { ...current, epoch: current.epoch + 1, replicas };
    const bytes = this.identity.signAsGovernance(governanceSigningBytes(current, next));
    this.wanted = { configuration: encodeConfiguration(next), signatures: [{ key: 0, bytes }] };
    this.trace.note(`${this.nowMs} reconfigure ${members.join()}`);
    this.named = members;
    for (const index of members) {
      this.employed.add(index);
      this.machines[index].start();
    }
    for (const machine of this.machines.keys()) this.tell(machine);
  }

  /** Starts whatever should run and does not. */
  startAll(): void {
    for (const index of this.employed) this.machines[index].start();
  }

  /** Stops machines that are no replicas any more, as the platform does after a hand-over. */
  dismiss(): void {
    const needed = new Set([...this.members, ...this.named]);
    for (const index of this.employed)
      if (!needed.has(index)) {
        this.employed.delete(index);
        this.machines[index].stop(false);
      }
  }

  private tell(machine: number): void {
    const { wanted } = this;
    if (wanted === null) return;
    const { replica } = this.machines[machine];
    if (replica !== null)
      this.machines[machine].later(0, () => replica.reconfigure(wanted.configuration, wanted.signatures));
  }

  private carry(from: number, to: number, kind: number, payload: Uint8Array): void {
    this.messages += 1;
    this.trace.note(`${this.nowMs} ${from} ${to} ${kind} ${payload.length}`);
    const { session } = this.machines[from];
    this.network.carry(from, to, () => {
      const target = this.machines[to];
      // What a process had not sent when it ended is lost with its links, unless it is on the wire already.
      if (this.machines[from].session === session || this.random.chance(0.5))
        target.later(0, () => target.receive(from, kind, payload.slice()));
    });
  }

  private final(machine: number, blocks: readonly Block[], certificate: Certificate): void {
    this.trace.note(`${this.nowMs} final ${machine} ${blocks[blocks.length - 1].key}`);
    this.checker.onFinal(machine, blocks, certificate, this.noteClocks());
  }

  private executed(machine: number, block: Block, { codes }: BlockOutcome, execRoot: Uint8Array): void {
    const { height } = block.header;
    if (this.isHonest(machine) && height === this.history.height + 1) this.history.executed(block, codes);
    this.checker.onExecuted(machine, height, execRoot);
  }
}

/** Everything that was promised and can go on has its turn before this resolves. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Entries of all collections in a core. */
export function entriesHeld(core: Core): number {
  const { core: state } = core as unknown as { core: object };
  return Object.values(state).reduce((sum: number, value: unknown) => sum + entriesIn(value, 2), 0);
}

function entriesIn(value: unknown, depth: number): number {
  if (value instanceof Map || value instanceof Set) return value.size;
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth === 0) return 0;
  return Object.values(value).reduce((sum: number, each: unknown) => sum + entriesIn(each, depth - 1), 0);
}
