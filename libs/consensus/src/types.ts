import type {
  BlockHeader,
  Certificate,
  CertifiedPosition,
  Configuration,
  Genesis,
  GovernanceSignature,
  Ready,
  VerifyKey,
} from '@quorate/protocol';

/*
 * The border between the consensus core and its host. The host owns clocks, disk, network, pool and execution; the core
 * owns every decision. `core.step(event)` returns effects which the host carries out in the order given.
 *
 * Rule numbers (C-…) refer to docs/spec/consensus.md.
 */

/** May the replica vote for a block now, later, or never? */
export type Judgement = 'valid' | 'wait' | 'invalid';

/** One block with everything the core and the host need, parsed once. `body` is the exact body bytes (empty for an empty block and for genesis). */
export interface Block {
  /** blockId(headerBytes). */
  readonly id: Uint8Array;
  /** Lowercase hex of `id`: the key under which maps hold the block. */
  readonly key: string;
  readonly header: BlockHeader;
  readonly headerBytes: Uint8Array;
  readonly body: Uint8Array;
}

/** A header whose body is not at hand, for chain links and execution roots. */
export type HeaderLink = Omit<Block, 'body'>;

/** One replica's signed entry of a timeout certificate. */
export interface TimeoutEntry {
  readonly replica: number;
  readonly high: CertifiedPosition | null;
  readonly signature: Uint8Array;
}

/** Proof that a quorum gave up a term; it names the block that the next term must begin with. */
export interface TimeoutCertificate {
  readonly term: number;
  readonly entries: readonly TimeoutEntry[];
  /** Certificate of the maximal `high` among the entries; null only if all of them are null. */
  readonly highCertificate: Certificate | null;
}

/** What admitted a replica to its term: handed to replicas that are behind. */
export type TermEntry =
  | { readonly kind: 'timeout-certificate'; readonly certificate: TimeoutCertificate }
  | { readonly kind: 'certificate'; readonly certificate: Certificate };

// ---------------------------------------------------------------------------------------------------------------------
// Wire messages. `encodeMessage` / `decodeMessage` turn them into bytes; every one is bounded by MESSAGE_BYTES_MAX.

/** The leader's proposal, which is at the same time its PREPARE vote. Slot 1 carries no body: it proposes the term's base block again. */
export interface ProposeMessage {
  readonly kind: 'propose';
  readonly term: number;
  readonly slot: number;
  readonly headerBytes: Uint8Array;
  /** null iff slot = 1. */
  readonly body: Uint8Array | null;
  /** Present iff slot = 1 and term > 1. */
  readonly timeoutCertificate: TimeoutCertificate | null;
  /** The leader's newest commit certificate, so that a replica that missed votes moves on. */
  readonly final: Certificate | null;
  readonly finalHeight: number;
  readonly executedHeight: number;
  readonly signature: Uint8Array;
}

/** A PREPARE vote ("I hold this block and it follows a certified parent") or a COMMIT vote ("I hold its prepare certificate durably"). */
export interface VoteMessage {
  readonly kind: 'prepare' | 'commit';
  readonly term: number;
  readonly slot: number;
  readonly blockId: Uint8Array;
  readonly replica: number;
  /** Unsigned: lets the leader choose an execution height that a quorum can check. */
  readonly executedHeight: number;
  readonly signature: Uint8Array;
}

/** A replica's promise not to vote in `term` or any earlier term again. Signed once, repeated byte for byte. */
export interface TimeoutMessage {
  readonly kind: 'timeout';
  readonly term: number;
  readonly replica: number;
  readonly high: CertifiedPosition | null;
  readonly highCertificate: Certificate | null;
  readonly signature: Uint8Array;
}

/** Where the sender stands. Not signed: the channel authenticates it, and all it carries is self-proving or only a hint. */
export interface StatusMessage {
  readonly kind: 'status';
  readonly term: number;
  readonly entry: TermEntry | null;
  readonly preparedSlot: number;
  readonly committedSlot: number;
  readonly high: Certificate | null;
  readonly final: Certificate | null;
  readonly finalHeight: number;
  readonly executedHeight: number;
  /** The sender asks for what it lacks. */
  readonly want: boolean;
  /** The sender has not made sure yet that it remembers all that it has signed (C-9). */
  readonly recall: boolean;
  /** The newest promises of the receiver that the sender holds; null in a message to all. */
  readonly echo: Echo | null;
}

