import { z } from 'zod';

export const workerSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    state: z.enum(['active', 'draining', 'lost', 'stopped']),
    leaseExpiresAt: z.iso.datetime(),
    replicas: z.int(),
    capacity: z.int(),
    load: z.object({ cpu: z.number(), memoryBytes: z.number() }).nullable(),
    startedAt: z.iso.datetime(),
  })
  .meta({ id: 'Worker' });

const fleetTenantSchema = z
  .object({ id: z.uuid(), name: z.string(), ledgers: z.int(), createdAt: z.iso.datetime() })
  .meta({ id: 'FleetTenant' });

const fleetLedgerSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    tenantId: z.uuid(),
    tenantName: z.string(),
    class: z.string(),
    region: z.string(),
    state: z.string(),
    replicas: z.int(),
    replicasWanted: z.int(),
    epoch: z.int(),
    archived: z.boolean(),
    backup: z
      .object({
        height: z.int(),
        lagBlocks: z.int(),
        lagSeconds: z.int(),
        error: z.string().nullable(),
        observedAt: z.iso.datetime(),
      })
      .nullable()
      .meta({ description: 'How far the archive is behind; null while no replica ships.' }),
    members: z.array(
      z
        .object({
          index: z.int(),
          workerName: z.string(),
          state: z.string(),
          height: z.int().nullable(),
          journalSpace: z.enum(['ample', 'short', 'none']).nullable().meta({
            description: '`short`: writes are refused for want of room on the disk; `none`: the replica takes no part.',
          }),
          journalDamage: z
            .int()
            .nullable()
            .meta({ description: 'Places of the journal that were damaged when it was opened, and were mended.' }),
          keyRotating: z.boolean(),
          observedAt: z.iso.datetime().nullable(),
        })
        .meta({ id: 'FleetReplica' }),
    ),
    evidence: z
      .array(
        z.object({
          epoch: z.int(),
          replica: z.int().meta({ description: 'Index in the replica set of that epoch.' }),
          contradiction: z.string().nullable(),
          height: z.int(),
        }),
      )
      .meta({
        description:
          'Replicas that contradicted themselves by what is on the ledger, as more than a third of its replicas say.',
      }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'FleetLedger' });

export const workerListSchema = z
  .object({ data: z.array(workerSchema), nextCursor: z.null() })
  .meta({ id: 'WorkerList' });
export const fleetTenantListSchema = z
  .object({ data: z.array(fleetTenantSchema), nextCursor: z.null() })
  .meta({ id: 'FleetTenantList' });
export const fleetLedgerListSchema = z
  .object({ data: z.array(fleetLedgerSchema), nextCursor: z.null() })
  .meta({ id: 'FleetLedgerList' });
export const growthSchema = z.strictObject({ count: z.int().min(1).max(4) }).meta({ id: 'FleetGrowth' });
export type FleetGrowth = z.infer<typeof growthSchema>;
