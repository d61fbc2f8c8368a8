import { randomUUID } from 'node:crypto';
import { systemContext, type TenantContext } from '@quorate/tenancy';
import { QueryFailedError } from 'typeorm';
import type { ApiDatabase, SystemDatabase, Transaction } from './connection';
import { ApiKeyEntity } from './entities/api-key.entity';
import { MemberEntity, type MemberRole } from './entities/member.entity';
import { TenantEntity } from './entities/tenant.entity';

/** A member with the stored form of the password. */
export interface MemberSecret {
  readonly id: string;
  readonly passwordHash: string;
}

/** A member and the tenant, null for a platform administrator. */
export interface MemberProfile {
  readonly member: { readonly id: string; readonly email: string; readonly role: MemberRole };
  readonly tenant: { readonly id: string; readonly name: string } | null;
  readonly mustChangePassword: boolean;
}

/** Keys a tenant may hold at once, and sessions a member may. */
const apiKeysPerTenantMax = 100;
const sessionsPerMemberMax = 20;
const sessionHours = 12;
/** Key of the lock under which the first administrator is made. */
const firstAdminLock = 0x4144_4d49;
const context = systemContext('accounts');

/** Members and their sessions; used before a tenant is known, hence by the system role. */
export class AccountStore {
  constructor(private readonly database: SystemDatabase) {}

  /** Makes a tenant and its owner; null when the e-mail address has an account already. */
  async signUp(draft: {
    readonly institution: string;
    readonly email: string;
    readonly passwordHash: string;
  }): Promise<MemberProfile | null> {
    const tenantId = randomUUID();
    try {
      return await this.database.run(context, async (transaction) => {
        await transaction.insert(TenantEntity, { id: tenantId, name: draft.institution });
        const member = await insertMember(transaction, {
          tenantId,
          email: draft.email,
          passwordHash: draft.passwordHash,
          role: 'owner',
          mustChangePassword: false,
        });
        return { member, tenant: { id: tenantId, name: draft.institution }, mustChangePassword: false };
      });
    } catch (fault) {
      if (isUniqueViolation(fault)) return null;
      throw fault;
    }
  }

  async secretByEmail(email: string): Promise<MemberSecret | null> {
    return this.secret('email = $1', email);
  }

  async secretById(memberId: string): Promise<MemberSecret | null> {
    return this.secret('id = $1', memberId);
  }

  async profile(memberId: string): Promise<MemberProfile | null> {
    const manager = this.database.direct(context);
    const member = await manager.findOne(MemberEntity, { where: { id: memberId } });
    if (!member) return null;
    const tenant =
      member.tenantId === null ? null : await manager.findOne(TenantEntity, { where: { id: member.tenantId } });
    return {
      member: { id: member.id, email: member.email, role: member.role },
      tenant: tenant && { id: tenant.id, name: tenant.name },
      mustChangePassword: member.mustChangePassword,
    };
  }

  async tenantName(tenantId: string): Promise<string> {
    const tenant = await this.database.direct(context).findOne(TenantEntity, { where: { id: tenantId } });
    return tenant?.name ?? '';
  }

  /** Opens a session; the oldest of too many end. */
  async openSession(memberId: string, tokenHash: Buffer): Promise<Date> {
    return this.database.run(context, async (transaction) => {
      const rows = await transaction.query<{ expires_at: Date }[]>(
        `insert into sessions (id, tenant_id, member_id, token_hash, expires_at)
         select $1, tenant_id, id, $3, now() + $4::integer * interval '1 hour' from members where id = $2 returning expires_at`,
        [randomUUID(), memberId, tokenHash, sessionHours],
      );
      await transaction.query(
        'delete from sessions where member_id = $1 and id not in (select id from sessions where member_id = $1 order by created_at desc limit $2)',
        [memberId, sessionsPerMemberMax],
      );
      return rows[0]?.expires_at ?? new Date();
    });
  }

  async closeSession(sessionId: string): Promise<void> {
    await this.database.direct(context).query('delete from sessions where id = $1', [sessionId]);
  }

  /** Replaces the password and ends every other session of the member. */
  async changePassword(memberId: string, passwordHash: string, keepSessionId: string | null): Promise<void> {
    await this.database.run(context, async (transaction) => {
      await transaction.query('update members set password_hash = $2, must_change_password = false where id = $1', [
        memberId,
        passwordHash,
      ]);
      await transaction.query('delete from sessions where member_id = $1 and id is distinct from $2', [
        memberId,
        keepSessionId,
      ]);
    });
  }