/** A vote as its sender signed it. */
export interface SignedVote extends CertifiedPosition {
  readonly signature: Uint8Array;
}

/** The newest promises of one replica that another one holds. */
export interface Echo {
  readonly prepare: SignedVote | null;
  readonly commit: SignedVote | null;
  readonly timeout: {
    readonly term: number;
    readonly high: CertifiedPosition | null;
    readonly signature: Uint8Array;
  } | null;
}

/** A member of the next configuration holds the chain up to a block (C-36). */
export interface ReadyMessage {
  readonly kind: 'ready';
  /** Hash of the configuration for which the sender is ready. */
  readonly configHash: Uint8Array;
  readonly ready: Ready;
}

/** Shows a replica of an earlier epoch that it is over (C-39): the block that ended it, certified by its own replicas. */
export interface EpochEndMessage {
  readonly kind: 'epoch-end';
  readonly headerBytes: Uint8Array;
  readonly certificate: Certificate;
}

/** "I have executed up to here", sent to the leader when nothing else would carry it. */
export interface ExecutedMessage {
  readonly kind: 'executed';
  readonly executedHeight: number;
}

/** Asks for one block by id (a certified block whose body is missing). */
export interface GetBlockMessage {
  readonly kind: 'get-block';
  readonly blockId: Uint8Array;
}

/** Answers get-block. */
export interface BlockMessage {
  readonly kind: 'block';
  readonly headerBytes: Uint8Array;
  readonly body: Uint8Array;
}

/** Asks for final blocks from a height on. */
export interface GetRangeMessage {
  readonly kind: 'get-range';
  readonly fromHeight: number;
}

/**
 * Answers get-range: consecutive final blocks, then the headers (without bodies) that lead from the last of them to the block
 * which `certificate` names. `tailHeaders` is empty when the certificate names the last block itself.
 */
export interface RangeMessage {
  readonly kind: 'range';
  readonly blocks: readonly { readonly headerBytes: Uint8Array; readonly body: Uint8Array }[];
  readonly tailHeaders: readonly Uint8Array[];
  readonly certificate: Certificate;
}

/** Proof that a replica contradicted itself, to everybody (C-41). */
export interface EvidenceMessage {
  readonly kind: 'evidence';
  /** encodeEvidence. */
  readonly evidence: Uint8Array;
}

/** The leader's signature under the proposal that the sender has, to a replica that voted for another one (C-41). */
export interface TestimonyMessage extends SignedVote {
  readonly kind: 'testimony';
}

/** Asks the members what they know to be certified (C-45). */
export interface AskHighMessage {
  readonly kind: 'ask-high';
  readonly id: number;
}

/** Answers ask-high: the certificate of highest rank that the sender has verified. */
export interface HighMessage {
  readonly kind: 'high';
  readonly id: number;
  readonly high: Certificate | null;
}

/** Messages whose signature binds the sender: none of them may leave before what it promises is durable. */
export type PromiseMessage = ProposeMessage | VoteMessage | TimeoutMessage;

/** Messages that promise nothing. */
export type FreeMessage =
  | StatusMessage
  | ExecutedMessage
  | GetBlockMessage
  | BlockMessage
  | GetRangeMessage
  | RangeMessage
  | ReadyMessage
  | EpochEndMessage
  | EvidenceMessage
  | TestimonyMessage
  | AskHighMessage
  | HighMessage;

/** Messages that mean something in one epoch only. */
export type EpochMessage =
  | PromiseMessage
  | StatusMessage
  | ExecutedMessage
  | ReadyMessage
  | EvidenceMessage
  | TestimonyMessage
  | AskHighMessage
  | HighMessage;

/** Everything that travels between replicas. */
export type Message = PromiseMessage | FreeMessage;

declare const durable: unique symbol;

/** A promise whose record is on disk. Only record.ts can make one: on `persisted`, from a LeadPermit, or as a relay of a peer's own promise. */
export type Durable<M extends PromiseMessage> = M & { readonly [durable]: true };

