import {
  OPEN_ASSET_POLICY,
  encodeBody,
  RESULT_CODES,
  TRANSFER_FLAGS,
  resultName,
  type AssetDraft,
  type Operation,
  type PartyDraft,
  type ResultName,
  type TransferDraft,
} from '@quorate/protocol';
import { AUTHORITY_STORIES } from '../test/authority-stories';
import {
  AS_MEMBER,
  EURO,
  FRANC,
  LedgerDriver,
  MEMBER,
  MEMBER_PARTY,
  OPERATOR,
  START_NS,
  account,
  ed25519Key,
  memberKey,
  openedLedger,
  operatorKey,
  transfer,
} from '../test/ledger-fixture';
import { LEDGER_LIMITS, validateBlockBody } from '.';

const ID_MAX = (1n << 128n) - 1n;
const LINKED = 1;
const LIMITED = 2;
const { pending, postPendingTransfer, voidPendingTransfer, closingDebit, closingCredit } = TRANSFER_FLAGS;

const party = (fields: Partial<PartyDraft> = {}) =>
  ({
    kind: 'create_party',
    party: { id: 9n, name: 'Nine', threshold: 1, keys: [ed25519Key(9).publicKey], ...fields },
  }) as const;
const asset = (fields: Partial<AssetDraft> = {}) =>
  ({
    kind: 'create_asset',
    asset: { id: 9, scale: 2, code: 'NIN', issuer: OPERATOR, ...OPEN_ASSET_POLICY, ...fields },
  }) as const;

/** Result of the last operation of one envelope on a ledger that has accounts. */
const last = (...operations: Parameters<LedgerDriver['run']>[0]): string | undefined =>
  openedLedger().run(operations).at(-1);
const lastOfMember = (...operations: Parameters<LedgerDriver['run']>[0]): string | undefined =>
  openedLedger().run(operations, AS_MEMBER).at(-1);

const hold = (fields: Partial<TransferDraft> = {}) => transfer(1n, { flags: pending, amount: 5n, ...fields });
/** A post or void of transfer 1 that leaves everything else to it. */
const resolution = (flags: number, fields: Partial<TransferDraft> = {}) =>
  transfer(2n, { debitAccount: 0n, creditAccount: 0n, amount: 0n, asset: 0, code: 0, pendingId: 1n, flags, ...fields });
const draftOf = (operation: Operation): Partial<TransferDraft> =>
  operation.kind === 'create_transfer' ? operation.transfer : {};
const post = (fields: Partial<TransferDraft> = {}) => resolution(postPendingTransfer, fields);
const void_ = (fields: Partial<TransferDraft> = {}) => resolution(voidPendingTransfer, fields);

/** Result of one more operation on a ledger that remembers two transfers only, and has two other ones behind the first. */
function afterOthers(first: Operation[], operation: Operation): string {
  const driver = openedLedger({ ...LEDGER_LIMITS, recentTransfersMax: 2 });
  for (const operations of [first, [transfer(11n)], [transfer(12n)]]) driver.run(operations);
  return driver.run([operation])[0];
}

