// One story: a ledger and the model of its rules are told the same, envelope by envelope, and compared after every block.
import { deepStrictEqual } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { hex } from '@quorate/crypto';
import { ACCOUNT_FLAGS, OPEN_ASSET_POLICY, RESULT_CODES, type Operation, type ResultName } from '@quorate/protocol';
import { LEDGER_LIMITS, type BlockOutcome, type LedgerLimits, type SectionName } from '../src';
import { setRoles } from './authority-drafts';
import { Chance } from './chance';
import {
  LedgerDriver,
  account,
  ed25519Key,
  genesis,
  memberKey,
  names,
  operatorKey,
  transfer,
  type TestKey,
} from './ledger-fixture';
import { validAt } from './model/authority-rules';
import { LedgerModel } from './model/ledger-model';
import { KEYS, OperationMaker } from './operation-maker';
import { bytesOf, restoredFrom } from './snapshot-bytes';
import { StepProofs, type ExpectedBlock } from './step-proofs';

/** So small that most are met; accounts and pending transfers have room, because the model knows no limit of them. */
export const STORY_LIMITS: LedgerLimits = {
  ...LEDGER_LIMITS,
  accountsMax: 1_024,
  pendingTransfersMax: 4_096,
  expiriesPerBlockMax: 2,
  partiesMax: 5,
  assetsMax: 4,
  allowListEntriesMax: 4,
  mandatesMax: 40,
  mandatesPerAccountMax: 3,
  freezesMax: 6,
  recordsMax: 4,
};

/** What a story met: how many operations, and which results. */
export interface StoryOutcome {
  readonly operations: number;
  readonly seen: ReadonlySet<string>;
}

const bankKey = ed25519Key(3);
const auditorKey = ed25519Key(4);
const ALL_KEYS: readonly TestKey[] = [operatorKey, memberKey, bankKey, auditorKey, ...KEYS];
const byPublicKey = new Map(ALL_KEYS.map((key) => [hex(key.publicKey.bytes), key]));
const party = (id: bigint, name: string, key: TestKey): Operation => ({
  kind: 'create_party',
  party: { id, name, threshold: 1, keys: [key.publicKey] },
});
const limited = { flags: 2 };

/** Parties, assets of every policy, and funded accounts: what makes most of what follows meaningful. */
const OPENING: readonly (readonly [bigint, readonly Operation[]])[] = [
  [
    1n,
    [
      party(2n, 'Member', memberKey),
      party(3n, 'Bank', bankKey),
      party(4n, 'Auditor', auditorKey),
      setRoles(3n, 6),
      { kind: 'create_asset', asset: { id: 756, scale: 2, code: 'CHF', issuer: 1n, ...OPEN_ASSET_POLICY } },
      {
        kind: 'create_asset',
        asset: {
          ...OPEN_ASSET_POLICY,
          id: 978,
          scale: 2,
          code: 'EUR',
          issuer: 1n,
          issuing: 'capped',
          maximumSupply: 900n,
        },
      },
      {
        kind: 'create_asset',
        asset: {
          ...OPEN_ASSET_POLICY,
          id: 900,
          scale: 0,
          code: 'BOND',
          issuer: 3n,
          issuing: 'fixed',
          maximumSupply: 2_000n,
        },
      },
      account(1n),
      account(2n, { party: 2n, ...limited }),
      account(3n, { party: 3n, ...limited }),
      account(4n, { flags: 4 }),
      account(5n, { asset: 978 }),
      account(6n, { asset: 978, party: 2n, ...limited }),
      account(7n, { asset: 900, party: 3n }),
      account(8n, { asset: 900, party: 2n, ...limited }),
      account(9n, { party: 2n, ...limited }),
      transfer(1_000n, { debitAccount: 1n, creditAccount: 2n, amount: 400n }),
      transfer(1_001n, { debitAccount: 1n, creditAccount: 3n, amount: 300n }),
      transfer(1_002n, { debitAccount: 5n, creditAccount: 6n, amount: 200n, asset: 978 }),
    ],
  ],
  [3n, [transfer(1_003n, { debitAccount: 7n, creditAccount: 8n, amount: 700n, asset: 900 })]],
];

