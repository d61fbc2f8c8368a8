import fc from 'fast-check';
import { verifySignature } from '@quorate/crypto';
import {
  ACCOUNT_FLAGS,
  RESULT_CODES,
  TRANSFER_FLAGS,
  accountHalf,
  decodeResultOperation,
  encodeBody,
  resultLeaf,
  scanEnvelope,
  type AccountAfter,
  type Operation,
  type ResultName,
  type ResultOperation,
  type ResultPosition,
  type ResultRecord,
} from '@quorate/protocol';
import { LedgerModel } from '../test/model/ledger-model';
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
  genesis,
  heldTransfers,
  names,
  transfer,
} from '../test/ledger-fixture';
import { bytesOf, restoredFrom } from '../test/snapshot-bytes';
import { LEDGER_LIMITS, Ledger, type AccountView, decodeOutcome, encodeOutcome } from '.';

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
  { weight: 40, arbitrary: fc.constant(756) },
  { weight: 3, arbitrary: fc.constant(978) },
  { weight: 1, arbitrary: fc.constantFrom(0, 5) },
);
const linked = fc.oneof({ weight: 7, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) });
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
    limits: fc.constantFrom(0, 2, 2, 2, 4, 6, 8, 34),
    linked,
    ...userData,
  })
  .map(({ id, limits, linked: link, ...fields }) => account(id, { ...fields, flags: limits | link }));

const flagBits = (bits: readonly number[]) =>
  fc.subarray([...bits]).map((chosen) => chosen.reduce((flags, bit) => flags | bit, 0));

const createTransfer: fc.Arbitrary<Operation> = fc
  .record({
    id: transferId,
    debitAccount: accountId,
    creditAccount: accountId,
    amount,
    asset,
    code: rarely(1, fc.constantFrom(0, 2)),
    pendingId: rarely(0n, fc.constant(3n)),
    timeoutSeconds: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat(4) },
      { weight: 1, arbitrary: fc.constant(0xffff_ffff) },
    ),
    flags: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(0, 2, 2, 16, 32) },
      { weight: 2, arbitrary: flagBits([2, 16, 32]) },
      { weight: 1, arbitrary: fc.constantFrom(2 | 64, 2 | 128, 64) },
      { weight: 1, arbitrary: rarely(0, fc.nat(0x1ff)) },
    ),
    linked,
    ...userData,
  })
  .map(({ id, linked: link, timeoutSeconds, ...fields }) => {
    const timeout = (fields.flags & 2) !== 0 || timeoutSeconds === 4 ? timeoutSeconds : 0;
    return transfer(id, { ...fields, timeoutSeconds: timeout, flags: fields.flags | link });
  });

/** Posts and voids, most of them of ids that are in use and with most fields left open. */
const resolvePending: fc.Arbitrary<Operation> = fc
  .record({
    id: transferId,
    pendingId: fc.oneof({ weight: 20, arbitrary: fc.bigInt(1n, 60n) }, { weight: 1, arbitrary: transferId }),
    debitAccount: rarely(0n, accountId),
    creditAccount: rarely(0n, accountId),
    amount: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(0n, MAX) },
      { weight: 2, arbitrary: fc.bigInt(0n, 100n) },
      { weight: 1, arbitrary: amount },
    ),
    asset: rarely(0, asset),
    code: rarely(0, fc.constantFrom(1, 2)),
    timeoutSeconds: rarely(0, fc.constant(3)),
    flags: fc.oneof({ weight: 30, arbitrary: fc.constantFrom(4, 8) }, { weight: 1, arbitrary: fc.nat(0xff) }),
    linked,
    ...userData,
  })
  .map(({ id, linked: link, ...fields }) => transfer(id, { ...fields, flags: fields.flags | link }));

const operation = fc.oneof(
  { weight: 1, arbitrary: createAccount },
  { weight: 5, arbitrary: createTransfer },
  { weight: 3, arbitrary: resolvePending },
);
/** An envelope; `retry` picks an earlier one's operations again, to be sent as a new envelope. */
const submission = fc.record({
  byMember: fc.boolean(),
  operations: fc.array(operation, { minLength: 1, maxLength: 12 }),
  retry: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(20) }),
});
const story = fc.array(fc.array(submission, { minLength: 0, maxLength: 4 }), { minLength: 1, maxLength: 8 });
type Story = typeof story extends fc.Arbitrary<infer Value> ? Value : never;

