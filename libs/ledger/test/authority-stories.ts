// For each result code of keys, roles, policies, mandates, freezes and records, the shortest story that ends in it.
import { OPEN_ASSET_POLICY, PARTY_ROLES, TRANSFER_FLAGS, type Operation } from '@quorate/protocol';
import { LEDGER_LIMITS } from '../src';
import { changeAsset, changeParty, freeze, key, lift, mandate, record, revoke, setRoles } from './authority-drafts';
import {
  AS_MEMBER,
  FRANC,
  LedgerDriver,
  MEMBER,
  MEMBER_PARTY,
  OPERATOR,
  START_NS,
  account,
  ed25519Key,
  openedLedger,
  transfer,
} from './ledger-fixture';

type Step = readonly [by: 'operator' | 'member', ...operations: Operation[]];

/** Envelopes of a block each on a ledger that has accounts; the last result. */
function after(...steps: Step[]): string | undefined {
  return last(openedLedger(), ...steps);
}

function last(driver: LedgerDriver, ...steps: Step[]): string | undefined {
  let result: string | undefined;
  for (const [by, ...operations] of steps) result = driver.run(operations, by === 'member' ? AS_MEMBER : {}).at(-1);
  return result;
}

const ID_MAX = (1n << 128n) - 1n;
const CAPPED = { issuing: 'capped', maximumSupply: 10n } as const;
const later = START_NS + 3_600_000_000_000n;
const auditorOnly = setRoles(MEMBER, PARTY_ROLES.auditor);
const asset = (fields: object): Operation => ({
  kind: 'create_asset',
  asset: { id: 9, scale: 2, code: 'NIN', issuer: OPERATOR, ...OPEN_ASSET_POLICY, ...fields },
});
/** The operator's account 100 pays the member's account 300: units leave the issuer's hands. */
const issue = (id: bigint, amount: bigint, flags = 0): Operation =>
  transfer(id, { creditAccount: 300n, amount, flags });
const debit = (id: bigint, amount = 1n): Operation => transfer(id, { creditAccount: 300n, amount });

