import { Authenticator } from '@quorate/auth';
import type { Config } from '@quorate/config';
import { ApiExtension, ApiBearerAuth, ApiCookieAuth } from '@nestjs/swagger';
import {
  Inject,
  Injectable,
  SetMetadata,
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { configToken } from './config-token';
import { Problem } from './problem';
import type { QuorateRequest } from './request';

/**
 * Who may call a route. `public`: anyone. `member`: a logged-in person, even one who must change the password first.
 * `tenant`: anyone of a tenant. `tenant-write`: anyone of a tenant but its auditors. `platform`: platform administrators.
 */
export type AccessRule = 'public' | 'member' | 'tenant' | 'tenant-write' | 'platform';

const accessKey = 'quorate:access';

/** Declares who may call a route; a route without it is refused to everybody. */
export function Access(rule: AccessRule): MethodDecorator {
  const documented = [SetMetadata(accessKey, rule), ApiExtension('x-quorate-access', rule)];
  return applyDecorators(
    ...documented,
    ...(rule === 'public' ? [] : [ApiBearerAuth('apiKey'), ApiCookieAuth('session')]),
  );
}

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Authenticates the caller, refuses requests forged by other sites, and applies the route's access rule. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    @Inject(configToken) private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.get<AccessRule | undefined>(accessKey, context.getHandler());
    const request = context.switchToHttp().getRequest<QuorateRequest>();
    const { authorization, cookie, origin } = request.headers;
    if (rule === 'public') {
      // Also a log-in from another site is refused: it would leave the browser in someone else's session.
      if (!readingMethods.has(request.method)) this.refuseForeignOrigin(request, origin);
      return true;
    }
    const identity = await this.authenticator.identify({ authorization, cookie });
    if (!identity) throw new Problem('CREDENTIAL_MISSING', { detail: 'log in or send an API key' });
    if (identity.via === 'session' && !readingMethods.has(request.method)) this.refuseForeignOrigin(request, origin);
    request.identity = identity;
    if (rule === 'member') return true;
    if (identity.mustChangePassword)
      throw new Problem('PASSWORD_CHANGE_REQUIRED', { detail: 'change the first password at POST /v1/password' });
    this.applyRule(rule, identity.context);
    return true;
  }

  private applyRule(rule: AccessRule | undefined, caller: NonNullable<QuorateRequest['identity']>['context']): void {
    if (rule === 'platform') {
      if (caller.kind !== 'platform')
        throw new Problem('PLATFORM_ADMIN_REQUIRED', { detail: 'this needs a platform administrator' });
      return;
    }
    if (rule !== 'tenant' && rule !== 'tenant-write')
      throw new Problem('ROLE_INSUFFICIENT', { detail: 'nobody may do this' });
    if (caller.kind !== 'tenant')
      throw new Problem('TENANT_REQUIRED', { detail: 'platform administrators stand outside every tenant' });
    const auditor = caller.actor.kind === 'member' && caller.actor.role === 'auditor';
    if (rule === 'tenant-write' && auditor)
      throw new Problem('ROLE_INSUFFICIENT', { detail: 'auditors may only read' });
  }

  /**
   * Browsers send Origin with every request that changes something, so one without it is no browser's. Ours is the public
   * URL, or the very host the request was sent to: a page of another site cannot choose that.
   */
  private refuseForeignOrigin(request: QuorateRequest, origin: string | undefined): void {
    const site = request.headers['sec-fetch-site'];
    if (origin === undefined) {
      if (site === undefined || site === 'same-origin' || site === 'none') return;
    } else if (origin === new URL(this.config.publicUrl).origin || hostOf(origin) === request.headers.host) {
      return;
    }
    throw new Problem('ORIGIN_REFUSED', { detail: 'use an API key to call from elsewhere' });
  }
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
