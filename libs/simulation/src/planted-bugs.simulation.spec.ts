import {
  decodeVoteState,
  encodeVoteState,
  type BootEvent,
  type Core,
  type Message,
  type VoteState,
} from '@quorate/consensus';
import { InvariantViolation } from '@quorate/errors';
import type { AdversaryName } from './adversary';
import { runChaos } from './chaos';
import { Cluster } from './cluster';
import type { Sabotage } from './replica';

/** The parts of a core that the bugs below reach into. */
interface Inside {
  send: (to: unknown, message: Message) => void;
  promise: (message: Message) => void;
  vote: VoteState;
  ownTimeout: unknown;
  committee: { quorum: number; faults: number; signTimeout: (term: number, high: null) => Uint8Array };
}

const inside = (core: Core): Inside => (core as unknown as { core: Inside }).core;

function forget(change: Partial<VoteState>): Sabotage {
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

const BUGS: readonly {
  readonly rule: string;
  readonly bug: string;
  readonly sabotage: Sabotage;
  readonly adversary?: AdversaryName;
}[] = [
  { rule: 'C-10', bug: 'promises leave before they are durable', sabotage: { promiseBeforeDurable: true } },
  {
    rule: 'C-33',
    bug: 'the vote state is lost in a crash',
    sabotage: { boot: (event) => ({ ...event, voteState: null }) },
  },
  {
    rule: 'C-13',
    bug: 'a restarted replica forgets that it gave the term up',
    sabotage: forget({ abandoned: false, timeoutHigh: null }),
  },
  {
    rule: 'C-13',
    bug: 'giving up a term does not stop votes in it',
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
    adversary: 'equivocator',
    sabotage: withCore((state) => {
      state.committee.quorum -= 1;
    }),
  },
  {
    rule: 'C-29',
    bug: 'nothing is ever repeated',
    sabotage: withCore((state) => {
      const send = state.send.bind(state);
      state.send = (to, message) => {
        if (message.kind !== 'status' && message.kind !== 'timeout') send(to, message);
      };
    }),
  },
];

/** A violation, a ledger that does not recover, or a core that finds its own invariant broken. */
function isCaught(seed: number, sabotage: Sabotage, adversary: AdversaryName | undefined): boolean {
  try {
    const outcome = runChaos({ seed, replicaCount: 4, chaosMs: 2_000, calmMsMax: 4_000, sabotage, adversary });
    return outcome.violations.length > 0 || !outcome.recovered;
  } catch (error) {
    if (error instanceof InvariantViolation) return true;
    throw error;
  }
}

/** Seeds tried before a bug counts as not caught. */
const SEEDS_MAX = 40;

describe('the harness catches a removed rule', () => {
  it.each(BUGS)('$rule: $bug', ({ sabotage, adversary }) => {
    const caught = Array.from({ length: SEEDS_MAX }, (_, index) => index + 1).find((seed) =>
      isCaught(seed, sabotage, adversary),
    );
    expect(caught).toBeLessThanOrEqual(SEEDS_MAX);
  });

  it('C-12: a restarted leader goes on leading its term', () => {
    const crashAt = (afterMs: number): readonly string[] => {
      const cluster = new Cluster({ seed: 5, replicaCount: 4, sabotage: forget({ ledTerm: 0 }) });
      cluster.startAll();
      cluster.runFor(20);
      const leader = cluster.replicas[0].core?.status().leader ?? 0;
      // The first block leaves at once and reaches one follower; it is not on the leader's disk when that crashes.
      cluster.replicas[leader].pace.syncMs = () => 8;
      cluster.network.passes = (from, to) => from !== leader || to === (leader + 1) % 4;
      cluster.submit([leader]);
      cluster.runFor(afterMs);
      cluster.crash(leader);
      cluster.network.passes = () => true;
      cluster.start(leader);
      cluster.runFor(12);
      cluster.submit([leader]);
      cluster.runFor(500);
      return cluster.checker.violations;
    };
    const found = [1, 1.5, 2, 2.5, 3].flatMap(crashAt);
    expect(found.some((violation) => violation.startsWith('DOUBLE VOTE'))).toBe(true);
  });
});
