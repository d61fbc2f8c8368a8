import { code } from './result-definition';

/** Results that refuse an envelope as a whole. */
export const ENVELOPE_RESULTS = {
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
  envelope_party_frozen: code(
    209,
    ['envelope'],
    'The signing party is frozen. What is owed to it still arrives; it acts again once an operator lifts the freeze.',
  ),
} as const;
