import {
  decodeVoteState,
  encodeVoteState,
  type BootEvent,
  type Core,
  type CoreParameters,
  type Message,
  type VoteState,
} from '@quorate/consensus';
import type { AdversaryName } from './adversary';
import type { Sabotage } from './replica';

/** A rule taken out of the core, to see that the harness notices. */
export interface PlantedBug {
  readonly rule: string;
  readonly bug: string;
  /** The chaos that shows it. */
  readonly seed: number;
  readonly sabotage?: Sabotage;
  /** Functions of one module of the core that are replaced. */
  readonly module?: string;
  readonly replace?: (actual: Record<string, Replaced>) => Record<string, Replaced>;
  readonly parameters?: Partial<CoreParameters>;
  readonly adversary?: AdversaryName;
  /** Nodes besides the four replicas, among which the replica set changes. */
  readonly spares?: number;
}

// Functions of different modules have nothing in common.
type Replaced = (...words: never[]) => unknown;

/** The chaos in which each is caught. */
export const PLANTED_CHAOS = { replicaCount: 4, chaosMs: 2_000, calmMsMax: 4_000 };

/** The parts of a core that the bugs below reach into. */
interface Inside {
  send: (to: unknown, message: Message) => void;
  promise: (message: Message) => void;
  vote: VoteState;
  ownTimeout: unknown;
  committee: {
    self: number;
    quorum: number;
    leaderOf: (term: number) => number;
    signTimeout: (term: number, high: null) => Uint8Array;
    verifyVote: () => boolean;
  };
  chain: { pathTo: (id: Uint8Array) => { kind: string; blocks?: readonly unknown[] } };
}

const inside = (core: Core): Inside => (core as unknown as { core: Inside }).core;

/** A restarted replica reads a changed vote state. */
export function forget(change: Partial<VoteState>): Sabotage {
  return {
    boot: (event: BootEvent) =>
      event.voteState === null
        ? event
        : { ...event, voteState: encodeVoteState({ ...decodeVoteState(event.voteState), ...change }) },
  };
}

function withCore(change: (state: Inside) => void): Sabotage {
  return { core: (core) => change(inside(core)) };
}

