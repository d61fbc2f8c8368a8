import { AMOUNT_MAX, TRANSFER_FLAGS, type Operation, type TransferDraft } from '@quorate/protocol';
import {
  AS_MEMBER,
  LedgerDriver,
  MEMBER,
  account,
  heldTransfers,
  openedLedger,
  transfer,
} from '../test/ledger-fixture';
import { LEDGER_LIMITS } from '.';

const { linked, pending, postPendingTransfer, voidPendingTransfer } = TRANSFER_FLAGS;

const hold = (id: bigint, fields: Partial<TransferDraft> = {}): Operation =>
  transfer(id, { flags: pending, amount: 50n, ...fields });
const resolution = (id: bigint, pendingId: bigint, fields: Partial<TransferDraft>): Operation =>
  transfer(id, { debitAccount: 0n, creditAccount: 0n, amount: 0n, asset: 0, code: 0, pendingId, ...fields });
const post = (id: bigint, pendingId: bigint, fields: Partial<TransferDraft> = {}): Operation =>
  resolution(id, pendingId, { flags: postPendingTransfer, amount: AMOUNT_MAX, ...fields });
const void_ = (id: bigint, pendingId: bigint, fields: Partial<TransferDraft> = {}): Operation =>
  resolution(id, pendingId, { flags: voidPendingTransfer, ...fields });

const sums = (driver: LedgerDriver, id: bigint): bigint[] => {
  const view = driver.ledger.account(id);
  return view === undefined ? [] : [view.debitsPending, view.debitsPosted, view.creditsPending, view.creditsPosted];
};
const stateOf = (driver: LedgerDriver, id: bigint): string | null | undefined =>
  driver.ledger.transfer(id)?.pendingState;

/** Accounts 200 (operator) and 300 (member), both limited; 200 has received 100. */
function fundedLedger(limits = LEDGER_LIMITS): LedgerDriver {
  const driver = openedLedger(limits);
  driver.run([transfer(1n, { amount: 100n })]);
  return driver;
}
const toMember = { debitAccount: 200n, creditAccount: 300n };

describe('a pending transfer', () => {
  it('reserves its amount and moves nothing', () => {
    const driver = fundedLedger();
    expect(driver.run([hold(2n, toMember)])).toEqual(['applied']);
    expect([sums(driver, 200n), sums(driver, 300n)]).toEqual([
      [50n, 0n, 0n, 100n],
      [0n, 0n, 50n, 0n],
    ]);
    expect(stateOf(driver, 2n)).toBe('pending');
  });

  it('counts against the limit of the payer, and gives the payee nothing to spend', () => {
    const driver = fundedLedger();
    expect(driver.run([hold(2n, toMember), hold(3n, { ...toMember, amount: 51n })])).toEqual([
      'applied',
      'exceeds_credits',
    ]);
    expect(driver.run([transfer(4n, { ...toMember, amount: 51n })])).toEqual(['exceeds_credits']);
    expect(driver.run([transfer(5n, { debitAccount: 300n, creditAccount: 200n })], AS_MEMBER)).toEqual([
      'exceeds_credits',
    ]);
    expect(driver.run([transfer(6n, { ...toMember, amount: 50n })])).toEqual(['applied']);
  });

  it('counts against the limit of a payee that must not be overpaid', () => {
    const driver = openedLedger();
    driver.run([transfer(1n, { debitAccount: 500n, creditAccount: 200n, amount: 60n })]);
    expect(driver.run([hold(2n, { creditAccount: 500n }), transfer(3n, { creditAccount: 500n, amount: 11n })])).toEqual(
      ['applied', 'exceeds_debits'],
    );
  });
});