/** How many transfers a block looks back at: nearly none, some, and all of a short story. */
const RECENT_MAXES = [24, 90, 4_000];
const openings = new Map<number, Opening>();

interface Opening {
  readonly snapshot: ReadonlyMap<SectionName, Uint8Array>;
  readonly outcome: BlockOutcome;
}

/** The opening takes as long as a story: it is executed once, and every story begins with a ledger restored from there. */
function opened(limits: LedgerLimits): Opening {
  const known = openings.get(limits.recentTransfersMax);
  if (known !== undefined) return known;
  const driver = new LedgerDriver(limits);
  const envelopes = OPENING.map(([signer, operations]) => {
    const by = signer === 1n ? operatorKey : bankKey;
    return driver.envelope(operations, { party: signer, keys: [{ key: 0, by }] });
  });
  const outcome = driver.block(...envelopes);
  const refused = names(outcome.codes).filter((result) => result !== 'applied');
  deepStrictEqual(refused, [], 'the opening applies');
  const opening = { snapshot: bytesOf(driver.ledger.capture()), outcome };
  openings.set(limits.recentTransfersMax, opening);
  return opening;
}

class Story {
  readonly driver: LedgerDriver;
  readonly model: LedgerModel;
  readonly seen = new Set<string>();
  private readonly maker: OperationMaker;
  private readonly proofs: StepProofs;
  private readonly submitted: (readonly Operation[])[] = [];
  operations = 0;

  constructor(
    private readonly chance: Chance,
    private readonly proofsOnceIn: number,
  ) {
    const limits = { ...STORY_LIMITS, recentTransfersMax: chance.pick(RECENT_MAXES) };
    const { snapshot, outcome } = opened(limits);
    this.driver = new LedgerDriver(limits, restoredFrom(snapshot, limits));
    this.model = new LedgerModel(genesis.operator, limits);
    this.model.open(OPENING, this.driver.timeNs);
    this.proofs = new StepProofs(chance);
    this.compare(outcome, {
      results: OPENING.flatMap(([, operations]) => operations.map((): ResultName => 'applied')),
      expiries: [],
    });
    this.maker = new OperationMaker(chance, this.model);
  }

  tell(steps: number): void {
    while (this.operations < steps) {
      this.block(1 + this.chance.below(3));
    }
    this.compareBooks();
    const { accounts } = this.model.books;
    if (this.chance.onceIn(this.proofsOnceIn))
      this.proofs.proveWhole(this.chance.pick(accounts.keys()), (id) => accounts.of(id));
  }

  /** Each envelope is drawn when its turn comes, from what the model then holds. */
  private block(envelopes: number): void {
    const timeNs = this.driver.timeNs + 1_000_000_000n;
    const expiries = this.model.expire(timeNs);
    const bytes: Uint8Array[] = [];
    const expected: ResultName[] = [];
    for (let left = envelopes; left > 0; left -= 1) {
      const [signer, operations] = this.envelope(timeNs);
      const keys = this.signatures(signer, timeNs);
      bytes.push(this.driver.envelope(operations, { party: signer, keys }));
      const signatures = keys.map(({ key, by }) => ({ key, publicKey: by.publicKey.bytes }));
      const refusal = this.model.refusal(signer, signatures, timeNs);
      const first = timeNs + BigInt(expected.length);
      expected.push(
        ...(refusal === null ? this.model.execute(signer, operations, first) : operations.map(() => refusal)),
      );
      if (refusal !== null) this.model.effects.push(...operations.map(() => null));
      this.operations += operations.length;
    }
    const outcome = this.driver.block(...bytes);
    const results = names(outcome.codes);
    if (!isDeepStrictEqual(results, expected))
      deepStrictEqual(results, expected, 'engine and model give other results');
    for (const result of results) this.seen.add(result);
    this.compare(outcome, { results: expected, expiries });
    if (this.chance.onceIn(this.proofsOnceIn)) this.proofs.prove((id) => this.model.books.accounts.of(id));
  }