/** Each is caught by the checker, by a ledger that does not recover, or by a core that finds its own invariant broken. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  { rule: 'C-10', bug: 'promises leave before they are durable', seed: 1, sabotage: { promiseBeforeDurable: true } },
  {
    rule: 'C-33',
    bug: 'the vote state is lost in a crash',
    seed: 14,
    sabotage: { boot: (event) => ({ ...event, voteState: null }) },
  },
  {
    rule: 'C-13',
    bug: 'a restarted replica forgets that it gave the term up',
    seed: 10,
    sabotage: forget({ abandoned: false, timeoutHigh: null }),
  },
  {
    rule: 'C-13',
    bug: 'giving up a term does not stop votes in it',
    seed: 1,
    sabotage: withCore((state) => {
      const deaf = (vote: VoteState): VoteState =>
        new Proxy(vote, { get: (target, name) => (name === 'abandoned' ? false : Reflect.get(target, name)) });
      let vote = deaf(state.vote);
      Object.defineProperty(state, 'vote', {
        get: () => vote,
        set: (next: VoteState) => {
          vote = deaf(next);
        },
      });
    }),
  },
  {
    rule: 'C-8',
    bug: 'TIMEOUT does not name the highest certificate',
    seed: 1,
    sabotage: withCore((state) => {
      const promise = state.promise.bind(state);
      state.promise = (message) =>
        promise(
          message.kind === 'timeout'
            ? {
                ...message,
                high: null,
                highCertificate: null,
                signature: state.committee.signTimeout(message.term, null),
              }
            : message,
        );
    }),
  },
  {
    rule: 'C-4',
    bug: 'a certificate needs one vote too few',
    seed: 1,
    adversary: 'equivocator',
    sabotage: withCore((state) => {
      state.committee.quorum -= 1;
    }),
  },
  {
    rule: 'C-29',
    bug: 'nothing is ever repeated',
    seed: 2,
    sabotage: withCore((state) => {
      const send = state.send.bind(state);
      state.send = (to, message) => {
        if (message.kind !== 'status' && message.kind !== 'timeout') send(to, message);
      };
    }),
  },
  {
    rule: 'C-2',
    bug: 'certificates are compared by slot before term',
    seed: 1,
    module: 'rank',
    replace: () => ({
      compareRank: (left: Position, right: Position) =>
        (left?.slot ?? 0) - (right?.slot ?? 0) || (left?.term ?? 0) - (right?.term ?? 0),
    }),
  },
  {
    rule: 'C-3',
    bug: 'every replica thinks that it leads',
    seed: 1,
    sabotage: withCore((state) => {
      state.committee.leaderOf = () => state.committee.self;
    }),
  },
  {
    rule: 'C-7',
    bug: 'a term begins with genesis instead of the base',
    seed: 1,
    module: 'certificates',
    replace: () => ({ baseOf: () => null }),
  },
  {
    rule: 'C-8',
    bug: 'the highest certificate is forgotten in a crash',
    seed: 88,
    sabotage: forget({ high: null }),
  },
  {
    rule: 'C-14',
    bug: 'a quorum of TIMEOUTs ends no term',
    seed: 1,
    module: 'certificates',
    replace: () => ({
      buildTimeoutCertificate: () => ({ term: 0, entries: [], highCertificate: null }),
    }),
  },
  {
    rule: 'C-16',
    bug: 'COMMIT does not wait for the body',
    seed: 1,
    sabotage: withCore((state) => {
      const pathTo = state.chain.pathTo.bind(state.chain);
      state.chain.pathTo = (id) => {
        const path = pathTo(id);
        return path.kind === 'missing' ? { kind: 'linked', blocks: [] } : path;
      };
    }),
  },
  {
    rule: 'C-18',
    bug: 'signatures of votes are not checked',
    seed: 1,
    adversary: 'garbage-sender',
    sabotage: withCore((state) => {
      state.committee.verifyVote = () => true;
    }),
  },
  {
    rule: 'C-20',
    bug: 'a prepare certificate makes a block final',
    seed: 1,
    module: 'acceptance',
    replace: (actual) => ({
      applyCertificate: (core: never, certificate: never) =>
        (actual.applyCertificate as (core: unknown, certificate: object) => void)(core, {
          ...(certificate as object),
          kind: 'commit',
        }),
    }),
  },
  {
    rule: 'C-21',
    bug: 'the content of a proposal is not checked',
    seed: 2,
    adversary: 'oversize',
    module: 'validity',
    replace: () => ({ contentValid: () => true }),
  },
  {
    rule: 'C-22',
    bug: 'the body of a fetched block is not compared with its header',
    seed: 2,
    adversary: 'forger',
    module: 'validity',
    replace: () => ({ bodyMatches: () => true }),
  },
  {
    rule: 'C-23, C-24',
    bug: 'a child is not judged against its parent',
    seed: 6,
    adversary: 'wrong-results',
    module: 'validity',
    replace: () => ({ judgeChild: () => 'valid' }),
  },
  {
    rule: 'C-25',
    bug: 'any time in the future is taken',
    seed: 2,
    adversary: 'future-time',
    parameters: { clockAheadNsMax: 3_600_000_000_000n },
  },
  {
    rule: 'C-26',
    bug: 'a stalled term is never given up',
    seed: 1,
    adversary: 'wrong-results',
    parameters: { timeoutMs: 600_000, timeoutMsMax: 600_000 },
  },
  {
    rule: 'C-31',
    bug: 'nothing is fetched',
    seed: 1,
    module: 'catch-up',
    replace: () => ({ fetchMissing: () => undefined }),
  },
  {
    rule: 'C-38',
    bug: 'a certificate of the former epoch keeps its rank in the next',
    seed: 5,
    spares: 3,
    module: 'chain',
    replace: ({ Chain }) => ({
      Chain: class extends (Chain as unknown as new (...words: unknown[]) => { beginEpoch(): void }) {
        override beginEpoch(): void {
          return;
        }
      } as unknown as Replaced,
    }),
  },
  {
    rule: 'C-39',
    bug: 'nobody is told that its epoch is over',
    seed: 2,
    spares: 3,
    module: 'epochs',
    replace: () => ({ answerFormerEpoch: () => undefined }),
  },
];

type Position = { term: number; slot: number } | null;

/** Rules whose loss no chaos notices, and what holds them instead. */
export const UNNOTICED_BUGS: readonly { readonly rule: string; readonly bug: string; readonly heldBy: string }[] = [
  {
    rule: 'C-12',
    bug: 'a restarted leader goes on leading its term',
    heldBy: 'a crash placed between its first proposal and the sync, in the same test',
  },
  {
    rule: 'C-30',
    bug: 'STATUS is neither used nor answered',
    heldBy: 'the tests of lost links, which bound the time until a follower is back; a ledger recovers without it',
  },
  {
    rule: 'C-33',
    bug: 'blocks above the final one are forgotten in a crash, votes are not',
    heldBy: 'nothing: others still held every block in 40 seeds',
  },
  {
    rule: 'C-6',
    bug: 'a message has two encodings',
    heldBy: 'the tests of the codec; the simulation sends what the codec wrote',
  },
  {
    rule: 'C-9',
    bug: 'a replica is restored from an old disk',
    heldBy: 'f: one such replica is a liar like any other, and the others go on; two can fork the ledger',
  },
  {
    rule: 'C-17, C-19, C-27',
    bug: 'no window, no bound on what is kept, no rotation',
    heldBy: 'the test of rotation for C-27; the windows are bounds on memory, which the harness does not measure',
  },
  {
    rule: 'C-34',
    bug: 'a node in no configuration votes',
    heldBy: 'the committee: it has no key to sign with, and stops with an invariant; the test of such a node',
  },
  {
    rule: 'C-35, C-36, C-37',
    bug: 'an epoch ends for an unsigned configuration, without READYs, or before all results are proved',
    heldBy: 'the tests of each: no governance and no leader of the chaos lies about them',
  },
  {
    rule: 'C-32',
    bug: 'ranges are not taken',
    heldBy:
      'blocks asked for by id (C-31): slower, but nothing is missing; the test of a replica that was dead for long bounds the time',
  },
  {
    rule: 'C-40',
    bug: 'the timer does not run before the first commit certificate of an epoch',
    heldBy: 'nothing: the chaos always has work, which makes it run',
  },
  {
    rule: 'C-28',
    bug: 'envelopes left out are not counted',
    heldBy: 'the host: the core only takes its word',
  },
];
