import { RESULT_CODES } from '@quorate/protocol';
import { AS_MEMBER, EURO, MEMBER, account, heldTransfers, openedLedger, transfer } from '../test/ledger-fixture';

const flags = 1;

describe('a linked chain', () => {
  it('applies as a whole', () => {
    const driver = openedLedger();
    expect(driver.run([transfer(1n, { flags }), transfer(2n, { flags }), transfer(3n)])).toEqual([
      'applied',
      'applied',
      'applied',
    ]);
  });

  it('leaves no trace in the balances when a later part fails', () => {
    const driver = openedLedger();
    driver.run([transfer(1n, { amount: 50n })]);
    const before = [100n, 200n, 300n].map((id) => driver.ledger.account(id));
    const results = driver.run([
      transfer(2n, { flags, amount: 7n }),
      transfer(3n, { flags, debitAccount: 200n, creditAccount: 300n, amount: 57n }),
      transfer(4n, { flags, debitAccount: 200n, creditAccount: 300n, amount: 1n }),
      transfer(5n),
      transfer(6n),
    ]);
    expect(results).toEqual([
      'linked_event_failed',
      'linked_event_failed',
      'exceeds_credits',
      'linked_event_failed',
      'applied',
    ]);
    expect(driver.ledger.account(300n)).toEqual(before[2]);
    expect(driver.ledger.account(200n)).toMatchObject({ creditsPosted: 51n, debitsPosted: 0n });
    expect(heldTransfers(driver.ledger, 200n).map(({ id }) => id)).toEqual([6n, 1n]);
    expect(driver.ledger.transfer(2n)).toBeUndefined();
  });

  it('uses up the ids of all its transfers when it fails', () => {
    const driver = openedLedger();
    driver.run([transfer(1n, { flags }), transfer(2n, { creditAccount: 77n })]);
    expect(driver.ledger.position(1n)).toEqual({ height: 2, index: 0, code: RESULT_CODES.linked_event_failed });
    expect(driver.ledger.position(2n)).toEqual({ height: 2, index: 1, code: RESULT_CODES.credit_account_not_found });
    expect(driver.run([transfer(1n), transfer(2n)])).toEqual(['id_already_failed', 'id_already_failed']);
    expect(driver.ledger.position(1n)).toEqual({ height: 2, index: 0, code: RESULT_CODES.linked_event_failed });
  });

  it('takes back the accounts that it created', () => {
    const driver = openedLedger();
    const results = driver.run([
      account(600n, { flags }),
      transfer(1n, { flags, creditAccount: 600n }),
      transfer(2n, { code: 0 }),
    ]);
    expect(results).toEqual(['linked_event_failed', 'linked_event_failed', 'code_must_not_be_zero']);
    expect(driver.ledger.account(600n)).toBeUndefined();
    expect(driver.ledger.accounts({ party: 1n, limit: 10 }).data.map(({ id }) => id)).toEqual([500n, 400n, 200n, 100n]);
    expect(driver.run([account(600n)])).toEqual(['applied']);
  });

  it('ends before a party or an asset, which cannot be part of it', () => {
    const driver = openedLedger();
    expect(driver.run([transfer(1n, { flags }), transfer(2n, { flags }), EURO, transfer(3n)])).toEqual([
      'linked_event_failed',
      'linked_event_chain_open',
      'exists',
      'applied',
    ]);
  });

  it('fails on a retry of one of its transfers', () => {
    const driver = openedLedger();
    const chain = [transfer(1n, { flags }), transfer(2n)];
    expect(driver.run(chain)).toEqual(['applied', 'applied']);
    expect(driver.run(chain)).toEqual(['exists', 'linked_event_failed']);
    expect(driver.ledger.position(2n)).toMatchObject({ code: RESULT_CODES.applied });
  });

  it('fails with a transfer after an account, whose row an id that stays free was decoded into', () => {
    const driver = openedLedger();
    expect(
      driver.run([
        transfer(0n, { flags }),
        account(700n, { flags }),
        transfer(9n, { debitAccount: 200n, creditAccount: 300n }),
      ]),
    ).toEqual(['id_must_not_be_zero', 'linked_event_failed', 'linked_event_failed']);
    expect(driver.ledger.position(9n)).toEqual({ height: 2, index: 2, code: RESULT_CODES.linked_event_failed });
  });

  it('cannot burn the id of another party', () => {
    const driver = openedLedger();
    expect(driver.run([transfer(1n)], AS_MEMBER)).toEqual(['debit_account_not_owned']);
    expect(driver.run([account(700n, { flags: flags | 2, party: MEMBER }), transfer(1n)], AS_MEMBER)).toEqual([
      'linked_event_failed',
      'debit_account_not_owned',
    ]);
    expect(driver.ledger.position(1n)).toBeUndefined();
    expect(driver.run([transfer(1n)])).toEqual(['applied']);
  });
});
