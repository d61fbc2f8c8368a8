import { code } from './result-definition';

/** Results of transfers. */
export const TRANSFER_RESULTS = {
  id_already_failed: code(
    100,
    ['transfer'],
    'Not applied: the first attempt under this id failed, which used the id up; its result stands.',
  ),
  exists_in_history: code(
    42,
    ['transfer'],
    'Not applied: a transfer of this id was applied long ago. Whether it was equal is not compared any more; its result tells.',
  ),
  pending_transfer_in_history: code(
    43,
    ['transfer'],
    'Not applied: the pending transfer was posted, voided or expired long ago; its history tells which.',
  ),
  pending_limit_reached: code(
    44,
    ['transfer'],
    'Not applied: as many pending transfers wait as the ledger holds. The id stays free.',
  ),
  debit_account_id_must_not_be_zero: code(101, ['transfer'], 'Not applied: the debit account is 0.'),
  debit_account_id_must_not_be_int_max: code(102, ['transfer'], 'Not applied: the debit account is 2^128 - 1.'),
  credit_account_id_must_not_be_zero: code(103, ['transfer'], 'Not applied: the credit account is 0.'),
  credit_account_id_must_not_be_int_max: code(104, ['transfer'], 'Not applied: the credit account is 2^128 - 1.'),
  accounts_must_be_different: code(105, ['transfer'], 'Not applied: debit and credit account are the same.'),
  pending_id_must_be_zero: code(
    106,
    ['transfer'],
    'Not applied: a pending id is given, but the transfer neither posts nor voids a pending one.',
  ),
  timeout_reserved_for_pending_transfer: code(
    107,
    ['transfer'],
    'Not applied: a timeout is given, but the transfer is not pending.',
  ),
  debit_account_not_found: code(108, ['transfer'], 'Not applied: the debit account is not on the ledger.'),
  credit_account_not_found: code(109, ['transfer'], 'Not applied: the credit account is not on the ledger.'),
  debit_account_not_owned: code(
    110,
    ['transfer'],
    'Not applied: the party that signed does not own the debit account. The id stays free for its owner.',
  ),
  accounts_must_have_the_same_asset: code(111, ['transfer'], 'Not applied: the two accounts are in different assets.'),
  transfer_must_have_the_same_asset_as_accounts: code(
    112,
    ['transfer'],
    'Not applied: the transfer names another asset than its accounts.',
  ),
  transfer_limit_reached: code(
    113,
    ['transfer'],
    'Not applied: the ledger holds as many transfers as it can. The id stays free.',
  ),
  overflows_debits_posted: code(
    114,
    ['transfer'],
    'Not applied: the debits of the debit account would pass 2^128 - 1.',
  ),
  overflows_credits_posted: code(
    115,
    ['transfer'],
    'Not applied: the credits of the credit account would pass 2^128 - 1.',
  ),
  exceeds_credits: code(
    116,
    ['transfer'],
    'Not applied: the debit account may not owe, and its debits would exceed its credits.',
  ),
  exceeds_debits: code(
    117,
    ['transfer'],
    'Not applied: the credits of the credit account would exceed its debits, which its flag forbids.',
  ),
  pending_id_must_not_be_zero: code(
    118,
    ['transfer'],
    'Not applied: the transfer posts or voids, but names no pending one.',
  ),
  pending_id_must_not_be_int_max: code(119, ['transfer'], 'Not applied: the pending id is 2^128 - 1.'),
  pending_id_must_be_different: code(
    120,
    ['transfer'],
    'Not applied: the pending id is the id of the transfer itself.',
  ),
  closing_transfer_must_be_pending: code(
    121,
    ['transfer'],
    'Not applied: a transfer that closes an account must be pending, so that voiding it opens the account again.',
  ),
  credit_account_not_owned: code(
    122,
    ['transfer'],
    'Not applied: the transfer would close the credit account, which the party that signed does not own.',
  ),
  pending_transfer_not_found: code(123, ['transfer'], 'Not applied: the pending transfer is not on the ledger.'),
  pending_transfer_not_pending: code(124, ['transfer'], 'Not applied: the transfer named is not a pending one.'),
  pending_transfer_not_owned: code(
    125,
    ['transfer'],
    'Not applied: the party that signed owns neither account of the pending transfer. The id stays free for its owner.',
  ),
  pending_transfer_has_different_debit_account_id: code(
    126,
    ['transfer'],
    'Not applied: the debit account is neither 0 nor that of the pending transfer.',
  ),
  pending_transfer_has_different_credit_account_id: code(
    127,
    ['transfer'],
    'Not applied: the credit account is neither 0 nor that of the pending transfer.',
  ),
  pending_transfer_has_different_asset: code(
    128,
    ['transfer'],
    'Not applied: the asset is neither 0 nor that of the pending transfer.',
  ),
  pending_transfer_has_different_code: code(
    129,
    ['transfer'],
    'Not applied: the code is neither 0 nor that of the pending transfer.',
  ),
  exceeds_pending_transfer_amount: code(130, ['transfer'], 'Not applied: the amount is more than the pending one.'),
  pending_transfer_has_different_amount: code(
    131,
    ['transfer'],
    'Not applied: a void is for 0 or exactly the pending amount; to release a part, post the rest.',
  ),
  pending_transfer_already_posted: code(132, ['transfer'], 'Not applied: the pending transfer was posted before.'),
  pending_transfer_already_voided: code(133, ['transfer'], 'Not applied: the pending transfer was voided before.'),
  pending_transfer_expired: code(134, ['transfer'], 'Not applied: the timeout of the pending transfer has passed.'),
  pending_transfer_not_voidable: code(
    135,
    ['transfer'],
    'Not applied: the payer may void what has no timeout, the payee what closes no account; this is neither.',
  ),
  debit_account_already_closed: code(136, ['transfer'], 'Not applied: the debit account is closed.'),
  credit_account_already_closed: code(137, ['transfer'], 'Not applied: the credit account is closed.'),
  overflows_debits_pending: code(
    138,
    ['transfer'],
    'Not applied: the pending debits of the debit account would pass 2^128 - 1.',
  ),
  overflows_credits_pending: code(
    139,
    ['transfer'],
    'Not applied: the pending credits of the credit account would pass 2^128 - 1.',
  ),
  overflows_debits: code(
    140,
    ['transfer'],
    'Not applied: posted and pending debits of the debit account together would pass 2^128 - 1.',
  ),
  overflows_credits: code(
    141,
    ['transfer'],
    'Not applied: posted and pending credits of the credit account together would pass 2^128 - 1.',
  ),
  overflows_timeout: code(
    142,
    ['transfer'],
    'Not applied: the transfer would expire after 2^63 - 1 ns of ledger time.',
  ),
  asset_transfers_frozen: code(143, ['transfer'], 'Not applied: the issuer has frozen all transfers of the asset.'),
  debit_party_not_allowed: code(
    144,
    ['transfer'],
    "Not applied: the owner of the debit account is not on the asset's allow-list.",
  ),
  credit_party_not_allowed: code(
    145,
    ['transfer'],
    "Not applied: the owner of the credit account is not on the asset's allow-list.",
  ),
  debit_account_frozen: code(
    146,
    ['transfer'],
    'Not applied: the debit account, or the party that owns it, is frozen.',
  ),
  overflows_supply: code(147, ['transfer'], 'Not applied: all that was ever issued of the asset would pass 2^128 - 1.'),
  exceeds_maximum_supply: code(
    148,
    ['transfer'],
    'Not applied: more of the asset would be in circulation, or have been issued (fixed), than its maximum.',
  ),
  mandate_credit_account_differs: code(
    150,
    ['transfer'],
    'Not applied: the party that signed may debit the account by mandate, but not in favour of this credit account.',
  ),
  mandate_expired: code(151, ['transfer'], 'Not applied: the mandate to debit the account has ended.'),
  mandate_amount_exceeded: code(152, ['transfer'], 'Not applied: the mandate allows less per transfer.'),
  mandate_transfers_exceeded: code(
    153,
    ['transfer'],
    'Not applied: as many transfers as the mandate allows in a period were made in this one.',
  ),
  mandate_period_amount_exceeded: code(
    154,
    ['transfer'],
    'Not applied: the transfers of this period would together exceed what the mandate allows.',
  ),
} as const;