/** What a `send` effect may carry. */
export type SendableMessage = FreeMessage | Durable<PromiseMessage>;

/**
 * All other replicas that the host knows, members or not, or one. Members have the number of their index in the current configuration;
 * to any other the host gives a number from the size of the configuration on, below PEERS_MAX. A change of epoch renumbers them all.
 */
export type Recipient = 'all' | number;

/** A promise that the host sends as soon as the record it belongs to is durable, and never before. */
export interface AfterDurable {
  /** Epoch in whose name the message goes out. */
  readonly epoch: number;
  readonly to: Recipient;
  readonly message: PromiseMessage;
}

// ---------------------------------------------------------------------------------------------------------------------
// Events: host -> core.

/** Both clocks, read by the host when it made the event. */
export interface Instant {
  /** Monotonic milliseconds; may have a fraction. */
  readonly nowMs: number;
  /** Wall clock, nanoseconds since 1970. */
  readonly timeNs: bigint;
}

/** What the host found in its journal. Always the first event. */
export interface BootEvent {
  readonly kind: 'boot';
  /** Newest vote state record, exactly as the last persist effect gave it; null for a replica that never ran. */
  readonly voteState: Uint8Array | null;
  /** Newest final headers in ascending height, up to RECENT_HEADERS_MAX of them, the last one being the final tip. Empty for a new replica (genesis is final by definition). */
  readonly finalHeaders: readonly HeaderLink[];
  /** Newest final block that ends an epoch; null in the first epoch. */
  readonly epochEnd: Block | null;
  /** Newest stored commit certificate that names the final tip; null if the tip is genesis. */
  readonly finalCertificate: Certificate | null;
  /** Every stored block above the final tip's height, in journal order. */
  readonly blocks: readonly Block[];
  /** Replicas of the current epoch against which there is evidence on the ledger, by index. */
  readonly convicted: readonly number[];
  /** Execution roots by height for the executed heights among finalHeaders, ascending, with at least the newest. Genesis: height 0. */
  readonly executed: readonly { readonly height: number; readonly execRoot: Uint8Array }[];
}

export type CoreEvent = Instant &
  (
    | BootEvent
    /** A frame from an authenticated peer, decoded by decodeMessage. */
    | { readonly kind: 'message'; readonly from: number; readonly epoch: number; readonly message: Message }
    /** The configuration that is to follow the current one (encodeConfiguration), signed by governance. May be repeated and replaced. */
    | {
        readonly kind: 'reconfigure';
        readonly configuration: Uint8Array;
        readonly signatures: readonly GovernanceSignature[];
      }
    /** The record with this token, and every record with a lower token, is durable; its `then` messages are being sent. */
    | { readonly kind: 'persisted'; readonly token: number }
    /** The final block at `height` is executed; execRoot = history tree root of size height + 1. In height order. */
    | { readonly kind: 'executed'; readonly height: number; readonly execRoot: Uint8Array }
    /** Tells with `fenced` when everything acknowledged until now is executed here (C-45). One question at a time; its number must be new, also after a restart. */
    | { readonly kind: 'fence'; readonly id: number }
    /** Time passes. Due at the `timer` effect's time or a little later; earlier does no harm. */
    | { readonly kind: 'tick' }
    /** A link to the peer is up (again). Send it after the link can carry messages. */
    | { readonly kind: 'connected'; readonly peer: number }
    | { readonly kind: 'disconnected'; readonly peer: number }
    /** The pool's content: operations and bytes that are admitted, not final, and not in a block proposed by this replica in this term. Send on change from and to zero, when it crosses a full block, and at most every few ms otherwise. An envelope that is not final timeoutMs / 4 after its admission must be forwarded to every replica: a term ends only when f + 1 replicas know that work is waiting. */
    | { readonly kind: 'pending'; readonly operations: number; readonly bytes: number }
    /** Answer to request-batch: an encoded body (protocol encodeBody) with at least one operation, or null if nothing is eligible. */
    | {
        readonly kind: 'batch';
        readonly request: number;
        readonly body: Uint8Array | null;
        readonly operations: number;
      }
    /** The host thinks the leader of this term withholds an envelope (C-28): it counted enough proposals without it. */
    | { readonly kind: 'suspect'; readonly term: number }
  );

