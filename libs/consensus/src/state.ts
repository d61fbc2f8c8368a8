import { invariant } from '@quorate/errors';
import {
  firstConfiguration,
  type Certificate,
  type Configuration,
  type Evidence,
  type GovernanceSignature,
} from '@quorate/protocol';
import { CertificateBook } from './certificates';
import { Chain } from './chain';
import { Committee, genesisBlock } from './committee';
import { DEFAULT_PARAMETERS, PEERS_MAX } from './limits';
import { RecordBuilder, type LeadPermit } from './record';
import { Tallies } from './tallies';
import type {
  AlarmCode,
  Block,
  CoreOptions,
  CoreParameters,
  Durable,
  Effect,
  HeaderLink,
  Instant,
  PromiseMessage,
  ProposeMessage,
  ReadyMessage,
  Recipient,
  SignedVote,
  SendableMessage,
  TimeoutMessage,
  VoteMessage,
  VoteState,
} from './types';
import { initialVoteState } from './vote-state';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The leader's proposal at a slot, as first seen. */
export interface Proposal {
  readonly message: ProposeMessage;
  readonly block: HeaderLink;
  /** The header's time was too far in the past when it arrived (C-25). */
  readonly late: boolean;
  /** Wall clock at which the header's time stops being too far ahead. */
  readonly notBeforeNs: bigint;
  /** When it came, or was made. */
  readonly atMs: number;
  /** Found invalid: never voted for. */
  refused: boolean;
}

/** What is known of one slot of the current term. */
export interface SlotState {
  proposal: Proposal | null;
  /** Verified prepare or commit certificate. */
  certificate: Certificate | null;
}

/** What this replica knows of another one. */
export interface Peer {
  /** Its newest votes by rank, to be echoed when it comes back (C-9). */
  readonly newest: Record<'prepare' | 'commit', SignedVote | null>;
  connected: boolean;
  finalHeight: number;
  executedHeight: number;
  /** Its messages show that it is further than this replica. */
  ahead: boolean;
  connectedMs: number;
  statusSentMs: number;
  answerSentMs: number;
  /** When large proposals were last repeated to it (C-30). */
  largeRepeatedMs: number;
}

/** The leader's own position in its term. */
export interface Leadership {
  permit: LeadPermit;
  tip: HeaderLink;
  nextSlot: number;
  /** Outstanding request-batch, if any. */
  request: { readonly id: number; readonly parentKey: string; readonly slot: number } | null;
}

/** Local time-keeping; nothing here is agreed upon. */
export interface Pacemaker {
  termEnteredMs: number;
  /** The running progress timer; null = not running. */
  waiting: { readonly sinceMs: number; readonly timeoutMs: number } | null;
  /** The longest recent wait for a final block, and when it was measured (C-26). */
  longestMs: number;
  longestAtMs: number;
  /** Doublings of the timeout (k). */
  backoff: number;
  finalSinceBackoff: number;
  resendAtMs: number;
  /** Repetitions since something became final here, of a replica that nobody expects (C-29). */
  unanswered: number;
  heartbeatAtMs: number;
}

/** Doublings of the pause between repetitions; far beyond the heartbeat, which bounds it. */
const REPEAT_DOUBLINGS_MAX = 16;

/** A request to peers that has not been answered. */
export interface Fetch {
  readonly key: string;
  /** The one block that is taken if it comes. */
  readonly blockKey: string;
  sinceMs: number;
  askedAtMs: number | null;
  attempts: number;
}

/** The question under way whether this replica has executed all that was acknowledged (C-45). */
export interface Fence {
  readonly id: number;
  readonly answered: Set<number>;
  high: Certificate | null;
  /** Height that was final once a quorum had answered. */
  height?: number;
  askedAtMs: number;
}

