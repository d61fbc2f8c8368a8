import fc from 'fast-check';
import { RESULT_DEFINITIONS } from '@quorate/protocol';
import { tellStory } from '../test/story';

/** Results that a story cannot meet: its ids, times and sizes are of one ledger that is in good order. */
const ELSEWHERE = new Set([
  'transfer_limit_reached',
  'account_limit_reached',
  'pending_limit_reached',
  'overflows_timeout',
  'party_name_must_not_be_empty',
  'party_key_not_acceptable',
]);

/** Most stories are short, so that a failing one is; what takes long to come about comes about in the others. */
const length = fc.oneof(
  { weight: 250, arbitrary: fc.integer({ min: 1, max: 14 }) },
  { weight: 1, arbitrary: fc.integer({ min: 600, max: 1_400 }) },
);

/** Every block is compared; the light client looks at one in this many, and refuses it altered. */
const PROOFS_ONCE_IN = 6;

describe('the engine and the model of its rules, on 10,000 stories', () => {
  it('agree on every result, on what it left behind, on what is in the books, and on proofs', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.nat(), length, (seed, operations) => {
        for (const result of tellStory(seed, operations, PROOFS_ONCE_IN).seen) seen.add(result);
      }),
      { numRuns: 10_000, seed: 20_261_122 },
    );
    const missed = Object.entries(RESULT_DEFINITIONS)
      .filter(([name, { scopes }]) => !ELSEWHERE.has(name) && !scopes.includes('envelope'))
      .map(([name]) => name)
      .filter((name) => !seen.has(name));
    // A few are too rare for stories this short; each has a story of its own in `result-codes.spec.ts`.
    expect(missed.length).toBeLessThan(6);
    // About a minute of processor time; more on a machine that does other work.
  }, 900_000);
});