describe('a post', () => {
  it('moves all of it, and takes what it leaves open from the pending transfer', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, { ...toMember, userData128: 7n, userData64: 8n, userData32: 9, code: 3 })]);
    expect(driver.run([post(3n, 2n, { userData64: 1n })])).toEqual(['applied']);
    expect([sums(driver, 200n), sums(driver, 300n)]).toEqual([
      [0n, 50n, 0n, 100n],
      [0n, 0n, 0n, 50n],
    ]);
    expect(driver.ledger.transfer(3n)).toMatchObject({
      ...toMember,
      amount: 50n,
      pendingId: 2n,
      pendingState: null,
      userData128: 7n,
      userData64: 1n,
      userData32: 9,
      code: 3,
      asset: 756,
    });
    expect(stateOf(driver, 2n)).toBe('posted');
    expect(heldTransfers(driver.ledger, 300n).map(({ id }) => id)).toEqual([3n, 2n]);
  });

  it('of a part releases the rest', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, toMember)]);
    expect(driver.run([post(3n, 2n, { amount: 20n })])).toEqual(['applied']);
    expect(sums(driver, 200n)).toEqual([0n, 20n, 0n, 100n]);
    expect(driver.run([post(4n, 2n, { amount: 30n })])).toEqual(['pending_transfer_already_posted']);
    expect(driver.run([hold(5n, { ...toMember, amount: 80n })])).toEqual(['applied']);
  });

  it('is the right of payer and payee, and of nobody else', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, toMember), hold(3n, { creditAccount: 200n })]);
    expect(driver.run([post(4n, 2n), post(5n, 3n)], AS_MEMBER)).toEqual(['applied', 'pending_transfer_not_owned']);
    expect(driver.ledger.position(5n)).toBeUndefined();
    expect(driver.run([post(5n, 3n)])).toEqual(['applied']);
  });

  it('may be retried as it was, or spelled out', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, { ...toMember, userData32: 9 }), post(3n, 2n)]);
    expect(
      driver.run([
        post(3n, 2n),
        post(3n, 2n, { ...toMember, amount: 50n, asset: 756, code: 1, userData32: 9 }),
        post(3n, 2n, { amount: 49n }),
        post(3n, 2n, { userData32: 8 }),
        post(3n, 1n),
        void_(3n, 2n),
      ]),
    ).toEqual([
      'exists',
      'exists',
      'exists_with_different_amount',
      'exists_with_different_user_data_32',
      'exists_with_different_pending_id',
      'exists_with_different_flags',
    ]);
  });
});

describe('a void', () => {
  it('releases the amount', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, toMember)]);
    expect(driver.run([void_(3n, 2n)])).toEqual(['applied']);
    expect([sums(driver, 200n), sums(driver, 300n)]).toEqual([
      [0n, 0n, 0n, 100n],
      [0n, 0n, 0n, 0n],
    ]);
    expect(driver.run([post(4n, 2n)], AS_MEMBER)).toEqual(['pending_transfer_already_voided']);
    expect(driver.ledger.transfer(3n)).toMatchObject({ amount: 50n, pendingId: 2n });
  });

  it('is the right of the payee at any time, of the payer only without a timeout', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, { ...toMember, timeoutSeconds: 100 }), hold(3n, { ...toMember, amount: 1n })]);
    expect(driver.run([void_(4n, 2n), void_(5n, 3n)])).toEqual(['pending_transfer_not_voidable', 'applied']);
    expect(driver.run([void_(6n, 2n)], AS_MEMBER)).toEqual(['applied']);
  });
});