/** For each code, the shortest story that ends in it. */
const stories: Record<ResultName, () => string | undefined> = {
  applied: () => last(transfer(1n)),
  linked_event_failed: () => last(transfer(1n, { flags: LINKED, amount: 0n, code: 0 }), transfer(2n)),
  linked_event_chain_open: () => last(transfer(1n, { flags: LINKED })),
  reserved_flag: () => last(transfer(1n, { flags: 0x8000 })),
  id_must_not_be_zero: () => last(transfer(0n)),
  id_must_not_be_int_max: () => last(transfer(ID_MAX)),
  exists: () => last(transfer(1n), transfer(1n)),
  flags_are_mutually_exclusive: () => last(account(9n, { flags: 6 })),
  code_must_not_be_zero: () => last(transfer(1n, { code: 0 })),
  asset_must_not_be_zero: () => last(transfer(1n, { asset: 0 })),
  operator_required: () => lastOfMember(party()),

  exists_with_different_flags: () => last(account(200n)),
  exists_with_different_user_data_128: () => last(transfer(1n), transfer(1n, { userData128: 1n << 127n })),
  exists_with_different_user_data_64: () => last(transfer(1n), transfer(1n, { userData64: 1n << 63n })),
  exists_with_different_user_data_32: () => last(transfer(1n), transfer(1n, { userData32: 1 })),
  exists_with_different_asset: () => last(transfer(1n), transfer(1n, { asset: 978 })),
  exists_with_different_code: () => last(transfer(1n), transfer(1n, { code: 2 })),
  exists_with_different_party: () => last(account(300n, { flags: LIMITED })),
  exists_with_different_name: () => last(party(), party({ name: 'Ten' })),
  exists_with_different_threshold: () => last(party(), party({ threshold: 2 })),
  exists_with_different_keys: () => last(party(), party({ keys: [ed25519Key(10).publicKey] })),
  exists_with_different_scale: () => last(asset(), asset({ scale: 3 })),
  exists_with_different_issuer: () => last(asset(), asset({ issuer: MEMBER })),
  exists_with_different_pending_id: () => last(transfer(1n), transfer(1n, { pendingId: 5n })),
  exists_with_different_timeout: () => last(transfer(1n), transfer(1n, { timeoutSeconds: 5 })),
  exists_with_different_debit_account_id: () => last(transfer(1n), transfer(1n, { debitAccount: 500n })),
  exists_with_different_credit_account_id: () => last(transfer(1n), transfer(1n, { creditAccount: 300n })),
  exists_with_different_amount: () => last(transfer(1n), transfer(1n, { amount: 2n })),

  exists_in_history: () => afterOthers([transfer(1n)], transfer(1n)),
  pending_transfer_in_history: () =>
    afterOthers([hold(), post({ amount: ID_MAX })], transfer(3n, draftOf(post({ id: 3n })))),
  pending_limit_reached: () =>
    openedLedger({ ...LEDGER_LIMITS, pendingTransfersMax: 1 }).run([hold(), hold({ id: 2n })])[1],

  party_name_must_not_be_empty: () => last(party({ name: '' })),
  party_keys_must_not_be_empty: () => last(party({ keys: [] })),
  party_keys_must_be_different: () => last(party({ keys: [memberKey.publicKey, memberKey.publicKey], threshold: 2 })),
  party_threshold_out_of_range: () => last(party({ threshold: 2 })),
  party_key_not_acceptable: () => last(party({ keys: [{ scheme: 'ed25519', bytes: new Uint8Array(32) }] })),
  party_limit_reached: () => new LedgerDriver({ ...LEDGER_LIMITS, partiesMax: 2 }).run([MEMBER_PARTY, party()])[1],

  asset_scale_out_of_range: () => last(asset({ scale: 19 })),
  asset_issuer_not_found: () => last(asset({ issuer: 77n })),
  asset_limit_reached: () => new LedgerDriver({ ...LEDGER_LIMITS, assetsMax: 1 }).run([FRANC, EURO])[1],

  account_not_authorized: () => lastOfMember(account(9n, { party: OPERATOR })),
  account_party_not_found: () => last(account(9n, { party: 77n })),
  account_asset_not_found: () => last(account(9n, { asset: 77 })),
  account_must_be_limited: () => lastOfMember(account(9n, { party: MEMBER })),
  account_limit_reached: () =>
    new LedgerDriver({ ...LEDGER_LIMITS, accountsMax: 1 }).run([FRANC, account(8n), account(9n)])[2],

  id_already_failed: () => last(transfer(1n, { creditAccount: 77n }), transfer(1n)),
  debit_account_id_must_not_be_zero: () => last(transfer(1n, { debitAccount: 0n })),
  debit_account_id_must_not_be_int_max: () => last(transfer(1n, { debitAccount: ID_MAX })),
  credit_account_id_must_not_be_zero: () => last(transfer(1n, { creditAccount: 0n })),
  credit_account_id_must_not_be_int_max: () => last(transfer(1n, { creditAccount: ID_MAX })),
  accounts_must_be_different: () => last(transfer(1n, { creditAccount: 100n })),
  pending_id_must_be_zero: () => last(transfer(1n, { pendingId: 5n })),
  timeout_reserved_for_pending_transfer: () => last(transfer(1n, { timeoutSeconds: 5 })),
  debit_account_not_found: () => last(transfer(1n, { debitAccount: 77n })),
  credit_account_not_found: () => last(transfer(1n, { creditAccount: 77n })),
  debit_account_not_owned: () => lastOfMember(transfer(1n)),
  accounts_must_have_the_same_asset: () => last(transfer(1n, { creditAccount: 400n })),
  transfer_must_have_the_same_asset_as_accounts: () => last(transfer(1n, { asset: 978 })),
  transfer_limit_reached: () =>
    openedLedger({ ...LEDGER_LIMITS, transfersMax: 1 }).run([transfer(1n), transfer(2n)])[1],
  overflows_debits_posted: () => last(transfer(1n, { amount: ID_MAX }), transfer(2n, { creditAccount: 300n })),
  overflows_credits_posted: () => last(transfer(1n, { amount: ID_MAX, debitAccount: 500n }), transfer(2n)),
  exceeds_credits: () => last(transfer(1n, { debitAccount: 200n, creditAccount: 100n })),
  exceeds_debits: () => last(transfer(1n, { creditAccount: 500n })),

  pending_id_must_not_be_zero: () => last(hold(), post({ pendingId: 0n })),
  pending_id_must_not_be_int_max: () => last(hold(), post({ pendingId: ID_MAX })),
  pending_id_must_be_different: () => last(hold(), post({ pendingId: 2n })),
  closing_transfer_must_be_pending: () => last(transfer(1n, { flags: closingDebit })),
  credit_account_not_owned: () => last(hold({ flags: pending | closingCredit, creditAccount: 300n })),
  pending_transfer_not_found: () => last(post()),
  pending_transfer_not_pending: () => last(transfer(1n), post()),
  pending_transfer_not_owned: () => {
    const driver = openedLedger();
    driver.run([hold()]);
    return driver.run([post()], AS_MEMBER)[0];
  },
  pending_transfer_has_different_debit_account_id: () => last(hold(), post({ debitAccount: 200n })),
  pending_transfer_has_different_credit_account_id: () => last(hold(), post({ creditAccount: 100n })),
  pending_transfer_has_different_asset: () => last(hold(), post({ asset: 978 })),
  pending_transfer_has_different_code: () => last(hold(), post({ code: 2 })),
  exceeds_pending_transfer_amount: () => last(hold(), post({ amount: 6n })),
  pending_transfer_has_different_amount: () => last(hold(), void_({ amount: 4n })),
  pending_transfer_already_posted: () => last(hold(), post(), transfer(3n, { ...draftOf(void_()), id: 3n })),
  pending_transfer_already_voided: () => last(hold(), void_(), transfer(3n, { ...draftOf(post()), id: 3n })),
  pending_transfer_expired: () => {
    const driver = openedLedger();
    driver.run([hold({ timeoutSeconds: 1 })]);
    return driver.run([post()])[0];
  },
  pending_transfer_not_voidable: () => last(hold({ creditAccount: 300n, timeoutSeconds: 9 }), void_()),
  debit_account_already_closed: () =>
    last(hold({ flags: pending | closingDebit }), transfer(2n, { creditAccount: 300n })),
  credit_account_already_closed: () => last(account(9n, { flags: 32 }), transfer(2n, { creditAccount: 9n })),
  overflows_debits_pending: () => last(hold({ amount: ID_MAX }), hold({ id: 2n, creditAccount: 300n })),
  overflows_credits_pending: () => last(account(9n), hold({ amount: ID_MAX }), hold({ id: 2n, debitAccount: 9n })),
  overflows_debits: () => last(hold({ amount: ID_MAX }), transfer(2n, { creditAccount: 300n })),
  overflows_credits: () => last(account(9n), hold({ amount: ID_MAX }), transfer(2n, { debitAccount: 9n })),
  overflows_timeout: () => {
    const driver = openedLedger();
    driver.timeNs = 2n ** 63n - 10_000_000_000n;
    return driver.run([hold({ timeoutSeconds: 9 })])[0];
  },

  ...AUTHORITY_STORIES,

  envelope_malformed: () => {
    const validity = validateBlockBody(encodeBody([Uint8Array.of(1, 2, 3)]));
    return validity.ok ? undefined : validity.reason;
  },
  envelope_wrong_ledger: () => openedLedger().run([transfer(1n)], { ledger: new Uint8Array(32) })[0],
  envelope_expired: () => openedLedger().run([transfer(1n)], { expiresAtNs: START_NS })[0],
  envelope_lifetime_too_long: () =>
    openedLedger().run([transfer(1n)], { expiresAtNs: START_NS + 3_700_000_000_000n })[0],
  envelope_party_unknown: () => openedLedger().run([transfer(1n)], { party: 77n })[0],
  envelope_duplicate: () => {
    const driver = openedLedger();
    const envelope = driver.envelope([transfer(1n)]);
    return resultName(driver.block(envelope, envelope).codes[1]);
  },
  envelope_signature_wrong: () => openedLedger().run([transfer(1n)], { keys: [{ key: 0, by: memberKey }] })[0],
  envelope_signatures_insufficient: () => openedLedger().run([transfer(1n)], { keys: [] })[0],
  envelope_memory_full: () => {
    const driver = new LedgerDriver({ ...LEDGER_LIMITS, envelopesMax: 1 });
    driver.run([FRANC]);
    return driver.run([EURO], { keys: [{ key: 0, by: operatorKey }] })[0];
  },
};

describe('result codes', () => {
  it.each(Object.keys(RESULT_CODES) as ResultName[])('%s is reached', (name) => {
    expect(stories[name]).toBeDefined();
    expect(stories[name]()).toBe(name);
  });

  it('have distinct numbers that fit 16 bits', () => {
    const numbers = Object.values(RESULT_CODES);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < 65_536)).toBe(true);
    expect(numbers.map((number) => RESULT_CODES[resultName(number) ?? 'applied'])).toEqual(numbers);
  });
});
