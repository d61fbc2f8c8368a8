import { publicKeyAcceptable, unhex } from '@quorate/crypto';
import type { ForkPoint } from '@quorate/database';
import { ledgerClasses, replicaCounts } from '@quorate/tenancy';
import { z } from 'zod';
import { causeSchema, displayName } from '../http/schemas';

/** Regions in which ledgers can be made. */
export const regions = ['local'] as const;

const partyNameBytesMax = 64;
const keysPerPartyMax = 8;
const ttlSecondsDefault = 3_600;

const className = z.enum(ledgerClasses.map((terms) => terms.name));

const publicKeySchema = z
  .strictObject({
    scheme: z.enum(['ed25519', 'p256']),
    publicKey: z.string().regex(/^([0-9a-f]{64}|[0-9a-f]{66})$/, '32 or 33 bytes in lowercase hex'),
  })
  .refine((key) => acceptable(key), { message: 'not a public key of this scheme', path: ['publicKey'] })
  .meta({ id: 'PublicKey' });

const operatorSchema = z
  .strictObject({
    name: displayName(partyNameBytesMax).refine(
      (name) => Buffer.byteLength(name) <= partyNameBytesMax,
      `at most ${partyNameBytesMax} bytes`,
    ),
    keys: z.array(publicKeySchema).min(1).max(keysPerPartyMax),
    threshold: z.int().min(1).max(keysPerPartyMax).default(1),
  })
  .refine((operator) => operator.threshold <= operator.keys.length, {
    message: 'more than there are keys',
    path: ['threshold'],
  })
  .refine((operator) => new Set(operator.keys.map((key) => key.publicKey)).size === operator.keys.length, {
    message: 'the same key twice',
    path: ['keys'],
  })
  .meta({ id: 'Operator' });

/** The digits that a time in ISO form has behind the milliseconds say microseconds and nanoseconds. */
const nsPerMs = 1_000_000n;

const forkPointSchema = z
  .union([
    z.strictObject({ height: z.int().min(0) }),
    z.strictObject({ time: z.iso.datetime({ offset: true }).meta({ description: 'The last block at or before it.' }) }),
    z.strictObject({ timeNs: z.string().regex(/^[0-9]{1,19}$/, 'nanoseconds since 1970 in decimal') }),
  ])
  .meta({ id: 'ForkPoint' });

const originSchema = z
  .strictObject({ ledgerId: z.uuid(), at: forkPointSchema.optional() })
  .meta({ id: 'ForkOrigin', description: 'The ledger whose state the new one begins with; without `at` its newest.' });

export const ledgerDraftSchema = z
  .strictObject({
    name: displayName(100),
    class: className,
    region: z.enum(regions),
    operator: operatorSchema,
    from: originSchema.optional(),
    ttlSeconds: z.int().min(60).max(86_400).optional(),
    archived: z.boolean().optional().meta({
      description:
        'Keep blocks and snapshots in the archive. Ledgers that are no sandbox are kept unless this is false.',
    }),
  })
  .refine((draft) => draft.class === 'sandbox' || draft.ttlSeconds === undefined, {
    message: 'only a sandbox has a time to live',
    path: ['ttlSeconds'],
  })
  .meta({ id: 'LedgerDraft' });

