// Every outcome of an operation, with its number on the wire. A number is never reused and never changes its meaning.
// Names and order of precedence follow TigerBeetle's published reference where it has the case.

/** What a result code can be the answer to. */
export type ResultScope = 'envelope' | 'party' | 'asset' | 'account' | 'transfer';

/** One line of the table of result codes. */
export interface ResultDefinition {
  readonly number: number;
  readonly scopes: readonly ResultScope[];
  readonly meaning: string;
}

const EVERY: readonly ResultScope[] = ['party', 'asset', 'account', 'transfer'];
const CHAINABLE: readonly ResultScope[] = ['account', 'transfer'];

function code(number: number, scopes: readonly ResultScope[], meaning: string): ResultDefinition {
  return Object.freeze({ number, scopes: Object.freeze([...scopes]), meaning });
}

/** The table of result codes: name to number, scope and meaning. */
export const RESULT_DEFINITIONS = Object.freeze({
  applied: code(0, EVERY, 'The operation was applied: what it creates did not exist before.'),
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
  id_must_not_be_zero: code(4, EVERY, 'Not applied: the id is 0.'),
  id_must_not_be_int_max: code(5, ['party', 'account', 'transfer'], 'Not applied: the id is 2^128 - 1.'),
  exists: code(6, EVERY, 'An equal one exists: this is a retry, and the first attempt was applied.'),
  flags_are_mutually_exclusive: code(
    7,
    CHAINABLE,
    'Not applied: both balance limits on one account, or a post or void combined with another flag than `linked`.',
  ),
  code_must_not_be_zero: code(8, CHAINABLE, 'Not applied: the code is 0.'),
  asset_must_not_be_zero: code(9, CHAINABLE, 'Not applied: the asset is 0.'),
  operator_required: code(
    10,
    ['party', 'asset'],
    'Not applied: only the operator of the ledger may create parties and assets.',
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
  party_key_not_acceptable: code(55, ['party'], 'Not applied: a key is not a valid public key of its scheme.'),
  party_limit_reached: code(54, ['party'], 'Not applied: the ledger holds as many parties as it can.'),

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

  id_already_failed: code(
    100,
    ['transfer'],
    'Not applied: the first attempt under this id failed, which used the id up; its result stands.',
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

  envelope_malformed: code(
    200,
    ['envelope'],
    'The bytes are not an envelope. Refused before a block; never in a result record.',
  ),
  envelope_wrong_ledger: code(201, ['envelope'], 'The envelope names another ledger.'),
  envelope_expired: code(202, ['envelope'], 'The expiry is not after ledger time.'),
  envelope_lifetime_too_long: code(203, ['envelope'], 'The expiry is more than one hour after ledger time.'),
  envelope_party_unknown: code(204, ['envelope'], 'The signing party is not on the ledger.'),
  envelope_duplicate: code(205, ['envelope'], 'An envelope of the same hash was executed before; its results stand.'),
  envelope_signature_wrong: code(
    206,
    ['envelope'],
    'A signature does not verify or names a key that the party does not have.',
  ),
  envelope_signatures_insufficient: code(207, ['envelope'], "Fewer signatures than the party's threshold."),
  envelope_memory_full: code(
    208,
    ['envelope'],
    'The ledger remembers as many unexpired envelopes as it can. Send it again once some have expired.',
  ),
} as const);

/** The name of a result code, as it stands in JSON and in the documentation. */
export type ResultName = keyof typeof RESULT_DEFINITIONS;

const entries = Object.entries(RESULT_DEFINITIONS) as [ResultName, ResultDefinition][];

/** Name to number (u16 on the wire). */
export const RESULT_CODES: Readonly<Record<ResultName, number>> = Object.freeze(
  Object.fromEntries(entries.map(([name, definition]) => [name, definition.number])) as Record<ResultName, number>,
);

const names = new Map<number, ResultName>(entries.map(([name, definition]) => [definition.number, name]));

/** The name of a code, or undefined for a number that no code has. */
export function resultName(number: number): ResultName | undefined {
  return names.get(number);
}
