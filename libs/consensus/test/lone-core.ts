import {
  bodyRoot,
  commitPreimage,
  configHash,
  consensusContext,
  encodeConfiguration,
  encodeHeader,
} from '@quorate/protocol';
import { firstConfiguration, governanceSigningBytes, preparePreimage, timeoutPreimage } from '@quorate/protocol';
import {
  ZERO_HASH,
  type BlockHeader,
  type Certificate,
  type CertifiedPosition,
  type Configuration,
  type Genesis,
} from '@quorate/protocol';
import { equalBytes, sha256 } from '@quorate/crypto';
import {
  governanceKey,
  signWithKey,
  simulatedGenesis,
  simulatedKey,
  simulatedVerify,
} from '../../simulation/src/signing';
import { EMPTY_BODY_ROOT, genesisBlock, makeBlock } from '../src/committee';
import { Core } from '../src/core';
import { positionOf } from '../src/rank';
import type { CoreState } from '../src/state';
import type {
  Block,
  BootEvent,
  CoreEvent,
  CoreParameters,
  Effect,
  Message,
  ProposeMessage,
  StatusMessage,
  TimeoutCertificate,
  TimeoutMessage,
  VoteMessage,
} from '../src/types';
import { earliestTimeNs } from '../src/validity';

type WithoutInstant<Event> = Event extends unknown ? Omit<Event, 'nowMs' | 'timeNs'> : never;
/** An event without its time, which the lone core's clock gives it. */
export type LoneEvent = WithoutInstant<CoreEvent>;

/** Bytes of one operation. */
const OPERATION_BYTES = 8;
const START_NS = 1_700_000_000_000_000_000n;
const NO_SIGNATURE = new Uint8Array(64);

export interface LoneOptions {
  readonly replicaCount?: number;
  /** Its place counted from the leader of term 1: 0 leads that term. */
  readonly fromLeader?: number;
  readonly parameters?: Partial<CoreParameters>;
  /** Height of its genesis: a fork begins where its parent was forked. */
  readonly startHeight?: number;
  readonly rulesVersion?: number;
  readonly rulesVersionMax?: number;
  readonly boot?: Partial<BootEvent>;
  /** It has heard of nobody what it signed before. */
  readonly unsure?: boolean;
}

/** One core, and a test that plays its host, its disk, and all other replicas, with their keys. */
export class LoneCore {
  readonly core: Core;
  readonly genesis;
  readonly base: Block;
  readonly configuration: Configuration;
  readonly self: number;
  /** Everything that it sent, promises once they were durable. */
  readonly said: { readonly to: number | 'all'; readonly message: Message }[] = [];
  readonly alarms: string[] = [];
  readonly effects: Effect[] = [];
  nowMs = 0;
  /** How far its wall clock is ahead. */
  skewNs = 0n;
  /** Records that the test makes durable itself, with `sync`. */
  holdsDisk = false;
  /** Final blocks that the test executes itself. */
  holdsExecution = false;
  private readonly unsynced: Extract<Effect, { kind: 'persist' }>[] = [];
  /** What a restart reads. */
  voteState: Uint8Array | null = null;

  constructor(private readonly options: LoneOptions = {}) {
    const { replicaCount = 4, fromLeader = 1, parameters, rulesVersion, rulesVersionMax } = options;
    const { startHeight } = options;
    this.genesis = {
      ...simulatedGenesis(replicaCount, 1, rulesVersion),
      parent: startHeight === undefined ? undefined : parentAt(startHeight),
    };
    this.base = genesisBlock(this.genesis);
    this.configuration = firstConfiguration(this.genesis);
    const offset = new DataView(sha256(this.genesis.ledgerId).buffer).getUint32(0);
    this.self = (offset + 1 + fromLeader) % replicaCount;
    this.core = new Core({
      genesis: this.genesis,
      parameters,
      rulesVersionMax,
      signer: (key) => (equalBytes(key, simulatedKey(this.self)) ? (preimage) => signWithKey(key, preimage) : null),
      verify: simulatedVerify,
      countOperations: (body) => (body.length % OPERATION_BYTES === 0 ? body.length / OPERATION_BYTES : null),
    });
    this.step({
      kind: 'boot',
      voteState: null,
      finalHeaders: [],
      epochEnd: null,
      finalCertificate: null,
      blocks: [],
      convicted: [],
      executed: [{ height: this.base.header.height, execRoot: this.base.header.execRoot }],
      ...options.boot,
    });
    if (options.unsure !== true) for (const peer of this.others) this.hear(peer, this.status({ echo: NOTHING_SAID }));
    this.said.length = 0;
  }