const replicaSchema = z
  .object({
    id: z.uuid(),
    index: z.int(),
    state: z.enum(['placed', 'prepared', 'running', 'failed', 'stopped', 'destroyed', 'lost']),
    workerId: z.uuid(),
    workerName: z.string(),
    height: z.int().nullable(),
    term: z.int().nullable(),
    leader: z.boolean().nullable(),
    observedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Replica' });

const restoreSchema = z
  .object({
    timeNs: z.string(),
    blockId: z.string(),
    execRoot: z.string(),
    stateRoot: z.string(),
    recoveryPoint: z
      .object({ heights: z.int(), ns: z.string() })
      .meta({ description: 'How far the parent was ahead when the state was made.' }),
    recoveryMs: z.number().meta({ description: 'How long reading, verifying and writing the state took.' }),
    snapshotHeight: z.int(),
    blocksExecuted: z.int(),
    operationsExecuted: z.int(),
    stateBytes: z.int(),
    counts: z.object({ parties: z.int(), assets: z.int(), accounts: z.int(), transfers: z.int() }),
    trialBalance: z.array(
      z.object({ asset: z.int(), accounts: z.int(), postedMinor: z.string(), pendingMinor: z.string() }),
    ),
  })
  .meta({ id: 'Restore', description: 'What every replica found when it made the state, each for itself.' });

const parentSchema = z
  .object({
    ledgerId: z.uuid(),
    genesisId: z.string().nullable(),
    height: z.int().nullable(),
    restore: restoreSchema.nullable(),
  })
  .meta({ id: 'Parent', description: 'The ledger of which this one is a fork.' });

export const ledgerSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    class: className,
    region: z.string(),
    state: z.enum(['provisioning', 'ready', 'failed', 'retiring', 'retired']),
    cause: causeSchema.optional(),
    genesisId: z.string().nullable(),
    epoch: z.int(),
    replicas: z.array(replicaSchema),
    replicasWanted: z.int(),
    joiners: z.array(replicaSchema),
    backup: z
      .object({
        height: z.int().meta({ description: 'Newest height in the archive.' }),
        lagBlocks: z.int().nullable(),
        lagSeconds: z
          .int()
          .nullable()
          .meta({ description: 'Age of the oldest final block that is not in the archive.' }),
        error: z.string().nullable().meta({ description: 'Code of what keeps it from catching up.' }),
        observedAt: z.iso.datetime().nullable(),
      })
      .nullable()
      .meta({ description: 'How far the archive is behind; null for a ledger that is not archived.' }),
    createdAt: z.iso.datetime(),
    readyAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    archiveUntil: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Of a retired ledger: until then its archive is kept and it can be restored.' }),
    shredCertificate: z
      .object({
        statement: z
          .string()
          .meta({ description: 'JSON: ledger, time, and the SHA-256 of each wrapped data key that is destroyed.' }),
        publicKey: z.string(),
        signature: z
          .string()
          .meta({ description: 'Ed25519 over `quorate/shred-certificate/1`, a line feed, and the statement; hex.' }),
      })
      .nullable()
      .meta({ description: 'Present once the ledger is retired and all its keys are destroyed.' }),
    provisioningMs: z.number().nullable(),
    parent: parentSchema.nullable(),
  })
  .meta({ id: 'Ledger' });

export const ledgerListSchema = z
  .object({ data: z.array(ledgerSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'LedgerList' });

const stepSchema = z
  .object({
    sequence: z.int(),
    step: z.string(),
    state: z.enum(['started', 'done', 'failed']),
    replicaIndex: z.int().nullable(),
    workerName: z.string().nullable(),
    cause: causeSchema.nullable(),
    at: z.iso.datetime(),
    elapsedMs: z.number().nullable(),
  })
  .meta({ id: 'LedgerStep' });

export const stepListSchema = z.object({ data: z.array(stepSchema) }).meta({ id: 'LedgerStepList' });
export const genesisSchema = z.object({ genesis: z.string(), genesisId: z.string() }).meta({ id: 'GenesisDocument' });
export const scaleSchema = z
  .strictObject({
    replicas: z.int().refine((count) => replicaCounts.includes(count), `one of ${replicaCounts.join(', ')}`),
  })
  .meta({ id: 'Scale' });
export type Scale = z.infer<typeof scaleSchema>;

export type LedgerRequest = z.infer<typeof ledgerDraftSchema>;
export type LedgerView = z.infer<typeof ledgerSchema>;
export type StepView = z.infer<typeof stepSchema>;

/** A sandbox lives an hour unless asked otherwise; other classes live until they are retired. */
export function ttlSecondsOf(draft: LedgerRequest): number | null {
  return draft.class === 'sandbox' ? (draft.ttlSeconds ?? ttlSecondsDefault) : null;
}

/** The newest block unless asked otherwise. */
export function pointOf(at: z.infer<typeof forkPointSchema> | undefined): ForkPoint {
  if (at === undefined) return 'newest';
  if (!('time' in at)) return at;
  const [, digits = ''] = /\.\d{3}(\d{1,6})/.exec(at.time) ?? [];
  return { timeNs: (BigInt(Date.parse(at.time)) * nsPerMs + BigInt(digits.padEnd(6, '0'))).toString() };
}

function acceptable(key: { scheme: 'ed25519' | 'p256'; publicKey: string }): boolean {
  try {
    return publicKeyAcceptable({ scheme: key.scheme, bytes: unhex(key.publicKey) });
  } catch {
    return false;
  }
}
