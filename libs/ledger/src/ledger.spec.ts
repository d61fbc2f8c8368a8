import { ACCOUNT_FLAGS } from '@quorate/protocol';
import { FRANC, LedgerDriver, account, transfer } from '../test/ledger-fixture';

describe('a ledger', () => {
  it('moves money between two accounts and refuses to overdraw', () => {
    const driver = new LedgerDriver();
    const flags = ACCOUNT_FLAGS.debitsMustNotExceedCredits;
    expect(driver.run([FRANC, account(100n), account(200n, { flags }), account(300n, { flags })])).toEqual(
      Array(4).fill('applied'),
    );
    expect(
      driver.run([
        transfer(1n, { amount: 620n }),
        transfer(2n, { debitAccount: 200n, creditAccount: 300n, amount: 621n }),
      ]),
    ).toEqual(['applied', 'exceeds_credits']);
    expect(driver.ledger.account(200n)).toMatchObject({ creditsPosted: 620n, debitsPosted: 0n });
    expect(driver.ledger.position(2n)).toEqual({ height: 2, index: 1, code: 116 });
  });
});