  get others(): number[] {
    return [...this.genesis.replicas.keys()].filter((replica) => replica !== this.self);
  }

  get state(): CoreState {
    return (this.core as unknown as { core: CoreState }).core;
  }

  get timeNs(): bigint {
    return START_NS + BigInt(Math.round(this.nowMs * 1e6)) + this.skewNs;
  }

  leaderOf(term: number): number {
    return this.state.committee.leaderOf(term);
  }

  /** Kinds of messages sent since the last call. */
  takeKinds(): string[] {
    return this.take().map(({ message }) => message.kind);
  }

  take(): { readonly to: number | 'all'; readonly message: Message }[] {
    return this.said.splice(0);
  }

  step(event: LoneEvent): Effect[] {
    const effects = this.core.step({ ...event, nowMs: this.nowMs, timeNs: this.timeNs } as CoreEvent);
    this.effects.push(...effects);
    for (const effect of effects) this.carryOut(effect);
    return effects;
  }

  /** Time passes, with a tick wherever the core asked for one. */
  pass(ms: number): void {
    for (const endMs = this.nowMs + ms; ;) {
      const due = this.timerMs;
      if (due === null || due > endMs) {
        this.nowMs = endMs;
        return;
      }
      this.nowMs = Math.max(this.nowMs, due);
      this.step({ kind: 'tick' });
      if (this.timerMs === due) this.nowMs = Math.min(endMs, this.nowMs + 1);
    }
  }

  hear(from: number, message: Message, epoch = 1): Effect[] {
    return this.step({ kind: 'message', from, epoch, message });
  }

  /** The oldest records become durable. */
  sync(count = this.unsynced.length): void {
    for (const { token, then, voteState } of this.unsynced.splice(0, count)) {
      this.voteState = voteState ?? this.voteState;
      for (const { to, message } of then) this.said.push({ to, message });
      this.step({ kind: 'persisted', token });
    }
  }

  private timerMs: number | null = null;

  private carryOut(effect: Effect): void {
    if (effect.kind === 'send') this.said.push({ to: effect.to, message: effect.message });
    if (effect.kind === 'alarm') this.alarms.push(effect.code);
    if (effect.kind === 'timer') this.timerMs = effect.atMs;
    if (effect.kind === 'persist') {
      this.unsynced.push(effect);
      if (!this.holdsDisk) this.sync();
    }
    if (effect.kind === 'finalized' && !this.holdsExecution)
      for (const block of effect.blocks)
        this.step({ kind: 'executed', height: block.header.height, execRoot: rootAt(block.header.height) });
  }

  // What others say.

  child(parent: Pick<Block, 'id' | 'header'>, change: Partial<BlockHeader> = {}, operations = 1): Block {
    const body = new Uint8Array(operations * OPERATION_BYTES).fill(operations);
    const { header } = parent;
    const made: BlockHeader = {
      kind: operations === 0 ? 'empty' : 'data',
      ledgerId: this.genesis.ledgerId,
      epoch: 1,
      height: header.height + 1,
      parentId: parent.id,
      timeNs: earliestTimeNs(header),
      bodyRoot: operations === 0 ? EMPTY_BODY_ROOT : bodyRoot(body),
      bodyLength: body.length,
      operationCount: operations,
      configHash: configHash(this.configuration),
      execHeight: header.execHeight,
      execRoot: header.execRoot,
      nextConfigHash: ZERO_HASH,
      ...change,
    };
    return makeBlock(encodeHeader(made), body);
  }

  /** Blocks one above the other. */
  chain(count: number, parent: Block = this.base): Block[] {
    const blocks: Block[] = [];
    for (let tip = parent; blocks.length < count; blocks.push(tip)) tip = this.child(tip);
    return blocks;
  }

  sign(replica: number, preimage: Uint8Array): Uint8Array {
    return signWithKey(simulatedKey(replica), preimage);
  }

  get context(): Uint8Array {
    return consensusContext(this.configuration);
  }

  vote(kind: 'prepare' | 'commit', replica: number, term: number, slot: number, blockId: Uint8Array): VoteMessage {
    const preimage = (kind === 'prepare' ? preparePreimage : commitPreimage)(this.context, { term, slot }, blockId);
    return { kind, term, slot, blockId, replica, executedHeight: 0, signature: this.sign(replica, preimage) };
  }

  certificate(kind: 'prepare' | 'commit', term: number, slot: number, { id }: Pick<Block, 'id'>): Certificate {
    const signers = [...this.genesis.replicas.keys()].slice(0, this.state.committee.quorum);
    const signatures = signers.map((replica) => this.vote(kind, replica, term, slot, id).signature);
    return { kind, epoch: 1, term, slot, blockId: id, signers, signatures };
  }

