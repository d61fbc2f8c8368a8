import { LIMITS, TRANSFER_FLAGS, type Operation } from '@quorate/protocol';
import { account, openedLedger, transfer, type LedgerDriver } from '../test/ledger-fixture';

const { linked, pending, postPendingTransfer, voidPendingTransfer } = TRANSFER_FLAGS;
const OPENED = 1_000n;
const RESERVED = 2_000n;
/** Left open in a post or void. */
const AS_RESERVED = { debitAccount: 0n, creditAccount: 0n, asset: 0, code: 0 };

/** Runs operations in full envelopes; what of their results was none of `expected`. */
function others(driver: LedgerDriver, operations: readonly Operation[], expected: string): string[] {
  const found: string[] = [];
  for (let first = 0; first < operations.length; first += LIMITS.envelopeOperationsMax)
    found.push(...driver.run(operations.slice(first, first + LIMITS.envelopeOperationsMax)));
  return found.filter((result) => result !== expected);
}

const many = (count: number, operation: (number: bigint) => Operation): Operation[] =>
  Array.from({ length: count }, (_, number) => operation(BigInt(number)));

describe("a ledger's memory", () => {
  // It moves when there are more than 1,024 rows, and when there are more than 32,768.
  it('has everything in it after it moved', () => {
    const driver = openedLedger();
    expect(
      others(
        driver,
        many(40, (row) => account(OPENED + row)),
        'applied',
      ),
    ).toEqual([]);
    const pair = (number: bigint): { debitAccount: bigint; creditAccount: bigint } => ({
      debitAccount: OPENED + (number % 40n),
      creditAccount: OPENED + ((number * 7n + 1n) % 40n),
    });
    const reservations = many(200, (number) =>
      transfer(RESERVED + number, {
        ...pair(number),
        amount: 5n,
        flags: pending,
        timeoutSeconds: number % 2n === 0n ? 60 : 0,
      }),
    );
    expect(others(driver, reservations, 'applied')).toEqual([]);
    const small = many(1_500, (number) =>
      transfer(10_000n + number, { ...pair(number), flags: number % 4n === 3n ? 0 : linked }),
    );
    expect(others(driver, small, 'applied')).toEqual([]);
    const posts = many(100, (number) =>
      transfer(3_000n + number, {
        pendingId: RESERVED + number,
        ...AS_RESERVED,
        amount: 3n,
        flags: postPendingTransfer,
      }),
    );
    expect(others(driver, posts, 'applied')).toEqual([]);
    expect(
      others(
        driver,
        many(33_000, (number) => transfer(100_000n + number, pair(number))),
        'applied',
      ),
    ).toEqual([]);
    const voids = many(50, (number) =>
      transfer(4_000n + number, {
        pendingId: RESERVED + 101n + number * 2n,
        ...AS_RESERVED,
        amount: 0n,
        flags: voidPendingTransfer,
      }),
    );
    expect(others(driver, voids, 'applied')).toEqual([]);
    expect(
      others(driver, [...small.filter((_, number) => number % 4 === 3), ...reservations.slice(0, 100)], 'exists'),
    ).toEqual([]);
    expect(
      others(
        driver,
        many(33_000, (number) => transfer(100_000n + number, pair(number))),
        'exists',
      ),
    ).toEqual([]);
    driver.timeNs += 120_000_000_000n;
    // The other half of those with a timeout expires.
    expect(driver.block().captured.count).toBe(50);
    const { assets } = driver.ledger.trialBalance();
    expect(assets[0]).toMatchObject({
      debitsPosted: 34_800n,
      creditsPosted: 34_800n,
      debitsPending: 0n,
      creditsPending: 0n,
    });
    expect(driver.ledger.account(OPENED)?.debitsPending).toBe(0n);
  });
});
