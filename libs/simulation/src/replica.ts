import {
  Core,
  cutRange,
  recoverChain,
  type Block,
  type BootEvent,
  type CoreEvent,
  type CoreParameters,
  type Effect,
  type Message,
  type PersistEffect,
  type Recipient,
} from '@quorate/consensus';
import { equalBytes, hex } from '@quorate/crypto';
import { decodeEvidence, type Certificate, type Genesis } from '@quorate/protocol';
import { SimulatedDisk } from './disk';
import { OPERATION_BYTES, SimulatedExecutor, blockOperations } from './executor';
import type { Random } from './random';
import type { Scheduler } from './scheduler';
import { signWithKey, simulatedKey, simulatedVerify } from './signing';

/** Operations in one simulated batch. */
const BATCH_OPERATIONS_MAX = 64;

/** An event without its clocks. */
export type EventContent = CoreEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'nowMs' | 'timeNs'>
    : never
  : never;

/** A bug to plant: what the harness must notice. */
export interface Sabotage {
  /** Send promises at once instead of after the sync. */
  readonly promiseBeforeDurable?: boolean;
  /** Change what a restarted replica reads back. */
  readonly boot?: (event: BootEvent) => BootEvent;
  /** Reach into a fresh core. */
  readonly core?: (core: Core) => void;
}

export interface ReplicaOptions {
  readonly genesis: Genesis;
  readonly genesisKey: string;
  readonly genesisId: Uint8Array;
  /** The node's number, whatever place it has in a configuration. */
  readonly index: number;
  readonly parameters: Partial<CoreParameters>;
  readonly sabotage: Sabotage;
}

/** How long things take at one replica. */
export interface ReplicaPace {
  syncMs: () => number;
  executionMs: () => number;
  clockSkewNs: bigint;
}

/** What a replica needs of its surroundings. */
export interface ReplicaWorld {
  readonly scheduler: Scheduler;
  readonly random: Random;
  send(from: number, to: Recipient, message: Message, epoch: number): void;
  /** The replica is in another epoch, where its peers have other numbers. */
  onEpoch(replica: number): void;
  onFinal(replica: number, blocks: readonly Block[], certificate: Certificate): void;
  onExecuted(replica: number, height: number, execRoot: Uint8Array): void;
  onAlarm(replica: number, code: string, detail: string, fatal: boolean): void;
}

const WALL_CLOCK_START_NS = 1_700_000_000_000_000_000n;
/** Sync of a record that is not urgent. */
const LAZY_SYNC_MS = 20;

/** A host for one core in simulated time: disk, pool, execution, and crash. */
export class SimulatedReplica {
  readonly disk = new SimulatedDisk();
  core: Core | null = null;
  executor: SimulatedExecutor;
  readonly pace: ReplicaPace = { syncMs: () => 0.3, executionMs: () => 0.2, clockSkewNs: 0n };
  private incarnation = 0;
  private syncing = false;
  private timerAtMs: number | null = null;
  private chain: Block[] = [];
  private certificates = new Map<number, Certificate>();
  private executionQueue: Block[] = [];
  private executing = false;
  private readonly pool = new Set<string>();
  private proposed = new Set<string>();
  private term = 0;
  /** Newest of its keys: another one for each rotation. */
  generation = 0;

  constructor(
    private readonly options: ReplicaOptions,
    private readonly world: ReplicaWorld,
  ) {
    this.executor = new SimulatedExecutor(options.genesisId);
  }

  get finalHeight(): number {
    return this.core?.status().finalHeight ?? 0;
  }

  get wallClockNs(): bigint {
    return WALL_CLOCK_START_NS + BigInt(Math.round(this.world.scheduler.nowMs * 1e6)) + this.pace.clockSkewNs;
  }

  start(): void {
    const { genesis, parameters, sabotage } = this.options;
    this.incarnation += 1;
    this.core = new Core({
      genesis,
      parameters,
      signer: (key) => (this.holds(key) ? (preimage) => signWithKey(key, preimage) : null),
      verify: simulatedVerify,
      countOperations: (body) => (body.length % OPERATION_BYTES === 0 ? body.length / OPERATION_BYTES : null),
    });
    sabotage.core?.(this.core);
    const event = this.recover();
    this.step(sabotage.boot?.(event) ?? event);
  }

  /** Stops at once; what was not synced is lost, except perhaps a prefix. */
  crash(): void {
    this.incarnation += 1;
    this.core = null;
    this.syncing = false;
    this.timerAtMs = null;
    this.executing = false;
    this.executionQueue = [];
    this.pool.clear();
    this.proposed.clear();
    this.disk.crash(this.world.random);
  }