/** The configuration that is to follow the current one, allowed by governance (C-35). */
export interface Succession {
  readonly configuration: Configuration;
  readonly signatures: readonly GovernanceSignature[];
  readonly committee: Committee;
  /** Newest verified READY of each of its members, by index (C-36). */
  readonly readys: Map<number, ReadyMessage['ready']>;
  /** When the own READY is repeated. */
  resendAtMs: number;
}

/** Where an epoch begins, and what of the replica outlives the one before. */
interface EpochStart {
  readonly configuration: Configuration;
  readonly genesis: Block;
  readonly chain: Chain;
  readonly record: RecordBuilder;
  readonly now: Instant;
}

/** All state of one replica's core in one epoch. Rules live in the modules around it. */
export class CoreState {
  readonly committee: Committee;
  readonly parameters: CoreParameters;
  readonly self: number;
  readonly chain: Chain;
  readonly tallies: Tallies;
  readonly certificates: CertificateBook;
  readonly record: RecordBuilder;
  readonly countOperations: CoreOptions['countOperations'];

  now: Instant;
  vote: Mutable<VoteState>;
  readonly slots = new Map<number, SlotState>();
  /** Highest verified commit certificate, whether or not its block is held. */
  commitSeen: Certificate | null = null;
  /** Newest verified TIMEOUT of each replica, the own one included once it is durable. */
  readonly timeouts: (TimeoutMessage | null)[];
  ownTimeout: Durable<TimeoutMessage> | null = null;
  /** Own durable votes of the current term, for repetition. */
  readonly ownVotes = new Map<number, Partial<Record<'prepare' | 'commit', Durable<VoteMessage>>>>();
  private readonly peerList: Peer[];
  /** Evidence that is not on the ledger yet, by replica (C-41). */
  readonly evidence = new Map<number, Evidence>();
  /** Replicas of this epoch against which there is evidence on the ledger (C-42). */
  readonly convicted = new Set<number>();
  succession: Succession | null = null;
  /** A configuration of an epoch that does not follow this one yet, as it was given. */
  wanted: { readonly bytes: Uint8Array; readonly signatures: readonly GovernanceSignature[] } | null = null;
  /** The final block that ends this epoch. */
  epochEnd: Block | null = null;
  leadership: Leadership | null = null;
  lastRequest = 0;
  pending = { operations: 0, bytes: 0 };
  readonly pacemaker: Pacemaker = {
    termEnteredMs: 0,
    waiting: null,
    longestMs: 0,
    longestAtMs: 0,
    backoff: 0,
    finalSinceBackoff: 0,
    resendAtMs: 0,
    unanswered: 0,
    heartbeatAtMs: 0,
  };
  fetch: Fetch | null = null;
  fence: Fence | null = null;
  /** Executed height that the leader was last told, by whatever message. */
  reportedExecuted = 0;
  halted = false;
  booted = false;
  /** Members that have told what they hold of this replica's votes; null once enough have (C-9). */
  recall: Set<number> | null = null;
  /** The vote state with which this replica started, as far as it is of this epoch. */
  bootVote: VoteState;
  private effects: Effect[] = [];
  private changes = 0;

  constructor(
    readonly options: CoreOptions,
    start?: EpochStart,
  ) {
    const { genesis, signer, verify } = options;
    const configuration = start?.configuration ?? firstConfiguration(genesis);
    this.committee = new Committee({ configuration, genesis: start?.genesis ?? genesisBlock(genesis), signer, verify });
    this.parameters = { ...DEFAULT_PARAMETERS, ...options.parameters };
    this.self = this.committee.self;
    this.countOperations = options.countOperations;
    this.chain = start?.chain ?? new Chain(this.committee.genesis);
    this.record = start?.record ?? new RecordBuilder();
    this.now = start?.now ?? { nowMs: 0, timeNs: 0n };
    this.vote = initialVoteState(this.committee.epoch);
    this.bootVote = initialVoteState(this.committee.epoch);
    this.record.beginEpoch(this.committee.epoch, start !== undefined && this.committee.isMember);
    this.tallies = new Tallies(this.committee);
    this.certificates = new CertificateBook(this.committee);
    this.timeouts = new Array<TimeoutMessage | null>(this.committee.size).fill(null);
    this.peerList = Array.from({ length: this.committee.size }, newPeer);
  }