// ---------------------------------------------------------------------------------------------------------------------
// Effects: core -> host, in order.

/**
 * Append ONE journal record (all or nothing) with these parts. Records become durable in token order.
 * After it is durable: send `then`, and give back `persisted` with the token.
 */
export interface PersistEffect {
  readonly kind: 'persist';
  /** 1, 2, 3 … since boot. */
  readonly token: number;
  /** true: sync now (group with what is queued). false: may ride with the next synced record, but sync within ~50 ms. */
  readonly urgent: boolean;
  /** Opaque to the host; replaces the vote state of every earlier record. null = unchanged. */
  readonly voteState: Uint8Array | null;
  /** Blocks seen for the first time. Bodies are shared, not copied: do not change them. */
  readonly blocks: readonly Block[];
  /** Commit certificates with the height of the block each one names. */
  readonly certificates: readonly { readonly height: number; readonly certificate: Certificate }[];
  readonly then: readonly AfterDurable[];
}

/** Blocks that became final, in strict height order without gaps across effects. Execute them and answer `executed` for each. */
export interface FinalizedEffect {
  readonly kind: 'finalized';
  readonly blocks: readonly Block[];
  /** Names the last of `blocks`, or a later block that is not held yet (catch-up only; compare blockId). */
  readonly certificate: Certificate;
}

export type Effect =
  | PersistEffect
  | FinalizedEffect
  /** Non-binding messages, repeats of durable promises, and the leader's proposals under a LeadPermit. */
  | { readonly kind: 'send'; readonly epoch: number; readonly to: Recipient; readonly message: SendableMessage }
  /** The leader wants a body for a child of `unfinalised`'s last block. Answer with `batch` (now or later), same request number. Leave out what `unfinalised` (oldest first) already holds. */
  | {
      readonly kind: 'request-batch';
      readonly request: number;
      readonly bytesMax: number;
      readonly operationsMax: number;
      readonly unfinalised: readonly Block[];
    }
  /** Send a `block` message to the peer if the journal holds the block. */
  | { readonly kind: 'serve-block'; readonly to: number; readonly blockId: Uint8Array }
  /** Send a `range` message to the peer (see cutRange): final blocks from this height on, at most RANGE_BYTES_MAX of them. */
  | { readonly kind: 'serve-range'; readonly to: number; readonly fromHeight: number }
  /** Send an `epoch-end` message with the block that ended this epoch to the peer. */
  | { readonly kind: 'serve-epoch-end'; readonly to: number; readonly epoch: number }
  /** Another epoch began. Peers have new numbers from here on: give `connected` again for each one that is. */
  | { readonly kind: 'epoch'; readonly configuration: Configuration; readonly self: number | null }
  /** Everything that was acknowledged before the question with this number is executed. */
  | { readonly kind: 'fenced'; readonly id: number }
  /** Next time at which a `tick` is needed; null = none. Replaces the former timer. */
  | { readonly kind: 'timer'; readonly atMs: number | null }
  /** Term or leadership changed. On any change of `term`, envelopes of unfinished proposals go back to the pool. `leading` = this replica proposes now. */
  | {
      readonly kind: 'term';
      readonly term: number;
      readonly leader: number;
      readonly leading: boolean;
      readonly abandoned: boolean;
    }
  /** Something an operator must see. `fatal`: the core stopped voting for good. */
  | { readonly kind: 'alarm'; readonly code: AlarmCode; readonly detail: string; readonly fatal: boolean };

/** Why the core raised an alarm. */
export type AlarmCode =
  | 'EXECUTION_DIVERGED'
  | 'FINALITY_CONFLICT'
  | 'PROPOSAL_INVALID'
  | 'EQUIVOCATION_SEEN'
  | 'SIGNATURE_INVALID'
  | 'CONFIGURATION_REFUSED'
  | 'VOTES_LOST';

// ---------------------------------------------------------------------------------------------------------------------
// Durable vote state and options.

