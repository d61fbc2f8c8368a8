import fc from 'fast-check';
import { merkleRoot } from '@quorate/crypto';
import {
  RESULT_CODES,
  encodeBody,
  encodeResultRecord,
  scanEnvelope,
  type Operation,
  type ResultName,
} from '@quorate/protocol';
import { LedgerModel } from '../test/ledger-model';
import {
  AS_MEMBER,
  EURO,
  FRANC,
  LedgerDriver,
  MEMBER,
  MEMBER_PARTY,
  OPERATOR,
  START_NS,
  account,
  names,
  transfer,
} from '../test/ledger-fixture';
import { resultRecords } from '.';

const MAX = (1n << 128n) - 1n;
const rarely = <T>(usual: T, unusual: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: unusual });
const accountId = fc.oneof(
  { weight: 40, arbitrary: fc.bigInt(1n, 6n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, MAX, 77n) },
);
const transferId = fc.oneof(
  { weight: 40, arbitrary: fc.bigInt(1n, 60n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, MAX) },
);
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt(0n, 100n) },
  { weight: 2, arbitrary: fc.constantFrom(MAX, MAX - 50n, 1n << 64n, (1n << 96n) - 1n) },
);
const asset = fc.oneof(
  { weight: 12, arbitrary: fc.constant(756) },
  { weight: 3, arbitrary: fc.constant(978) },
  { weight: 1, arbitrary: fc.constantFrom(0, 5) },
);
const linked = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) });
const userData = {
  userData128: rarely(0n, fc.constant(1n << 100n)),
  userData64: rarely(0n, fc.constantFrom(1n, 1n << 40n)),
  userData32: rarely(0, fc.constant(9)),
};

const createAccount: fc.Arbitrary<Operation> = fc
  .record({
    id: accountId,
    party: fc.oneof(
      { weight: 10, arbitrary: fc.constantFrom(OPERATOR, MEMBER) },
      { weight: 1, arbitrary: fc.constant(77n) },
    ),
    asset,
    code: rarely(1, fc.constantFrom(0, 2)),
    limits: fc.constantFrom(0, 2, 2, 2, 4, 6, 8),
    linked,
    ...userData,
  })
  .map(({ id, limits, linked: link, ...fields }) => account(id, { ...fields, flags: limits | link }));

const createTransfer: fc.Arbitrary<Operation> = fc
  .record({
    id: transferId,
    debitAccount: accountId,
    creditAccount: accountId,
    amount,
    asset,
    code: rarely(1, fc.constantFrom(0, 2)),
    pendingId: rarely(0n, fc.constant(3n)),
    timeoutSeconds: rarely(0, fc.constant(3)),
    flags: fc.oneof({ weight: 30, arbitrary: linked }, { weight: 1, arbitrary: fc.constant(2) }),
    ...userData,
  })
  .map(({ id, ...fields }) => transfer(id, fields));

const operation = fc.oneof({ weight: 1, arbitrary: createAccount }, { weight: 4, arbitrary: createTransfer });
/** An envelope; `retry` picks an earlier one's operations again, to be sent as a new envelope. */
const submission = fc.record({
  byMember: fc.boolean(),
  operations: fc.array(operation, { minLength: 1, maxLength: 12 }),
  retry: fc.option(fc.nat(20), { freq: 6 }),
});
const story = fc.array(fc.array(submission, { minLength: 0, maxLength: 4 }), { minLength: 1, maxLength: 8 });
type Story = typeof story extends fc.Arbitrary<infer Value> ? Value : never;

interface Run {
  readonly driver: LedgerDriver;
  readonly model: LedgerModel;
  readonly bodies: Uint8Array[];
  readonly expected: ResultName[][];
}

/** Operations that make most of what follows meaningful: funded accounts of both parties in both assets. */
const opening: Operation[] = [
  account(1n),
  account(2n, { flags: 2 }),
  account(3n, { flags: 2, party: MEMBER }),
  account(4n, { flags: 4 }),
  account(5n, { asset: 978 }),
  transfer(1_000n, { debitAccount: 1n, creditAccount: 2n, amount: 500n }),
  transfer(1_001n, { debitAccount: 1n, creditAccount: 3n, amount: 500n }),
];

