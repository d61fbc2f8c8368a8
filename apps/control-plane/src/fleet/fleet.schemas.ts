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
