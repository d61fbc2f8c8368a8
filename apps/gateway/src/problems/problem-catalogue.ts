import { RESULT_DEFINITIONS, type ResultName } from '@quorate/protocol';

/** One refusal that the gateway can give: its HTTP status, what it is and what to do about it. */
export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

const definitions = {
  REQUEST_INVALID: {
    status: 400,
    title: 'The request is not valid',
    remedy: 'Correct the parameters that `errors` points at.',
  },
  CREDENTIAL_MISSING: {
    status: 401,
    title: 'No valid credential',
    remedy:
      'Send `Authorization: Bearer qk_…` with an unexpired API key, or log in to the console (and change a first password there).',
  },
  ORIGIN_REFUSED: {
    status: 403,
    title: 'Request from another origin',
    remedy: 'A session cookie is accepted for writing only from the console itself; use an API key elsewhere.',
  },
  ROLE_INSUFFICIENT: {
    status: 403,
    title: 'The role does not allow this',
    remedy: 'An auditor reads only. Ask an owner or admin of the tenant for another role.',
  },
  ROUTE_UNKNOWN: { status: 404, title: 'No such route', remedy: 'Compare method and path with the API reference.' },
  LEDGER_UNKNOWN: {
    status: 404,
    title: 'No such ledger',
    remedy: 'Check the id, and that the credential belongs to the tenant that owns the ledger.',
  },
  ACCOUNT_UNKNOWN: { status: 404, title: 'No such account', remedy: 'Check the id; ids are 32 hexadecimal digits.' },
  TRANSFER_UNKNOWN: {
    status: 404,
    title: 'No such transfer',
    remedy: 'Only applied transfers are listed; ask for the receipt to see why one failed.',
  },
  PARTY_UNKNOWN: { status: 404, title: 'No such party', remedy: 'Check the id; ids are 32 hexadecimal digits.' },
  ASSET_UNKNOWN: {
    status: 404,
    title: 'No such asset',
    remedy: 'Check the number; currencies use their ISO 4217 number.',
  },
  MANDATE_UNKNOWN: { status: 404, title: 'No such mandate', remedy: 'Check the id; ids are 32 hexadecimal digits.' },
  RECORD_UNKNOWN: { status: 404, title: 'No such record', remedy: 'Check the id; ids are 32 hexadecimal digits.' },
  RECEIPT_UNKNOWN: {
    status: 404,
    title: 'No such operation',
    remedy:
      'The ledger has not executed it. If it was just submitted, submit the same envelope again and wait for the answer.',
  },
  RECEIPT_INHERITED: {
    status: 404,
    title: 'The operation belongs to the ledger from which this one was forked',
    remedy: 'Ask the parent for the receipt, or its archive; the detail names ledger, genesis, height and index.',
  },
  REQUEST_TIMEOUT: { status: 408, title: 'The request came too slowly', remedy: 'Send it again.' },
  LEDGER_NOT_READY: {
    status: 409,
    title: 'The ledger is not in service',
    remedy: 'Wait until its state is `ready`; a retired ledger does not come back.',
  },
  PAYMENT_FILE_DUPLICATE: {
    status: 409,
    title: 'This payment file was booked before',
    remedy: 'Do not sign it again. Ask for its status report to see what became of each payment.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    remedy: 'An envelope has at most 1,114,112 bytes and 8,190 operations, a payment file 1 MiB. Split it.',
  },
  CONTENT_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The content type is not accepted here',
    remedy: 'Envelopes are `application/octet-stream`, payment files `application/xml`.',
  },
  PAYMENT_FILE_INVALID: {
    status: 422,
    title: 'The payment file cannot be accepted as a whole',
    remedy: 'Correct the lines that `errors` names, and send the file again.',
  },
  TENANT_RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    remedy: 'Wait as `Retry-After` says. Put more operations into one envelope instead of sending more envelopes.',
  },
  TENANT_CONCURRENCY_LIMITED: {
    status: 429,
    title: 'Too many requests at the same time',
    remedy: 'Wait as `Retry-After` says, and keep fewer requests open at once.',
  },
  STREAM_LIMITED: {
    status: 429,
    title: 'Too many open streams',
    remedy: 'Close streams that nobody reads, or wait as `Retry-After` says.',
  },
  INTERNAL_FAULT: {
    status: 500,
    title: 'The gateway failed',
    remedy: 'Repeat the request; the same envelope never books twice. If it stays, report the `requestId`.',
  },
  GATEWAY_BUSY: {
    status: 503,
    title: 'The gateway is at its limit',
    remedy: 'Wait as `Retry-After` says, then send the same bytes again.',
  },
  LEDGER_BUSY: {
    status: 503,
    title: 'The ledger is at its limit',
    remedy: 'Wait as `Retry-After` says, then send the same bytes again.',
  },
  READ_NOT_CONFIRMED: {
    status: 503,
    title: 'The read cannot be confirmed now',
    remedy: 'Wait as `Retry-After` says and ask again, or ask without `consistency=fence`.',
  },
  LEDGER_FULL: {
    status: 503,
    title: 'The disks of the ledger are full',
    remedy:
      'Nothing was booked; reads go on. The operator of the platform must make room. Then send the same bytes again.',
  },
  HISTORY_UNAVAILABLE: {
    status: 503,
    title: 'Blocks this old are not at hand',
    remedy:
      'Ask again: whoever holds them, a replica or the archive, may be out of reach for a moment. What is newer can be read meanwhile.',
  },
  LEDGER_UNAVAILABLE: {
    status: 503,
    title: 'No quorum answered in time',
    remedy:
      'The outcome is unknown. Send the very same envelope again: it is executed at most once, and a repetition gives the first results.',
  },
  RECEIPT_NOT_YET: {
    status: 503,
    title: 'The receipt is not proven yet',
    remedy: 'The operation was executed and its certificate is being made. Ask again as `Retry-After` says.',
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    title: 'The platform database does not answer',
    remedy: 'Wait as `Retry-After` says, then repeat.',
  },
} as const satisfies Record<string, ProblemDefinition>;

