import { decodeVoteState, encodeVoteState, type BootEvent, type Core, type Message, type VoteState } from '@quorate/consensus';
import { runChaos } from './chaos';
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
      event.voteState === null ? event : { ...event, voteState: encodeVoteState({ ...decodeVoteState(event.voteState), ...change }) },
  };
}

function withCore(change: (state: Inside) => void): Sabotage {
  return { core: (core) => change(inside(core)) };
}

const BUGS: readonly { readonly rule: string; readonly bug: string; readonly sabotage: Sabotage; readonly withTraitor?: boolean }[] = [
  { rule: 'C-10', bug: 'promises leave before they are durable', sabotage: { promiseBeforeDurable: true } },
  { rule: 'C-33', bug: 'the vote state is lost in a crash', sabotage: { boot: (event) => ({ ...event, voteState: null }) } },
  { rule: 'C-12', bug: 'a restarted leader goes on leading its term', sabotage: forget({ ledTerm: 0 }) },
  { rule: 'C-13', bug: 'a restarted replica forgets that it gave the term up', sabotage: forget({ abandoned: false, timeoutHigh: null }) },
  {
    rule: 'C-13',
    bug: 'giving up a term does not stop votes in it',
    sabotage: withCore((state) => {
      const deaf = (vote: VoteState): VoteState => Object.defineProperty({ ...vote }, 'abandoned', { enumerable: true, get: () => false, set: () => undefined });
      let vote = deaf(state.vote);
      Object.defineProperty(state, 'vote', { get: () => vote, set: (next: VoteState) => (vote = deaf(next)) });
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
            ? { ...message, high: null, highCertificate: null, signature: state.committee.signTimeout(message.term, null) }
            : message,
        );
    }),
  },
  {
    rule: 'C-4',
    bug: 'a certificate needs one vote too few',
    withTraitor: true,
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

/** Seeds tried before a bug counts as not caught. */
const SEEDS_MAX = 40;

describe('the harness catches a removed rule', () => {
  it.each(BUGS)('$rule: $bug', ({ sabotage, withTraitor }) => {
    const caught = Array.from({ length: SEEDS_MAX }, (_, index) => index + 1).find((seed) => {
      const outcome = runChaos({ seed, replicaCount: 4, chaosMs: 2_000, calmMsMax: 4_000, sabotage, withTraitor });
      return outcome.violations.length > 0 || !outcome.recovered;
    });
    expect(caught).toBeLessThanOrEqual(SEEDS_MAX);
  });
});