  timeout(replica: number, term: number, highCertificate: Certificate | null = null): TimeoutMessage {
    const high = positionOf(highCertificate);
    const signature = this.sign(replica, timeoutPreimage(this.context, term, high));
    return { kind: 'timeout', term, replica, high, highCertificate, signature };
  }

  /** The timeout certificate of a quorum; `highs` by replica, null where nothing is said. */
  timeoutCertificate(term: number, highs: readonly (Certificate | null)[] = []): TimeoutCertificate {
    const entries = [...this.genesis.replicas.keys()].slice(0, this.state.committee.quorum).map((replica) => {
      const high: CertifiedPosition | null = positionOf(highs[replica] ?? null);
      return { replica, high, signature: this.sign(replica, timeoutPreimage(this.context, term, high)) };
    });
    const highest = highs.reduce(
      (best, each) =>
        each !== null && (best === null || each.term > best.term || (each.term === best.term && each.slot > best.slot))
          ? each
          : best,
      null,
    );
    return { term, entries, highCertificate: highest };
  }

  propose(term: number, slot: number, block: Block, change: Partial<ProposeMessage> = {}): ProposeMessage {
    const leader = this.leaderOf(term);
    return {
      kind: 'propose',
      term,
      slot,
      headerBytes: block.headerBytes,
      body: slot === 1 ? null : block.body,
      timeoutCertificate: slot === 1 && term > 1 ? this.timeoutCertificate(term - 1) : null,
      final: null,
      finalHeight: 0,
      executedHeight: 0,
      signature: this.vote('prepare', leader, term, slot, block.id).signature,
      ...change,
    };
  }

  status(change: Partial<StatusMessage> = {}): StatusMessage {
    return { ...SILENT_STATUS, ...change };
  }

  /** The leader's proposals of a chain from slot 2 on, after its first one, each certified up to `certified`, final up to `final`. */
  play(blocks: readonly Block[], { certified = 0, final = 0 } = {}): void {
    this.hear(this.leaderOf(1), this.propose(1, 1, this.base));
    this.hearCertificate(this.certificate('prepare', 1, 1, this.base));
    for (const [index, block] of blocks.entries()) {
      this.hear(this.leaderOf(1), this.propose(1, index + 2, block));
      if (index < certified) this.hearCertificate(this.certificate('prepare', 1, index + 2, block));
      if (index < final) this.hearCertificate(this.certificate('commit', 1, index + 2, block));
    }
  }

  /** A certificate, from some other replica's STATUS. */
  hearCertificate(certificate: Certificate): void {
    const part = certificate.kind === 'commit' ? { final: certificate } : { high: certificate };
    this.hear(this.others[0], this.status({ term: certificate.term, ...part }));
  }

  /** Governance lets these nodes follow as replicas. */
  reconfigure(
    nodes: readonly number[],
    change: Partial<Configuration> = {},
    current = this.configuration,
  ): Configuration {
    const replicas = nodes.map((node) => ({
      consensusKey: simulatedKey(node),
      certificateHash: sha256(Uint8Array.of(node)),
    }));
    const next = { ...current, epoch: current.epoch + 1, replicas, ...change };
    const bytes = signWithKey(governanceKey(this.genesis), governanceSigningBytes(current, next));
    this.step({ kind: 'reconfigure', configuration: encodeConfiguration(next), signatures: [{ key: 0, bytes }] });
    return next;
  }
}

function parentAt(height: number): NonNullable<Genesis['parent']> {
  const hash = sha256(Uint8Array.of(0x70));
  return {
    ledgerId: hash.slice(0, 16),
    genesisId: hash,
    height,
    timeNs: START_NS - 10_000_000_000n,
    blockId: hash,
    execRoot: hash,
    stateRoot: hash,
  };
}

/** Root of the results up to a height, as the lone core's host computes it. */
export function rootAt(height: number): Uint8Array {
  return sha256(Uint8Array.of(0x72, height & 0xff, height >>> 8));
}

export const NOTHING_SAID = { prepare: null, commit: null, timeout: null };

const SILENT_STATUS: StatusMessage = {
  kind: 'status',
  term: 1,
  entry: null,
  preparedSlot: 0,
  committedSlot: 0,
  high: null,
  final: null,
  finalHeight: 0,
  executedHeight: 0,
  want: false,
  recall: false,
  echo: null,
};

export { NO_SIGNATURE };
