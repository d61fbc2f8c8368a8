import { z } from 'zod';

// What the gateway answers, for the OpenAPI document. Replicas and the payments library write most of it.

const id = z.string().regex(/^[0-9a-f]{32}$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.string().regex(/^([0-9a-f]{2})*$/);
const number = z.string().regex(/^(0|[1-9][0-9]*)$/);
const minor = z
  .string()
  .regex(/^(0|[1-9][0-9]*)$/)
  .meta({ description: 'Whole number of minor units, decimal.' });
const timestampNs = z
  .string()
  .regex(/^(0|[1-9][0-9]*)$/)
  .meta({ description: 'Ledger time: nanoseconds since 1970, decimal.' });
const count = z.int().min(0);

export const problemSchema = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable code; listed in docs/reference/errors.md.' }),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
    retryAfterMs: count.optional(),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457).' });

export const submitResultSchema = z
  .object({
    ledgerId: z.uuid(),
    envelopeHash: hash,
    height: count,
    firstIndex: count.meta({ description: 'Index in the block of the first operation of the envelope.' }),
    timestampNs,
    results: z.array(z.object({ index: count, code: z.string().meta({ example: 'applied' }) })),
  })
  .meta({ id: 'SubmitResult', description: "One replica's word on a final envelope; the receipts are the proof." });

