import { CredentialStore, type SystemDatabase } from '@quorate/database';
import type { PlatformContext, TenantContext } from '@quorate/tenancy';
import { hashesEqual, readCredential, type CredentialHeaders, type PresentedCredential } from './credential';

/** Who a request comes from. */
export interface Identity {
  readonly context: TenantContext | PlatformContext;
  readonly via: 'session' | 'api-key';
  /** Null for an API key. */
  readonly memberId: string | null;
  readonly sessionId: string | null;
  /** Until the first password is replaced, the member may do nothing else. */
  readonly mustChangePassword: boolean;
}

/** How long `authenticate` may answer from memory: the longest time a revoked credential still works at a gateway. */
const cacheMs = 2_000;
const cacheEntriesMax = 10_000;

/** Tells from a request's credentials who it comes from. */
export class Authenticator {
  private readonly store: CredentialStore;
  private readonly cache = new Map<string, { readonly until: number; readonly context: TenantContext | null }>();

  constructor(
    database: SystemDatabase,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.store = new CredentialStore(database);
  }

  /** Looks the credential up in the database each time. Null: not authenticated. */
  async identify(headers: CredentialHeaders): Promise<Identity | null> {
    const credential = readCredential(headers);
    return credential ? this.lookUp(credential) : null;
  }

  /**
   * The tenant a request acts for; null when it acts for none. For the data plane's many requests: an answer may be up
   * to two seconds old.
   */
  async authenticate(headers: CredentialHeaders): Promise<TenantContext | null> {
    const credential = readCredential(headers);
    if (!credential) return null;
    const key = (credential.kind === 'session' ? credential.tokenHash : credential.keyHash).toString('base64');
    const known = this.cache.get(key);
    if (known && known.until > this.nowMs()) return known.context;
    const identity = await this.lookUp(credential);
    const context =
      identity && !identity.mustChangePassword && identity.context.kind === 'tenant' ? identity.context : null;
    this.remember(key, context);
    return context;
  }

  private remember(key: string, context: TenantContext | null): void {
    this.cache.delete(key);
    this.cache.set(key, { until: this.nowMs() + cacheMs, context });
    if (this.cache.size > cacheEntriesMax) {
      const oldest = this.cache.keys().next().value;
      if (oldest !== undefined) this.cache.delete(oldest);
    }
  }

  private async lookUp(credential: PresentedCredential): Promise<Identity | null> {
    if (credential.kind === 'api-key') {
      const key = await this.store.apiKey(credential.prefix);
      if (!key || !hashesEqual(key.keyHash, credential.keyHash)) return null;
      return {
        context: { kind: 'tenant', tenantId: key.tenantId, actor: { kind: 'api-key', apiKeyId: key.id } },
        via: 'api-key',
        memberId: null,
        sessionId: null,
        mustChangePassword: false,
      };
    }
    const session = await this.store.session(credential.tokenHash);
    if (!session) return null;
    const { memberId, tenantId, role, mustChangePassword, sessionId } = session;
    const context = identityContext(memberId, tenantId, role);
    return context && { context, via: 'session', memberId, sessionId, mustChangePassword };
  }
}

function identityContext(
  memberId: string,
  tenantId: string | null,
  role: string,
): TenantContext | PlatformContext | null {
  if (role === 'platform-admin') return tenantId === null ? { kind: 'platform', memberId } : null;
  if (tenantId === null) return null;
  if (role !== 'owner' && role !== 'admin' && role !== 'operator' && role !== 'developer' && role !== 'auditor')
    return null;
  return { kind: 'tenant', tenantId, actor: { kind: 'member', memberId, role } };
}
