import { PARTY_ROLES, type Operation } from '@quorate/protocol';
import { setRoles } from '../test/authority-drafts';
import { AS_MEMBER, MEMBER, openedLedger, transfer } from '../test/ledger-fixture';

const attest = (account: bigint): Operation => ({ kind: 'attest_account', account });

describe('an attestation', () => {
  it('shows an account with its newest result and does not become that itself', () => {
    const driver = openedLedger();
    driver.run([transfer(1n, { creditAccount: 300n, amount: 7n })]);
    const { results, height } = driver.block(
      driver.envelope([attest(300n), transfer(2n, { creditAccount: 300n }), attest(300n)]),
    );
    const newest = { height: height - 1, index: 0 };
    expect(results.debit(0)).toMatchObject({ creditsPosted: 7n, previous: newest });
    expect(results.record(0)).toMatchObject({ amount: 0n, debitAccount: 300n, creditAccount: 0n });
    expect(results.credit(1)).toMatchObject({ creditsPosted: 8n, previous: newest });
    expect(results.debit(2)).toMatchObject({ creditsPosted: 8n, previous: { height, index: 1 } });
    expect(driver.ledger.account(300n)).toMatchObject({ creditsPosted: 8n });
  });

  it('of an account is for its owner, operators and auditors', () => {
    const driver = openedLedger();
    expect(driver.run([attest(300n), attest(100n)], AS_MEMBER)).toEqual(['applied', 'attestation_not_authorized']);
    driver.run([setRoles(MEMBER, PARTY_ROLES.auditor)]);
    expect(driver.run([attest(100n)], AS_MEMBER)).toEqual(['applied']);
  });

  it('of a supply has it as its amount', () => {
    const driver = openedLedger();
    const supply: Operation = { kind: 'attest_supply', asset: 756 };
    driver.run([transfer(1n, { creditAccount: 300n, amount: 70n })]);
    const { results } = driver.block(
      driver.envelope([supply, transfer(2n, { creditAccount: 300n }), supply], AS_MEMBER),
    );
    expect([0, 2].map((index) => results.record(index).amount)).toEqual([70n, 70n]);
    const { results: later } = driver.block(
      driver.envelope([transfer(3n, { creditAccount: 300n, amount: 5n }), supply]),
    );
    expect(later.record(1)).toMatchObject({ amount: 75n, debitAccount: 0n, creditAccount: 0n });
    expect(later.debit(1)).toBeNull();
  });
});