describe('a timeout', () => {
  it('releases the amount with the first block at or after it, before the operations of that block', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, { ...toMember, amount: 100n, timeoutSeconds: 2 })]);
    driver.block();
    expect([stateOf(driver, 2n), sums(driver, 200n)[0]]).toEqual(['pending', 100n]);
    expect(driver.run([transfer(3n, { ...toMember, amount: 100n }), post(4n, 2n)])).toEqual([
      'applied',
      'pending_transfer_expired',
    ]);
    expect([stateOf(driver, 2n), sums(driver, 200n)]).toEqual(['expired', [0n, 100n, 0n, 100n]]);
  });

  it('ends the right to post at the nanosecond, within a block', () => {
    const driver = fundedLedger();
    // Applied at the time of the block plus one, so it expires one nanosecond after the next block's time.
    driver.run([transfer(2n), hold(3n, { ...toMember, timeoutSeconds: 1 })]);
    expect(driver.run([transfer(4n), post(5n, 3n)])).toEqual(['applied', 'pending_transfer_expired']);
    expect([stateOf(driver, 3n), sums(driver, 200n)[0]]).toEqual(['pending', 50n]);
    driver.block();
    expect([stateOf(driver, 3n), sums(driver, 200n)[0]]).toEqual(['expired', 0n]);
  });

  it('fires for a bounded number in a block, earliest expiry first, then oldest first', () => {
    const driver = fundedLedger({ ...LEDGER_LIMITS, expiriesPerBlockMax: 2 });
    const ids = [10n, 11n, 12n, 13n, 14n];
    const timeouts = [3, 2, 3, 2, 1];
    driver.run(ids.map((id, index) => hold(id, { ...toMember, amount: 1n, timeoutSeconds: timeouts[index] })));
    driver.timeNs += 10_000_000_000n;
    const expired = (): bigint[] => ids.filter((id) => stateOf(driver, id) === 'expired');
    driver.block();
    expect(expired()).toEqual([11n, 14n]);
    expect(driver.run([post(20n, 10n)])).toEqual(['pending_transfer_expired']);
    expect(expired()).toEqual([10n, 11n, 13n, 14n]);
    driver.block();
    expect(expired()).toEqual(ids);
    expect(sums(driver, 200n)).toEqual([0n, 0n, 0n, 100n]);
  });

  it('does not fire once the transfer is posted or voided', () => {
    const driver = fundedLedger();
    driver.run([hold(2n, { ...toMember, timeoutSeconds: 5 }), hold(3n, { ...toMember, timeoutSeconds: 5 })]);
    driver.run([post(4n, 2n), void_(5n, 3n)], AS_MEMBER);
    driver.timeNs += 10_000_000_000n;
    driver.block();
    expect([2n, 3n].map((id) => stateOf(driver, id))).toEqual(['posted', 'voided']);
    expect(sums(driver, 200n)).toEqual([0n, 50n, 0n, 100n]);
  });
});

describe('a chain that fails', () => {
  it('takes back reservations, posts and voids, and their timeouts run on', () => {
    const driver = fundedLedger();
    const timeoutSeconds = 3;
    driver.run([
      hold(2n, { ...toMember, amount: 10n, timeoutSeconds }),
      hold(3n, { ...toMember, amount: 20n, timeoutSeconds }),
    ]);
    const before = [200n, 300n].map((id) => driver.ledger.account(id));
    const results = driver.run(
      [
        account(600n, { flags: linked | 2, party: MEMBER }),
        post(4n, 2n, { flags: postPendingTransfer | linked, amount: 5n }),
        void_(5n, 3n, { flags: voidPendingTransfer | linked }),
        transfer(6n, { debitAccount: 300n, creditAccount: 600n, amount: 5n, flags: linked }),
        hold(7n, { debitAccount: 600n, creditAccount: 300n, amount: 5n, timeoutSeconds: 1, flags: pending | linked }),
        transfer(8n, { debitAccount: 300n, creditAccount: 600n, amount: 5n }),
      ],
      AS_MEMBER,
    );
    expect(results.slice(-1)).toEqual(['exceeds_credits']);
    expect([200n, 300n].map((id) => driver.ledger.account(id))).toEqual(before);
    expect([2n, 3n, 7n].map((id) => stateOf(driver, id))).toEqual(['pending', 'pending', undefined]);
    driver.timeNs += 10_000_000_000n;
    driver.block();
    expect([2n, 3n].map((id) => stateOf(driver, id))).toEqual(['expired', 'expired']);
    expect(sums(driver, 200n)).toEqual([0n, 0n, 0n, 100n]);
  });
});
