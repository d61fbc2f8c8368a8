import type { IncomingHttpHeaders } from 'node:http';

import type { Authenticator } from '@quorate/auth';
import type { TenantContext } from '@quorate/tenancy';
import type { Logger } from 'pino';

import { fromDatabase } from './database-calls';

/** Who sends a request, and by what kind of credential. */
export interface Caller {
  readonly context: TenantContext;
  readonly by: 'api-key' | 'cookie';
}

/** Recognizes callers. An API key decides alone: a wrong one is not rescued by a cookie that a browser adds by itself. */
export class Credentials {
  constructor(
    private readonly authenticator: Pick<Authenticator, 'authenticate'>,
    private readonly logger: Logger,
  ) {}

  async recognize(headers: IncomingHttpHeaders): Promise<Caller | null> {
    const { authorization, cookie } = headers;
    const context = await fromDatabase(this.logger, () => this.authenticator.authenticate({ authorization, cookie }));
    return context === null ? null : { context, by: authorization === undefined ? 'cookie' : 'api-key' };
  }
}
