import type { IncomingHttpHeaders } from 'node:http';

import type { Authenticator } from '@quorate/auth';
import type { TenantContext } from '@quorate/tenancy';
import type { Logger } from 'pino';

import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';
import { fromDatabase } from './database-calls';

/** Who sends a request, and by what kind of credential. */
export interface Caller {
  readonly context: TenantContext;
  readonly by: 'api-key' | 'cookie';
}

/** Recognizes callers. An API key decides alone: a wrong one is not rescued by a cookie that a browser adds by itself. */
export class Credentials {
  private lookUps = 0;

  constructor(
    private readonly authenticator: Pick<Authenticator, 'authenticate'>,
    private readonly logger: Logger,
  ) {}

  async recognize(headers: IncomingHttpHeaders): Promise<Caller | null> {
    const { authorization, cookie } = headers;
    if (authorization === undefined && cookie === undefined) return null;
    if (this.lookUps >= GATEWAY_LIMITS.credentialLookUpsMax) {
      throw new GatewayProblem('GATEWAY_BUSY', 'Too many callers are being looked up.', { retryAfterMs: 1_000 });
    }
    this.lookUps += 1;
    try {
      return await this.lookUp(authorization, cookie);
    } finally {
      this.lookUps -= 1;
    }
  }

  private async lookUp(authorization: string | undefined, cookie: string | undefined): Promise<Caller | null> {
    const context = await fromDatabase(this.logger, () => this.authenticator.authenticate({ authorization, cookie }));
    return context === null ? null : { context, by: authorization === undefined ? 'cookie' : 'api-key' };
  }
}
