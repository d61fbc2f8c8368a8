import { randomBytes } from 'node:crypto';
import { PasswordHasher, makeSessionToken, type Identity } from '@quorate/auth';
import { AccountStore, type MemberProfile } from '@quorate/database';
import { Injectable } from '@nestjs/common';
import type { Login, PasswordChange, SessionView, SignUp } from './accounts.schemas';

/** A log-in that succeeded: the token is given to the caller and kept nowhere. */
export interface OpenedSession {
  readonly view: SessionView;
  readonly token: string;
  readonly expiresAt: Date;
}

/** Who signs up, logs in, and changes the password. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly accounts: AccountStore,
    private readonly passwords: PasswordHasher,
  ) {}

  /** Null when the e-mail address has an account already. */
  async signUp(draft: SignUp): Promise<MemberProfile | null> {
    const passwordHash = await this.passwords.hash(draft.password);
    return this.accounts.signUp({ institution: draft.institution, email: draft.email, passwordHash });
  }

  /** Null when the address is unknown or the password wrong; which of them is not told, not even by the time it takes. */
  async logIn(login: Login): Promise<OpenedSession | null> {
    const secret = await this.accounts.secretByEmail(login.email);
    const fits = await this.passwords.verify(secret?.passwordHash ?? null, login.password);
    if (!secret || !fits) return null;
    const profile = await this.accounts.profile(secret.id);
    if (!profile) return null;
    const { token, hash } = makeSessionToken();
    const expiresAt = await this.accounts.openSession(secret.id, hash);
    return { view: toView(profile), token, expiresAt };
  }

  async logOut(identity: Identity): Promise<void> {
    if (identity.sessionId !== null) await this.accounts.closeSession(identity.sessionId);
  }

  /** What is known of the caller; an API key has a tenant but no member. */
  async describe(identity: Identity): Promise<SessionView | null> {
    if (identity.memberId !== null) {
      const profile = await this.accounts.profile(identity.memberId);
      return profile && toView(profile);
    }
    if (identity.context.kind !== 'tenant') return null;
    const { tenantId } = identity.context;
    return {
      member: null,
      tenant: { id: tenantId, name: await this.accounts.tenantName(tenantId) },
      mustChangePassword: false,
    };
  }

  /** False when the current password is wrong. Every other session of the member ends. */
  async changePassword(memberId: string, sessionId: string | null, change: PasswordChange): Promise<boolean> {
    const secret = await this.accounts.secretById(memberId);
    if (!(await this.passwords.verify(secret?.passwordHash ?? null, change.currentPassword))) return false;
    await this.accounts.changePassword(memberId, await this.passwords.hash(change.newPassword), sessionId);
    return true;
  }

  /** Makes the first administrator with a password that is shown once; null when there is one already. */
  async createFirstAdmin(): Promise<{ readonly email: string; readonly password: string } | null> {
    const email = 'admin@quorate.local';
    const password = randomBytes(18).toString('base64url');
    const created = await this.accounts.createFirstAdmin(email, () => this.passwords.hash(password));
    return created ? { email, password } : null;
  }
}

function toView(profile: MemberProfile): SessionView {
  return { member: profile.member, tenant: profile.tenant, mustChangePassword: profile.mustChangePassword };
}