export const statusSchema = z
  .object({
    ledgerId: z.uuid(),
    epoch: count.nullable(),
    leader: count.nullable(),
    term: count.nullable(),
    height: count.nullable(),
    provenHeight: count.nullable(),
    finalityMs: z.number().nullable(),
    replicas: z.array(
      z.object({
        index: count,
        reachable: z.boolean(),
        height: count.nullable(),
        executedHeight: count.nullable(),
        term: count.nullable(),
        leader: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'LedgerStatus' });

export const accountSchema = z
  .object({
    id,
    party: id,
    asset: count,
    code: count,
    flags: count,
    userData128: id,
    userData64: number,
    userData32: count,
    frozen: z.boolean().meta({ description: 'Whether the account itself is frozen; its owner may be, too.' }),
    debitsPostedMinor: minor,
    creditsPostedMinor: minor,
    debitsPendingMinor: minor,
    creditsPendingMinor: minor,
    timestampNs,
  })
  .meta({ id: 'Account' });

export const transferSchema = z
  .object({
    id,
    debitAccount: id,
    creditAccount: id,
    amountMinor: minor.meta({ description: 'What it moved, or reserved if it is a pending transfer.' }),
    asset: count,
    code: count,
    flags: count,
    pendingId: id.nullable().meta({ description: 'The pending transfer that it posted or voided.' }),
    pendingState: z
      .enum(['pending', 'posted', 'voided', 'expired'])
      .nullable()
      .meta({ description: 'What became of it, if it is a pending transfer.' }),
    timeoutSeconds: count,
    userData128: id,
    userData64: number,
    userData32: count,
    timestampNs,
    height: count,
    index: count,
  })
  .meta({ id: 'Transfer' });

export const balanceSchema = z
  .object({
    transfer: id.meta({ description: 'The transfer after which the account held this.' }),
    debitsPostedMinor: minor,
    creditsPostedMinor: minor,
    debitsPendingMinor: minor,
    creditsPendingMinor: minor,
    timestampNs,
    height: count,
    index: count,
  })
  .meta({ id: 'Balance' });

export const partySchema = z
  .object({
    id,
    name: z.string(),
    threshold: count,
    keys: z.array(
      z.object({
        scheme: z.enum(['ed25519', 'p256']),
        publicKey: bytes,
        validFromNs: timestampNs.nullable(),
        validUntilNs: timestampNs.nullable(),
      }),
    ),
    roles: z.array(z.enum(['operator', 'issuer', 'participant', 'auditor'])),
    frozen: z.boolean(),
    timestampNs,
  })
  .meta({ id: 'Party' });

export const assetSchema = z
  .object({
    id: count,
    code: z.string(),
    scale: count,
    issuer: id,
    issuing: z.enum(['free', 'capped', 'fixed']),
    maximumSupplyMinor: minor.nullable(),
    transfers: z.enum(['open', 'allow_list', 'frozen']),
    supplyMinor: minor.meta({ description: 'What parties other than the issuer hold.' }),
    issuedMinor: minor.meta({ description: 'All that was ever issued.' }),
    timestampNs,
  })
  .meta({ id: 'Asset' });

export const blockSchema = z
  .object({
    height: count,
    id: hash,
    kind: z.enum(['data', 'empty', 'epoch_end', 'evidence']),
    timestampNs,
    operationCount: count,
    bodyBytes: count,
    parentId: hash,
    execHeight: count.meta({ description: 'Highest block whose results this header commits to.' }),
  })
  .meta({ id: 'Block' });

const receiptAccount = z
  .object({
    debitsPosted: minor,
    creditsPosted: minor,
    debitsPending: minor.nullable(),
    creditsPending: minor.nullable(),
    flags: count,
    previousHeight: count,
    previousIndex: count,
    salt: bytes,
  })
  .meta({ id: 'ReceiptAccount', description: 'An account after the result, and the previous result that touched it.' });

const receiptSide = z.union([receiptAccount, hash]).nullable();

const receiptRecord = z.object({
  height: count,
  index: count,
  timestampNs,
  code: count,
  amount: minor,
  envelopeHash: hash.nullable(),
  party: id.nullable(),
  operation: bytes,
  debitAccount: id.nullable(),
  creditAccount: id.nullable(),
});

export const receiptSchema = z
  .object({
    version: z.literal(2),
    genesis: bytes,
    record: receiptRecord,
    debit: receiptSide,
    credit: receiptSide,
    resultCount: count,
    resultsPath: z.array(hash),
    blockId: hash,
    historyPath: z.array(hash),
    header: bytes,
    certificate: bytes,
  })
  .meta({ id: 'Receipt', description: "Proves one operation's outcome offline, against the ledger's genesis id." });

const statementLine = z
  .object({ record: receiptRecord, debit: receiptSide, credit: receiptSide, resultsPath: z.array(hash) })
  .meta({ id: 'StatementLine' });

export const statementSchema = z
  .object({
    version: z.literal(1),
    genesis: bytes,
    account: id,
    blocks: z.array(z.object({ height: count, blockId: hash, resultCount: count, historyPath: z.array(hash) })),
    lines: z.array(statementLine),
    attestation: statementLine.nullable(),
    header: bytes,
    certificate: bytes,
  })
  .meta({ id: 'Statement', description: "Proves a stretch of an account's history offline, without a gap." });

export const statementPageSchema = z
  .object({
    statement: statementSchema.nullable().meta({ description: 'Null: no line was found yet; go on with the cursor.' }),
    nextCursor: z.string().nullable().meta({ description: 'Where older lines go on; null at the last page.' }),
    height: count,
  })
  .meta({ id: 'StatementPage' });

export const genesisSchema = z.object({ genesis: bytes, genesisId: hash }).meta({ id: 'Genesis' });

export const paymentPlanSchema = z
  .object({
    file: z.object({ messageId: z.string(), initiatingParty: z.string(), createdAt: z.string(), paymentCount: count }),
    lines: z.array(
      z.object({
        position: count,
        path: z.string(),
        line: count,
        endToEndId: z.string(),
        instructionId: z.string().nullable(),
        creditorName: z.string(),
        amountMinor: minor.nullable(),
        currency: z.string(),
        transferId: id.nullable(),
        debitAccount: id.nullable(),
        creditAccount: id.nullable(),
        rejection: z.object({ code: z.string(), detail: z.string() }).nullable(),
      }),
    ),
    accounts: z.array(z.object({ id, asset: count, name: z.string(), reference: z.string(), debitsMinor: minor })),
  })
  .meta({ id: 'PaymentFilePlan' });

/** A page of a list. */
export const pageSchema = (entry: z.ZodType) =>
  z.object({
    data: z.array(entry),
    nextCursor: z.string().nullable(),
    height: count.meta({ description: 'Height at which the ledger answered.' }),
  });
