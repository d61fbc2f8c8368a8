import { z } from 'zod';

/** Names shown to people: no control characters, no blanks around. */
export function displayName(lengthMax: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u, 'control characters are not allowed');
}

/** An opaque position in a list. */
export const pageSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().min(1).max(200).optional(),
});

export const memberSchema = z
  .object({
    id: z.uuid(),
    email: z.string(),
    role: z.enum(['owner', 'admin', 'operator', 'developer', 'auditor', 'platform-admin']),
  })
  .meta({ id: 'Member' });
export const tenantSchema = z.object({ id: z.uuid(), name: z.string() }).meta({ id: 'Tenant' });
export const causeSchema = z.object({ code: z.string(), detail: z.string() }).meta({ id: 'Cause' });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.uuid(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
    retryAfterMs: z.number().optional(),
  })
  .meta({ id: 'Problem' });

/** The body of a request that needs none: absent or an empty object. */
export const nothingSchema = z.strictObject({}).optional();

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a path segment can be an id at all; what cannot is simply unknown. */
export function isId(text: string): boolean {
  return uuidPattern.test(text);
}
