import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@quorate/config';
import { SystemDatabase } from '@quorate/database';
import { ledgerClasses, systemContext } from '@quorate/tenancy';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { configToken } from '../http/config-token';
import { Problem } from '../http/problem';
import { Route } from '../http/route';
import { regions } from '../ledgers/ledgers.schemas';

const platformSchema = z
  .object({
    version: z.string(),
    gatewayUrl: z.string(),
    regions: z.array(z.string()),
    classes: z.array(z.object({ name: z.string(), replicas: z.int() })),
  })
  .meta({ id: 'Platform' });
const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

/** The version of the workspace this process was built from. */
function readVersion(config: Config): string {
  const manifest = JSON.parse(readFileSync(join(config.root, 'package.json'), 'utf8')) as { version?: unknown };
  return typeof manifest.version === 'string' ? manifest.version : '0.0.0';
}

@ApiTags('platform')
@Controller()
export class PlatformController {
  private readonly version: string;

  constructor(
    @Inject(configToken) private readonly config: Config,
    private readonly database: SystemDatabase,
  ) {
    this.version = readVersion(config);
  }

  @Get('v1/platform')
  @Route({ operationId: 'getPlatform', summary: 'What this platform offers', access: 'public', answer: platformSchema })
  platform(): z.infer<typeof platformSchema> {
    return {
      version: this.version,
      gatewayUrl: this.config.gatewayUrl,
      regions: [...regions],
      classes: ledgerClasses.map(({ name, replicas }) => ({ name, replicas })),
    };
  }

  @Get('livez')
  @Route({ operationId: 'isAlive', summary: 'Whether the process lives', access: 'public', answer: healthSchema })
  alive(): z.infer<typeof healthSchema> {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Route({
    operationId: 'isReady',
    summary: 'Whether the process can serve requests',
    access: 'public',
    answer: healthSchema,
  })
  async ready(): Promise<z.infer<typeof healthSchema>> {
    try {
      await this.database.direct(systemContext('readiness')).query('select 1');
    } catch {
      throw new Problem('SERVICE_BUSY', { detail: 'the database does not answer', retryAfterMs: 1_000 });
    }
    return { status: 'ok' };
  }
}