  /** Members by index, then the others (C-39). */
  get peers(): readonly Peer[] {
    return this.peerList;
  }

  /** What is known of the peer with this number. */
  peer(number: number): Peer {
    invariant(number >= 0 && number < PEERS_MAX, 'the host numbers peers within bounds', { number });
    while (this.peerList.length <= number) this.peerList.push(newPeer());
    return this.peerList[number];
  }

  /** Nobody listens: one replica, and no other one is connected. */
  get isAlone(): boolean {
    return this.committee.size === 1 && this.committee.isMember && !this.peerList.some((peer) => peer.connected);
  }

  /** A member that is sure of what it has signed (C-9) may sign more. */
  get mayVote(): boolean {
    return this.committee.isMember && this.recall === null && !this.halted;
  }

  /** Whether this replica takes part, or governance wants it to, as far as it knows. */
  get isExpected(): boolean {
    return this.committee.isMember || this.succession !== null || this.wanted !== null;
  }

  /** C-29: the pace of repetitions. Nobody waits for a replica that no configuration names: what it asks in vain it asks ever less often. */
  get repeatMs(): number {
    const { resendMs, heartbeatMs } = this.parameters;
    if (this.isExpected) return resendMs;
    return Math.min(resendMs * 2 ** Math.min(this.pacemaker.unanswered, REPEAT_DOUBLINGS_MAX), heartbeatMs);
  }

  get leader(): number {
    return this.committee.leaderOf(this.vote.term);
  }

  get isLeader(): boolean {
    return this.leader === this.self;
  }

  /** Highest slot of the current term that is certified (prepare or commit). */
  get certifiedSlot(): number {
    return this.vote.high !== null && this.vote.high.term === this.vote.term ? this.vote.high.slot : 0;
  }

  /** Highest slot of the current term with a commit certificate. */
  get finalisedSlot(): number {
    return this.commitSeen !== null && this.commitSeen.term === this.vote.term ? this.commitSeen.slot : 0;
  }

  slot(slot: number): SlotState {
    let state = this.slots.get(slot);
    if (state === undefined) {
      state = { proposal: null, certificate: null };
      this.slots.set(slot, state);
    }
    return state;
  }

  /** Slots about which messages are kept (C-19): above what is final, and not further than two windows above what is certified. */
  inWindow(slot: number): boolean {
    return slot > this.finalisedSlot && slot <= this.certifiedSlot + 2 * this.parameters.windowBlocks + 1;
  }

  /** Notes that a rule may now apply which did not before. */
  changed(): void {
    this.changes += 1;
  }

  get version(): number {
    return this.changes;
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  send(to: Recipient, message: SendableMessage): void {
    if (!this.isAlone) this.effects.push({ kind: 'send', epoch: this.committee.epoch, to, message });
  }

  promise(message: PromiseMessage): void {
    this.record.addPromise(this.committee.epoch, message);
  }

  alarm(code: AlarmCode, detail: string, fatal = false): void {
    if (fatal) this.halted = true;
    this.effects.push({ kind: 'alarm', code, detail, fatal });
  }

  takeEffects(): Effect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }
}

function newPeer(): Peer {
  return {
    newest: { prepare: null, commit: null },
    connected: false,
    finalHeight: 0,
    executedHeight: 0,
    ahead: false,
    connectedMs: Number.NEGATIVE_INFINITY,
    statusSentMs: Number.NEGATIVE_INFINITY,
    answerSentMs: Number.NEGATIVE_INFINITY,
    largeRepeatedMs: Number.NEGATIVE_INFINITY,
  };
}
