import { code } from './result-definition';

/** Results of what decides who may do what: keys, roles, mandates and freezes; and of records. */
export const AUTHORITY_RESULTS = {
  exists_with_different_mandate: code(38, ['mandate'], 'Not applied: a mandate of this id exists with other terms.'),
  exists_with_different_record: code(39, ['record'], 'Not applied: a record of this id exists with other content.'),

  party_not_found: code(
    56,
    ['party', 'asset', 'mandate'],
    'Not applied: a party that the operation names is not on the ledger.',
  ),
  party_not_authorized: code(
    57,
    ['party'],
    'Not applied: only the party itself changes its keys, or an operator while the party is frozen.',
  ),
  party_key_validity_empty: code(58, ['party'], 'Not applied: a key would end before it begins, or has ended already.'),
  party_keys_leave_gap: code(
    59,
    ['party'],
    'Not applied: fewer keys than the threshold would be valid now, or at a time before enough are valid again.',
  ),
  reserved_role: code(60, ['party'], 'Not applied: a role bit without a meaning is set.'),
  operator_must_remain: code(
    40,
    ['party'],
    'Not applied: no party with the role `operator` that is not frozen would be left.',
  ),

  mandate_account_not_found: code(80, ['mandate'], 'Not applied: the account to be debited is not on the ledger.'),
  mandate_not_authorized: code(
    81,
    ['mandate'],
    'Not applied: the owner of the account gives mandates; it or the party that has one revokes it.',
  ),
  mandate_grantee_must_differ: code(82, ['mandate'], 'Not applied: the owner of an account needs no mandate for it.'),
  mandate_credit_account_not_found: code(83, ['mandate'], 'Not applied: the credit account is not on the ledger.'),
  mandate_already_ended: code(84, ['mandate'], 'Not applied: the mandate would have ended before it began.'),
  mandate_duplicate: code(
    85,
    ['mandate'],
    'Not applied: the party has a mandate for this account and credit account; revoke that one first.',
  ),
  mandate_limit_reached: code(
    86,
    ['mandate'],
    'Not applied: the ledger, or this account, has as many mandates as it can.',
  ),
  mandate_not_found: code(87, ['mandate'], 'Not applied: the mandate is not on the ledger.'),
  mandate_already_revoked: code(88, ['mandate'], 'Not applied: the mandate was revoked before.'),

  freeze_target_not_found: code(90, ['freeze'], 'Not applied: the account or party is not on the ledger.'),
  freeze_reason_must_not_be_empty: code(91, ['freeze'], 'Not applied: no reason is given.'),
  already_frozen: code(92, ['freeze'], 'Not applied: it is frozen already; the first reason stands.'),
  not_frozen: code(93, ['freeze'], 'Not applied: it is not frozen.'),
  freeze_of_own_party: code(94, ['freeze'], 'Not applied: an operator does not freeze itself.'),
  freeze_limit_reached: code(95, ['freeze'], 'Not applied: as many accounts and parties are frozen as can be.'),

  record_kind_must_not_be_zero: code(96, ['record'], 'Not applied: the kind is 0.'),
  record_limit_reached: code(97, ['record'], 'Not applied: the ledger holds as many records as it can.'),
  attested_account_not_found: code(170, ['attestation'], 'Not applied: the account is not on the ledger.'),
  attested_asset_not_found: code(171, ['attestation'], 'Not applied: the asset is not on the ledger.'),
  attestation_not_authorized: code(
    172,
    ['attestation'],
    'Not applied: only the owner of an account, an operator or an auditor may have it attested.',
  ),
} as const;
