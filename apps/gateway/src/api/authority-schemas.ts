import { z } from 'zod';

// What replicas tell about mandates, freezes, records and evidence, for the OpenAPI document.

const id = z.string().regex(/^[0-9a-f]{32}$/);
const number = z.string().regex(/^(0|[1-9][0-9]*)$/);
const minor = number.meta({ description: 'Whole number of minor units, decimal.' });
const timestampNs = number.meta({ description: 'Ledger time: nanoseconds since 1970, decimal.' });
const count = z.int().min(0);
/** Where the result of the operation stands, for its receipt. */
const place = { timestampNs, height: count, index: count };

export const mandateSchema = z
  .object({
    id,
    account: id.meta({ description: 'The account that may be debited.' }),
    grantee: id.meta({ description: 'The party that may debit it.' }),
    creditAccount: id.nullable().meta({ description: 'The only account that may be credited; null for any.' }),
    transferAmountMaxMinor: minor.nullable(),
    periodAmountMaxMinor: minor.nullable(),
    periodTransfersMax: count.nullable(),
    periodSeconds: count.nullable().meta({ description: 'Length of a period; null for the whole life.' }),
    validUntilNs: timestampNs.nullable(),
    revoked: z.boolean(),
    usedTransfers: count.meta({ description: 'In the present period.' }),
    usedAmountMinor: minor,
    ...place,
  })
  .meta({ id: 'Mandate' });

const act = z.object({ party: id, reason: z.string(), ...place });

export const freezeSchema = z
  .object({
    target: z.enum(['account', 'party']),
    id,
    frozen: act,
    lifted: act.nullable().meta({ description: 'Null while the freeze stands.' }),
  })
  .meta({ id: 'Freeze' });

export const evidenceSchema = z
  .object({
    epoch: count.meta({ description: 'Replica set that the replica was a member of, counted from 1.' }),
    replica: count.meta({ description: 'Its index in that replica set.' }),
    contradiction: z
      .enum(['two_prepares', 'two_commits', 'two_timeouts', 'commit_forgotten'])
      .meta({ description: 'How the two statements that it signed contradict each other.' }),
    evidence: z
      .string()
      .regex(/^[0-9a-f]+$/)
      .meta({
        description:
          'Both statements with their signatures; whoever has the configuration of the epoch can verify them.',
      }),
    ...place,
  })
  .meta({ id: 'Evidence' });

export const recordSchema = z
  .object({
    id,
    kind: count,
    subject: id,
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    reference: z.string(),
    party: id.meta({ description: 'Who put it.' }),
    ...place,
  })
  .meta({ id: 'Record' });
