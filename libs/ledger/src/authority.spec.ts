import { PARTY_ROLES, scanEnvelope } from '@quorate/protocol';
import { changeAsset, changeParty, freeze, key, lift, mandate, record, setRoles } from '../test/authority-drafts';
import { AS_MEMBER, MEMBER, OPERATOR, ed25519Key, memberKey, openedLedger, transfer } from '../test/ledger-fixture';

const newKey = ed25519Key(30);
const asNewKey = { party: MEMBER, keys: [{ key: 0, by: newKey }] };
const toMember = { creditAccount: 300n };

describe('keys', () => {
  it('are rotated by the party itself without a time at which nobody can sign', () => {
    const driver = openedLedger();
    const until = driver.timeNs + 2_500_000_000n;
    const both = [key(memberKey, 0n, until), key(newKey)];
    expect(driver.run([changeParty(MEMBER, both)], AS_MEMBER)).toEqual(['applied']);
    expect(driver.run([record(1n)], AS_MEMBER)).toEqual(['applied']);
    expect(driver.run([record(2n)], AS_MEMBER)).toEqual(['envelope_signatures_insufficient']);
    expect(driver.run([record(2n)], { party: MEMBER, keys: [{ key: 1, by: newKey }] })).toEqual(['applied']);
  });

  it('are verified again after a change, although the signature was right before', () => {
    const driver = openedLedger();
    const envelope = driver.envelope([record(1n)], AS_MEMBER);
    const { hash } = scanEnvelope(envelope);
    expect(driver.ledger.admit(scanEnvelope(envelope), hash, driver.timeNs)).toBeNull();
    const change = driver.envelope([changeParty(MEMBER, [key(newKey)])], AS_MEMBER);
    expect(driver.block(change, envelope).codes[1]).toBe(206);
  });

  it('are replaced by an operator only while the party is frozen', () => {
    const driver = openedLedger();
    expect(driver.run([changeParty(MEMBER, [key(newKey)])])).toEqual(['party_not_authorized']);
    const recovery = [freeze('party', MEMBER), changeParty(MEMBER, [key(newKey)]), lift('party', MEMBER)];
    expect(driver.run(recovery)).toEqual(['applied', 'applied', 'applied']);
    expect(driver.run([record(1n)], asNewKey)).toEqual(['applied']);
    expect(driver.ledger.authority.freezes({ limit: 9, standing: true }).data).toEqual([]);
    expect(driver.ledger.authority.freezes({ limit: 9, standing: false }).data).toMatchObject([
      {
        target: 'party',
        id: MEMBER,
        frozen: { party: OPERATOR, reason: 'court order 7' },
        lifted: { party: OPERATOR },
      },
    ]);
  });

  it('tell who signed and who is missing', () => {
    const driver = openedLedger();
    const keys = [key(memberKey), key(newKey), key(ed25519Key(31), driver.timeNs + 3_600_000_000_000n)];
    driver.run([changeParty(MEMBER, keys, 2)], AS_MEMBER);
    const outline = scanEnvelope(driver.envelope([record(1n)], AS_MEMBER));
    const report = driver.ledger.signersOf(outline, outline.hash, driver.timeNs);
    expect(report).toMatchObject({ threshold: 2, counted: 1 });
    expect(report?.signers.map(({ state }) => state)).toEqual(['counted', 'missing', 'not_valid_yet']);
  });
});

describe('a mandate', () => {
  it('gives back what a failed chain used, and counts by period', () => {
    const driver = openedLedger();
    driver.run([mandate(1n, { periodTransfersMax: 1, periodSeconds: 3 })]);
    const chain = [transfer(1n, { ...toMember, flags: 1 }), transfer(2n, { ...toMember, code: 0 })];
    expect(driver.run(chain, AS_MEMBER)).toEqual(['linked_event_failed', 'code_must_not_be_zero']);
    expect(driver.ledger.authority.mandate(1n)?.used).toEqual({ transfers: 0, amount: 0n });
    const twice = [transfer(3n, toMember), transfer(4n, toMember)];
    expect(driver.run(twice, AS_MEMBER)).toEqual(['applied', 'mandate_transfers_exceeded']);
    expect(driver.ledger.authority.mandates({ account: 100n, limit: 9 }).data).toMatchObject([
      { id: 1n, grantee: MEMBER, used: { transfers: 1, amount: 1n } },
    ]);
    driver.block();
    driver.block();
    expect(driver.run([transfer(4n, toMember)], AS_MEMBER)).toEqual(['applied']);
  });
});

describe('policies, roles and records', () => {
  it('keep the supply, whatever is issued, redeemed and reserved', () => {
    const driver = openedLedger();
    driver.run([changeAsset({ issuing: 'capped', maximumSupply: 10n }), transfer(1n, { ...toMember, amount: 8n })]);
    expect(driver.run([transfer(2n, { ...toMember, amount: 2n, flags: 2 })])).toEqual(['applied']);
    expect(driver.run([transfer(3n, { ...toMember, amount: 1n })])).toEqual(['exceeds_maximum_supply']);
    driver.run([transfer(4n, { debitAccount: 300n, creditAccount: 100n, amount: 5n })], AS_MEMBER);
    expect(driver.ledger.asset(756)).toMatchObject({ supply: 3n, issued: 8n, maximumSupply: 10n });
    expect(driver.ledger.account(300n)).toMatchObject({ creditsPosted: 8n, debitsPosted: 5n, frozen: false });
  });

  it('show roles, and records by subject', () => {
    const driver = openedLedger();
    driver.run([setRoles(MEMBER, PARTY_ROLES.auditor), record(1n), record(2n, { subject: 9n }), record(3n)]);
    expect(driver.ledger.party(MEMBER)?.roles).toBe(PARTY_ROLES.auditor);
    const about = driver.ledger.authority.records({ subject: 300n, limit: 1 });
    expect(about.data.map(({ id }) => id)).toEqual([3n]);
    const rest = driver.ledger.authority.records({ subject: 300n, limit: 1, cursor: about.nextCursor });
    expect(rest).toMatchObject({ data: [{ id: 1n, party: OPERATOR }], nextCursor: null });
  });
});
