import { PAYMENT_FILE_LIMITS } from '@quorate/payments';
import { LOOKUP_IDS_MAX } from '@quorate/transport';
import { z } from 'zod';

import { GATEWAY_LIMITS } from '../limits';

const id = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'an id is 32 lowercase hexadecimal digits')
  .meta({ description: 'A 128-bit id: 32 lowercase hexadecimal digits.', example: '0000000000000000000000000000002a' });

/** Any text: what is not the id of a ledger of the tenant's is answered like an unknown one. */
const ledgerId = z
  .string()
  .meta({ description: 'UUID of the ledger.', example: '3f0c5a52-6f0b-4a0f-9c6e-0d5b8a4d1c11' });

const whole = (max: number) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,15})$/, 'a whole number')
    .transform(Number)
    .pipe(z.number().max(max));

export const ledgerParameters = z.strictObject({ ledgerId });
export const accountParameters = z.strictObject({ ledgerId, accountId: id });
export const transferParameters = z.strictObject({ ledgerId, transferId: id });
export const partyParameters = z.strictObject({ ledgerId, partyId: id });
export const mandateParameters = z.strictObject({ ledgerId, mandateId: id });
export const recordParameters = z.strictObject({ ledgerId, recordId: id });
export const assetParameters = z.strictObject({ ledgerId, assetId: whole(0xffff_ffff) });
export const operationParameters = z.strictObject({
  ledgerId,
  height: whole(Number.MAX_SAFE_INTEGER),
  index: whole(0xffff_ffff),
});

const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(GATEWAY_LIMITS.pageSizeMax)
  .default(GATEWAY_LIMITS.pageSizeDefault)
  .meta({ description: 'Entries on one page.' });
const cursor = z
  .string()
  .min(1)
  .max(128)
  .optional()
  .meta({ description: 'Where the page begins: `nextCursor` of the page before.' });

export const pageQuery = z.strictObject({ limit, cursor });
export const receiptQuery = z.strictObject({
  side: z
    .enum(['debit', 'credit', 'none'])
    .default('debit')
    .meta({ description: 'Whose balances the receipt shows. The other account stays behind its hash.' }),
});
/** Ledger times begin in 1970 and stay below 2^63 ns; what is earlier or later stands for the first or the last of them. */
const timeNsMax = 2n ** 63n - 1n;
function ledgerTimeNs(text: string): string {
  const timeNs = BigInt(Math.max(0, Date.parse(text))) * 1_000_000n;
  return (timeNs < timeNsMax ? timeNs : timeNsMax).toString();
}
/** Ledger time as ISO 8601. */
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => ({ timeNs: ledgerTimeNs(text) }))
  .meta({ description: 'A ledger time such as 2026-11-30T23:59:59Z.' });
/** A block by its height, or by ledger time. */
const point = z
  .union([
    z
      .string()
      .regex(/^(0|[1-9][0-9]{0,14})$/)
      .transform((height) => ({ height: Number(height) })),
    time,
  ])
  .meta({ description: 'A height, or a ledger time such as 2026-11-30T23:59:59Z.' });

export const statementQuery = z.strictObject({
  limit,
  cursor,
  from: point.optional(),
  to: point.optional(),
  attestation: z
    .string()
    .regex(/^[1-9][0-9]{0,14}\.(0|[1-9][0-9]{0,4})$/)
    .optional()
    .meta({ description: 'Place of an attest_account to be shown after the last line: height.index.' }),
});
export const balanceQuery = z.strictObject({ at: point, cursor });
const u64Max = 2n ** 64n - 1n;
const number = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/, 'a whole number')
  .pipe(z.string().refine((text) => BigInt(text) <= u64Max, 'at most 18446744073709551615'));
/** What is looked through is bounded: a page may be short, and its cursor goes on behind it. */
const filter = {
  userData128: id.optional(),
  userData64: number.optional(),
  userData32: whole(0xffff_ffff).optional(),
  code: whole(0xffff).optional(),
  asset: whole(0xffff_ffff).optional(),
};
const order = z
  .enum(['newest', 'oldest'])
  .default('newest')
  .meta({ description: 'Which end comes first. One party’s accounts are always listed newest first.' });
const within = {
  from: point.optional().meta({ description: 'The oldest that is listed: a height, or a ledger time.' }),
  to: point.optional().meta({ description: 'The newest that is listed: a height, or a ledger time.' }),
};
export const accountsQuery = z.strictObject({
  limit,
  cursor,
  party: id.optional(),
  order,
  from: time.optional(),
  to: time.optional(),
  ...filter,
});
export const transfersQuery = z.strictObject({ limit, cursor, order, ...within, ...filter });
export const accountTransfersQuery = z.strictObject({
  limit,
  cursor,
  order,
  ...within,
  ...filter,
  side: z
    .enum(['debit', 'credit'])
    .optional()
    .meta({ description: 'Only the transfers that debit the account, or only those that credit it.' }),
});
export const lookupQuery = z.strictObject({
  ids: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(id).min(1).max(LOOKUP_IDS_MAX))
    .meta({ description: `Up to ${LOOKUP_IDS_MAX} ids, with commas.` }),
});
export const freezesQuery = z.strictObject({
  limit,
  cursor,
  standing: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true'),
});
export const recordsQuery = z.strictObject({ limit, cursor, subject: id.optional() });
export const planQuery = z.strictObject({
  party: id.default('00000000000000000000000000000001'),
  acceptTransactionCount: whole(PAYMENT_FILE_LIMITS.paymentsMax)
    .optional()
    .meta({ description: 'Accepts a wrong stated number of transactions if the file holds exactly this many.' }),
});

export type PlanQuery = z.output<typeof planQuery>;
export type ReceiptQuery = z.output<typeof receiptQuery>;
export type PageQuery = z.output<typeof pageQuery>;
export type LedgerParameters = z.output<typeof ledgerParameters>;