/** What a replica must never forget. Written whole with each record that changes it. */
export interface VoteState {
  readonly epoch: number;
  readonly term: number;
  readonly entry: TermEntry | null;
  /** TIMEOUT(term) was signed: no more votes in this term. */
  readonly abandoned: boolean;
  /** Highest term in which this replica may have proposed. */
  readonly ledTerm: number;
  readonly preparedSlot: number;
  readonly preparedId: Uint8Array | null;
  readonly committedSlot: number;
  readonly committedId: Uint8Array | null;
  /** The certificate that TIMEOUT(term) names; only meaningful while abandoned. */
  readonly timeoutHigh: Certificate | null;
  /** Certificate of highest rank seen. A commit certificate counts as a prepare certificate of its rank. */
  readonly high: Certificate | null;
}

/** Numbers the operator may choose; all replicas of a ledger use the same. See DEFAULT_PARAMETERS. */
export interface CoreParameters {
  /** Blocks proposed ahead of finality (W). */
  readonly windowBlocks: number;
  /** Envelopes of at least this size are proposed ahead of the finality of the block before: a smaller block costs mostly its votes. */
  readonly streamedBytesMin: number;
  /** Blocks between a header and the execution result it carries (X). */
  readonly executionLagBlocksMax: number;
  /** Least timeout of a term without progress, ms. */
  readonly timeoutMs: number;
  /** Most that the observed pace raises it to, ms. */
  readonly paceMsMax: number;
  /** Most that failed terms raise it to, ms. */
  readonly timeoutMsMax: number;
  /** Repetition of TIMEOUT and STATUS while stalled, ms; independent of back-off. */
  readonly resendMs: number;
  /** STATUS to everybody while nothing is going on, ms. */
  readonly heartbeatMs: number;
  /** Final blocks that undo one doubling of the timeout. */
  readonly backoffBlocks: number;
  /** A term ends at this age or slot, whichever comes first (never for one replica). */
  readonly termMsMax: number;
  readonly termSlotsMax: number;
  /** A proposal's time may be this far ahead of, or behind, the voter's clock. */
  readonly clockAheadNsMax: bigint;
  readonly clockBehindNsMax: bigint;
  /** An empty block is legal without results to flush after this much ledger time. */
  readonly emptyBlockNsMin: bigint;
}

/** Signs with one consensus key; deterministic (Ed25519). */
export type Signer = (preimage: Uint8Array) => Uint8Array;

/** What the host gives the core once. All functions are synchronous and pure. */
export interface CoreOptions {
  readonly genesis: Genesis;
  readonly parameters?: Partial<CoreParameters>;
  /** Signs with the private half of a consensus key; null if this host does not have it. That is how a replica finds itself in a configuration. */
  readonly signer: (consensusKey: Uint8Array) => Signer | null;
  readonly verify: VerifyKey;
  /** Newest rules that this host can execute; RULES_VERSION unless it plays older software (C-44). */
  readonly rulesVersionMax?: number;
  /** Operations in a body, or null if its syntax is wrong. Defaults to protocol's decodeBody and scanEnvelope; a host that scans anyway may share its work. */
  readonly countOperations?: (body: Uint8Array) => number | null;
}

/** A read-only view for status pages and the host's routing. */
export interface CoreStatus {
  readonly epoch: number;
  readonly configuration: Configuration;
  readonly configHash: Uint8Array;
  /** Index in the configuration; null = not a member. */
  readonly self: number | null;
  /** A commit certificate of this epoch is known: replicas that left with the last one are not needed any more (C-40). */
  readonly handedOver: boolean;
  /** The configuration that is to follow, and its hash. */
  readonly pending: { readonly configuration: Configuration; readonly configHash: Uint8Array } | null;
  /** This replica has said that it is ready for it. */
  readonly ready: boolean;
  readonly term: number;
  readonly leader: number;
  readonly leading: boolean;
  readonly abandoned: boolean;
  readonly finalHeight: number;
  readonly executedHeight: number;
  /** Highest height whose results a commit certificate proves (the final tip's execHeight). */
  readonly provenHeight: number;
  readonly unfinalisedBlocks: number;
}
