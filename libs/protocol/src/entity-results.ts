import { CHAINABLE, EVERY, WITH_ID, code } from './result-definition';

/** Results of creating parties, assets and accounts, and those that several operations share. */
export const ENTITY_RESULTS = {
  applied: code(0, EVERY, 'The operation was applied. What it creates did not exist before.'),
  linked_event_failed: code(
    1,
    CHAINABLE,
    'Not applied: another operation of the same linked chain failed, so the whole chain failed.',
  ),
  linked_event_chain_open: code(
    2,
    CHAINABLE,
    'Not applied: `linked` is set although no account or transfer follows in the envelope, so the chain has no end.',
  ),
  reserved_flag: code(3, CHAINABLE, 'Not applied: a flag bit without a meaning is set.'),
  id_must_not_be_zero: code(4, [...WITH_ID, 'asset'], 'Not applied: the id is 0.'),
  id_must_not_be_int_max: code(5, WITH_ID, 'Not applied: the id is 2^128 - 1.'),
  exists: code(6, [...WITH_ID, 'asset'], 'An equal one exists: this is a retry, and the first attempt was applied.'),
  flags_are_mutually_exclusive: code(
    7,
    CHAINABLE,
    'Not applied: both balance limits on one account, or a post or void combined with another flag than `linked`.',
  ),
  code_must_not_be_zero: code(8, CHAINABLE, 'Not applied: the code is 0.'),
  asset_must_not_be_zero: code(9, CHAINABLE, 'Not applied: the asset is 0.'),
  operator_required: code(
    10,
    ['party', 'asset', 'freeze'],
    'Not applied: only a party with the role `operator` may do this.',
  ),
  exists_with_different_flags: code(20, CHAINABLE, 'Not applied: one of this id exists with other flags.'),
  exists_with_different_user_data_128: code(
    21,
    CHAINABLE,
    'Not applied: one of this id exists with other 128-bit user data.',
  ),
  exists_with_different_user_data_64: code(
    22,
    CHAINABLE,
    'Not applied: one of this id exists with other 64-bit user data.',
  ),
  exists_with_different_user_data_32: code(
    23,
    CHAINABLE,
    'Not applied: one of this id exists with other 32-bit user data.',
  ),
  exists_with_different_asset: code(24, CHAINABLE, 'Not applied: one of this id exists in another asset.'),
  exists_with_different_code: code(
    25,
    ['asset', 'account', 'transfer'],
    'Not applied: one of this id exists with another code.',
  ),
  exists_with_different_party: code(
    26,
    ['account'],
    'Not applied: an account of this id exists and belongs to another party.',
  ),
  exists_with_different_name: code(27, ['party'], 'Not applied: a party of this id exists with another name.'),
  exists_with_different_threshold: code(
    28,
    ['party'],
    'Not applied: a party of this id exists with another threshold.',
  ),
  exists_with_different_keys: code(29, ['party'], 'Not applied: a party of this id exists with other keys.'),
  exists_with_different_scale: code(30, ['asset'], 'Not applied: an asset of this id exists with another scale.'),
  exists_with_different_issuer: code(31, ['asset'], 'Not applied: an asset of this id exists with another issuer.'),
  exists_with_different_pending_id: code(
    32,
    ['transfer'],
    'Not applied: a transfer of this id exists with another pending id.',
  ),
  exists_with_different_timeout: code(
    33,
    ['transfer'],
    'Not applied: a transfer of this id exists with another timeout.',
  ),
  exists_with_different_debit_account_id: code(
    34,
    ['transfer'],
    'Not applied: a transfer of this id exists with another debit account.',
  ),
  exists_with_different_credit_account_id: code(
    35,
    ['transfer'],
    'Not applied: a transfer of this id exists with another credit account.',
  ),
  exists_with_different_amount: code(
    36,
    ['transfer'],
    'Not applied: a transfer of this id exists with another amount.',
  ),
  party_name_must_not_be_empty: code(50, ['party'], 'Not applied: the name is empty.'),
  party_keys_must_not_be_empty: code(51, ['party'], 'Not applied: the party has no key.'),
  party_keys_must_be_different: code(
    52,
    ['party'],
    'Not applied: one key is listed twice, so one holder could reach a threshold of two alone.',
  ),
  party_threshold_out_of_range: code(53, ['party'], 'Not applied: the threshold is 0 or above the number of keys.'),
  party_limit_reached: code(54, ['party'], 'Not applied: the ledger holds as many parties as it can.'),
  party_key_not_acceptable: code(55, ['party'], 'Not applied: a key is not a valid public key of its scheme.'),
  asset_scale_out_of_range: code(61, ['asset'], 'Not applied: more than 18 decimal places.'),
  asset_issuer_not_found: code(62, ['asset'], 'Not applied: the issuer is not a party of the ledger.'),
  asset_limit_reached: code(63, ['asset'], 'Not applied: the ledger holds as many assets as it can.'),
  account_not_authorized: code(
    70,
    ['account'],
    'Not applied: neither the operator nor the party that would own the account signed.',
  ),
  account_party_not_found: code(71, ['account'], 'Not applied: the owning party is not on the ledger.'),
  account_asset_not_found: code(72, ['account'], 'Not applied: the asset is not on the ledger.'),
  account_must_be_limited: code(
    73,
    ['account'],
    'Not applied: only the issuer of an asset may hold an account in it without `debits_must_not_exceed_credits`.',
  ),
  account_limit_reached: code(74, ['account'], 'Not applied: the ledger holds as many accounts as it can.'),

  imported_event_not_expected: code(
    11,
    CHAINABLE,
    'Not applied: `imported` is set. Ledger time is given by consensus; keep an original date in the user data.',
  ),
  exists_with_different_policy: code(
    37,
    ['asset'],
    'Not applied: an asset of this id was created with another policy.',
  ),

  asset_not_found: code(64, ['asset'], 'Not applied: the asset is not on the ledger.'),
  asset_not_authorized: code(65, ['asset'], "Not applied: only the asset's issuer may change its policy."),
  asset_issuer_role_required: code(
    66,
    ['asset', 'transfer'],
    'Not applied: the party that would issue does not have the role `issuer`.',
  ),
  asset_maximum_supply_misplaced: code(
    67,
    ['asset'],
    'Not applied: free issuing has a maximum of 0, capped and fixed issuing one above 0.',
  ),
  asset_issuing_must_not_loosen: code(
    68,
    ['asset'],
    'Not applied: issuing may become stricter and its maximum lower, never the other way; holders rely on it.',
  ),
  asset_maximum_below_supply: code(
    69,
    ['asset'],
    'Not applied: more than the maximum is in circulation, was issued (fixed), or would be with what is pending.',
  ),
  allow_list_full: code(79, ['asset'], 'Not applied: the allow-lists of the ledger hold as many parties as they can.'),
  account_party_role_required: code(
    75,
    ['account'],
    'Not applied: the owning party is neither `participant` nor `issuer`, so it may not hold accounts.',
  ),
} as const;
