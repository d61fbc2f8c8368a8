import type { ResultPosition } from '@quorate/protocol';
import { ForgetfulLedger, transfer } from '../test/forgetful-ledger';
import { AccountMilestones } from './account-milestones';
import { PageWork } from './page-work';
import { PastBlocks } from './past-blocks';

const SPACING = 4;

/** The results of an account, page by page, each of them after reading a few blocks only; something happens between the pages. */
async function climbed(
  milestones: AccountMilestones,
  account: bigint,
  between: () => void = () => undefined,
): Promise<{ found: ResultPosition[]; pages: number }> {
  const found: ResultPosition[] = [];
  for (let pages = 1; ; pages += 1) {
    const next = await milestones.next(account, found.at(-1) ?? null, 0, new PageWork(2 * SPACING));
    between();
    if (next?.length === 0) return { found, pages };
    found.push(...(next ?? []));
  }
}

function bookedBlocks(count: number): ForgetfulLedger {
  const books = new ForgetfulLedger();
  for (let id = 1; id <= count; id += 1) {
    const second = transfer(BigInt(1_000 + id), { debitAccount: 2n, creditAccount: 3n });
    books.block([transfer(BigInt(id)), ...(id % 3 === 0 ? [second] : [])]);
  }
  return books;
}

const milestonesOf = (books: ForgetfulLedger, placesMax?: number): AccountMilestones =>
  new AccountMilestones(books.ledger, new PastBlocks(books, books), SPACING, placesMax);

/** Read backwards from the newest, as the results themselves say. */
function chainOf(books: ForgetfulLedger, account: bigint): Promise<ResultPosition[]> {
  const walk = async (at: ResultPosition): Promise<ResultPosition[]> => {
    const outcome = await books.outcome(at.height);
    const result = outcome === null ? null : books.ledger.accountResult(account, outcome, at.index);
    if (result === null) throw new Error('a result of the account');
    return [...(result.previous.height === 0 ? [] : await walk(result.previous)), at];
  };
  const head = books.ledger.accountHead(account);
  return head === null ? Promise.resolve([]) : walk(head);
}

describe('the way forward along an account', () => {
  it('passes every result once, in pages that read a bounded number of blocks', async () => {
    const books = bookedBlocks(100);
    for (const account of [1n, 2n, 3n]) {
      const milestones = milestonesOf(books);
      const whole = await chainOf(books, account);
      const first = await climbed(milestones, account);
      expect(first.found).toEqual(whole);
      // Once the way back is known, no page is spent on it.
      const again = await climbed(milestones, account);
      expect(again.found).toEqual(whole);
      expect(again.pages).toBeLessThan(first.pages);
    }
    expect((await climbed(milestonesOf(books), 77n)).found).toEqual([]);
  });

  it('comes to what is booked meanwhile', async () => {
    const books = bookedBlocks(40);
    let [id, left] = [5_000n, 30];
    const { found } = await climbed(milestonesOf(books), 1n, () => {
      for (let more = 0; more < 3 && left > 0; more += 1, left -= 1) books.block([transfer((id += 1n))]);
    });
    expect(left).toBe(0);
    expect(found).toEqual(await chainOf(books, 1n));
  });

  it('begins at a height without walking to the beginning', async () => {
    const books = bookedBlocks(100);
    for (let height = 1; height < 90; height += 1) books.lost.add(height);
    const milestones = milestonesOf(books);
    const found = await milestones.next(1n, null, 95, new PageWork(50));
    expect(found).toEqual(
      (await chainOf(bookedBlocks(100), 1n)).filter(({ height }) => height >= 95).slice(0, found?.length),
    );
    expect(found?.[0]).toEqual({ height: 95, index: 0 });
    expect(await milestones.next(1n, null, 102, new PageWork(50))).toEqual([]);
    const missing = expect.objectContaining({ code: 'REPLICA_HISTORY_INCOMPLETE' });
    await expect(milestones.next(1n, null, 0, new PageWork(500))).rejects.toEqual(missing);
  });

  it('forgets the account used longest ago when it may remember no more, and finds its way again', async () => {
    const books = bookedBlocks(60);
    const milestones = milestonesOf(books, 20);
    for (const account of [1n, 2n, 3n, 1n, 2n])
      expect((await climbed(milestones, account)).found).toEqual(await chainOf(books, account));
  });

  it('refuses a place where the account has no result', async () => {
    const books = bookedBlocks(20);
    const invalid = expect.objectContaining({ code: 'CURSOR_INVALID' });
    for (const after of [
      { height: 3, index: 1 },
      { height: 1, index: 0 },
      { height: 999, index: 0 },
      { height: 5, index: 60_000 },
    ])
      await expect(milestonesOf(books).next(1n, after, 0, new PageWork(500))).rejects.toEqual(invalid);
  });
});