/** Windows of recent transfers: a few, some, all. */
const recentMaxes = fc.constantFrom(3, 30, LEDGER_LIMITS.recentTransfersMax);

interface Run {
  readonly driver: LedgerDriver;
  readonly model: LedgerModel;
  readonly bodies: Uint8Array[];
  readonly expected: ResultName[][];
}

/** So few that overdue transfers pile up. */
const expiriesPerBlockMax = 2;

const HELD = [1_010n, 1_011n, 1_012n, 1_013n, 1_014n];

/** Operations that make most of what follows meaningful: funded accounts of both parties in both assets. */
const opening: Operation[] = [
  account(1n),
  account(2n, { flags: 2 }),
  account(3n, { flags: 2, party: MEMBER }),
  account(4n, { flags: 4 }),
  account(5n, { asset: 978 }),
  account(6n, { flags: 2, party: MEMBER }),
  transfer(1_000n, { debitAccount: 1n, creditAccount: 2n, amount: 500n }),
  transfer(1_001n, { debitAccount: 1n, creditAccount: 3n, amount: 500n }),
  ...HELD.map((id, index) =>
    transfer(id, {
      debitAccount: [1n, 2n, 4n][index % 3],
      creditAccount: [3n, 6n, 2n][index % 3],
      amount: 40n,
      flags: 2,
      timeoutSeconds: index,
    }),
  ),
];

/** What makes a drawn operation likely to mean something: new ids, accounts of the signer, pending transfers that there are. */
class Situation {
  private nextId = 2_000n;
  private readonly ids: bigint[] = [];
  private readonly held = [...HELD];

  place(drawn: Operation, byMember: boolean): Operation {
    if (drawn.kind !== 'create_transfer') return drawn;
    const { id, debitAccount, pendingId, flags } = drawn.transfer;
    const own = byMember ? [3n, 6n] : [1n, 1n, 2n, 4n];
    const placed = {
      ...drawn.transfer,
      id: this.idFor(id),
      debitAccount: debitAccount >= 1n && debitAccount <= 5n ? own[Number(debitAccount) % own.length] : debitAccount,
      pendingId: (flags & 12) !== 0 && pendingId <= 60n ? pick(this.held, pendingId) : pendingId,
    };
    if (placed.creditAccount === placed.debitAccount && placed.debitAccount !== 0n && id !== 7n)
      placed.creditAccount = (placed.debitAccount % 6n) + 1n;
    this.ids.push(placed.id);
    if ((flags & 2) !== 0) this.held.push(placed.id);
    return { kind: 'create_transfer', transfer: placed };
  }

  private idFor(drawn: bigint): bigint {
    if (drawn < 1n || drawn > 60n) return drawn;
    return drawn > 56n ? pick(this.ids, drawn) : this.nextId++;
  }
}

const pick = (from: readonly bigint[], drawn: bigint): bigint =>
  from.length === 0 ? drawn : from[Number(drawn) % from.length];