  deliver(from: number, epoch: number, message: Message): void {
    this.step({ kind: 'message', from, epoch, message });
  }

  /** Whether the consensus key is one of this node's. */
  holds(key: Uint8Array): boolean {
    for (let generation = 0; generation <= this.generation; generation += 1)
      if (equalBytes(simulatedKey(this.options.index, generation), key)) return true;
    return false;
  }

  step(content: EventContent): void {
    if (this.core === null) return;
    const { scheduler } = this.world;
    const effects = this.core.step({ ...content, nowMs: scheduler.nowMs, timeNs: this.wallClockNs } as CoreEvent);
    for (const effect of effects) this.carryOut(effect);
  }

  /** A client's operation reaches this replica's pool. */
  submit(key: string): void {
    if (this.core === null || this.pool.has(key) || this.executor.applied.has(key)) return;
    this.pool.add(key);
    this.announcePool();
  }

  private later(delayMs: number, run: () => void): void {
    const { incarnation } = this;
    this.world.scheduler.after(delayMs, () => {
      if (this.incarnation === incarnation) run();
    });
  }

  private carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        return this.persist(effect);
      case 'send':
        return this.world.send(this.options.index, effect.to, effect.message, effect.epoch);
      case 'finalized':
        return this.finalized(effect.blocks, effect.certificate);
      case 'request-batch':
        return this.later(0.02, () => this.batch(effect.request, effect.unfinalised));
      case 'serve-block':
        return this.serveBlock(effect.to, effect.blockId);
      case 'serve-range':
        return this.serveRange(effect.to, effect.fromHeight);
      case 'serve-epoch-end':
        return this.serveEpochEnd(effect.to, effect.epoch);
      case 'epoch':
        return this.later(0, () => this.world.onEpoch(this.options.index));
      case 'timer':
        return this.setTimer(effect.atMs);
      case 'fenced':
        this.fenced.add(effect.id);
        return;
      case 'term':
        if (effect.term !== this.term) this.proposed.clear();
        this.term = effect.term;
        return this.later(0, () => this.announcePool());
      case 'alarm':
        return this.world.onAlarm(this.options.index, effect.code, effect.detail, effect.fatal);
    }
  }

  private setTimer(atMs: number | null): void {
    this.timerAtMs = atMs;
    if (atMs === null) return;
    this.later(atMs - this.world.scheduler.nowMs, () => {
      if (this.timerAtMs === atMs) this.step({ kind: 'tick' });
    });
  }

  private persist(record: PersistEffect): void {
    for (const { height, certificate } of record.certificates) this.certificates.set(height, certificate);
    this.disk.append(record);
    if (this.options.sabotage.promiseBeforeDurable)
      for (const { epoch, to, message } of record.then) this.world.send(this.options.index, to, message, epoch);
    if (record.urgent) this.startSync();
    else this.later(LAZY_SYNC_MS, () => this.startSync());
  }

  private startSync(): void {
    if (this.syncing || !this.disk.hasUnsynced) return;
    this.syncing = true;
    const count = this.disk.unsyncedCount;
    this.later(this.pace.syncMs(), () => {
      this.syncing = false;
      const before = this.disk.durable.length;
      const token = this.disk.sync(count);
      if (!this.options.sabotage.promiseBeforeDurable) {
        for (const record of this.disk.durable.slice(before))
          for (const { epoch, to, message } of record.then) this.world.send(this.options.index, to, message, epoch);
      }
      this.step({ kind: 'persisted', token });
      this.startSync();
    });
  }

  private finalized(blocks: readonly Block[], certificate: Certificate): void {
    this.world.onFinal(this.options.index, blocks, certificate);
    for (const block of blocks) {
      this.chain.push(block);
      this.executionQueue.push(block);
      for (const key of blockOperations(block)) {
        this.pool.delete(key);
        this.proposed.delete(key);
      }
    }
    this.later(0, () => this.announcePool());
    this.execute();
  }

  private execute(): void {
    if (this.executing || this.executionQueue.length === 0) return;
    this.executing = true;
    this.later(this.pace.executionMs(), () => {
      this.executing = false;
      const block = this.executionQueue.shift();
      if (block === undefined) return;
      const execRoot = this.executor.execute(block);
      this.world.onExecuted(this.options.index, block.header.height, execRoot);
      this.step({ kind: 'executed', height: block.header.height, execRoot });
      this.execute();
    });
  }

  private announcePool(): void {
    const operations = this.pool.size - this.proposed.size;
    this.step({
      kind: 'pending',
      operations: Math.max(0, operations),
      bytes: Math.max(0, operations) * OPERATION_BYTES,
    });
  }

  private batch(request: number, unfinalised: readonly Block[]): void {
    const taken = new Set<string>();
    for (const block of unfinalised) for (const key of blockOperations(block)) taken.add(key);
    const keys: string[] = [];
    for (const key of this.pool) {
      if (keys.length >= BATCH_OPERATIONS_MAX) break;
      if (!taken.has(key) && !this.proposed.has(key)) keys.push(key);
    }
    const body = new Uint8Array(keys.length * OPERATION_BYTES);
    const view = new DataView(body.buffer);
    for (const [index, key] of keys.entries()) {
      view.setBigUint64(index * OPERATION_BYTES, BigInt(key));
      this.proposed.add(key);
    }
    this.step({ kind: 'batch', request, body: keys.length === 0 ? null : body, operations: keys.length });
    this.announcePool();
  }

  private serveBlock(to: number, blockId: Uint8Array): void {
    const key = hex(blockId);
    for (const record of this.disk.durable) {
      const block = record.blocks.find((candidate) => candidate.key === key);
      if (block !== undefined)
        return this.reply(to, { kind: 'block', headerBytes: block.headerBytes, body: block.body });
    }
  }

  private serveRange(to: number, fromHeight: number): void {
    const message = cutRange(
      {
        finalHeight: this.chain.length,
        headerBytes: (height) => this.chain[height - 1]?.headerBytes,
        body: (height) => this.chain[height - 1]?.body,
        certificate: (height) => this.certificates.get(height),
      },
      fromHeight,
    );
    if (message !== null) this.reply(to, message);
  }

  private serveEpochEnd(to: number, epoch: number): void {
    const end = this.chain.find(({ header }) => header.kind === 'epoch_end' && header.epoch === epoch);
    const certificate = end === undefined ? undefined : this.certificates.get(end.header.height);
    if (end !== undefined && certificate !== undefined)
      this.reply(to, { kind: 'epoch-end', headerBytes: end.headerBytes, certificate });
  }

  private reply(to: number, message: Message): void {
    this.world.send(this.options.index, to, message, this.core?.status().epoch ?? 0);
  }

  /** Fences that this node has passed (C-45). */
  readonly fenced = new Set<number>();

  /** Bodies of the final blocks that hold evidence. */
  get evidence(): Uint8Array[] {
    return this.chain.filter(({ header }) => header.kind === 'evidence').map(({ body }) => body);
  }

  /** Reads the journal back, executes the final chain again, and tells the core. */
  private recover(): EventContent & { kind: 'boot' } & BootEvent {
    const records = this.disk.durable;
    const blocks = new Map<string, Block>();
    for (const record of records) for (const block of record.blocks) blocks.set(block.key, block);
    const certificates = records.flatMap((record) => [...record.certificates]);
    const recovered = recoverChain(this.options.genesisKey, blocks, certificates);
    this.chain = recovered.headers
      .map((link) => blocks.get(link.key))
      .filter((block): block is Block => block !== undefined);
    this.certificates = new Map(certificates.map(({ height, certificate }) => [height, certificate]));
    this.executor = new SimulatedExecutor(this.options.genesisId);
    const executed = [{ height: 0, execRoot: this.executor.execRoot }];
    for (const block of this.chain)
      executed.push({ height: block.header.height, execRoot: this.executor.execute(block) });
    let voteState: Uint8Array | null = null;
    for (const record of records) voteState = record.voteState ?? voteState;
    const finalHeight = this.chain.length;
    const epochEnd = this.chain.findLast(({ header }) => header.kind === 'epoch_end') ?? null;
    return {
      kind: 'boot',
      voteState,
      finalHeaders: this.chain.slice(-64),
      epochEnd,
      convicted: accusedReplicas(this.chain, (epochEnd?.header.epoch ?? 0) + 1),
      finalCertificate: recovered.certificate,
      blocks: [...blocks.values()].filter((block) => block.header.height > finalHeight),
      executed: executed.slice(-64),
    };
  }
}

/** Replicas of the epoch against which blocks of the chain hold evidence. */
function accusedReplicas(chain: readonly Block[], epoch: number): number[] {
  return chain
    .filter(({ header }) => header.kind === 'evidence' && header.epoch === epoch)
    .map(({ body }) => decodeEvidence(body).replica);
}