export const AUTHORITY_STORIES = {
  imported_event_not_expected: () => after(['operator', transfer(1n, { flags: TRANSFER_FLAGS.imported })]),
  exists_with_different_policy: () => after(['operator', asset({}), asset({ transfers: 'frozen' })]),
  exists_with_different_mandate: () => after(['operator', mandate(1n), mandate(1n, { periodSeconds: 5 })]),
  exists_with_different_record: () => after(['operator', record(1n), record(1n, { kind: 2 })]),
  operator_must_remain: () => after(['operator', setRoles(OPERATOR, PARTY_ROLES.participant)]),

  party_not_found: () => after(['operator', changeParty(77n)]),
  party_not_authorized: () => after(['operator', changeParty(MEMBER)]),
  party_key_validity_empty: () => after(['operator', changeParty(OPERATOR, [key(ed25519Key(20), 5n, 5n)])]),
  party_keys_leave_gap: () => after(['operator', changeParty(OPERATOR, [key(ed25519Key(20), later)])]),
  reserved_role: () => after(['operator', setRoles(MEMBER, 16)]),

  asset_not_found: () => after(['operator', changeAsset({ asset: 77 })]),
  asset_not_authorized: () => after(['member', changeAsset()]),
  asset_issuer_role_required: () => after(['operator', asset({ issuer: MEMBER })]),
  asset_maximum_supply_misplaced: () => after(['operator', changeAsset({ issuing: 'capped' })]),
  asset_issuing_must_not_loosen: () => after(['operator', changeAsset(CAPPED), changeAsset()]),
  asset_maximum_below_supply: () => after(['operator', issue(1n, 11n), changeAsset(CAPPED)]),
  allow_list_full: () =>
    new LedgerDriver({ ...LEDGER_LIMITS, allowListEntriesMax: 0 })
      .run([FRANC, MEMBER_PARTY, changeAsset({ allowList: [{ party: MEMBER, allowed: true }] })])
      .at(-1),
  account_party_role_required: () => after(['operator', auditorOnly, account(9n, { party: MEMBER })]),

  mandate_account_not_found: () => after(['operator', mandate(1n, { account: 77n })]),
  mandate_not_authorized: () => after(['operator', mandate(1n, { account: 300n })]),
  mandate_grantee_must_differ: () => after(['operator', mandate(1n, { grantee: OPERATOR })]),
  mandate_credit_account_not_found: () => after(['operator', mandate(1n, { creditAccount: 77n })]),
  mandate_already_ended: () => after(['operator', mandate(1n, { validUntilNs: START_NS })]),
  mandate_duplicate: () => after(['operator', mandate(1n), mandate(2n)]),
  mandate_limit_reached: () =>
    last(openedLedger({ ...LEDGER_LIMITS, mandatesPerAccountMax: 1 }), [
      'operator',
      mandate(1n),
      mandate(2n, { creditAccount: 300n }),
    ]),
  mandate_not_found: () => after(['operator', revoke(1n)]),
  mandate_already_revoked: () => after(['operator', mandate(1n), revoke(1n), revoke(1n)]),

  freeze_target_not_found: () => after(['operator', freeze('account', 77n)]),
  freeze_reason_must_not_be_empty: () => after(['operator', freeze('party', MEMBER, { reason: '' })]),
  already_frozen: () => after(['operator', freeze('account', 300n), freeze('account', 300n)]),
  not_frozen: () => after(['operator', lift('party', MEMBER)]),
  freeze_of_own_party: () => after(['operator', freeze('party', OPERATOR)]),
  freeze_limit_reached: () =>
    last(openedLedger({ ...LEDGER_LIMITS, freezesMax: 1 }), [
      'operator',
      freeze('account', 300n),
      freeze('account', 200n),
    ]),

  record_kind_must_not_be_zero: () => after(['operator', record(1n, { kind: 0 })]),
  record_limit_reached: () =>
    last(openedLedger({ ...LEDGER_LIMITS, recordsMax: 1 }), ['operator', record(1n), record(2n)]),

  asset_transfers_frozen: () => after(['operator', changeAsset({ transfers: 'frozen' }), transfer(1n)]),
  debit_party_not_allowed: () =>
    after(
      ['operator', issue(1n, 5n), changeAsset({ transfers: 'allow_list' })],
      ['member', transfer(2n, { debitAccount: 300n, creditAccount: 100n })],
    ),
  credit_party_not_allowed: () => after(['operator', changeAsset({ transfers: 'allow_list' }), issue(1n, 5n)]),
  debit_account_frozen: () => after(['operator', freeze('account', 100n), transfer(1n)]),
  overflows_supply: () =>
    after([
      'operator',
      account(9n),
      account(600n, { flags: 2, party: MEMBER }),
      issue(1n, ID_MAX),
      // From a second account of the issuer, so that no account overflows before the supply does.
      transfer(2n, { debitAccount: 9n, creditAccount: 600n, amount: 5n }),
    ]),
  exceeds_maximum_supply: () => after(['operator', changeAsset(CAPPED), issue(1n, 11n)]),
  mandate_credit_account_differs: () =>
    after(['operator', mandate(1n, { creditAccount: 200n })], ['member', debit(1n)]),
  mandate_expired: () =>
    after(['operator', mandate(1n, { validUntilNs: START_NS + 2_500_000_000n })], ['member', debit(1n)]),
  mandate_amount_exceeded: () => after(['operator', mandate(1n, { transferAmountMax: 4n })], ['member', debit(1n, 5n)]),
  mandate_transfers_exceeded: () =>
    after(['operator', mandate(1n, { periodTransfersMax: 1 })], ['member', debit(1n), debit(2n)]),
  mandate_period_amount_exceeded: () =>
    after(['operator', mandate(1n, { periodAmountMax: 9n })], ['member', debit(1n, 5n), debit(2n, 5n)]),
  envelope_party_frozen: () => after(['operator', freeze('party', MEMBER)], ['member', record(1n)]),

  attested_account_not_found: () => after(['operator', { kind: 'attest_account', account: 77n }]),
  attested_asset_not_found: () => after(['operator', { kind: 'attest_supply', asset: 77 }]),
  attestation_not_authorized: () => after(['member', { kind: 'attest_account', account: 100n }]),
} as const;