  /** What each result of the block left behind. */
  private compare(outcome: BlockOutcome, expected: Pick<ExpectedBlock, 'results' | 'expiries'>): void {
    const { effects } = this.model;
    this.proofs.add(outcome, this.driver.timeNs, { ...expected, effects: effects.splice(0) });
  }

  private envelope(timeNs: bigint): [bigint, readonly Operation[]] {
    const { chance } = this;
    const signer = chance.rarely(60, chance.pick([1n, 1n, 2n, 2n, 3n, 4n]), [77n]);
    const retry = this.submitted.length > 0 && chance.onceIn(12);
    const operations = retry
      ? chance.pick(this.submitted).map((operation) => (chance.onceIn(3) ? this.maker.altered(operation) : operation))
      : Array.from({ length: 1 + chance.below(12) }, () => this.maker.operation(signer, timeNs));
    this.submitted.push(operations);
    if (this.submitted.length > 8) this.submitted.shift();
    return [signer, operations];
  }

  /** Mostly as many right signatures as it takes; sometimes one too few, a wrong one, or of a key that does not count. */
  private signatures(signer: bigint, timeNs: bigint): { key: number; by: TestKey }[] {
    const { chance, model } = this;
    const known = model.books.parties.get(signer);
    if (known === undefined) return [{ key: 0, by: memberKey }];
    const all = known.keys.map((publicKey, key) => ({ key, by: this.holderOf(publicKey.bytes) }));
    if (chance.onceIn(50)) return chance.pick([all.slice(1), all, [{ key: all.length, by: memberKey }], []]);
    if (chance.onceIn(50)) return [{ key: 0, by: chance.pick(KEYS) }];
    const valid = all.filter(({ key }) => validAt(known.keys[key], timeNs));
    return valid.slice(0, Math.max(known.threshold, 1));
  }

  private holderOf(publicKey: Uint8Array): TestKey {
    return byPublicKey.get(hex(publicKey)) ?? memberKey;
  }

  private compareBooks(): void {
    const { driver, model } = this;
    const { books } = model;
    const accounts = driver.ledger.accounts({ limit: 1_000 }).data;
    deepStrictEqual(accounts.map(({ id }) => id).reverse(), books.accounts.keys());
    for (const view of accounts) {
      const held = books.accounts.of(view.id);
      deepStrictEqual(
        [view.debitsPosted, view.creditsPosted, view.debitsPending, view.creditsPending, isClosed(view.flags)],
        [held.debits, held.credits, held.debitsPending, held.creditsPending, held.closed],
      );
    }
    for (const [id, { draft, state }] of books.transfers.entries()) {
      const view = driver.ledger.transfer(id);
      deepStrictEqual(driver.ledger.position(id)?.code, RESULT_CODES.applied);
      deepStrictEqual(view !== undefined, model.isRecent(id));
      if (view === undefined) continue;
      deepStrictEqual([view.amount, view.code, view.pendingState], [draft.amount, draft.code, state]);
    }
    for (const [id, result] of model.failed) deepStrictEqual(driver.ledger.position(id)?.code, RESULT_CODES[result]);
  }
}

const isClosed = (flags: number): boolean => (flags & ACCOUNT_FLAGS.closed) !== 0;

/**
 * Tells the story of a seed, of at least that many operations; throws AssertionError where engine and model differ. Every block's results and
 * sums are compared; one block in `proofsOnceIn` is also proved by a receipt and a statement, and one story by the whole statement of an account.
 */
export function tellStory(seed: number, operations: number, proofsOnceIn = 1): StoryOutcome {
  const story = new Story(new Chance(seed), proofsOnceIn);
  story.tell(operations);
  return story;
}
