import { makeApiKey } from '@quorate/auth';
import { ApiKeyStore, type ApiKeyEntity } from '@quorate/database';
import type { TenantContext } from '@quorate/tenancy';
import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Problem } from '../http/problem';
import { Tenant } from '../http/request';
import { Route } from '../http/route';
import { isId, pageSchema } from '../http/schemas';
import {
  apiKeyDraftSchema,
  apiKeyListSchema,
  createdApiKeySchema,
  type ApiKeyDraft,
  type ApiKeyView,
} from './api-keys.schemas';

@ApiTags('api-keys')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeyStore) {}

  @Post()
  @Route({
    operationId: 'createApiKey',
    summary: 'Make an API key; it is shown this once',
    access: 'tenant-write',
    status: 201,
    answer: createdApiKeySchema,
    idempotent: true,
  })
  async create(
    @Tenant() context: TenantContext,
    @Body({ schema: apiKeyDraftSchema }) draft: ApiKeyDraft,
  ): Promise<unknown> {
    const { key, prefix, hash } = makeApiKey();
    const outcome = await this.apiKeys.create(context, { ...draft, prefix, keyHash: hash });
    if (outcome.kind === 'refused') {
      throw new Problem(outcome.code, { detail: `a tenant may hold ${outcome.apiKeysMax} API keys; revoke one` });
    }
    return { ...toView(outcome.apiKey), key };
  }

  @Get()
  @Route({
    operationId: 'listApiKeys',
    summary: 'API keys that are not revoked',
    access: 'tenant',
    answer: apiKeyListSchema,
  })
  async list(@Tenant() context: TenantContext, @Query({ schema: pageSchema }) _page: unknown): Promise<unknown> {
    const keys = await this.apiKeys.list(context);
    return { data: keys.map(toView), nextCursor: null };
  }

  @Delete(':id')
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @Route({ operationId: 'revokeApiKey', summary: 'Revoke an API key', access: 'tenant-write', status: 204 })
  async revoke(@Tenant() context: TenantContext, @Param('id') id: string): Promise<void> {
    const found = isId(id) && (await this.apiKeys.revoke(context, id));
    if (!found) throw new Problem('API_KEY_UNKNOWN', { detail: 'there is no such API key' });
  }
}

function toView(apiKey: ApiKeyEntity): ApiKeyView {
  return {
    id: apiKey.id,
    name: apiKey.name,
    prefix: apiKey.prefix,
    createdAt: apiKey.createdAt.toISOString(),
    expiresAt: apiKey.expiresAt.toISOString(),
    lastUsedAt: apiKey.lastUsedAt?.toISOString() ?? null,
  };
}
