import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';

import { GatewayProblem } from '../problems/gateway-problem';
import { READINESS, type Readiness } from './readiness';

/** For load balancers and supervisors; needs no credential. */
@Controller()
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness) {}

  @Get('livez')
  @ApiOperation({ operationId: 'getLiveness', summary: 'The process runs', security: [] })
  live(): { readonly status: 'live' } {
    return { status: 'live' };
  }

  @Get('readyz')
  @ApiOperation({ operationId: 'getReadiness', summary: 'The process can serve requests', security: [] })
  async ready(): Promise<{ readonly status: 'ready' }> {
    try {
      await this.readiness.check();
    } catch {
      throw new GatewayProblem('DATABASE_UNAVAILABLE', 'The platform database does not answer.', {
        retryAfterMs: 1_000,
      });
    }
    return { status: 'ready' };
  }
}