function play(blocks: Story): Run {
  const driver = new LedgerDriver();
  const model = new LedgerModel({
    operator: OPERATOR,
    parties: new Set([OPERATOR, MEMBER]),
    assets: new Map([
      [756, OPERATOR],
      [978, OPERATOR],
    ]),
  });
  driver.run([FRANC, EURO, MEMBER_PARTY]);
  const submitted: Operation[][] = [];
  const bodies: Uint8Array[] = [];
  const expected: ResultName[][] = [];
  for (const block of [[{ byMember: false, operations: opening, retry: null }], ...blocks]) {
    const envelopes: Uint8Array[] = [];
    const results: ResultName[] = [];
    for (const { byMember, operations, retry } of block) {
      const chosen = retry === null || submitted.length === 0 ? operations : submitted[retry % submitted.length];
      submitted.push(chosen);
      envelopes.push(driver.envelope(chosen, byMember ? AS_MEMBER : {}));
      results.push(...model.execute(byMember ? MEMBER : OPERATOR, chosen));
    }
    driver.block(...envelopes);
    bodies.push(encodeBody(envelopes));
    expected.push(results);
  }
  return { driver, model, bodies, expected };
}

describe('the engine and the model of its rules', () => {
  it('agree on every result, balance and history', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(story, (blocks) => {
        const { driver, model, expected } = play(blocks);
        const results = driver.outcomes.slice(1).map((outcome) => names(outcome.codes));
        expect(results).toEqual(expected);
        results.flat().forEach((result) => seen.add(result));
        const accounts = driver.ledger.accounts({ limit: 1_000 }).data;
        expect(accounts.map(({ id }) => id).reverse()).toEqual([...model.state.accounts.keys()]);
        for (const { id, debitsPosted, creditsPosted } of accounts) {
          const held = model.state.accounts.get(id);
          expect({ debitsPosted, creditsPosted }).toEqual({ debitsPosted: held?.debits, creditsPosted: held?.credits });
          const history = model.state.history.filter((transferred) => {
            const draft = model.state.transfers.get(transferred);
            return draft?.debitAccount === id || draft?.creditAccount === id;
          });
          expect(pagesOf(driver, id)).toEqual(history.reverse());
        }
        for (const [id, result] of model.failed) expect(driver.ledger.position(id)?.code).toBe(RESULT_CODES[result]);
        for (const id of model.state.transfers.keys()) expect(driver.ledger.transfer(id)).toMatchObject({ id });
        for (const total of totals(accounts)) expect(total).toBe(0n);
      }),
      { numRuns: 150 },
    );
    // The stories are worth something only if they go everywhere that accounts and transfers can go.
    for (const name of [
      'exceeds_credits',
      'exceeds_debits',
      'overflows_debits_posted',
      'overflows_credits_posted',
      'linked_event_failed',
    ]) {
      expect(seen).toContain(name);
    }
    expect(seen.size).toBeGreaterThan(25);
  });

  it('gives the same roots for the same blocks, and the records can be rebuilt from body and codes', () => {
    fc.assert(
      fc.property(story, (blocks) => {
        const run = play(blocks);
        const again = play(blocks);
        run.driver.outcomes.forEach((outcome, index) =>
          expect(again.driver.outcomes[index].resultsRoot).toEqual(outcome.resultsRoot),
        );
        run.bodies.forEach((body, index) => {
          const { height, codes, resultsRoot, records, leaves } = run.driver.outcomes[index + 1];
          const timeNs = START_NS + BigInt(height) * 1_000_000_000n;
          expect(resultRecords({ height, timeNs }, body, codes)).toEqual({ records, leaves, resultsRoot });
          expect(merkleRoot(leaves)).toEqual(resultsRoot);
        });
      }),
      { numRuns: 30 },
    );
  });
});

it('encodes result records as the protocol says', () => {
  const driver = new LedgerDriver();
  const envelope = driver.envelope([FRANC, account(1n), MEMBER_PARTY]);
  const { codes, records } = driver.block(driver.envelope([EURO]), envelope);
  const { hash, operationOffsets } = scanEnvelope(envelope);
  for (let operation = 0; operation < 3; operation += 1) {
    const index = operation + 1;
    const bytes = envelope.subarray(operationOffsets[operation * 2], operationOffsets[operation * 2 + 1]);
    const timestampNs = driver.timeNs + BigInt(index);
    expect(records[index]).toEqual(
      encodeResultRecord({
        height: 1,
        index,
        timestampNs,
        code: codes[index],
        envelopeHash: hash,
        party: OPERATOR,
        operation: bytes,
      }),
    );
  }
  expect(driver.ledger.account(1n)?.timestampNs).toBe(driver.timeNs + 2n);
});

function pagesOf(driver: LedgerDriver, id: bigint): bigint[] {
  const ids: bigint[] = [];
  let cursor: string | null = null;
  do {
    const page = driver.ledger.transfers({ account: id, limit: 3, cursor });
    ids.push(...page.data.map((entry) => entry.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

/** Debits minus credits of each asset. */
function totals(accounts: ReturnType<LedgerDriver['ledger']['accounts']>['data']): bigint[] {
  const sums = new Map<number, bigint>();
  for (const entry of accounts)
    sums.set(entry.asset, (sums.get(entry.asset) ?? 0n) + entry.debitsPosted - entry.creditsPosted);
  return [...sums.values()];
}
