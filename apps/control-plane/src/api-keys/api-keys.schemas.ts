import { z } from 'zod';
import { displayName } from '../http/schemas';

export const apiKeyDraftSchema = z
  .strictObject({ name: displayName(100), expiresInDays: z.int().min(1).max(365) })
  .meta({ id: 'ApiKeyDraft' });

const fields = {
  id: z.uuid(),
  name: z.string(),
  prefix: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
};

const apiKeySchema = z.object(fields).meta({ id: 'ApiKey' });
export const createdApiKeySchema = z.object({ ...fields, key: z.string() }).meta({ id: 'CreatedApiKey' });
export const apiKeyListSchema = z
  .object({ data: z.array(apiKeySchema), nextCursor: z.null() })
  .meta({ id: 'ApiKeyList' });

export type ApiKeyDraft = z.infer<typeof apiKeyDraftSchema>;
export type ApiKeyView = z.infer<typeof apiKeySchema>;