  /** Makes the platform's first administrator; false when there is one already. */
  async createFirstAdmin(email: string, passwordHash: () => Promise<string>): Promise<boolean> {
    return this.database.run(context, async (transaction) => {
      await transaction.query('select pg_advisory_xact_lock($1)', [firstAdminLock]);
      const existing = await transaction.query<unknown[]>(
        `select 1 from members where role = 'platform-admin' limit 1`,
      );
      if (existing.length > 0) return false;
      await insertMember(transaction, {
        tenantId: null,
        email,
        passwordHash: await passwordHash(),
        role: 'platform-admin',
        mustChangePassword: true,
      });
      return true;
    });
  }

  /** Forgets sessions that ended. */
  async sweep(): Promise<void> {
    await this.database.direct(context).query('delete from sessions where expires_at < now()');
  }

  private async secret(condition: string, value: string): Promise<MemberSecret | null> {
    const rows = await this.database
      .direct(context)
      .query<MemberSecret[]>(`select id, password_hash as "passwordHash" from members where ${condition}`, [value]);
    return rows[0] ?? null;
  }
}

/** What came of asking for an API key. */
export type CreateApiKeyOutcome =
  | { readonly kind: 'created'; readonly apiKey: ApiKeyEntity }
  | { readonly kind: 'refused'; readonly code: 'QUOTA_API_KEYS_EXHAUSTED'; readonly apiKeysMax: number };

/** A tenant's API keys. */
export class ApiKeyStore {
  constructor(private readonly database: ApiDatabase) {}

  create(
    context: TenantContext,
    draft: { readonly name: string; readonly prefix: string; readonly keyHash: Buffer; readonly expiresInDays: number },
  ): Promise<CreateApiKeyOutcome> {
    return this.database.run(context, async (transaction) => {
      await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `api-keys/${context.tenantId}`,
      ]);
      const held = await transaction.query<{ count: number }[]>(
        'select count(*)::integer as count from api_keys where tenant_id = $1 and revoked_at is null and expires_at > now()',
        [context.tenantId],
      );
      if ((held[0]?.count ?? 0) >= apiKeysPerTenantMax)
        return { kind: 'refused', code: 'QUOTA_API_KEYS_EXHAUSTED', apiKeysMax: apiKeysPerTenantMax };
      const id = randomUUID();
      const createdBy = context.actor.kind === 'member' ? context.actor.memberId : null;
      // A key made by a key dies no later than its maker: a stolen one cannot prolong itself.
      const maker = context.actor.kind === 'api-key' ? context.actor.apiKeyId : null;
      await transaction.query(
        `insert into api_keys (id, tenant_id, created_by, name, prefix, key_hash, expires_at)
         values ($1, $2, $3, $4, $5, $6, least(
           now() + $7::integer * interval '1 day',
           (select maker.expires_at from api_keys maker where maker.id = $8)))`,
        [id, context.tenantId, createdBy, draft.name, draft.prefix, draft.keyHash, draft.expiresInDays, maker],
      );
      return { kind: 'created', apiKey: await transaction.findOneOrFail(ApiKeyEntity, { where: { id } }) };
    });
  }

  /** Keys that are not revoked, newest first. */
  list(context: TenantContext): Promise<ApiKeyEntity[]> {
    return this.database.run(context, (transaction) =>
      transaction
        .createQueryBuilder(ApiKeyEntity, 'key')
        .where('key.tenantId = :tenantId and key.revokedAt is null', { tenantId: context.tenantId })
        .orderBy('key.createdAt', 'DESC')
        .take(apiKeysPerTenantMax)
        .getMany(),
    );
  }

  /** False when the tenant has no such key. Revoking again changes nothing. */
  revoke(context: TenantContext, apiKeyId: string): Promise<boolean> {
    return this.database.run(context, async (transaction) => {
      const [, count] = await transaction.query<[unknown[], number]>(
        'update api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1 and tenant_id = $2',
        [apiKeyId, context.tenantId],
      );
      return count > 0;
    });
  }
}

async function insertMember(
  transaction: Transaction,
  draft: {
    readonly tenantId: string | null;
    readonly email: string;
    readonly passwordHash: string;
    readonly role: MemberRole;
    readonly mustChangePassword: boolean;
  },
): Promise<{ id: string; email: string; role: MemberRole }> {
  const id = randomUUID();
  await transaction.insert(MemberEntity, { id, ...draft });
  return { id, email: draft.email, role: draft.role };
}

function isUniqueViolation(fault: unknown): boolean {
  return fault instanceof QueryFailedError && (fault.driverError as { code?: unknown }).code === '23505';
}
