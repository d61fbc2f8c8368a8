import fc from 'fast-check';
import type { Page, TransferView } from '@quorate/ledger';
import { TRANSFER_FLAGS, type Operation } from '@quorate/protocol';
import { ForgetfulLedger, RECENT_MAX, transfer } from '../test/forgetful-ledger';
import type { AccountTransfersRequest, TransfersRequest } from './transfer-history';

const EVERYTHING = { filter: {}, from: null, to: null };
const idsOf = (views: readonly { readonly id: bigint }[]): bigint[] => views.map(({ id }) => id);

/** All pages of a list. */
async function pages<Entry>(read: (cursor: string | null) => Promise<Page<Entry>>): Promise<Entry[]> {
  const all: Entry[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Entry> = await read(cursor);
    all.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}

/** Every transfer as memory showed it right after its block, and with what became of it since. */
class Witness {
  readonly books = new ForgetfulLedger();
  private readonly seen = new Map<bigint, TransferView>();

  block(operations: readonly Operation[]): void {
    this.books.block(operations);
    for (const operation of operations) {
      const view = operation.kind === 'create_transfer' ? this.books.ledger.transfer(operation.transfer.id) : undefined;
      if (view === undefined) continue;
      this.seen.set(view.id, view);
      const resolved = this.seen.get(view.pendingId);
      if (resolved === undefined || resolved.pendingState !== 'pending') continue;
      const state = (view.flags & TRANSFER_FLAGS.postPendingTransfer) === 0 ? 'voided' : 'posted';
      this.seen.set(resolved.id, { ...resolved, pendingState: state });
    }
    for (const view of this.seen.values()) {
      const due = view.timestampNs + BigInt(view.timeoutSeconds) * 1_000_000_000n <= this.books.ledger.timeNs;
      if (view.pendingState === 'pending' && view.timeoutSeconds !== 0 && due)
        this.seen.set(view.id, { ...view, pendingState: 'expired' });
    }
  }

  /** In order of execution. */
  get all(): TransferView[] {
    return [...this.seen.values()];
  }
}

const drawn = fc.record({
  kind: fc.constantFrom('plain', 'plain', 'pending', 'post', 'void', 'failing'),
  between: fc.constantFrom([1n, 2n], [2n, 3n], [3n, 1n]),
  picked: fc.nat(30),
  code: fc.constantFrom(1, 2),
  userData128: fc.constantFrom(0n, 9n),
  timeoutSeconds: fc.constantFrom(0, 0, 3),
});

function operationFor(id: bigint, shape: typeof drawn extends fc.Arbitrary<infer Shape> ? Shape : never): Operation {
  const { kind, between, picked, timeoutSeconds, ...fields } = shape;
  const [debitAccount, creditAccount] = between;
  const pendingId = 1n + (id > 1n ? BigInt(picked) % (id - 1n) : 0n);
  const open = { debitAccount: 0n, creditAccount: 0n, asset: 0, code: 0 };
  if (kind === 'post')
    return transfer(id, { ...open, amount: 2n ** 128n - 1n, pendingId, flags: TRANSFER_FLAGS.postPendingTransfer });
  if (kind === 'void')
    return transfer(id, { ...open, amount: 0n, pendingId, flags: TRANSFER_FLAGS.voidPendingTransfer });
  if (kind === 'failing') return transfer(id, { debitAccount: 77n });
  const flags = kind === 'pending' ? TRANSFER_FLAGS.pending : 0;
  return transfer(id, {
    ...fields,
    debitAccount,
    creditAccount,
    flags,
    timeoutSeconds: flags === 0 ? 0 : timeoutSeconds,
  });
}

/** Blocks of transfers with ids from 1 on. */
const story = fc.array(fc.array(drawn, { maxLength: 6 }), { minLength: 8, maxLength: 16 }).map((blocks) => {
  let id = 0n;
  return blocks.map((shapes) => shapes.map((shape) => operationFor((id += 1n), shape)));
});

function told(blocks: readonly (readonly Operation[])[]): Witness {
  const witness = new Witness();
  for (const operations of blocks) witness.block(operations);
  return witness;
}

describe('the history of transfers', () => {
  it('answers for each as memory did when it was new, however old it is', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (blocks) => {
        const { books, all } = told(blocks);
        for (const view of all) expect(await books.history.transfer(view.id)).toEqual(view);
        expect(await books.history.transfer(BigInt(blocks.flat().length + 1))).toBeUndefined();
        for (const limit of [1, 4, 100]) {
          const list = (oldestFirst: boolean) =>
            pages((cursor) => books.history.list({ ...EVERYTHING, limit, cursor }, oldestFirst));
          expect(await list(true)).toEqual(all);
          expect(await list(false)).toEqual(all.slice().reverse());
        }
      }),
      { numRuns: 40 },
    );
  });

  it('narrows to an account and a side of it, to user data and code, heights and times', async () => {
    const narrowed = fc.record({
      account: fc.constantFrom(1n, 2n, 3n),
      side: fc.constantFrom('debit' as const, 'credit' as const, null),
      limit: fc.constantFrom(2, 100),
      filter: fc.constantFrom({}, { code: 2 }, { userData128: 9n }, { asset: 978 }),
      bounds: fc.tuple(fc.nat(18), fc.nat(18), fc.boolean()),
    });
    await fc.assert(
      fc.asyncProperty(story, narrowed, async (blocks, { account, side, limit, filter, bounds }) => {
        const { books, all } = told(blocks);
        const [first, last, byTime] = bounds;
        const timeOf = (height: number) => ({ timeNs: (1_700_000_000n + BigInt(height)).toString() + '000000002' });
        const request = {
          limit,
          filter,
          from: byTime ? timeOf(first) : { height: first },
          to: byTime ? timeOf(last) : { height: last },
        } satisfies TransfersRequest;
        const isWithin = ({ height, timestampNs }: TransferView): boolean =>
          byTime
            ? timestampNs >= BigInt(timeOf(first).timeNs) && timestampNs <= BigInt(timeOf(last).timeNs)
            : height >= first && height <= last;
        const wanted = all
          .filter(isWithin)
          .filter((view) => Object.entries(filter).every(([field, value]) => view[field as 'code'] === value))
          .reverse();
        expect(await pages((cursor) => books.history.list({ ...request, cursor }, false))).toEqual(wanted);
        const ofAccount: AccountTransfersRequest = { ...request, account, side };
        const touching = wanted.filter(
          (view) =>
            (side !== 'credit' && view.debitAccount === account) ||
            (side !== 'debit' && view.creditAccount === account),
        );
        expect(await pages((cursor) => books.history.ofAccount({ ...ofAccount, cursor }))).toEqual(touching);
        const oldestFirst = { ...ofAccount, oldestFirst: true };
        const climbed = await pages((cursor) => books.history.ofAccount({ ...oldestFirst, cursor }));
        expect(climbed).toEqual(touching.toReversed());
        const balances = await pages((cursor) => books.history.balances({ ...ofAccount, cursor }));
        expect(balances.map((entry) => entry.transfer)).toEqual(touching);
      }),
      { numRuns: 60 },
    );
  });

  it('tells what an account held after each of its transfers', async () => {
    const books = new ForgetfulLedger();
    const count = 3n * BigInt(RECENT_MAX);
    for (let id = 1n; id <= count; id += 1n)
      books.block([
        transfer(id, id % 2n === 0n ? { amount: id } : { debitAccount: 2n, creditAccount: 3n, amount: 1n }),
      ]);
    books.block([transfer(1_000n, { debitAccount: 3n, flags: TRANSFER_FLAGS.pending, amount: 7n, timeoutSeconds: 1 })]);
    books.block([]);
    books.block([]);
    const request = { ...EVERYTHING, account: 2n, side: null, limit: 5 };
    const held = (await pages((cursor) => books.history.balances({ ...request, cursor }))).reverse();
    let [debits, credits] = [0n, 0n];
    for (const { transfer: booked, balance } of held.slice(0, -1)) {
      if (booked.creditAccount === 2n) credits += booked.amount;
      else debits += booked.amount;
      expect(balance).toMatchObject({ debitsPosted: debits, creditsPosted: credits, creditsPending: 0n });
      expect(balance.timestampNs).toBe(booked.timestampNs);
    }
    expect(held).toHaveLength(Number(count) + 1);
    // The expiry that followed is no transfer.
    expect(held.at(-1)?.balance).toMatchObject({ creditsPosted: credits, creditsPending: 7n });
    expect(books.ledger.account(2n)?.creditsPending).toBe(0n);
  });

  it('goes on behind a cursor that memory has forgotten since', async () => {
    const books = new ForgetfulLedger();
    for (let id = 1n; id <= 9n; id += 1n) books.block([transfer(id)]);
    const first = await books.history.ofAccount({ ...EVERYTHING, account: 1n, side: null, limit: 3 });
    const all = await books.history.list({ ...EVERYTHING, limit: 3 }, false);
    for (let id = 10n; id <= 40n; id += 1n) books.block([transfer(id)]);
    const rest = { ...EVERYTHING, account: 1n, side: null, limit: 100, cursor: first.nextCursor };
    expect(idsOf((await books.history.ofAccount(rest)).data)).toEqual([6n, 5n, 4n, 3n, 2n, 1n]);
    expect(idsOf((await books.history.list({ ...rest, cursor: all.nextCursor }, false)).data)).toHaveLength(6);
  });

  it('refuses a cursor of another list, and says what is not held', async () => {
    const books = new ForgetfulLedger();
    for (let id = 1n; id <= 30n; id += 1n) books.block([transfer(id)]);
    const request = { ...EVERYTHING, account: 3n, side: null, limit: 3 };
    const invalid = expect.objectContaining({ code: 'CURSOR_INVALID' });
    for (const cursor of ['0', '-1', 'x', '', '1.5', '99999999999', '31', '2.0', '5.9', '99.0', '1.77777'])
      await expect(books.history.ofAccount({ ...request, cursor })).rejects.toEqual(invalid);
    for (const cursor of ['0', '31', '2.0', 'x'])
      await expect(books.history.list({ ...request, cursor }, false)).rejects.toEqual(invalid);
    books.lost.add(4);
    const missing = expect.objectContaining({ code: 'REPLICA_HISTORY_INCOMPLETE' });
    await expect(books.history.transfer(3n)).rejects.toEqual(missing);
    expect((await books.history.transfer(30n))?.id).toBe(30n);
    const held = await books.history.ofAccount({ ...request, account: 1n, limit: 100 });
    expect(idsOf(held.data).at(-1)).toBe(4n);
    const rest = { ...request, account: 1n, cursor: held.nextCursor };
    await expect(books.history.ofAccount(rest)).rejects.toEqual(missing);
    await expect(books.history.balances({ ...request, account: 1n, cursor: '4.0' })).rejects.toEqual(missing);
  });
});
