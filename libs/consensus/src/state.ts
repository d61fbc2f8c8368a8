import type { Certificate } from '@quorate/protocol';
import { CertificateBook } from './certificates';
import { Chain } from './chain';
import { Committee } from './committee';
import { DEFAULT_PARAMETERS } from './limits';
import { RecordBuilder, type LeadPermit } from './record';
import { Tallies } from './tallies';
import type {
  AlarmCode,
  CoreOptions,
  CoreParameters,
  Durable,
  Effect,
  HeaderLink,
  Instant,
  PromiseMessage,
  ProposeMessage,
  Recipient,
  SendableMessage,
  TimeoutMessage,
  VoteMessage,
  VoteState,
} from './types';
import { INITIAL_VOTE_STATE } from './vote-state';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The leader's proposal at a slot, as first seen. */
export interface Proposal {
  readonly message: ProposeMessage;
  readonly block: HeaderLink;
  /** The header's time was too far in the past when it arrived (C-25). */
  readonly late: boolean;
  /** Wall clock at which the header's time stops being too far ahead. */
  readonly notBeforeNs: bigint;
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
  connected: boolean;
  finalHeight: number;
  executedHeight: number;
  /** Its messages show that it is further than this replica. */
  ahead: boolean;
  statusSentMs: number;
  answerSentMs: number;
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
  /** Start of the running progress timer; null = not running. */
  waitingSinceMs: number | null;
  /** Doublings of the timeout (k). */
  backoff: number;
  finalSinceBackoff: number;
  resendAtMs: number;
  heartbeatAtMs: number;
}

/** A request to peers that has not been answered. */
export interface Fetch {
  readonly key: string;
  /** The one block that is taken if it comes. */
  readonly blockKey: string;
  sinceMs: number;
  askedAtMs: number | null;
  attempts: number;
}

/** All state of one replica's core. Rules live in the modules around it. */
export class CoreState {
  readonly committee: Committee;
  readonly parameters: CoreParameters;
  readonly self: number;
  readonly chain: Chain;
  readonly tallies: Tallies;
  readonly certificates: CertificateBook;
  readonly record = new RecordBuilder();
  readonly countOperations: CoreOptions['countOperations'];

  now: Instant = { nowMs: 0, timeNs: 0n };
  vote: Mutable<VoteState> = { ...INITIAL_VOTE_STATE };
  readonly slots = new Map<number, SlotState>();
  /** Highest verified commit certificate, whether or not its block is held. */
  commitSeen: Certificate | null = null;
  /** Newest verified TIMEOUT of each replica, the own one included once it is durable. */
  readonly timeouts: (TimeoutMessage | null)[];
  ownTimeout: Durable<TimeoutMessage> | null = null;
  /** Own durable votes of the current term, for repetition. */
  readonly ownVotes = new Map<number, Partial<Record<'prepare' | 'commit', Durable<VoteMessage>>>>();
  readonly peers: Peer[];
  leadership: Leadership | null = null;
  lastRequest = 0;
  pending = { operations: 0, bytes: 0 };
  readonly pacemaker: Pacemaker = {
    termEnteredMs: 0,
    waitingSinceMs: null,
    backoff: 0,
    finalSinceBackoff: 0,
    resendAtMs: 0,
    heartbeatAtMs: 0,
  };
  fetch: Fetch | null = null;
  /** Executed height that the leader was last told, by whatever message. */
  reportedExecuted = 0;
  halted = false;
  booted = false;
  private effects: Effect[] = [];
  private changes = 0;

  constructor(options: CoreOptions) {
    this.committee = new Committee(options);
    this.parameters = { ...DEFAULT_PARAMETERS, ...options.parameters };
    this.self = options.self;
    this.countOperations = options.countOperations;
    this.chain = new Chain(this.committee.genesis);
    this.tallies = new Tallies(this.committee);
    this.certificates = new CertificateBook(this.committee);
    this.timeouts = new Array<TimeoutMessage | null>(this.committee.size).fill(null);
    this.peers = Array.from({ length: this.committee.size }, () => ({
      connected: false,
      finalHeight: 0,
      executedHeight: 0,
      ahead: false,
      statusSentMs: Number.NEGATIVE_INFINITY,
      answerSentMs: Number.NEGATIVE_INFINITY,
    }));
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
    if (this.committee.size > 1) this.effects.push({ kind: 'send', to, message });
  }

  promise(message: PromiseMessage): void {
    this.record.addPromise('all', message);
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