function play(blocks: Story, recentMax = LEDGER_LIMITS.recentTransfersMax): Run {
  const limits = { ...LEDGER_LIMITS, expiriesPerBlockMax, recentTransfersMax: recentMax };
  const driver = new LedgerDriver(limits);
  const model = new LedgerModel(genesis.operator, limits);
  const founding = [FRANC, EURO, MEMBER_PARTY];
  model.execute(OPERATOR, founding, driver.timeNs);
  driver.run(founding);
  const submitted: Operation[][] = [];
  const situation = new Situation();
  const bodies: Uint8Array[] = [];
  const expected: ResultName[][] = [];
  for (const block of [[{ byMember: false, operations: opening, retry: null }], ...blocks]) {
    const envelopes: Uint8Array[] = [];
    const results: ResultName[] = [];
    const timeNs = driver.timeNs + 1_000_000_000n;
    model.expire(timeNs);
    for (const { byMember, operations, retry } of block) {
      const chosen =
        retry === null || submitted.length === 0
          ? operations.map((drawn) => (operations === opening ? drawn : situation.place(drawn, byMember)))
          : submitted[retry % submitted.length];
      submitted.push(chosen);
      envelopes.push(driver.envelope(chosen, byMember ? AS_MEMBER : {}));
      results.push(...model.execute(byMember ? MEMBER : OPERATOR, chosen, timeNs + BigInt(results.length)));
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
    const states = new Set<string | null>();
    fc.assert(
      fc.property(story, recentMaxes, (blocks, recentMax) => {
        const { driver, model, expected } = play(blocks, recentMax);
        const results = driver.outcomes.slice(1).map((outcome) => names(outcome.codes));
        expect(results).toEqual(expected);
        results.flat().forEach((result) => seen.add(result));
        const accounts = driver.ledger.accounts({ limit: 1_000 }).data;
        expect(accounts.map(({ id }) => id).reverse()).toEqual(model.books.accounts.keys());
        for (const view of accounts) {
          const { id } = view;
          const held = model.books.accounts.get(id);
          expect(sumsOf(view)).toEqual({
            debits: held?.debits,
            credits: held?.credits,
            debitsPending: held?.debitsPending,
            creditsPending: held?.creditsPending,
            closed: held?.closed,
          });
          const history = model.books.transfers
            .all()
            .filter(({ draft }) => draft.debitAccount === id || draft.creditAccount === id)
            .map(({ draft }) => draft.id);
          expect(heldTransfers(driver.ledger, id).map(({ id }) => id)).toEqual(
            history.filter((recent) => model.isRecent(recent)).reverse(),
          );
        }
        for (const [id, result] of model.failed) expect(driver.ledger.position(id)?.code).toBe(RESULT_CODES[result]);
        for (const [id, { draft, state }] of model.books.transfers.entries()) {
          const view = driver.ledger.transfer(id);
          states.add(state);
          expect(driver.ledger.position(id)?.code).toBe(RESULT_CODES.applied);
          if (model.isRecent(id)) expect(view).toMatchObject({ ...draft, pendingState: state });
          else expect(view).toBeUndefined();
        }
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
      'pending_transfer_expired',
      'pending_transfer_already_posted',
      'pending_transfer_not_voidable',
      'debit_account_already_closed',
      'exists_in_history',
      'pending_transfer_in_history',
    ]) {
      expect(seen).toContain(name);
    }
    expect(seen.size).toBeGreaterThan(45);
    expect(states).toEqual(new Set(['expired', 'pending', 'posted', 'voided', null]));
  });

  it('chains the results of each account without a gap, from its newest one to its creation', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(story, (blocks) => {
        const { driver } = play(blocks);
        for (const [id, found] of effects(driver)) {
          let previous = { height: 0, index: 0 };
          let posted = { debits: 0n, credits: 0n };
          for (const { position, record, after } of found) {
            const operation = decodeResultOperation(record.operation);
            kinds.add(operation.kind);
            expect(after.previous).toEqual(previous);
            const moves = isPosting(operation) ? record.amount : 0n;
            posted = {
              debits: posted.debits + (record.debitAccount === id ? moves : 0n),
              credits: posted.credits + (record.creditAccount === id ? moves : 0n),
            };
            expect({ debits: after.debitsPosted, credits: after.creditsPosted }).toEqual(posted);
            previous = position;
          }
          const now = driver.ledger.account(id);
          const { after } = found[found.length - 1];
          expect(now).toMatchObject({ debitsPosted: after.debitsPosted, creditsPosted: after.creditsPosted });
          expect(now).toMatchObject({ flags: after.flags, debitsPending: after.pending?.debits ?? 0n });
        }
      }),
      { numRuns: 100 },
    );
    expect(kinds).toEqual(new Set(['create_account', 'create_transfer', 'expiry']));
  });

  it('gives the same roots for the same blocks, and the results can be rebuilt from what is kept of them', () => {
    fc.assert(
      fc.property(story, (blocks) => {
        const run = play(blocks);
        const again = play(blocks);
        run.driver.outcomes.forEach((outcome, index) =>
          expect(again.driver.outcomes[index].resultsRoot).toEqual(outcome.resultsRoot),
        );
        run.bodies.forEach((body, index) => {
          const { height, codes, captured, results, resultsRoot } = run.driver.outcomes[index + 1];
          const timeNs = START_NS + BigInt(height) * 1_000_000_000n;
          const kept = decodeOutcome(encodeOutcome({ timeNs, codes, captured }));
          expect(kept.timeNs).toBe(timeNs);
          const rebuilt = run.driver.ledger.blockResults({ height, timeNs }, body, kept.codes, kept.captured);
          expect(rebuilt.resultsRoot).toEqual(resultsRoot);
          expect(rebuilt.count).toBe(results.count);
          for (let result = 0; result < results.count; result += 1) {
            const [debit, credit] = [rebuilt.debit(result), rebuilt.credit(result)];
            const leaf = resultLeaf(rebuilt.record(result), debit && accountHalf(debit), credit && accountHalf(credit));
            expect(results.leaf(result)).toEqual(leaf);
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  it('go on from a snapshot at any height as if nothing had happened', () => {
    fc.assert(
      fc.property(story, fc.nat(), recentMaxes, (blocks, drawn, recentMax) => {
        const limits = { ...LEDGER_LIMITS, expiriesPerBlockMax, recentTransfersMax: recentMax };
        const { driver } = play(blocks, recentMax);
        const cut = drawn % (driver.blocks.length + 1);
        const before = Ledger.create(genesis, verifySignature, limits);
        for (const block of driver.blocks.slice(0, cut)) before.executeBlock(block);
        const capture = before.capture();
        // Read only after the ledger has gone on: what was captured must not move.
        for (const block of driver.blocks.slice(cut)) before.executeBlock(block);
        const after = restoredFrom(bytesOf(capture), limits);
        expect(after.height).toBe(cut);
        driver.blocks.slice(cut).forEach((block, index) => {
          const { codes, resultsRoot } = after.executeBlock(block);
          expect(codes).toEqual(driver.outcomes[cut + index].codes);
          expect(resultsRoot).toEqual(driver.outcomes[cut + index].resultsRoot);
        });
        expect(bytesOf(after.capture())).toEqual(bytesOf(before.capture()));
        expect(after.accounts({ limit: 1_000 })).toEqual(before.accounts({ limit: 1_000 }));
        expect(heldTransfers(after)).toEqual(heldTransfers(before));
      }),
      { numRuns: 60 },
    );
  });
});

it('records what was asked for, by whom and when', () => {
  const driver = new LedgerDriver();
  const envelope = driver.envelope([FRANC, account(1n), MEMBER_PARTY]);
  const { codes, results } = driver.block(driver.envelope([EURO]), envelope);
  const { hash, operationOffsets } = scanEnvelope(envelope);
  for (let operation = 0; operation < 3; operation += 1) {
    const index = operation + 1;
    const bytes = envelope.subarray(operationOffsets[operation * 2], operationOffsets[operation * 2 + 1]);
    const timestampNs = driver.timeNs + BigInt(index);
    expect(results.record(index)).toEqual({
      index,
      timestampNs,
      code: codes[index],
      amount: 0n,
      origin: { envelopeHash: hash, party: OPERATOR },
      operation: bytes,
      debitAccount: operation === 1 ? 1n : 0n,
      creditAccount: 0n,
    });
  }
  expect(driver.ledger.account(1n)?.timestampNs).toBe(driver.timeNs + 2n);
});

interface Effect {
  readonly position: ResultPosition;
  readonly record: ResultRecord;
  readonly after: AccountAfter;
}

/** What every account went through, in order of effect: the expiries of a block come before its operations. */
function effects(driver: LedgerDriver): Map<bigint, Effect[]> {
  const found = new Map<bigint, Effect[]>();
  const add = (id: bigint, effect: Effect): void => void found.set(id, [...(found.get(id) ?? []), effect]);
  for (const { height, captured, results } of driver.outcomes) {
    const order = Array.from(
      { length: results.count },
      (_, index) => (captured.operationCount + index) % results.count,
    );
    for (const index of order) {
      const record = results.record(index);
      const [debit, credit] = [results.debit(index), results.credit(index)];
      const position = { height, index };
      if (debit !== null) add(record.debitAccount, { position, record, after: debit });
      if (credit !== null) add(record.creditAccount, { position, record, after: credit });
    }
  }
  return found;
}

function isPosting(operation: ResultOperation): boolean {
  if (operation.kind !== 'create_transfer') return false;
  const { pending, voidPendingTransfer } = TRANSFER_FLAGS;
  return (operation.transfer.flags & (pending | voidPendingTransfer)) === 0;
}

function sumsOf(view: AccountView) {
  const { debitsPosted, creditsPosted, debitsPending, creditsPending } = view;
  const closed = (view.flags & ACCOUNT_FLAGS.closed) !== 0;
  return { debits: debitsPosted, credits: creditsPosted, debitsPending, creditsPending, closed };
}

/** Debits minus credits of each asset. */
function totals(accounts: ReturnType<LedgerDriver['ledger']['accounts']>['data']): bigint[] {
  const sums = new Map<number, bigint>();
  for (const entry of accounts)
    sums.set(entry.asset, (sums.get(entry.asset) ?? 0n) + entry.debitsPosted - entry.creditsPosted);
  return [...sums.values()];
}
