import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase } from './connection';
import type { MemberRole } from './entities/member.entity';

/** A valid session and whose it is. */
export interface SessionRecord {
  readonly sessionId: string;
  readonly memberId: string;
  readonly tenantId: string | null;
  readonly role: MemberRole;
  readonly mustChangePassword: boolean;
}

/** A valid API key and whose it is. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly keyHash: Buffer;
}

const context = systemContext('authentication');

/** Looks up credentials before any tenant is known. Expired and revoked ones are not found. */
export class CredentialStore {
  constructor(private readonly database: SystemDatabase) {}

  async session(tokenHash: Buffer): Promise<SessionRecord | null> {
    const rows = await this.database.direct(context).query<SessionRecord[]>(
      `select s.id as "sessionId", m.id as "memberId", m.tenant_id as "tenantId", m.role, m.must_change_password as "mustChangePassword"
       from sessions s join members m on m.id = s.member_id
       where s.token_hash = $1 and s.expires_at > now()`,
      [tokenHash],
    );
    return rows[0] ?? null;
  }

  async apiKey(prefix: string): Promise<ApiKeyRecord | null> {
    const manager = this.database.direct(context);
    const rows = await manager.query<(ApiKeyRecord & { readonly stale: boolean })[]>(
      `select id, tenant_id as "tenantId", key_hash as "keyHash",
         coalesce(last_used_at < now() - interval '1 minute', true) as stale
       from api_keys where prefix = $1 and revoked_at is null and expires_at > now()`,
      [prefix],
    );
    const found = rows[0];
    if (!found) return null;
    if (found.stale) await manager.query('update api_keys set last_used_at = now() where id = $1', [found.id]);
    return { id: found.id, tenantId: found.tenantId, keyHash: found.keyHash };
  }
}