/** A refusal of the gateway itself, or one of a whole envelope (`ENVELOPE_…`, named after the ledger's result code). */
export type ProblemCode = keyof typeof definitions | EnvelopeProblemCode;
type EnvelopeResultName = Extract<ResultName, `envelope_${string}`>;
type EnvelopeProblemCode = Uppercase<EnvelopeResultName>;

const envelopeRemedies: Readonly<Record<EnvelopeResultName, string>> = {
  envelope_malformed:
    'Build the envelope with the SDK of this version; check that it was not cut or re-encoded on the way.',
  envelope_wrong_ledger: "Build it for this ledger: name this ledger's genesis id, and sign again.",
  envelope_expired:
    'Set a later expiry and sign again. Before that, make sure that the first one was not executed: ask for a receipt.',
  envelope_lifetime_too_long: 'Set an expiry at most one hour ahead and sign again.',
  envelope_party_unknown: 'Let the operator create the party first.',
  envelope_duplicate: 'It was executed before. Ask for the receipts of its operations.',
  envelope_signature_wrong: "Sign the envelope's hash with a registered key, and give that key's index.",
  envelope_signatures_insufficient:
    "Collect signatures until the party's threshold is reached; `errors` tells which count and which are missing.",
  envelope_party_frozen: 'Ask an operator of the ledger, who knows the reason; the ledger lists it.',
  envelope_memory_full: 'Wait as `Retry-After` says, then send the same bytes again.',
};

/** When the ledger is full for now, a repetition helps; every other refusal of an envelope stands. */
const envelopeStatus = (name: EnvelopeResultName) => (name === 'envelope_memory_full' ? 503 : 422);

const envelopeDefinitions = Object.fromEntries(
  (Object.keys(envelopeRemedies) as EnvelopeResultName[]).map((name) => [
    name.toUpperCase(),
    {
      status: envelopeStatus(name),
      title: RESULT_DEFINITIONS[name].meaning.split(/(?<=\.) /)[0].replace(/\.$/, ''),
      remedy: envelopeRemedies[name],
    },
  ]),
) as Record<EnvelopeProblemCode, ProblemDefinition>;

/** Every code of the gateway. The reference page and the problem filter both read this table. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemDefinition>> = Object.freeze({
  ...definitions,
  ...envelopeDefinitions,
});

/** The problem code for a replica's refusal of an envelope, e.g. `envelope_expired`. */
export function envelopeProblemCode(refusal: string): ProblemCode {
  const code = refusal.toUpperCase();
  return isProblemCode(code) ? code : 'ENVELOPE_MALFORMED';
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
