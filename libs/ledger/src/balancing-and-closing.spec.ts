import { AMOUNT_MAX, TRANSFER_FLAGS, type Operation, type TransferDraft } from '@quorate/protocol';
import { AS_MEMBER, LedgerDriver, account, openedLedger, transfer } from '../test/ledger-fixture';

const { linked, pending, voidPendingTransfer, postPendingTransfer } = TRANSFER_FLAGS;
const { balancingDebit, balancingCredit, closingDebit, closingCredit } = TRANSFER_FLAGS;
const CLOSED = 32;

const resolution = (id: bigint, pendingId: bigint, flags: number): Operation =>
  transfer(id, { debitAccount: 0n, creditAccount: 0n, amount: 0n, asset: 0, code: 0, pendingId, flags });
const closedNow = (driver: LedgerDriver, id: bigint): boolean =>
  ((driver.ledger.account(id)?.flags ?? 0) & CLOSED) !== 0;
const amountOf = (driver: LedgerDriver, id: bigint): bigint | undefined => driver.ledger.transfer(id)?.amount;
const toMember = { debitAccount: 200n, creditAccount: 300n };

/** Account 200 has received 100 and reserved 30 of it; 500 may be credited 40 more. */
function startingLedger(): LedgerDriver {
  const driver = openedLedger();
  const results = driver.run([
    transfer(1n, { amount: 100n }),
    transfer(2n, { ...toMember, amount: 30n, flags: pending }),
    transfer(3n, { debitAccount: 500n, creditAccount: 100n, amount: 40n }),
  ]);
  if (results.some((result) => result !== 'applied')) throw new Error(results.join());
  return driver;
}

describe('a balancing transfer', () => {
  const drain = (fields: Partial<TransferDraft> = {}): Operation =>
    transfer(10n, { ...toMember, amount: AMOUNT_MAX, flags: balancingDebit, ...fields });

  it('moves what the debit account has, less what is reserved', () => {
    const driver = startingLedger();
    expect(driver.run([drain()])).toEqual(['applied']);
    expect(amountOf(driver, 10n)).toBe(70n);
    expect(driver.run([drain({ amount: 70n }), drain({ amount: 69n }), drain({ flags: 0 })])).toEqual([
      'exists',
      'exists_with_different_amount',
      'exists_with_different_flags',
    ]);
  });

  it('moves no more than it says, and nothing from an account that owes', () => {
    const driver = startingLedger();
    expect(driver.run([drain({ amount: 5n }), transfer(11n, { amount: 9n, flags: balancingDebit })])).toEqual([
      'applied',
      'applied',
    ]);
    expect([amountOf(driver, 10n), amountOf(driver, 11n)]).toEqual([5n, 0n]);
  });

  it('moves what the credit account lacks, and the lesser of both with both flags', () => {
    const driver = startingLedger();
    const both = { debitAccount: 200n, creditAccount: 500n, amount: 90n };
    expect(driver.run([transfer(10n, { ...both, flags: balancingDebit | balancingCredit | pending })])).toEqual([
      'applied',
    ]);
    expect(amountOf(driver, 10n)).toBe(40n);
    expect(driver.run([transfer(11n, { ...both, flags: balancingCredit })])).toEqual(['applied']);
    expect(amountOf(driver, 11n)).toBe(0n);
  });
});

describe('a closing transfer', () => {
  const close = (fields: Partial<TransferDraft> = {}): Operation =>
    transfer(10n, { ...toMember, amount: 0n, flags: pending | closingDebit, ...fields });

  it('closes an account to everything but the voids of what is pending', () => {
    const driver = startingLedger();
    expect(driver.run([close()])).toEqual(['applied']);
    expect([closedNow(driver, 200n), closedNow(driver, 300n)]).toEqual([true, false]);
    expect(
      driver.run([
        transfer(11n, toMember),
        transfer(12n),
        resolution(13n, 2n, postPendingTransfer),
        resolution(14n, 2n, voidPendingTransfer),
      ]),
    ).toEqual([
      'debit_account_already_closed',
      'credit_account_already_closed',
      'debit_account_already_closed',
      'applied',
    ]);
  });

  it('is undone by its void, which only the owner of the closed account may send', () => {
    const driver = startingLedger();
    driver.run([close()]);
    expect(driver.run([resolution(11n, 10n, postPendingTransfer)])).toEqual(['debit_account_already_closed']);
    expect(driver.run([resolution(12n, 10n, voidPendingTransfer)], AS_MEMBER)).toEqual([
      'pending_transfer_not_voidable',
    ]);
    expect(driver.run([resolution(13n, 10n, voidPendingTransfer), transfer(14n, toMember)])).toEqual([
      'applied',
      'applied',
    ]);
    expect(closedNow(driver, 200n)).toBe(false);
  });

  it('closes no account of another party', () => {
    const driver = startingLedger();
    expect(driver.run([close({ flags: pending | closingCredit })])).toEqual(['credit_account_not_owned']);
    const own = { debitAccount: 100n, creditAccount: 200n, flags: pending | closingCredit };
    expect(driver.run([transfer(11n, { ...own, amount: 0n })])).toEqual(['applied']);
    expect([closedNow(driver, 100n), closedNow(driver, 200n)]).toEqual([false, true]);
  });

  it('opens the account again when it times out or its chain fails', () => {
    const driver = startingLedger();
    driver.run([close({ timeoutSeconds: 2 })]);
    driver.block();
    expect(closedNow(driver, 200n)).toBe(true);
    driver.block();
    expect(closedNow(driver, 200n)).toBe(false);
    const failing = transfer(12n, { code: 0 });
    driver.run([close({ flags: pending | closingDebit | linked }), failing]);
    expect(closedNow(driver, 200n)).toBe(false);
  });

  it('stays in force when the chain of its void fails', () => {
    const driver = startingLedger();
    driver.run([close()]);
    driver.run([resolution(11n, 10n, voidPendingTransfer | linked), transfer(12n, { code: 0 })]);
    expect(closedNow(driver, 200n)).toBe(true);
    expect(driver.ledger.transfer(10n)?.pendingState).toBe('pending');
  });

  it('leaves the retry of the creation of its account an equal one', () => {
    const driver = startingLedger();
    driver.run([close()]);
    expect(driver.run([account(200n, { flags: 2 }), account(200n, { flags: 2 | CLOSED })])).toEqual([
      'exists',
      'exists_with_different_flags',
    ]);
  });
});

it('an account may be created closed', () => {
  const driver = startingLedger();
  expect(driver.run([account(600n, { flags: 2 | CLOSED }), transfer(10n, { creditAccount: 600n })])).toEqual([
    'applied',
    'credit_account_already_closed',
  ]);
  expect(closedNow(driver, 600n)).toBe(true);
  expect(driver.run([account(600n, { flags: 2 | CLOSED })])).toEqual(['exists']);
});
